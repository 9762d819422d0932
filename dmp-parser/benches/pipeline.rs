//! Parsing a 16 KB buffer of pipelined requests, as a server reads it from a busy connection.
#![allow(missing_docs, reason = "criterion_group! makes a public function without any")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dmp_parser::{ArgRange, Encoder, Limits, RequestParser, Status, compose};

fn parsing(c: &mut Criterion) {
    let key = b"key:000000000001";
    bench(c, "get", |out| compose::get(out, [key]));
    bench(c, "get of 100", |out| compose::get(out, [key; 100]));
    bench(c, "set", |out| compose::set(out, key, 0, 0, &[b'v'; 32], false));
}

fn bench(c: &mut Criterion, name: &str, write: impl Fn(&mut Vec<u8>)) {
    let mut input = Vec::new();
    while input.len() < BUFFER_LEN {
        write(&mut input);
    }
    let mut parser = RequestParser::new(Limits::default());
    let mut args = Vec::new();
    let requests = drain(&mut parser, &input, &mut args);
    assert!(requests > 1, "the subject works");
    let mut group = c.benchmark_group("parse 16 KB");
    group.throughput(Throughput::Elements(requests as u64));
    group.bench_function(name, |b| b.iter(|| drain(&mut parser, black_box(&input), &mut args)));
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
    let mut out = Vec::with_capacity(BUFFER_LEN);
    c.bench_function("encode/value of 32", |b| {
        b.iter(|| {
            out.clear();
            let mut encoder = Encoder::new(&mut out);
            encoder.value(black_box(b"key:000000000001"), 0, black_box(&[b'v'; 32]), None);
            encoder.end();
        });
    });
}

const BUFFER_LEN: usize = 16 << 10;

criterion_group!(benches, parsing, encoding);
criterion_main!(benches);
