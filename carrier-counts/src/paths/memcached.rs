//! memcached's text protocol.

use super::{VALUE, parsed};
use dmp_parser::{Limits, RequestParser, Status, compose};
use std::hint::black_box;

/// Requests for one key each out of a full input buffer.
pub(crate) fn parse_get() -> u64 {
    let mut one = Vec::new();
    compose::get(&mut one, [b"key:000000000001"]);
    requests(&one)
}

/// Requests that store 32 bytes each out of a full input buffer.
pub(crate) fn parse_set() -> u64 {
    let mut one = Vec::new();
    compose::set(&mut one, b"key:000000000001", 0, 0, &VALUE, false);
    requests(&one)
}

fn requests(one: &[u8]) -> u64 {
    let mut parser = RequestParser::new(Limits::default());
    let mut args = Vec::with_capacity(16);
    parsed(one, |rest| {
        args.clear();
        match parser.parse(rest, &mut args) {
            Ok(Status::Complete { consumed, .. }) => {
                assert_eq!(black_box(&args).len(), 1);
                Some(consumed)
            }
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        }
    })
}
