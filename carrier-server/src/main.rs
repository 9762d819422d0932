//! The `carrier-server` program.
#![forbid(unsafe_code)]

fn main() {}
