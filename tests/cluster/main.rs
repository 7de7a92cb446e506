//! The product as it is installed: from its chart, in pods of its own image, on a real cluster. `tests/cluster/run`
//! brings the cluster and the images, and calls this.

// True of this binary anyway; clippy needs to read it to take all of this for test code.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod accounts;
mod ground;
mod install;
mod observed;
mod support;
mod under_load;
