//! Commands over large containers, which run in slices, beside others on the same keys.

mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;

use carrier_compare::{Client, ReplyExt as _, multibulk};
use support::server::Server;

#[test]
fn a_pipeline_has_whole_replies_in_order() {
    for threads in [1, 2, 3] {
        let server = Server::with_threads(threads);
        fill(server.address);
        let mut client = server.client();
        let mut pipeline = Vec::new();
        for round in 0..ROUNDS {
            let member = format!("late{round}");
            for words in [
                &[b"SCARD".as_slice(), b"large"][..],
                &[b"SMEMBERS", b"large"],
                // Not seen by the request before it, and seen by those behind.
                &[b"SADD", b"large", member.as_bytes()],
                &[b"GET", b"other"],
                &[b"SMEMBERS", b"small"],
            ] {
                pipeline.extend(multibulk(words));
            }
        }
        client.write(&pipeline).expect("the server reads");
        for round in 0..ROUNDS {
            assert_eq!(client.reply().as_integer(), i64::try_from(MEMBERS + round).unwrap());
            assert_eq!(client.reply().elements().len(), MEMBERS + round, "{threads} threads");
            assert_eq!(client.reply().as_integer(), 1);
            assert_eq!(client.reply().as_bytes(), b"value");
            assert_eq!(client.reply().elements().len(), 3);
        }
    }
}

/// Writers take a member and give it back; whoever reads all members sees a state that there was.
#[test]
fn readers_see_states_that_were() {
    for threads in [1, 2] {
        let server = Server::with_threads(threads);
        let address = server.address;
        fill(address);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut client = Client::connect(address);
                for round in 0..ROUNDS * 10 {
                    // One more, then one less: never two changes at once.
                    let member = format!("m{}", round * 17 % MEMBERS);
                    client.call(&[b"SREM", b"large", member.as_bytes()]);
                    client.call(&[b"SADD", b"large", member.as_bytes()]);
                }
            });
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut client = Client::connect(address);
                    for _ in 0..ROUNDS {
                        let reply = client.call(&[b"SMEMBERS", b"large"]);
                        let members: BTreeSet<&[u8]> =
                            reply.elements().iter().map(|member| member.as_bytes()).collect();
                        assert_eq!(members.len(), reply.elements().len(), "no member twice");
                        assert!((MEMBERS - 1..=MEMBERS).contains(&members.len()));
                    }
                });
            }
            writer.join().expect("the writer");
        });
    }
}

#[test]
fn a_scan_of_everything_finds_every_key() {
    for threads in [1, 2] {
        let server = Server::with_threads(threads);
        let mut client = server.client();
        let mut pipeline = Vec::new();
        for number in 0..MEMBERS {
            pipeline.extend(multibulk(&[b"SET", format!("k{number}").as_bytes(), b"v"]));
        }
        client.write(&pipeline).expect("the server reads");
        (0..MEMBERS).for_each(|_| assert_eq!(client.reply().as_bytes(), b"OK"));
        let (mut cursor, mut seen) = (b"0".to_vec(), BTreeSet::new());
        loop {
            let reply = client.call(&[b"SCAN", &cursor, b"COUNT", b"100000000"]);
            let [next, keys] = reply.elements() else { panic!("{reply:?}") };
            seen.extend(keys.elements().iter().map(|key| key.as_bytes().to_vec()));
            cursor = next.as_bytes().to_vec();
            if cursor == b"0" {
                break;
            }
        }
        assert_eq!(seen.len(), MEMBERS, "{threads} threads");
    }
}

/// A client that goes away in the midst of its reply harms no other.
#[test]
fn clients_may_leave_before_the_reply_is_whole() {
    let server = Server::with_threads(2);
    fill(server.address);
    for _ in 0..ROUNDS {
        let mut client = server.client();
        client.write(&multibulk(&[b"SMEMBERS", b"large"])).expect("the server reads");
    }
    let mut client = server.client();
    assert_eq!(client.call(&[b"SMEMBERS", b"large"]).elements().len(), MEMBERS);
}

/// A set of [`MEMBERS`] members, one of three, and a string.
fn fill(address: SocketAddr) {
    let mut client = Client::connect(address);
    let members: Vec<String> = (0..MEMBERS).map(|number| format!("m{number}")).collect();
    let mut words: Vec<&[u8]> = vec![b"SADD", b"large"];
    words.extend(members.iter().map(String::as_bytes));
    assert_eq!(client.call(&words).as_integer(), i64::try_from(MEMBERS).unwrap());
    assert_eq!(client.call(&[b"SADD", b"small", b"a", b"b", b"c"]).as_integer(), 3);
    assert_eq!(client.call(&[b"SET", b"other", b"value"]).as_bytes(), b"OK");
}

/// Members of the large set: several slices of them.
const MEMBERS: usize = 5_000;

const ROUNDS: usize = 15;
