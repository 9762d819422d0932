//! The Redis protocol.

use super::{INPUT_BYTES, VALUE, parsed};
use crate::measure::measured;
use drp_parser::{Encoder, Limits, RequestParser, Status, Version, encode};
use std::hint::black_box;

/// Requests out of a full input buffer, argument offsets and all.
pub(crate) fn parse_set() -> u64 {
    let mut one = Vec::new();
    encode::request(&mut one, &[&b"SET"[..], b"key:000000000001", &VALUE]);
    let mut parser = RequestParser::new(Limits::default());
    let mut args = Vec::with_capacity(16);
    parsed(&one, |rest| {
        args.clear();
        match parser.parse(rest, &mut args) {
            Ok(Status::Complete { consumed, .. }) => {
                assert_eq!(black_box(&args).len(), 3);
                Some(consumed)
            }
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        }
    })
}

/// A reply of a string into an output buffer that has room.
pub(crate) fn bulk() -> u64 {
    let mut out = Vec::with_capacity(INPUT_BYTES);
    measured(|| {
        for _ in 0..REPLIES {
            if out.len() + 64 > INPUT_BYTES {
                out.clear();
            }
            Encoder::new(&mut out, Version::Resp2).bulk(black_box(&VALUE));
        }
    });
    let expected = [&b"$32\r\n"[..], &VALUE, b"\r\n"].concat();
    assert!(out.starts_with(&expected) && out.len() % expected.len() == 0);
    REPLIES
}

const REPLIES: u64 = 10_000;
