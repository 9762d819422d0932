//! Pipelines of requests over loopback, to a server of one thread in the same process.
//!
//! What is timed is server, kernel and client together, so it shows changes and no costs: those
//! come from measuring the server's own CPU time beside another server's.
#![allow(missing_docs, reason = "criterion's macros make items without docs")]

use carrier_server::catalog::Library;
use carrier_server::config::Config;
use carrier_server::server::Server;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;

criterion_group!(benches, pipelines);
criterion_main!(benches);

fn pipelines(criterion: &mut Criterion) {
    let text =
        "[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 0\n[runtime]\nthreads = 1\n";
    let config = Config::parse("bench", text).expect("a right configuration");
    let catalog = Library::built_in().expect("right sources");
    let server = Server::start(config, catalog).expect("a free port");
    let mut client = TcpStream::connect(server.addresses()[0].to_string()).expect("it listens");
    client.set_nodelay(true).expect("a TCP socket");
    for (name, request, reply) in CASES {
        let mut group = criterion.benchmark_group(*name);
        for depth in [1, 16, 64] {
            let requests = request.repeat(depth);
            let expected = reply.repeat(depth);
            let mut got = vec![0; expected.len()];
            let mut exchange = || {
                client.write_all(&requests).expect("the server reads");
                client.read_exact(&mut got).expect("the server replies");
                got == expected
            };
            assert!(exchange(), "{name} replies otherwise");
            group.throughput(Throughput::Elements(depth as u64));
            group.bench_function(depth.to_string(), |bencher| {
                bencher.iter(|| assert!(black_box(exchange())));
            });
        }
    }
    server.stopper().stop();
    server.wait().expect("an orderly end");
}

/// A name, a request whose reply never changes, and that reply.
const CASES: &[(&str, &[u8], &[u8])] = &[
    ("ping", b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    ("set", b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", b"+OK\r\n"),
    ("get", b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", b"$5\r\nvalue\r\n"),
];
