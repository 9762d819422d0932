//! Serialised values of another server: what is read comes back from our own form.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| databox::fuzzing::check_dump(data));
