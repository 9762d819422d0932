//! Right replies, wrong ones, and both cut at every byte.

use super::*;
use crate::template::tests::world;
use crate::words;

fn value(world: &World, key: u64, version: u32) -> Vec<u8> {
    let mut out = Vec::new();
    world.values.write(&mut out, key, version);
    out
}

fn bulk_of(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn item_of(key: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("VALUE {key} 0 {}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The verdict on the whole, after each shorter piece was found incomplete.
fn verdict(world: &World, expect: &Expect, keys: &[u64], must_hit: bool, reply: &[u8]) -> Verdict {
    let mut checker = Checker::new();
    let asked = Asked { expect, keys, version: 0, must_hit };
    for cut in 0..reply.len() {
        match checker.check(world, asked, &reply[..cut]) {
            Verdict::Incomplete => {}
            wrong @ Verdict::Wrong { .. } => return wrong,
            right => panic!("{right:?} at {cut} of {:?}", reply.escape_ascii().to_string()),
        }
    }
    let verdict = checker.check(world, asked, reply);
    let quick = Quick::new(expect, keys.len(), world).accept(world, keys, 0, reply);
    if let Some(len) = quick {
        assert!(matches!(verdict, Verdict::Right { consumed, .. } if consumed == len));
    }
    for cut in 0..reply.len() {
        let quick = Quick::new(expect, keys.len(), world).accept(world, keys, 0, &reply[..cut]);
        assert_eq!(quick, None, "{cut} of {:?}", reply.escape_ascii().to_string());
    }
    verdict
}

fn is_right(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Right { .. })
}

#[test]
fn the_value_of_the_key_alone_is_right() {
    let world = world(Protocol::Resp, "13");
    let mine = bulk_of(&value(&world, 7, 0));
    let judge = |reply: &[u8]| verdict(&world, &Expect::Value, &[7], true, reply);
    assert_eq!(judge(&mine), Verdict::Right { consumed: mine.len(), hits: 1, misses: 0 });
    assert!(!is_right(judge(&bulk_of(&value(&world, 8, 0)))), "another key's");
    assert!(!is_right(judge(&bulk_of(&value(&world, 7, 1)))), "another version's");
    for at in 5..18 {
        let mut wrong = mine.clone();
        wrong[at] += 1;
        assert!(!is_right(judge(&wrong)), "byte {at}");
    }
    for reply in ["$-1\r\n", "_\r\n", "+OK\r\n", ":1\r\n", "-ERR no\r\n", "*1\r\n$1\r\na\r\n", "?"]
    {
        assert!(!is_right(judge(reply.as_bytes())), "{reply}");
    }
}

#[test]
fn misses_are_right_where_they_may_be() {
    let world = world(Protocol::Resp, "13");
    let miss = Verdict::Right { consumed: 5, hits: 0, misses: 1 };
    assert_eq!(verdict(&world, &Expect::Value, &[7], false, b"$-1\r\n"), miss);
    let fresh = world.space.count;
    assert_eq!(verdict(&world, &Expect::Value, &[fresh], true, b"$-1\r\n"), miss);
}

#[test]
fn values_come_in_the_order_of_their_keys() {
    let world = world(Protocol::Resp, "13");
    let [a, b] = [1, 2].map(|key| bulk_of(&value(&world, key, 0)));
    let judge = |must_hit, parts: &[&[u8]]| {
        verdict(&world, &Expect::Values, &[1, 2], must_hit, &parts.concat())
    };
    assert!(is_right(judge(true, &[b"*2\r\n", &a, &b])));
    let Verdict::Right { hits, misses, .. } = judge(false, &[b"*2\r\n", b"$-1\r\n", &b]) else {
        panic!("a miss is allowed");
    };
    assert_eq!((hits, misses), (1, 1));
    assert_eq!(
        judge(true, &[b"*2\r\n", &a, b"$-1\r\n"]),
        Verdict::Wrong { shown: 4 + a.len() + 5, key: 1 }
    );
    assert!(!is_right(judge(true, &[b"*2\r\n", &b, &a])), "swapped");
    assert!(!is_right(judge(true, &[b"*1\r\n", &a])), "one too few");
    assert!(!is_right(judge(true, &[b"*3\r\n", &a, &b, &b])), "one too many");
}

#[test]
fn memcached_names_the_keys_it_has() {
    let world = world(Protocol::Memcached, "13");
    let [a, b] = [1, 2].map(|key| item_of(&format!("k:{key:04}"), &value(&world, key, 0)));
    let judge = |must_hit, parts: &[&[u8]]| {
        verdict(&world, &Expect::Values, &[1, 2], must_hit, &parts.concat())
    };
    assert!(is_right(judge(true, &[&a, &b, b"END\r\n"])));
    assert!(is_right(judge(false, &[&b, b"END\r\n"])));
    assert!(is_right(judge(false, &[b"END\r\n"])));
    assert!(!is_right(judge(true, &[&b, b"END\r\n"])), "a miss");
    assert!(!is_right(judge(false, &[&b, &a, b"END\r\n"])), "swapped");
    assert!(!is_right(judge(false, &[&a, &a, b"END\r\n"])), "twice");
    let foreign = item_of("k:0001", &value(&world, 2, 0));
    assert!(!is_right(judge(false, &[&foreign, b"END\r\n"])), "a foreign value");
    assert!(!is_right(judge(false, &[b"SERVER_ERROR out of memory\r\n"])));
}

#[test]
fn other_replies_are_judged_by_their_kind() {
    let resp = world(Protocol::Resp, "3");
    let line = Expect::Line(b"+PONG".to_vec());
    for (expect, reply, expected) in [
        (&Expect::Ok, "+OK\r\n", true),
        (&Expect::Ok, "+OK!\r\n", false),
        (&Expect::Ok, "$-1\r\n", false),
        (&Expect::Int, ":12\r\n", true),
        (&Expect::Int, "$1\r\n1\r\n", false),
        (&line, "+PONG\r\n", true),
        (&line, "+PING\r\n", false),
        (&Expect::Any, "*2\r\n:1\r\n$1\r\na\r\n", true),
        (&Expect::Any, "-ERR no\r\n", false),
        (&Expect::Any, "!3\r\nERR\r\n", false),
    ] {
        let verdict = verdict(&resp, expect, &[], true, reply.as_bytes());
        assert_eq!(is_right(verdict), expected, "{expect:?} {reply}");
    }
    let memcached = world(Protocol::Memcached, "3");
    for (expect, reply, expected) in [
        (&Expect::Ok, "STORED\r\n", true),
        (&Expect::Ok, "NOT_STORED\r\n", false),
        (&Expect::Int, "12\r\n", true),
        (&Expect::Any, "NOT_FOUND\r\n", true),
        (&Expect::Any, "CLIENT_ERROR bad\r\n", false),
        (&Expect::Any, "ERROR\r\n", false),
    ] {
        let verdict = verdict(&memcached, expect, &[], true, reply.as_bytes());
        assert_eq!(is_right(verdict), expected, "{expect:?} {reply}");
    }
}

#[test]
fn expectations_follow_from_commands() {
    let of =
        |protocol, line: &str| Expect::of_command(protocol, &words::split(line).expect("words"));
    assert_eq!(of(Protocol::Resp, "GET {key}"), Expect::Value);
    assert_eq!(of(Protocol::Resp, "get x:{key}"), Expect::Any);
    assert_eq!(of(Protocol::Resp, "MGET {key} {key}"), Expect::Values);
    assert_eq!(of(Protocol::Resp, "SET {key} {value}"), Expect::Ok);
    assert_eq!(of(Protocol::Resp, "SET {key} {value} GET"), Expect::Any);
    assert_eq!(of(Protocol::Resp, "INCR n"), Expect::Int);
    assert_eq!(of(Protocol::Memcached, "get {key}"), Expect::Values);
    assert_eq!(Expect::parse("line:+QUEUED"), Some(Expect::Line(b"+QUEUED".to_vec())));
    assert_eq!(Expect::parse("maybe"), None);
}

#[test]
fn what_is_told_by_comparing_is_what_the_checker_says() {
    let resp = world(Protocol::Resp, "13");
    let mine = bulk_of(&value(&resp, 7, 0));
    let quick = Quick::new(&Expect::Value, 1, &resp);
    assert_eq!(quick.accept(&resp, &[7], 0, &mine), Some(mine.len()));
    assert_eq!(quick.accept(&resp, &[8], 0, &mine), None);
    let memcached = world(Protocol::Memcached, "13");
    let mine = [item_of("k:0007", &value(&memcached, 7, 0)), b"END\r\n".to_vec()].concat();
    let quick = Quick::new(&Expect::Values, 1, &memcached);
    assert_eq!(quick.accept(&memcached, &[7], 0, &mine), Some(mine.len()));
    assert_eq!(quick.accept(&memcached, &[8], 0, &mine), None);
    for at in 0..mine.len() {
        let mut wrong = mine.clone();
        wrong[at] ^= 1;
        assert_eq!(quick.accept(&memcached, &[7], 0, &wrong), None, "byte {at}");
    }
}

#[test]
fn long_values_are_judged_piece_by_piece() {
    let world = world(Protocol::Resp, "300001");
    let mine = bulk_of(&value(&world, 7, 0));
    for piece in [1_000, 40_000, 65_536, 1 << 20] {
        for wrong in [None, Some(9), Some(123_456), Some(300_008), Some(300_010)] {
            let mut reply = mine.clone();
            if let Some(at) = wrong {
                reply[at] ^= 1;
            }
            assert_eq!(judged_by_pieces(&world, &reply, piece), wrong.is_none(), "{wrong:?}");
        }
    }
}

/// Whether a reply is right that comes in pieces, of which no more than is needed is kept.
fn judged_by_pieces(world: &World, reply: &[u8], piece: usize) -> bool {
    let mut checker = Checker::new();
    let asked = Asked { expect: &Expect::Value, keys: &[7], version: 0, must_hit: true };
    let mut input = Vec::new();
    for chunk in reply.chunks(piece) {
        input.extend_from_slice(chunk);
        loop {
            match checker.check(world, asked, &input) {
                Verdict::Right { consumed, .. } => {
                    assert_eq!(consumed, input.len());
                    return true;
                }
                Verdict::Wrong { .. } => return false,
                Verdict::Incomplete => break,
                Verdict::Piece { consumed } => {
                    assert!(consumed > 0);
                    input.drain(..consumed);
                }
            }
        }
        assert!(input.len() <= PIECE_LEN_MIN + piece);
    }
    panic!("no verdict on the whole");
}
