//! Arbitrary source: diagnostics, or programs that verify.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zvml::fuzzing::check_source(data));
