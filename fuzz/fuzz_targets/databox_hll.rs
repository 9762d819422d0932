//! HyperLogLogs: any registers, and the sparse form against the dense one.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| databox::fuzzing::check_hll(data));
