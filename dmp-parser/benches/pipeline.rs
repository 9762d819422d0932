//! Parsing a 16 KB buffer of pipelined requests, as a server reads it from a busy connection.
#![allow(missing_docs, reason = "criterion_group! makes a public function without any")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dmp_parser::{
    ArgRange, BinaryEncoder, BinaryRequest, Encoder, Facts, Limits, MetaEncoder, Opcode,
    RequestParser, Status, compose,
};

fn parsing(c: &mut Criterion) {
    let key = b"key:000000000001";
    bench(c, "get", |out| compose::get(out, [key]));
    bench(c, "get of 100", |out| compose::get(out, [key; 100]));
    bench(c, "set", |out| compose::set(out, key, 0, 0, &[b'v'; 32], false));
    bench(c, "mg", |out| compose::meta(out, "mg", key, None, &["v", "f"]));
    bench(c, "ms", |out| compose::meta(out, "ms", key, Some(&[b'v'; 32]), &["T0"]));
    bench(c, "binary get", |out| {
        BinaryRequest { key, ..BinaryRequest::new(Opcode::Get) }.compose(out);
    });
    bench(c, "binary set", |out| {
        let extras = BinaryRequest::store_extras(0, 0);
        let value = &[b'v'; 32];
        BinaryRequest { extras: &extras, key, value, ..BinaryRequest::new(Opcode::Set) }
            .compose(out);
    });
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
    let value: &[u8] = &[b'v'; 32];
    c.bench_function("encode/meta value of 32", |b| {
        b.iter(|| {
            out.clear();
            let encoder = MetaEncoder { key: b"key:000000000001", tokens: b"v f", quiet: false };
            encoder.item(&mut out, black_box(value), &Facts::default());
        });
    });
    c.bench_function("encode/packet of 32", |b| {
        b.iter(|| {
            out.clear();
            let encoder = BinaryEncoder { opcode: Opcode::Get as u8, opaque: 0 };
            encoder.item(&mut out, b"key:000000000001", black_box(value), 0, 1);
        });
    });
}

const BUFFER_LEN: usize = 16 << 10;

criterion_group!(benches, parsing, encoding);
criterion_main!(benches);
