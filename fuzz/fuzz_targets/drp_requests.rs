//! Requests to Redis, whole and in pieces.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drp_parser::fuzzing::check_requests(data));
