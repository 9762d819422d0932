//! The arena of blocks against a model, operation by operation.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| packed_map::fuzzing::check_arena(data));
