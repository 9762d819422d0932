//! Several connections on the same keys: every reply is one that some interleaving of the
//! connections' requests gives. And one connection reads what it wrote, on whatever shard.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::thread;

use carrier_compare::{Client, Random, ReplyExt as _, Request};
use drp_parser::Reply;
use support::peer::Peer;
use support::seed::{scale, seed};
use support::server::Server;

#[test]
fn interleavings_on_one_thread() {
    check(Server::with_threads(1).address);
}

#[test]
fn interleavings_on_two_threads() {
    check(Server::with_threads(2).address);
}

#[test]
fn interleavings_on_three_threads() {
    check(Server::with_threads(3).address);
}

#[test]
fn interleavings_on_redis() {
    if let Some(redis) = Peer::redis("replies on shared keys") {
        check(redis.address);
    }
}

#[test]
fn a_pipeline_reads_what_it_wrote() {
    for threads in [1, 2, 3] {
        let server = Server::with_threads(threads);
        reads_its_writes(server.address);
    }
}

fn check(address: SocketAddr) {
    eprintln!("CARRIER_SEED={}", seed());
    for round in 0..ROUNDS * scale() {
        let seed = seed().wrapping_add(round as u64);
        Client::connect(address).line("FLUSHALL");
        let logs: Vec<Log> = thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|of| scope.spawn(move || converse(address, of, seed)))
                .collect();
            threads.into_iter().map(|one| one.join().expect("a conversation")).collect()
        });
        counters(&logs, address);
        members(&logs, address);
        first_writers(&logs);
        registers(&logs);
    }
}

/// What a connection asked and was answered, in order.
type Log = Vec<(Vec<String>, Reply)>;

/// Sends a connection's requests, in pipelines cut at random.
fn converse(address: SocketAddr, of: usize, seed: u64) -> Log {
    let mut random = Random::new(seed ^ ((of as u64) << 32));
    let lines: Vec<String> = (0..REQUESTS).map(|at| line(of, at, &mut random)).collect();
    let mut client = Client::connect(address);
    let mut log = Vec::new();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let (pipeline, after) = rest.split_at(rest.len().min(1 + random.below(64)));
        let requests: Vec<Request> = pipeline.iter().map(|one| Request::from_line(one)).collect();
        let replies = client.exchange(&requests, &mut random).expect("the server replies");
        for (line, reply) in pipeline.iter().zip(replies) {
            let words = line.split(' ').map(str::to_owned).collect();
            log.push((words, Reply::decode(&reply)));
        }
        rest = after;
    }
    log
}

/// A request on shared keys. Values that are written say who wrote them, and grow.
fn line(of: usize, at: usize, random: &mut Random) -> String {
    let one = random.below(SHARED);
    match random.below(9) {
        0 | 1 => format!("INCR counter{one}"),
        2 => format!("GET counter{one}"),
        3 => format!("SADD set{one} member{}", random.below(40)),
        4 => format!("SREM set{one} member{}", random.below(40)),
        5 => format!("SET once{} {of} NX", random.below(200)),
        6 => format!("SET register{of} {at}"),
        7 => format!("GET register{}", random.below(CONNECTIONS)),
        _ => {
            let (a, b) = (random.below(CONNECTIONS), random.below(CONNECTIONS));
            format!("MGET register{a} register{b}")
        }
    }
}

/// The replies to INCR of a key are 1 to n, each once, growing on every connection; what GET shows
/// on a connection never goes back.
fn counters(logs: &[Log], address: SocketAddr) {
    let mut client = Client::connect(address);
    for one in 0..SHARED {
        let key = format!("counter{one}");
        let mut all = Vec::new();
        for log in logs {
            let mut last = 0;
            for (words, reply) in log.iter().filter(|(words, _)| words[1] == key) {
                let value = match words[0].as_str() {
                    "INCR" => {
                        all.push(reply.as_integer());
                        assert!(reply.as_integer() > last, "{key} went from {last} to {reply:?}");
                        reply.as_integer()
                    }
                    _ => number(reply).unwrap_or(0),
                };
                assert!(value >= last, "{key} went back from {last} to {value}");
                last = value;
            }
        }
        all.sort_unstable();
        assert!(all.iter().copied().eq(1..=all.len() as i64), "{key}: {all:?}");
        assert_eq!(number(&client.line(&format!("GET {key}"))).unwrap_or(0), all.len() as i64);
    }
}

