//! Rules, metrics and dashboards before `promtool`, the tool of Prometheus itself. `tests/observability/run` brings it,
//! and calls this.

// True of this binary anyway; clippy needs to read it to take all of this for test code.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

#[path = "../it/observability/files.rs"]
mod files;
mod live;
mod metrics;
mod promtool;
mod rules;
#[path = "../it/observability/scene.rs"]
mod scene;
#[expect(
    dead_code,
    unused_imports,
    reason = "the integration tests share it, and use all of it"
)]
#[path = "../it/support/mod.rs"]
mod support;
