//! The integration tests: the product against a real control plane.
//!
//! They are one binary so that one control plane, started by the first test that asks for it, serves
//! the whole run. Every test works in a namespace of its own.

// True of this binary anyway; clippy needs to read it to take all of this for test code.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod abandoned;
mod audit;
mod catalogue;
mod certificates;
mod chart;
mod cli;
mod controller;
mod crowd;
mod dev;
mod election;
mod exchange;
mod first_token;
mod fixture;
mod house;
mod http;
mod image;
mod matrix;
mod oauthclient_schema;
mod observability;
mod refusals_documented;
#[expect(dead_code, reason = "`tests/faults` shares it, and uses all of it")]
mod replay_log;
mod replay_segments;
mod rights;
mod signing_keys;
mod standards;
mod status_policy;
mod support;
mod traces;
mod verifier;
