//! Real client libraries of four languages against the real server, over TLS; and the real API server as a
//! resource server of ours. `tests/interop/run` brings what they need, and calls this.

// True of this binary anyway; clippy needs to read it to take all of this for test code.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod api_server;
mod clients;
mod expected;
mod scene;
#[expect(dead_code, reason = "the integration tests share it, and use all of it")]
#[path = "../it/support/mod.rs"]
mod support;
