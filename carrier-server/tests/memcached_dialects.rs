//! memcached's dialects at large: conversations as memcached 1.6.18 was seen to have them, in lines
//! classic and meta and in packets; the same effect in all of them; and bytes that are nothing.

mod conversations;
mod support;

use std::net::SocketAddr;
use std::process::Command;

use carrier_compare::{Client, Random, ReplyExt as _, exchange_whole, shown};
use conversations::{LINES, PACKETS};
use dmp_parser::{BinaryRequest, Opcode, compose};
use drp_parser::Reply;
use support::peer::Peer;
use support::scratch::Scratch;
use support::seed::seed;
use support::server::{PROGRAM, Server};
use support::summary;

#[test]
fn conversations() {
    for threads in [1, 3] {
        let server = Server::with_threads(threads);
        assert_eq!(differences(server.address), "", "{threads} threads");
    }
}

#[test]
fn memcached_has_the_same_conversations() {
    if let Some(memcached) = Peer::memcached("memcached's dialects") {
        assert_eq!(differences(memcached.address), "");
        summary(&format!("memcached: {} conversations compared", LINES.len() + PACKETS.len()));
    }
}

/// What differs from the conversations. Each is followed by a flush, so that none sees another's
/// items.
fn differences(address: SocketAddr) -> String {
    let mut flush = Vec::new();
    BinaryRequest::new(Opcode::FlushQ).compose(&mut flush);
    let mut found = String::new();
    for (sent, expected) in LINES.iter().chain(PACKETS) {
        let got = without_stamps(&exchange_whole(address, sent));
        if got != *expected {
            let (sent, expected, got) = (shown(sent), shown(expected), shown(&got));
            found += &format!("{sent}\n  expected {expected}\n       got {got}\n");
        }
        exchange_whole(address, &flush);
    }
    found
}

/// Packets with the stamps of their headers blank: which they are says nothing. Anything else as
/// it is.
fn without_stamps(replies: &[u8]) -> Vec<u8> {
    let mut blank = replies.to_vec();
    let mut at = 0;
    while blank.get(at) == Some(&0x81) && blank.len() >= at + 24 {
        blank[at + 16..at + 24].fill(0);
        let body_len =
            blank[at + 8..at + 12].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
        at += 24 + body_len;
    }
    blank
}

#[test]
fn any_cut_gives_the_same_replies() {
    let server = Server::with_threads(2);
    let mut random = Random::new(seed());
    // What closes the connection cannot be followed by anything.
    for (sent, expected) in LINES.iter().chain(PACKETS.iter().take(8)) {
        let piece_max = [1, 3, 20][random.below(3)];
        let mut client = Client::connect(server.address);
        let mut rest = *sent;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + random.below(piece_max)));
            client.write(piece).expect("the server reads");
            rest = after;
        }
        let got = client.read_bytes(expected.len()).expect("the server replies");
        assert_eq!(shown(&without_stamps(&got)), shown(expected), "{}", shown(sent));
        exchange_whole(server.address, b"flush_all\r\n");
    }
}

