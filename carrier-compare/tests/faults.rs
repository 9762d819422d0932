//! Faults are found, and what is left of the case is short; and where there is none, none is found.
//! Both servers are redis-servers here, one of them behind a proxy that does wrong.

mod proxy;

use std::time::Duration;

use carrier_compare::{Comparison, Differences, Failure, Grammar, MismatchKind, Server, Tally};
use proxy::{Decide, Fault};

#[test]
fn servers_that_do_right_do_not_differ() {
    let Some(mut comparison) = comparison(EVERYTHING, |_, _| Fault::None) else { return };
    let mut tally = Tally::default();
    for seed in 0..200 {
        match comparison.check(seed, 0).expect("the servers run") {
            Ok(more) => tally.add(&more),
            Err(failure) => panic!("{failure}"),
        }
    }
    assert_eq!(tally.cases, 200);
    for name in comparison.grammar.names() {
        let counts = tally.commands.get(name).copied().unwrap_or_default();
        assert!(counts.1 > 0, "{name} was never answered without an error: {counts:?}");
    }
}

#[test]
fn a_number_that_is_one_too_large() {
    let failure = found(COMMANDS, |words, reply| {
        let is_large = reply.len() > 4 && reply[0] == b':';
        if is(words, "INCRBY") && is_large { Fault::OneMore } else { Fault::None }
    });
    let Some(failure) = failure else { return };
    assert!(matches!(failure.mismatch.kind, MismatchKind::Replies { .. }), "{failure}");
    assert!(failure.case.len() == 1, "{failure}");
}

#[test]
fn replies_in_the_wrong_order() {
    // Only where something was stored do the replies around it differ.
    let failure = found(COMMANDS, |words, reply| {
        let is_late = is(words, "GET") && reply.starts_with(b"$1\r");
        if is_late { Fault::Late } else { Fault::None }
    });
    let Some(failure) = failure else { return };
    assert!(failure.case.len() <= 3, "{failure}");
}

#[test]
fn a_write_that_is_lost_and_read() {
    let failure = found(COMMANDS, lose_long_values);
    let Some(failure) = failure else { return };
    assert!(failure.case.len() <= 2, "{failure}");
}

#[test]
fn a_write_that_is_lost_and_never_read() {
    let failure = found("@string GET {key}\nSET {string} {value}\n", lose_long_values);
    let Some(failure) = failure else { return };
    assert_eq!((failure.mismatch.phase, failure.case.len()), (None, 1), "{failure}");
}

#[test]
fn a_count_that_stays_wrong() {
    let failure = found(COMMANDS, |words, reply| {
        let is_wrong = is(words, "DBSIZE") && reply != b":0\r\n";
        if is_wrong { Fault::OneMore } else { Fault::None }
    });
    let Some(failure) = failure else { return };
    assert!(matches!(failure.mismatch.kind, MismatchKind::Unsettled { .. }), "{failure}");
    assert!(failure.case.len() <= 2, "{failure}");
}

#[test]
fn a_reply_too_few() {
    let failure =
        found(COMMANDS, |words, _| if is(words, "DEL") { Fault::Dropped } else { Fault::None });
    let Some(failure) = failure else { return };
    assert!(matches!(failure.mismatch.kind, MismatchKind::Count { replies: 0, .. }), "{failure}");
    assert_eq!(failure.case.len(), 1, "{failure}");
}

#[test]
fn a_reply_too_many() {
    let failure =
        found(COMMANDS, |words, _| if is(words, "SADD") { Fault::Doubled } else { Fault::None });
    let Some(failure) = failure else { return };
    assert!(matches!(failure.mismatch.kind, MismatchKind::Count { replies: 2, .. }), "{failure}");
    assert_eq!(failure.case.len(), 1, "{failure}");
}

#[test]
fn a_connection_that_ends() {
    let failure = found(COMMANDS, |words, _| {
        let is_wrong = is(words, "SADD") && words.len() > 4;
        if is_wrong { Fault::Closed } else { Fault::None }
    });
    let Some(failure) = failure else { return };
    assert!(matches!(failure.mismatch.kind, MismatchKind::Broken { .. }), "{failure}");
    assert_eq!(failure.case.len(), 1, "{failure}");
}

