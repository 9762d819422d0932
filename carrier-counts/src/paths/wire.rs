//! The Redis protocol.

use super::VALUE;
use crate::measure::measured;
use drp_parser::{Encoder, Limits, RequestParser, Status, Version, encode};
use std::hint::black_box;

/// Requests out of a full input buffer, argument offsets and all.
pub(crate) fn parse_set() -> u64 {
    let mut one = Vec::new();
    encode::request(&mut one, &[&b"SET"[..], b"key:000000000001", &VALUE]);
    let input = one.repeat(INPUT_BYTES / one.len());
    let mut parser = RequestParser::new(Limits::default());
    let mut args = Vec::with_capacity(16);
    let requests = measured(|| {
        let mut requests = 0;
        for _ in 0..BUFFERS {
            let mut rest: &[u8] = black_box(&input);
            loop {
                args.clear();
                match parser.parse(rest, &mut args) {
                    Ok(Status::Complete { consumed, .. }) => rest = &rest[consumed..],
                    Ok(_) => break,
                    Err(error) => panic!("{error}"),
                }
                requests += u64::from(black_box(&args).len() == 3);
            }
        }
        requests
    });
    assert_eq!(requests, BUFFERS * (input.len() / one.len()) as u64);
    requests
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

const INPUT_BYTES: usize = 16 << 10;
const BUFFERS: u64 = 20;
const REPLIES: u64 = 10_000;
