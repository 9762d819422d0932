//! Parsing a 16 KB buffer of pipelined requests, as a server reads it from a busy connection.
#![allow(missing_docs, reason = "criterion_group! makes a public function without any")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drp_parser::{ArgRange, Encoder, Limits, RequestParser, Status, Version, encode};

fn parsing(c: &mut Criterion) {
    let value = [b'v'; 32];
    bench(c, "GET", &[b"GET", b"key:000000000001"]);
    bench(c, "SET", &[b"SET", b"key:000000000001", &value]);
    bench(c, "DEL of 1000", &vec![&b"key:000000000001"[..]; 1001]);
}

fn bench(c: &mut Criterion, name: &str, args: &[&[u8]]) {
    let mut input = Vec::new();
    while input.len() < BUFFER_LEN {
        encode::request(&mut input, args);
    }
    let mut parser = RequestParser::new(Limits::default());
    let mut ranges = Vec::new();
    let requests = drain(&mut parser, &input, &mut ranges);
    assert!(requests > 0 && requests * args.len() > 100, "the subject works");
    let mut group = c.benchmark_group("parse 16 KB");
    group.throughput(Throughput::Elements(requests as u64));
    group.bench_function(name, |b| b.iter(|| drain(&mut parser, black_box(&input), &mut ranges)));
    group.finish();
}

/// Parses every request in `input`, as a server does, and says how many there were.
fn drain(parser: &mut RequestParser, input: &[u8], args: &mut Vec<ArgRange>) -> usize {
    let mut at = 0;
    let mut requests = 0;
    loop {
        args.clear();
        match parser.parse(&input[at..], args) {
            Ok(Status::Complete { consumed, .. }) => {
                black_box(&args);
                at += consumed;
                requests += 1;
            }
            Ok(_) => return requests,
            Err(error) => panic!("{error}"),
        }
    }
}

fn encoding(c: &mut Criterion) {
    let value = [b'v'; 32];
    let mut out = Vec::with_capacity(BUFFER_LEN);
    let mut group = c.benchmark_group("encode");
    group.bench_function("bulk of 32", |b| {
        b.iter(|| {
            out.clear();
            Encoder::new(&mut out, Version::Resp2).bulk(black_box(&value));
        });
    });
    group.bench_function("double", |b| {
        b.iter(|| {
            out.clear();
            Encoder::new(&mut out, Version::Resp3).double(black_box(1.1));
        });
    });
    group.finish();
}

const BUFFER_LEN: usize = 16 << 10;

criterion_group!(benches, parsing, encoding);
criterion_main!(benches);
