//! What is fuzzed: each module has one function `run` that takes any bytes, and panics where a promise is
//! broken. `fuzz_targets` puts them under libFuzzer; `tests/seeds.rs` runs the seeds through them without it.

pub mod compact_jws;
pub mod form;
pub mod jwks;
pub mod strict_json;
pub mod token_request;

mod names;
mod world;
