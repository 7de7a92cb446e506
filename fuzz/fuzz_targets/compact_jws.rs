//! [`countersign_fuzz::compact_jws`] under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| countersign_fuzz::compact_jws::run(input));
