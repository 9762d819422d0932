//! A sorted set against a model, over all its representations.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| databox::fuzzing::check_sorted(data));
