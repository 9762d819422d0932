//! Assembled and disassembled, a program stays the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zvm::fuzzing::check_roundtrip(data));
