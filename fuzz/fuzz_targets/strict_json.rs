//! [`countersign_fuzz::strict_json`] under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| countersign_fuzz::strict_json::run(input));
