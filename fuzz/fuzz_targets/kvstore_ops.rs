//! A shard against a model, operation by operation.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kvstore::fuzzing::check_ops(data));