/// A member was added once more than it was removed, or as often.
fn members(logs: &[Log], address: SocketAddr) {
    let mut balance = BTreeMap::new();
    for (words, reply) in logs.iter().flatten() {
        let by = match words[0].as_str() {
            "SADD" => reply.as_integer(),
            "SREM" => -reply.as_integer(),
            _ => continue,
        };
        *balance.entry((words[1].clone(), words[2].clone())).or_insert(0) += by;
    }
    let mut client = Client::connect(address);
    for one in 0..SHARED {
        let key = format!("set{one}");
        let found: BTreeSet<Vec<u8>> = (client.line(&format!("SMEMBERS {key}")).elements().iter())
            .map(|member| member.as_bytes().to_vec())
            .collect();
        let of_key = balance.iter().filter(|((of, _), _)| *of == key);
        for ((_, member), count) in of_key {
            let present = i64::from(found.contains(member.as_bytes()));
            assert_eq!(*count, present, "additions of {member} to {key} less removals");
        }
        assert_eq!(client.line(&format!("SCARD {key}")), Reply::Integer(found.len() as i64));
    }
}

/// Of all who set a key if it is absent, exactly one does.
fn first_writers(logs: &[Log]) {
    let mut winners = BTreeMap::new();
    for (words, reply) in logs.iter().flatten().filter(|(words, _)| words[1].starts_with("once")) {
        *winners.entry(&words[1]).or_insert(0) += usize::from(*reply == Reply::ok());
    }
    assert!(winners.values().all(|count| *count == 1), "winners: {winners:?}");
}

/// Each register has one writer: readers see values it wrote, in its order; it sees its last.
fn registers(logs: &[Log]) {
    let mut written = vec![BTreeSet::new(); logs.len()];
    for (of, log) in logs.iter().enumerate() {
        let sets = log.iter().filter(|(words, _)| words[0] == "SET" && words[1] == register(of));
        written[of].extend(sets.map(|(words, _)| words[2].parse::<i64>().expect("a number")));
    }
    for (reader, log) in logs.iter().enumerate() {
        let mut seen = vec![-1; logs.len()];
        let mut own = -1;
        for (words, reply) in log {
            let values = match words[0].as_str() {
                "SET" if words[1] == register(reader) => {
                    own = words[2].parse().expect("a number");
                    continue;
                }
                "GET" if words[1].starts_with("register") => std::slice::from_ref(reply),
                "MGET" => reply.elements(),
                _ => continue,
            };
            for (key, value) in words[1..].iter().zip(values) {
                let of = key.trim_start_matches("register").parse::<usize>().expect("a number");
                let value = number(value).unwrap_or(-1);
                assert!(value == -1 || written[of].contains(&value), "{key} never was {value}");
                assert!(value >= seen[of], "{key} went back from {} to {value}", seen[of]);
                assert!(of != reader || value == own, "{key} was set to {own}, not {value}");
                seen[of] = value;
            }
        }
    }
}

fn register(of: usize) -> String {
    format!("register{of}")
}

/// A number that was stored as a string; none of a key that is not there.
fn number(reply: &Reply) -> Option<i64> {
    match reply {
        Reply::Nil => None,
        other => {
            let text = String::from_utf8_lossy(other.as_bytes()).into_owned();
            Some(text.parse().expect("a number was stored"))
        }
    }
}

/// `SET a`, `MGET a b` in one pipeline: keys that meet on every pair of shards.
fn reads_its_writes(address: SocketAddr) {
    let (mut requests, mut expected) = (Vec::new(), Vec::new());
    let text = |value: usize| Reply::Bulk(value.to_string().into_bytes());
    for at in 0..KEYS {
        let (a, b, c) = (at, (at * 7 + 1) % KEYS, (at * 13 + 5) % KEYS);
        for (line, reply) in [
            (format!("SET a{a} {at}"), Reply::ok()),
            (format!("MGET a{a} b{b}"), Reply::Array(vec![text(at), Reply::Nil])),
            (format!("MSET a{a} 1 b{b} 2 c{c} 3"), Reply::ok()),
            (format!("MGET c{c} a{a} b{b}"), Reply::Array(vec![text(3), text(1), text(2)])),
            (format!("EXISTS a{a} b{b} c{c} d{a}"), Reply::Integer(3)),
            (format!("DEL b{b} d{a} c{c}"), Reply::Integer(2)),
            (format!("MGET b{b} c{c} a{a}"), Reply::Array(vec![Reply::Nil, Reply::Nil, text(1)])),
        ] {
            requests.push(Request::from_line(&line));
            expected.push((line, reply));
        }
    }
    let mut client = Client::connect(address);
    let mut random = Random::new(seed());
    for (requests, expected) in requests.chunks(700).zip(expected.chunks(700)) {
        let replies = client.exchange(requests, &mut random).expect("the server replies");
        for ((line, expected), reply) in expected.iter().zip(replies) {
            let reply = Reply::decode(&reply);
            assert_eq!(*expected, reply, "{line}");
        }
    }
    assert_eq!(client.line("DBSIZE"), Reply::Integer(KEYS as i64));
}

const CONNECTIONS: usize = 5;
const REQUESTS: usize = 2_000;
const ROUNDS: usize = 2;
const SHARED: usize = 3;
const KEYS: usize = 700;
