//! A bitmap against plain bytes, over all its representations.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| databox::fuzzing::check_bitmap(data));