#[test]
fn every_dialect_sees_what_another_stores() {
    let server = Server::with_threads(3);
    let mut resp = server.client();
    let packet = |opcode, extras: &[u8], key: &str, value: &[u8]| {
        let mut out = Vec::new();
        let key = key.as_bytes();
        BinaryRequest { extras, key, value, ..BinaryRequest::new(opcode) }.compose(&mut out);
        out
    };
    for at in 0..30 {
        let key = format!("key{at}");
        let value = format!("value {at}\r\n");
        let mut stores = [Vec::new(), Vec::new(), Vec::new()];
        compose::set(&mut stores[0], key.as_bytes(), 7, 0, value.as_bytes(), false);
        let flags = ["F7", "T0"];
        compose::meta(&mut stores[1], "ms", key.as_bytes(), Some(value.as_bytes()), &flags);
        let extras = BinaryRequest::store_extras(7, 0);
        stores[2] = packet(Opcode::Set, &extras, &key, value.as_bytes());
        let stored = exchange_whole(server.address, &stores[at % 3]);
        assert!(!stored.is_empty());

        let item = format!("VALUE {key} 7 {}\r\n{value}\r\nEND\r\n", value.len());
        let got = exchange_whole(server.address, format!("get {key}\r\n").as_bytes());
        assert_eq!(shown(&got), shown(item.as_bytes()));
        let got = exchange_whole(server.address, format!("mg {key} v f\r\n").as_bytes());
        let item = format!("VA {} f7\r\n{value}\r\n", value.len());
        assert_eq!(shown(&got), shown(item.as_bytes()));
        let got = exchange_whole(server.address, &packet(Opcode::Get, &[], &key, &[]));
        assert_eq!((&got[24..28], &got[28..]), (&[0, 0, 0, 7][..], value.as_bytes()));
        assert_eq!(resp.line(&format!("GET {key}")), Reply::text(&value));

        // A change in the place of the value keeps the flags; a new value has none.
        assert_eq!(resp.line(&format!("APPEND {key} x")), Reply::Integer(value.len() as i64 + 1));
        let got = exchange_whole(server.address, format!("mg {key} f\r\n").as_bytes());
        assert_eq!(shown(&got), shown(b"HD f7\r\n"));
        assert_eq!(resp.line(&format!("SET {key} new")), Reply::ok());
        let got = exchange_whole(server.address, format!("mg {key} f v\r\n").as_bytes());
        assert_eq!(shown(&got), shown(b"VA 3 f0\r\nnew\r\n"));
    }
}