fn lose_long_values(words: &[Vec<u8>], _: &[u8]) -> Fault {
    let is_long = words.get(2).is_some_and(|value| value.len() > 100);
    if is(words, "SET") && words.len() == 3 && is_long { Fault::Lost } else { Fault::None }
}

fn is(words: &[Vec<u8>], name: &str) -> bool {
    words[0].eq_ignore_ascii_case(name.as_bytes())
}

/// The first failure of the cases with these commands, where `decide` says what goes wrong.
fn found(commands: &str, decide: Decide) -> Option<Failure> {
    let mut comparison = comparison(commands, decide)?;
    let failure =
        (0..300).find_map(|seed| comparison.check(seed, 0).expect("the servers run").err());
    let failure = failure.expect("the fault is found");
    assert!(failure.attempts.is_some(), "it fails again: {failure}");
    Some(failure)
}

/// A redis-server behind a proxy as ours, another one as theirs; none where it is not installed.
fn comparison(commands: &str, decide: Decide) -> Option<Comparison> {
    let (upstream, theirs) = match (Server::redis(), Server::redis()) {
        (Ok(upstream), Ok(theirs)) => (upstream, theirs),
        (Err(error), _) | (_, Err(error)) => {
            let is_required = std::env::var_os("CARRIER_REQUIRE_PEERS").is_some_and(|v| v != "0");
            assert!(!is_required, "{error}");
            eprintln!("not tested: {error}");
            return None;
        }
    };
    let ours = Server::at(proxy::start(upstream.address(), decide));
    Some(Comparison {
        grammar: Grammar::parse("test.gen", commands).expect("a grammar"),
        differences: Differences::default(),
        // The second one is never chosen: it keeps the server behind the proxy running.
        ours: vec![ours, upstream],
        theirs,
        patience: Duration::from_secs(10),
    })
}

const COMMANDS: &str = "
@any TTL {key} => within 2
@string GET {key}
@set SMEMBERS {key} => unordered
3 SET {string} {value} [EX {seconds}]
3 GET {string}
INCRBY {counter} {integer}
2 DEL ({any})+
2 SADD {set} ({member})+
SMEMBERS {set} => unordered
DBSIZE => settles, alone
";

/// Every form of a line, with commands that Carrier need not have.
const EVERYTHING: &str = "
@any TTL {key} => within 2
@string GET {key}
@set SMEMBERS {key} => unordered
@list LRANGE {key} 0 -1
@hash HGETALL {key} => unordered pairs
@zset ZRANGE {key} 0 -1 WITHSCORES
pair = {field} {value}

4 SET {string} {value} [NX | XX] [GET] [EX {seconds} | PXAT {at-millis} | KEEPTTL]
3 GET {string}
PTTL {any} => within 2000
3 SADD {set} ({member})+
2 SPOP {set} [{count}] => shape, repair SREM {key} {reply}
SRANDMEMBER {set} => shape
SSCAN {set} {cursor} [COUNT {1..5}] => loop
3 HSET {hash} ({pair})+
HGETALL {hash} => unordered pairs
HSCAN {hash} {cursor} [MATCH {pattern}] => loop pairs
3 RPUSH {list} ({member})+
LRANGE {list} {index} {index}
3 ZADD {zset} [NX | XX] [CH] ({float} {member})+
ZRANGEBYSCORE {zset} {score-bound} {score-bound} [WITHSCORES]
SETBIT {bitmap} {offset} {0..1}
PFADD {hll} ({member})+
HELLO {2..3} => except id
SELECT {db}
MULTI ; SADD {set} {member} ; GET {string} ; EXEC
2 MULTI ; {requests} ; EXEC
MULTI ; {requests} ; DISCARD
2 WATCH ({any})+ ; {requests} ; MULTI ; {requests} ; EXEC
SCAN {cursor} [COUNT {1..20}] [TYPE {kind}] => loop, alone
RANDOMKEY => any, alone
DBSIZE => settles, alone
FLUSHDB [ASYNC | SYNC] => alone
";
