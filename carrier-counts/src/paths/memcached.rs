//! memcached's text protocol.

use crate::measure::measured;
use dmp_parser::{Limits, RequestParser, Status, compose};
use std::hint::black_box;

/// Requests for one key each out of a full input buffer.
pub(crate) fn parse_get() -> u64 {
    let mut one = Vec::new();
    compose::get(&mut one, [b"key:000000000001"]);
    let input = one.repeat((16 << 10) / one.len());
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
                requests += u64::from(black_box(&args).len() == 1);
            }
        }
        requests
    });
    assert_eq!(requests, BUFFERS * (input.len() / one.len()) as u64);
    requests
}

const BUFFERS: u64 = 20;
