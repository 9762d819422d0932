//! Recorded replies, byte for byte: ours compared with the recording, and the recording with the
//! redis-server it was made from.

mod support;

use support::peer::Peer;
use support::server::Server;
use support::summary;
use support::transcript::{Side, Transcript, recording};

#[test]
fn strings() {
    check("strings");
}

#[test]
fn sets() {
    check("sets");
}

#[test]
fn lists() {
    check("lists");
}

#[test]
fn hashes() {
    check("hashes");
}

#[test]
fn several() {
    check("several");
}

#[test]
fn transactions() {
    check("transactions");
}

#[test]
fn keys() {
    check("keys");
}

#[test]
fn scan() {
    check_on("scan", &[1]);
}

#[test]
fn connection() {
    check("connection");
}

#[test]
fn resp3() {
    check("resp3");
}

#[test]
fn server() {
    check("server");
}

#[test]
fn refused() {
    check("refused");
}

#[test]
fn newer() {
    check("newer");
}

#[test]
fn bitmaps() {
    check("bitmaps");
}

#[test]
fn ordered() {
    check("ordered");
}

#[test]
fn zvml() {
    check("zvml");
}

/// All but those of commands that it does not have.
#[test]
fn the_recordings_are_of_redis() {
    let Some(redis) = Peer::redis("the recorded replies") else {
        return;
    };
    let mut replies = 0;
    for name in [
        "strings",
        "sets",
        "lists",
        "hashes",
        "several",
        "transactions",
        "keys",
        "scan",
        "connection",
        "server",
        "resp3",
    ] {
        let transcript = Transcript::read(name);
        if recording() {
            transcript.record(redis.address);
            continue;
        }
        let (compared, differences) = transcript.compare(redis.address, Side::Recorded);
        assert!(differences.is_empty(), "{name}: redis-server replies otherwise\n{differences}");
        replies += compared;
    }
    summary(&format!("recorded replies on redis-server: {replies} compared"));
}

fn check(name: &str) {
    // What runs on the connection's own thread on one may be on others here.
    check_on(name, &[1, 3]);
}

fn check_on(name: &str, threads: &[usize]) {
    if recording() {
        return;
    }
    let transcript = Transcript::read(name);
    for threads in threads {
        let server = Server::with_threads(*threads);
        let (_, differences) = transcript.compare(server.address, Side::Ours);
        assert!(differences.is_empty(), "{name}, {threads} threads:\n{differences}");
    }
}
