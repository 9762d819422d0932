//! Packets to memcached, whole and in pieces.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dmp_parser::fuzzing::check_binary(data));
