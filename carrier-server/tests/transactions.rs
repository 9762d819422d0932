//! Commands over keys of several shards take effect at one moment.

mod support;

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use carrier_compare::{Client, Random, ReplyExt as _};
use drp_parser::Reply;
use support::seed::{scale, seed};
use support::server::Server;

/// Every server that the tests run against.
fn servers() -> impl Iterator<Item = Server> {
    let staged = ["--layout", "staged"];
    let threads = [1, 2, 3].into_iter().map(Server::with_threads);
    threads.chain(std::iter::once_with(move || Server::with_arguments(&staged)))
}

/// Writers give all keys one value, or remove all; no reader sees two values, or some keys gone.
#[test]
fn readers_see_all_of_a_write_or_nothing() {
    eprintln!("CARRIER_SEED={}", seed());
    for server in servers() {
        let address = server.address;
        thread::scope(|scope| {
            for of in 0..WRITERS {
                scope.spawn(move || write(address, of));
            }
            for of in 0..READERS {
                scope.spawn(move || read(address, of));
            }
        });
    }
}

fn write(address: SocketAddr, of: usize) {
    let mut client = Client::connect(address);
    let mut random = Random::new(seed() ^ of as u64);
    for round in 0..ROUNDS * scale() {
        let value = format!("{of}.{round}");
        let reply = if random.below(5) == 0 {
            client.line(&format!("DEL {}", keys(&mut random).join(" ")))
        } else {
            let pairs =
                keys(&mut random).iter().map(|key| format!("{key} {value}")).collect::<Vec<_>>();
            client.line(&format!("MSET {}", pairs.join(" ")))
        };
        match reply {
            Reply::Integer(count) => assert!(count == 0 || count == KEYS as i64, "{count} keys"),
            reply => assert_eq!(reply, Reply::ok()),
        }
    }
}

fn read(address: SocketAddr, of: usize) {
    let mut client = Client::connect(address);
    let mut random = Random::new(seed() ^ (of as u64) << 32);
    for _ in 0..ROUNDS * scale() {
        let keys = keys(&mut random).join(" ");
        if random.below(3) == 0 {
            let count = client.line(&format!("EXISTS {keys}")).as_integer();
            assert!(count == 0 || count == KEYS as i64, "{count} keys");
        } else {
            let reply = client.line(&format!("MGET {keys}"));
            let first = &reply.elements()[0];
            assert!(reply.elements().iter().all(|one| one == first), "{reply:?}");
        }
    }
}

/// All keys, in any order.
fn keys(random: &mut Random) -> Vec<String> {
    let mut keys: Vec<String> = (0..KEYS).map(|key| format!("key{key}")).collect();
    for at in (1..keys.len()).rev() {
        keys.swap(at, random.below(at + 1));
    }
    keys
}

/// What a connection sends behind a transaction sees it, on any shard, whatever it is.
/// Whichever shards a step has its keys on, and whichever other shards the transaction touches.
#[test]
fn every_step_of_an_exec_replies() {
    let mut random = Random::new(seed());
    for server in servers() {
        let mut client = Client::connect(server.address);
        for _ in 0..200 {
            let [a, b, c, d] = [(); 4].map(|()| format!("key{}", random.below(12)));
            assert_eq!(client.line("MULTI"), Reply::ok());
            let del = format!("DEL {d} {a}");
            let steps =
                [format!("SET {a} x"), format!("MSET {b} y {c} z"), format!("GET {c}"), del];
            for step in &steps {
                assert_eq!(client.line(step), Reply::status("QUEUED"));
            }
            let reply = client.line("EXEC");
            let deleted = Reply::Integer(reply.elements()[3].as_integer().clamp(1, 2));
            let expected = [Reply::ok(), Reply::ok(), Reply::text("z"), deleted];
            assert_eq!(reply.elements(), expected, "{steps:?}");
        }
    }
}

/// What writes a key, of whatever kind, is seen by those who watch it.
#[test]
fn every_kind_of_write_breaks_a_watch() {
    for server in servers() {
        let [mut watcher, mut writer] = [(); 2].map(|()| Client::connect(server.address));
        for (setup, write) in WRITES {
            writer.line("FLUSHALL");
            assert!(!writer.line(setup).is_error_with(""), "{setup}");
            assert_eq!(watcher.line("WATCH k"), Reply::ok());
            assert!(!writer.line(write).is_error_with(""), "{write}");
            assert_eq!(watcher.line("MULTI"), Reply::ok());
            assert_eq!(watcher.line("GET other"), Reply::status("QUEUED"));
            assert_eq!(watcher.line("EXEC"), Reply::NilArray, "{setup}; {write}");
        }
    }
}

