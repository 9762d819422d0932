//! SLOWLOG: with a limit of 0 every request is logged, so no clock decides what these tests see.

mod support;

use carrier_compare::{Client, ReplyExt};
use drp_parser::Reply;
use support::peer::Peer;
use support::server::Server;

/// The same requests on our servers and on Redis leave the same entries.
#[test]
fn requests_are_logged_as_redis_logs_them() {
    let ours: Vec<Server> = [1, 2, 3].into_iter().map(Server::with_threads).collect();
    let logs = ours.iter().map(|server| logged(&mut server.client()));
    let logs: Vec<_> =
        logs.chain(Peer::redis("SLOWLOG").map(|peer| logged(&mut peer.client()))).collect();
    for log in &logs {
        assert_eq!(log, &logs[0]);
    }
    let last = |back: usize| &logs[0][logs[0].len() - 1 - back];
    assert_eq!(last(0), "CONFIG SET slowlog-log-slower-than 0 ()");
    assert_eq!(logs[0][0], "GET missing (me)");
}

/// Runs requests with everything logged; the entries, the newest first.
fn logged(client: &mut Client) -> Vec<String> {
    client.line("CONFIG SET slowlog-log-slower-than -1");
    client.line("SLOWLOG RESET");
    client.line("SADD large x");
    client.line("CONFIG SET slowlog-log-slower-than 0");
    let many: Vec<String> = (0..40).map(|number| format!("member{number}")).collect();
    for line in [
        "SET key value".to_owned(),
        "GET key".to_owned(),
        format!("SADD large {}", many.join(" ")),
        format!("SET long {}", "x".repeat(200)),
        "SMEMBERS large".to_owned(),
        "MSET a 1".to_owned(),
        "AUTH nobody wrong".to_owned(),
        "AUTH wrong".to_owned(),
        "CONFIG SET requirepass secret requirepass secret".to_owned(),
        "CLIENT SETNAME me".to_owned(),
        "HELLO 2 AUTH default hidden".to_owned(),
        "MULTI".to_owned(),
        "INCR number".to_owned(),
        "EXEC".to_owned(),
        "PING".to_owned(),
        "LPUSH key wrong".to_owned(),
        "GET missing".to_owned(),
    ] {
        client.line(&line);
    }
    let reply = client.line("SLOWLOG GET -1");
    let own = client.line("CLIENT LIST");
    let own = String::from_utf8_lossy(own.as_bytes()).into_owned();
    let mut numbers = Vec::new();
    let mut entries = Vec::new();
    for entry in reply.elements() {
        let [number, at, took, words, address, name] = entry.elements() else {
            panic!("{entry:?}");
        };
        numbers.push(number.as_integer());
        assert!(at.as_integer() > 1_600_000_000 && took.as_integer() >= 0);
        let text = |reply: &Reply| String::from_utf8_lossy(reply.as_bytes()).into_owned();
        assert!(own.contains(&format!(" addr={} ", text(address))), "{own}");
        let words: Vec<String> = words.elements().iter().map(text).collect();
        entries.push(format!("{} ({})", words.join(" "), text(name)));
    }
    assert!(numbers.is_sorted_by(|one, next| *one == next + 1), "{numbers:?}");
    entries
}

/// A request that takes many slices, over several shards, is one entry.
#[test]
fn slices_and_shards_add_up() {
    let members = "m".repeat(20);
    for threads in [1, 2] {
        let server = Server::with_threads(threads);
        let mut client = server.client();
        for key in ["a", "b", "c", "d", "e"] {
            for part in 0..5 {
                let many: Vec<String> =
                    (0..1000).map(|number| format!("{members}{part}.{number}")).collect();
                client.line(&format!("SADD {key} {}", many.join(" ")));
            }
        }
        client.line("CONFIG SET slowlog-log-slower-than -1");
        client.line("SLOWLOG RESET");
        client.line("CONFIG SET slowlog-log-slower-than 0");
        assert_eq!(client.line("SMEMBERS a").elements().len(), 5000);
        assert_eq!(client.line("SUNION a b c d e").elements().len(), 5000);
        client.line("DEL a b c d e");
        assert_eq!(client.line("SLOWLOG LEN").as_integer(), 4);
        let log = client.line("SLOWLOG GET 3");
        let words = |at: usize| &log.elements()[at].elements()[3];
        assert_eq!(words(0).elements()[0].as_bytes(), b"SLOWLOG");
        let mut removed: Vec<_> = words(1).elements().iter().map(ReplyExt::as_bytes).collect();
        removed.sort_unstable();
        assert_eq!(removed, [&b"DEL"[..], b"a", b"b", b"c", b"d", b"e"]);
        let union: Vec<_> = words(2).elements().iter().map(ReplyExt::as_bytes).collect();
        assert_eq!(union, [&b"SUNION"[..], b"a", b"b", b"c", b"d", b"e"]);
        let took = |at: usize| log.elements()[at].elements()[2].as_integer();
        assert!(took(2) > 0, "25,000 members in less than a microsecond");
    }
}

#[test]
fn as_many_are_kept_as_the_setting_says() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    client.line("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 3");
    (0..20).for_each(|_| drop(client.line("PING")));
    assert_eq!(client.line("SLOWLOG LEN").as_integer(), 3);
    assert_eq!(client.line("CONFIG SET slowlog-max-len 0"), Reply::ok());
    assert_eq!(client.line("SLOWLOG RESET"), Reply::ok());
    client.line("PING");
    assert_eq!(client.line("SLOWLOG GET").elements().len(), 0);
    client.line("CONFIG SET slowlog-max-len 128 slowlog-log-slower-than 1000000000");
    client.line("PING");
    assert_eq!(client.line("SLOWLOG LEN").as_integer(), 0);
}
