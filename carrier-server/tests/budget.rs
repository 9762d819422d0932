//! A budget that is used up: refused writes in both protocols, and keys that make room.

mod support;

use carrier_compare::{Client, ReplyExt as _, exchange_whole};
use drp_parser::Reply;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::server::Server;

#[test]
fn without_a_policy_writes_are_refused_and_the_rest_goes_on() {
    let server = Server::with_arguments(&["--threads", "1", "--memory", "2MB"]);
    let mut client = server.client();
    let set = fill(&mut client);
    assert!((1000..2000).contains(&set), "{set} values of 1 KiB in 2 MB");
    // memcached's clients are told in their words.
    let stored = [b"set item 0 0 100000\r\n", &[b'x'; 100_000][..], b"\r\n"].concat();
    let reply = exchange_whole(server.address, &[&stored[..], b"quit\r\n"].concat());
    assert_eq!(reply, b"SERVER_ERROR out of memory storing object\r\n");
    assert_eq!(client.line("GET key:0").as_bytes().len(), 1024);
    assert_eq!(client.line("DEL key:0 key:1").as_integer(), 2);
    let info = String::from_utf8(client.line("INFO").as_bytes().to_vec()).unwrap();
    for field in ["maxmemory:2097152", "maxmemory_policy:noeviction", "evicted_keys:0"] {
        assert!(info.contains(field), "{field} is not in {info}");
    }
}

/// One shard is full, the others are not: a write over all of them is refused by all.
#[test]
fn a_write_of_many_keys_is_refused_whole() {
    let server = Server::with_arguments(&["--threads", "2", "--memory", "4MB"]);
    let mut client = server.client();
    let mut next = fill(&mut client);
    let value = [b'w'; 1024];
    let (mut refused, mut written) = (0, 0);
    while refused < 50 {
        let names: Vec<String> = (0..4).map(|name| format!("many:{}", next + name)).collect();
        next += names.len();
        let mut words: Vec<&[u8]> = vec![b"MSET"];
        names.iter().for_each(|name| words.extend([name.as_bytes(), &value]));
        let is_refused = client.call(&words) == Reply::Error(OOM.into());
        let found = client.line(&format!("EXISTS {}", names.join(" "))).as_integer();
        assert_eq!(found, if is_refused { 0 } else { 4 });
        refused += usize::from(is_refused);
        written += usize::from(!is_refused);
    }
    assert!(written < 2000, "{written} written beyond the budget");
}

/// The same while others take what room there is: what was found at one shard is kept until all
/// have found theirs.
#[test]
fn a_write_of_many_keys_is_whole_while_others_fill_the_memory() {
    let server = Server::with_arguments(&["--threads", "2", "--memory", "4MB"]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let fillers: Vec<_> = (0..3)
            .map(|of| {
                scope.spawn({
                    let (mut client, is_over) = (server.client(), &is_over);
                    move || {
                        let mut number = 0;
                        while !is_over.load(Ordering::Relaxed) {
                            // Takes and gives back, so that there is just no room, or just some.
                            let key = format!("fill{of}.{}", number % 1500);
                            match number % 4 {
                                3 => drop(client.call(&[b"DEL", key.as_bytes()])),
                                _ => drop(client.call(&[b"SET", key.as_bytes(), &[b'f'; 1024]])),
                            }
                            number += 1;
                        }
                    }
                })
            })
            .collect();
        let mut client = server.client();
        let (mut refused, mut written, mut next) = (0, 0, 0);
        while refused < 300 || written < 30 {
            let names: Vec<String> = (0..6).map(|name| format!("many:{}", next + name)).collect();
            next += names.len();
            let mut words: Vec<&[u8]> = vec![b"MSET"];
            names.iter().for_each(|name| words.extend([name.as_bytes(), &[b'w'; 1500]]));
            let reply = client.call(&words);
            assert!([Reply::ok(), Reply::Error(OOM.into())].contains(&reply), "{reply:?}");
            let is_refused = reply != Reply::ok();
            let found = client.line(&format!("EXISTS {}", names.join(" "))).as_integer();
            assert_eq!(found, if is_refused { 0 } else { 6 });
            client.line(&format!("DEL {}", names.join(" ")));
            refused += usize::from(is_refused);
            written += usize::from(!is_refused);
        }
        is_over.store(true, Ordering::Relaxed);
        fillers.into_iter().for_each(|filler| filler.join().expect("no filler fails"));
    });
}

