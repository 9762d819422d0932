//! Arbitrary bytecode: refused, or run to its end.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zvm::fuzzing::check_bytes(data));
