//! [`countersign_fuzz::jwks`] under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| countersign_fuzz::jwks::run(input));