#[test]
fn stamps_are_lazy_and_go_with_the_value() {
    let server = Server::with_threads(1);
    let ask =
        |text: &str| String::from_utf8(exchange_whole(server.address, text.as_bytes())).unwrap();
    let stamp = |text: &str| {
        let line = ask(text);
        line.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(ask("set k 0 0 1\r\na\r\n"), "STORED\r\n");
    let first = stamp("gets k\r\n");
    assert_eq!(stamp("gets k\r\n"), first, "it stays while the value does");
    assert_eq!(ask(&format!("cas k 0 0 1 {first}\r\nb\r\n")), "STORED\r\n");
    assert_eq!(ask(&format!("cas k 0 0 1 {first}\r\nc\r\n")), "EXISTS\r\n");
    let second = stamp("gets k\r\n");
    assert_ne!(first, second);
    assert_eq!(ask("touch k 100\r\n"), "TOUCHED\r\n");
    assert_eq!(stamp("gets k\r\n"), second, "a new lifetime is no new value");
    let mut resp = server.client();
    assert_eq!(resp.line("SET k d"), Reply::ok());
    assert_eq!(ask(&format!("cas k 0 0 1 {second}\r\ne\r\n")), "EXISTS\r\n");
}

#[test]
fn containers_are_no_items() {
    let server = Server::with_threads(3);
    let mut resp = server.client();
    assert_eq!(resp.line("SADD s a"), Reply::Integer(1));
    assert_eq!(exchange_whole(server.address, b"set k 0 0 1\r\na\r\n"), b"STORED\r\n");
    for request in
        ["get s", "get k s", "gets s", "gat 5 s", "incr s 1", "touch s 5", "mg s v", "me s"]
    {
        let got = exchange_whole(server.address, format!("{request}\r\n").as_bytes());
        let expected = "SERVER_ERROR wrong type\\r\\n";
        assert!(shown(&got).contains(expected), "{request}: {}", shown(&got));
    }
    for verb in ["add", "replace", "append", "prepend"] {
        let sent = format!("{verb} s 0 0 1\r\na\r\n");
        let got = exchange_whole(server.address, sent.as_bytes());
        assert_eq!(got, b"SERVER_ERROR wrong type\r\n", "{verb}");
    }
    assert_eq!(resp.line("SCARD s"), Reply::Integer(1));
    assert_eq!(exchange_whole(server.address, b"set s 0 0 1\r\na\r\n"), b"STORED\r\n");
}

#[test]
fn what_is_nothing_is_answered_or_ends() {
    let server = Server::with_threads(2);
    let mut random = Random::new(seed());
    for round in 0..150 {
        let start: &[u8] = [&b"get "[..], b"ms k ", b"\x80", b"set k 0 0 ", b"mg ", b""][round % 6];
        let mut sent = start.to_vec();
        sent.extend((0..random.below(300)).map(|_| random.below(256) as u8));
        // It comes to an end: the connection is closed after what there is to say.
        exchange_whole(server.address, &sent);
    }
    assert_eq!(exchange_whole(server.address, b"mn\r\n"), b"MN\r\n");
}

/// Lines that are hardly right, and what memcached says to them: the same from both.
#[test]
fn malformed_lines_are_answered_as_memcached_answers_them() {
    let Some(memcached) = Peer::memcached("malformed lines") else { return };
    let text = "[[network]]\nname = \"main\"\nhost = \"127.0.0.1\"\nport = 0\nprotocol = \"dmp\"\n\
                [lru]\nenable = true\n[memory]\nsoft_stay_under = \"64MB\"\n";
    let config = Scratch::with("carrier.toml", text);
    let server = Server::from_command(Command::new(PROGRAM).arg("--config").arg(&config.path));
    let mut random = Random::new(seed());
    for _ in 0..CONVERSATIONS {
        let mut sent = b"flush_all\r\nset k 0 0 1\r\nv\r\nset n 5 100 2\r\n10\r\n".to_vec();
        for _ in 0..1 + random.below(3) {
            malformed(&mut random, &mut sent);
        }
        sent.extend(b"mn\r\nquit\r\n");
        let [ours, theirs] = [server.address, memcached.address]
            .map(|address| shown(&exchange_whole(address, &sent)));
        assert_eq!(ours, theirs, "{}", shown(&sent));
    }
    summary(&format!("memcached: {CONVERSATIONS} conversations of malformed lines compared"));
}

/// A line of a verb and words that may be wrong behind it, and perhaps an item.
fn malformed(random: &mut Random, sent: &mut Vec<u8>) {
    let verb = VERBS[random.below(VERBS.len())];
    sent.extend(verb);
    for _ in 0..random.below(6) {
        sent.extend([&b" "[..], b" ", b"  "][random.below(3)]);
        sent.extend(WORDS[random.below(WORDS.len())]);
    }
    sent.extend([&b"\r\n"[..], b"\r\n", b"\n"][random.below(3)]);
    if STORING.contains(&verb) && random.below(5) > 0 {
        sent.extend(ITEMS[random.below(ITEMS.len())]);
    }
}

const CONVERSATIONS: usize = 300;
/// Without those whose replies tell stamps, figures, or what a clock of whole seconds says.
const VERBS: &[&[u8]] = &[
    b"get",
    b"gat 10",
    b"set",
    b"add",
    b"replace",
    b"append",
    b"prepend",
    b"cas",
    b"incr",
    b"delete",
    b"touch",
    b"mg",
    b"ms",
    b"md",
    b"ma",
    b"mn",
    b"version",
    b"lru",
    b"slabs",
    b"lru_crawler",
    b"foo",
    b"GET",
    b"",
];
const STORING: &[&[u8]] = &[b"set", b"add", b"replace", b"append", b"prepend", b"cas", b"ms"];
const WORDS: &[&[u8]] = &[
    b"k",
    b"n",
    b"missing",
    b"0",
    b"2",
    b"-1",
    b"5",
    b"x",
    b"noreply",
    b"\x01",
    b"\x7f",
    b"\xff",
    b"99999999999999999999",
    b"+2",
    b"02",
    b"v",
    b"q",
    b"T30",
    b"N5",
    b"b",
    b"O1",
    b"Zm9v",
    b"C1",
    b"MD",
    b"D5",
    b"S1",
    b"F5",
    b"\t",
];
const ITEMS: &[&[u8]] = &[b"ab\r\n", b"\r\n", b"vv\r\n", b"hello\r\n", b"v\n", b"abcdefghij\r\n"];

#[test]
fn other_protocols_are_told() {
    let server = Server::with_threads(1);
    let got = exchange_whole(server.address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(got.starts_with(b"HTTP/1.1 400 "), "{}", shown(&got));
    let got = exchange_whole(server.address, b"\x16\x03\x01\x02\x00\x01");
    assert_eq!(got, b"\x15\x03\x01\x00\x02\x02\x46");
}

#[test]
fn earlier_uses_are_told_where_uses_are_noted() {
    let budgeted = ["--threads", "1", "--memory", "64MB", "--evict", "snlru"];
    for (arguments, noted) in [(&budgeted[..], 1), (&budgeted[..2], 0)] {
        let server = Server::with_arguments(arguments);
        let ask = |sent: &[u8]| String::from_utf8(exchange_whole(server.address, sent)).unwrap();
        let last = format!("HD h{noted}\r\n");
        let sent = b"ms k 1\r\na\r\nmg k h u\r\nmg k h u\r\nmg k h\r\nmg k h\r\n";
        assert_eq!(ask(sent), format!("HD\r\nHD h0\r\nHD h0\r\nHD h0\r\n{last}"));
        assert_eq!(
            ask(b"ms k 1\r\na\r\nms j 1\r\na\r\nget k\r\n"),
            "HD\r\nHD\r\nVALUE k 0 1\r\na\r\nEND\r\n"
        );
        assert_eq!(ask(b"mg k h\r\n"), last);
        // A stamp that is given meanwhile makes no two uses of one.
        let stamped = ask(b"ms l 1\r\na\r\nmg l h c u\r\nmg l h c\r\nmg l h\r\n");
        let used: Vec<&str> = stamped.lines().filter_map(|line| line.get(3..5)).collect();
        assert_eq!(used, ["h0", "h0", last.get(3..5).unwrap_or_default()], "{stamped}");
        let fetched = if noted == 1 { "fetch=yes" } else { "fetch=no" };
        let told = ask(b"me k\r\nme j\r\n");
        assert!(told.contains(fetched) && told.contains("fetch=no"), "{told}");
        assert!(!told.contains("size=0"), "{told}");
    }
}

#[test]
fn the_budget_can_be_set() {
    let server =
        Server::with_arguments(&["--threads", "2", "--memory", "64MB", "--evict", "snlru"]);
    let limit = || {
        let stats = exchange_whole(server.address, b"stats\r\n");
        let text = String::from_utf8(stats).expect("figures are text");
        let line = text.lines().find(|line| line.contains(" limit_maxbytes ")).map(str::to_owned);
        line.expect("it is told")
    };
    assert_eq!(limit(), "STAT limit_maxbytes 67108864");
    assert_eq!(exchange_whole(server.address, b"cache_memlimit 100\r\n"), b"OK\r\n");
    assert_eq!(limit(), "STAT limit_maxbytes 104857600");
}

#[test]
fn what_is_not_built_so_is_refused() {
    let server = Server::with_threads(1);
    let got =
        exchange_whole(server.address, b"mn\r\nwatch evictions\r\nlru_crawler metadump all\r\n");
    let expected =
        b"MN\r\nCLIENT_ERROR watch commands not allowed\r\nERROR metadump not allowed\r\n";
    assert_eq!(shown(&got), shown(expected));
}

#[test]
fn figures_are_told_in_lines_and_packets() {
    let server = Server::with_threads(2);
    exchange_whole(server.address, b"set k 0 0 1\r\na\r\nget k\r\nget j\r\n");
    let got = String::from_utf8(exchange_whole(server.address, b"stats\r\n")).unwrap();
    for name in ["pid", "uptime", "version", "curr_items", "cmd_get", "get_hits", "bytes"] {
        assert!(got.contains(&format!("STAT {name} ")), "{name} in {got}");
    }
    assert!(got.contains("STAT cmd_get 2\r\n") && got.ends_with("END\r\n"), "{got}");
    for kind in ["items", "slabs", "sizes", "settings", "conns"] {
        let got = exchange_whole(server.address, format!("stats {kind}\r\n").as_bytes());
        assert!(got.starts_with(b"STAT ") && got.ends_with(b"END\r\n"), "{kind}: {}", shown(&got));
    }
    let got = String::from_utf8(exchange_whole(server.address, b"stats conns\r\n")).unwrap();
    for name in ["addr tcp:127.0.0.1:", "listen_addr tcp:127.0.0.1:", "secs_since_last_cmd 0\r"] {
        assert!(got.contains(&format!(":{name}")), "{name} in {got}");
    }
    let mut packet = Vec::new();
    BinaryRequest::new(Opcode::Stat).compose(&mut packet);
    let got = exchange_whole(server.address, &packet);
    assert_eq!(&got[24..27], b"pid");
    assert_eq!(&got[got.len() - 24..][..4], [0x81, 0x10, 0, 0], "the last has no name");
}