#[test]
fn with_a_policy_old_keys_make_room() {
    for policy in ["snlru", "random-memory", "random"] {
        let server =
            Server::with_arguments(&["--threads", "2", "--memory", "4MB", "--evict", policy]);
        let mut client = server.client();
        assert_eq!(fill(&mut client), KEYS, "{policy}: nothing is refused");
        let left = client.line("DBSIZE").as_integer();
        assert!((1000..4500).contains(&left), "{policy}: {left} keys left");
        assert_eq!(client.line(&format!("GET key:{}", KEYS - 1)).as_bytes().len(), 1024);
        // A value beyond a whole shard's part is refused, and harms no other.
        let large = vec![b'l'; 3 << 20];
        assert_eq!(client.call(&[b"SET", b"large", &large]), Reply::Error(OOM.into()));
        assert!(client.line("DBSIZE").as_integer() > 500, "{policy}");
    }
}

/// A key that has made room, or whose moment has come, is changed to whoever watches it, whether
/// somebody has written it anew since or not.
#[test]
fn a_watched_key_that_goes_by_itself_breaks_the_watch() {
    let server =
        Server::with_arguments(&["--threads", "2", "--memory", "4MB", "--evict", "random"]);
    let [mut watcher, mut other] = [(); 2].map(|()| server.client());
    for (set, is_written_anew) in WATCHED {
        assert_eq!(other.line("FLUSHALL"), Reply::ok());
        assert_eq!(watcher.line(set), Reply::ok());
        assert_eq!(watcher.line("WATCH k"), Reply::ok());
        assert_eq!(other.line("EXISTS k"), Reply::Integer(1));
        if set == "SET k 1" {
            let value = [b'v'; 1024];
            let mut number = 0;
            while other.line("EXISTS k").as_integer() == 1 {
                number += 1;
                other.call(&[b"SET", format!("key:{number}").as_bytes(), &value]);
            }
        } else {
            // Nobody asks for the key, so it is the sweep that removes it.
            while other.line("DBSIZE").as_integer() > 0 {}
        }
        if is_written_anew {
            assert_eq!(other.line("SET k 1"), Reply::ok());
        }
        assert_eq!(watcher.line("MULTI"), Reply::ok());
        assert_eq!(watcher.line("PING"), Reply::status("QUEUED"));
        assert_eq!(watcher.line("EXEC"), Reply::NilArray, "{set}, {is_written_anew}");
    }
}

/// How the key is written at first, and whether it is again when it is gone.
const WATCHED: [(&str, bool); 4] =
    [("SET k 1", false), ("SET k 1", true), ("SET k 1 PX 500", false), ("SET k 1 PX 500", true)];

/// Sets values of 1 KiB under ever new keys until one is refused, and returns how many were not.
fn fill(client: &mut Client) -> usize {
    let is_refused = |number: &usize| {
        let reply = client.call(&[b"SET", format!("key:{number}").as_bytes(), &[b'v'; 1024]]);
        assert!([Reply::Status(b"OK".into()), Reply::Error(OOM.into())].contains(&reply));
        reply == Reply::Error(OOM.into())
    };
    (0..KEYS).find(is_refused).unwrap_or(KEYS)
}

const KEYS: usize = 20_000;

const OOM: &[u8] = b"OOM command not allowed when used memory > 'maxmemory'.";
