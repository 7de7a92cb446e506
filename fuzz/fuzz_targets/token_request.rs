//! [`countersign_fuzz::token_request`] under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| countersign_fuzz::token_request::run(input));