/// What is there first, and what is written then.
const WRITES: [(&str, &str); 22] = [
    ("GET k", "SET k 1"),
    ("SET k 1", "DEL k"),
    ("SET k 1", "INCR k"),
    ("SET k 1", "APPEND k 1"),
    ("SET k 1", "SETRANGE k 0 2"),
    ("SET k 1", "EXPIRE k 100"),
    ("SET k 1", "RENAME k l"),
    ("SET l 1", "RENAME l k"),
    ("SET l 1", "COPY l k"),
    ("SADD k 1", "SADD k 2"),
    ("SADD k 1 2", "SREM k 2"),
    ("SADD k 1 2", "SMOVE k l 2"),
    ("SADD l 1 2", "SMOVE l k 2"),
    ("SADD l 1 2", "SUNIONSTORE k l m"),
    ("RPUSH k 1", "RPUSH k 2"),
    ("RPUSH k 1", "LPUSH k 2"),
    ("RPUSH k 1 2", "LPOP k"),
    ("RPUSH k 1 2", "LSET k 0 3"),
    ("RPUSH k 1 2", "LREM k 0 1"),
    ("RPUSH k 1 2", "LTRIM k 0 0"),
    ("HSET k f 1", "HSET k f 2"),
    ("HSET k f 1 g 2", "HDEL k g"),
];

/// Each of two clients writes a key if it finds that neither has been written, and watches both:
/// only one of them can have found that. The meeting makes a transaction take long.
#[test]
fn what_is_watched_holds_until_the_writes() {
    for server in servers() {
        let address = server.address;
        let start = Barrier::new(2);
        let (start, keys) = (&start, ["one", "two"]);
        for round in 0..WATCH_ROUNDS * scale() {
            let committed: usize = thread::scope(|scope| {
                let claim = |key: &'static str| {
                    let mut client = Client::connect(address);
                    move || {
                        let watch = keys.map(|key| format!("{key}{round}")).join(" ");
                        assert_eq!(client.line(&format!("WATCH {watch}")), Reply::ok());
                        start.wait();
                        if client.line(&format!("EXISTS {watch}")).as_integer() > 0 {
                            return 0;
                        }
                        assert_eq!(client.line("MULTI"), Reply::ok());
                        for step in
                            [format!("SUNIONSTORE d{key} a b"), format!("SET {key}{round} 1")]
                        {
                            assert_eq!(client.line(&step), Reply::status("QUEUED"));
                        }
                        usize::from(client.line("EXEC") != Reply::NilArray)
                    }
                };
                let claims = keys.map(|key| scope.spawn(claim(key)));
                claims.map(|one| one.join().expect("a client")).iter().sum()
            });
            assert!(committed <= 1, "both have found nothing, in round {round}");
        }
    }
}

#[test]
fn a_pipeline_keeps_its_order() {
    for server in servers() {
        let mut client = server.client();
        let mut lines = Vec::new();
        for round in 0..ROUNDS {
            lines.push((format!("MSET a {round} b {round} c {round} d {round}"), Reply::ok()));
            for key in ["a", "b", "c", "d"] {
                let value = Reply::Bulk(round.to_string().into_bytes());
                lines.push((format!("GET {key}"), value));
            }
            lines.push(("DBSIZE".to_owned(), Reply::Integer(4)));
            lines.push(("DEL a c x".to_owned(), Reply::Integer(2)));
            lines.push(("DBSIZE".to_owned(), Reply::Integer(2)));
            lines.push(("EXISTS a b c d".to_owned(), Reply::Integer(2)));
            lines.push(("FLUSHALL".to_owned(), Reply::ok()));
            lines.push(("EXISTS b".to_owned(), Reply::Integer(0)));
        }
        for lines in lines.chunks(500) {
            let requests: Vec<_> =
                lines.iter().map(|(line, _)| carrier_compare::Request::from_line(line)).collect();
            let mut random = Random::new(seed());
            let replies = client.exchange(&requests, &mut random).expect("the server replies");
            for ((line, expected), reply) in lines.iter().zip(replies) {
                assert_eq!(Reply::decode(&reply), *expected, "{line}");
            }
        }
    }
}

const KEYS: usize = 6;
const WRITERS: usize = 3;
const READERS: usize = 3;
const ROUNDS: usize = 400;
const WATCH_ROUNDS: usize = 100;
