//! The portable form of a value: what decodes encodes to the same bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| databox::fuzzing::check_codec(data));
