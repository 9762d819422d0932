//! The other protocol on the same port and the same keys: memcached's text commands, how a
//! connection's protocol is told, and items that both protocols share.

mod support;

use std::net::SocketAddr;
use std::process::Command;

use carrier_compare::{Client, Random, ReplyExt as _, exchange_whole, shown};
use drp_parser::Reply;
use support::peer::Peer;
use support::scratch::Scratch;
use support::seed::seed;
use support::server::{PROGRAM, Server};
use support::summary;

#[test]
fn text_commands() {
    for threads in [1, 3] {
        let server = Server::with_threads(threads);
        assert_eq!(differences(server.address, CONVERSATIONS), "", "{threads} threads");
    }
}

#[test]
fn memcached_replies_the_same() {
    if let Some(memcached) = Peer::memcached("memcached's text commands") {
        assert_eq!(differences(memcached.address, CONVERSATIONS), "");
        summary(&format!("memcached: {} conversations compared", CONVERSATIONS.len()));
    }
}

#[test]
fn any_cut_gives_the_same_replies() {
    cut_at_random(Server::with_threads(2).address);
    if let Some(memcached) = Peer::memcached("requests cut anywhere") {
        cut_at_random(memcached.address);
    }
}

/// All conversations on one connection, in pieces.
fn cut_at_random(address: SocketAddr) {
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    for (requests, replies) in CONVERSATIONS.iter().filter(|one| !one.0.contains(&QUIT)) {
        sent.extend(requests.concat());
        expected.extend(replies.concat());
    }
    let mut random = Random::new(seed());
    for piece_max in [1, 3, 20, 400] {
        let mut client = Client::connect(address);
        let mut rest = sent.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + random.below(piece_max)));
            client.write(piece).expect("the server reads");
            rest = after;
        }
        let got = client.read_bytes(expected.len()).expect("the server replies");
        assert!(got == expected, "pieces of at most {piece_max}: {}", shown(&got));
    }
}

#[test]
fn the_first_line_tells_the_protocol() {
    let golden: &[(&[u8], &[u8])] = &[
        (b"get k\r\n", b"END\r\n"),
        (b"GET k\r\n", b"$-1\r\n"),
        (b"set k 0 0 1\r\nv\r\n", b"STORED\r\n"),
        (b"set k 0 0 1 noreply\r\nv\r\nget k\r\n", b"VALUE k 0 1\r\nv\r\nEND\r\n"),
        (b"set k v\r\n", b"+OK\r\n"),
        (b"set k v EX 1000\r\n", b"+OK\r\n"),
        (b"delete k\r\n", b"DELETED\r\n"),
        (b"del k\r\n", b":0\r\n"),
        (b"ping\r\n", b"+PONG\r\n"),
        (b"PING\r\n", b"+PONG\r\n"),
        (b"quit\r\n", b""),
        (b"QUIT\r\n", b"+OK\r\n"),
        (b"*1\r\n$4\r\nping\r\n", b"+PONG\r\n"),
        (b"*2\r\n$3\r\nget\r\n$1\r\nk\r\n", b"$-1\r\n"),
        // The choice stays.
        (b"get k\r\nPING\r\n", b"END\r\nERROR\r\n"),
        (b"GET k\r\nget k\r\n", b"$-1\r\n$-1\r\n"),
    ];
    let server = Server::with_threads(2);
    for (sent, expected) in golden {
        let got = exchange_whole(server.address, sent);
        assert_eq!(shown(&got), shown(expected), "after {}", shown(sent));
    }
    let got = exchange_whole(server.address, b"incr nothing 1\r\n");
    assert_eq!(shown(&got), shown(b"NOT_FOUND\r\n"));
}

#[test]
fn a_network_of_one_protocol_refuses_the_others_in_its_own() {
    let refusals: &[(&str, &[u8], &str)] = &[
        ("dmp", b"*1\r\n$4\r\nPING\r\n", "ERROR\r\nERROR\r\nERROR\r\n"),
        ("dmp", b"PING\r\nmn\r\n", "ERROR\r\nMN\r\n"),
        ("dmp", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "CLIENT_ERROR HTTP is not spoken here\r\n"),
        ("dmp", b"POST /a HTTP/1.0\r\n\r\n", "CLIENT_ERROR HTTP is not spoken here\r\n"),
        ("dmp", b"\x16\x03\x01\x02\x00\x01", "CLIENT_ERROR TLS is not spoken here\r\n"),
        ("drp", b"get k\r\n", "$-1\r\n"),
        ("drp", b"gets k\r\n", "-ERR unknown command 'gets', with args beginning with: 'k' \r\n"),
        ("drp", b"mn\r\n", "-ERR unknown command 'mn', with args beginning with: \r\n"),
    ];
    for protocol in ["dmp", "drp"] {
        let text = format!(
            "[[network]]\nname = \"main\"\nhost = \"127.0.0.1\"\nport = 0\n\
             protocol = \"{protocol}\"\n[lru]\nenable = true\n\
             [memory]\nsoft_stay_under = \"64MB\"\n"
        );
        let config = Scratch::with("carrier.toml", &text);
        let server = Server::from_command(Command::new(PROGRAM).arg("--config").arg(&config.path));
        for (_, sent, expected) in refusals.iter().filter(|refusal| refusal.0 == protocol) {
            let got = exchange_whole(server.address, sent);
            assert_eq!(shown(&got), shown(expected.as_bytes()), "{protocol}: {}", shown(sent));
        }
    }
}

#[test]
fn http_of_any_method_is_refused_in_its_own_words() {
    let server = Server::with_threads(1);
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
        let sent = format!("{method} /index.html HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");
        let got = exchange_whole(server.address, sent.as_bytes());
        assert!(got.starts_with(b"HTTP/1.1 400 Bad Request\r\n"), "{method}: {}", shown(&got));
    }
}

#[test]
fn both_protocols_see_the_same_items() {
    let server = Server::with_threads(3);
    let mut resp = server.client();
    for at in 0..100 {
        let (key, value) = (format!("key{at}"), format!("value {at}\r\n\0"));
        assert_eq!(resp.call(&[b"SET", key.as_bytes(), value.as_bytes()]), Reply::ok());
        let got = exchange_whole(server.address, format!("get {key}\r\n").as_bytes());
        let item = format!("VALUE {key} 0 {}\r\n{value}\r\nEND\r\n", value.len());
        assert_eq!(shown(&got), shown(item.as_bytes()));

        let sent = format!("set {key} 7 0 3\r\n{:03}\r\ndelete other{at}\r\n", at);
        assert_eq!(exchange_whole(server.address, sent.as_bytes()), b"STORED\r\nNOT_FOUND\r\n");
        assert_eq!(resp.line(&format!("GET {key}")), Reply::text(&format!("{at:03}")));
        assert_eq!(resp.line(&format!("TTL {key}")), Reply::Integer(-1));
    }
    // Numbers that one protocol counts are text to the other.
    assert_eq!(resp.line("SET n 41"), Reply::ok());
    assert_eq!(resp.line("INCR n"), Reply::Integer(42));
    assert_eq!(exchange_whole(server.address, b"get n\r\n"), b"VALUE n 0 2\r\n42\r\nEND\r\n");
    // Sets are no items.
    assert_eq!(resp.line("SADD members a"), Reply::Integer(1));
    let got = exchange_whole(server.address, b"get members n\r\n");
    assert_eq!(shown(&got), shown(b"SERVER_ERROR wrong type\r\n"));
    assert_eq!(resp.line("DBSIZE"), Reply::Integer(102));
    assert_eq!(exchange_whole(server.address, b"delete n\r\n"), b"DELETED\r\n");
    assert_eq!(resp.line("EXISTS n"), Reply::Integer(0));
}

#[test]
fn many_connections_and_long_pipelines() {
    let server = Server::with_threads(3);
    let mut clients: Vec<Client> = (0..100).map(|_| Client::connect(server.address)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let mut sent = Vec::new();
        for at in 0..200 {
            let key = format!("key{number}-{at}");
            let text = match at % 3 {
                0 => format!("set {key} 0 0 3 noreply\r\n{at:03}\r\n"),
                1 => format!("ms {key} 3 q\r\n{at:03}\r\n"),
                _ => format!("set {key} 0 0 3\r\n{at:03}\r\n"),
            };
            sent.extend(text.into_bytes());
        }
        client.write(&sent).expect("the server reads");
    }
    for (number, client) in clients.iter_mut().enumerate() {
        let mut sent = Vec::new();
        let mut expected = b"STORED\r\n".repeat(200 / 3);
        for at in 0..200 {
            let key = format!("key{number}-{at}");
            let (asked, told) = match at % 3 {
                0 => (format!("get {key}\r\n"), format!("VALUE {key} 0 3\r\n{at:03}\r\nEND\r\n")),
                1 => (format!("mg {key} v q\r\nmg none v q\r\n"), format!("VA 3\r\n{at:03}\r\n")),
                _ => (format!("delete {key} noreply\r\nget {key}\r\n"), "END\r\n".to_owned()),
            };
            sent.extend(asked.into_bytes());
            expected.extend(told.into_bytes());
        }
        sent.extend(b"mn\r\n");
        expected.extend(b"MN\r\n");
        client.write(&sent).expect("the server reads");
        let got = client.read_bytes(expected.len()).expect("the server replies");
        assert!(got == expected, "client {number}: {}", shown(&got));
    }
}

/// What differs from the conversations, each on a connection of its own.
fn differences(address: SocketAddr, conversations: &[Conversation]) -> String {
    conversations
        .iter()
        .filter_map(|(sent, expected)| {
            let (sent, expected) = (sent.concat(), expected.concat());
            let got = exchange_whole(address, &sent);
            let (sent, expected, got) = (shown(&sent), shown(&expected), shown(&got));
            (got != expected).then(|| format!("{sent}\n  expected {expected}\n       got {got}\n"))
        })
        .collect()
}

/// What is sent, and what is replied to it: a line or block each, where that reads well.
type Conversation = (&'static [&'static [u8]], &'static [&'static [u8]]);

const LONGEST_KEY: &str = concat!(
    "k50_______________________________________________",
    "k100______________________________________________",
    "k150______________________________________________",
    "k200______________________________________________",
    "k250______________________________________________",
);

const QUIT: &[u8] = b"quit\r\n";
const BAD_FORMAT: &[u8] = b"CLIENT_ERROR bad command line format\r\n";

/// Each finds no item, and leaves none that another would find.
const CONVERSATIONS: &[Conversation] = &[
    (&[b"get k\r\n"], &[b"END\r\n"]),
    (
        &[b"set k 0 0 5\r\nhello\r\n", b"get k\r\n", b"get j k k i\r\n", b"delete k\r\n"],
        &[
            b"STORED\r\n",
            b"VALUE k 0 5\r\nhello\r\nEND\r\n",
            b"VALUE k 0 5\r\nhello\r\nVALUE k 0 5\r\nhello\r\nEND\r\n",
            b"DELETED\r\n",
        ],
    ),
    // Flags come back, an empty block is a value, a block may hold line ends.
    (
        &[
            b"set k 4294967295 0 0\r\n\r\n",
            b"get k\r\n",
            b"set k 1 0 4\r\n\r\n\r\n\r\n",
            b"get k\r\n",
        ],
        &[
            b"STORED\r\n",
            b"VALUE k 4294967295 0\r\n\r\nEND\r\n",
            b"STORED\r\n",
            b"VALUE k 1 4\r\n\r\n\r\n\r\nEND\r\n",
        ],
    ),
    (&[b"delete k\r\n", b"delete k\r\n"], &[b"DELETED\r\n", b"NOT_FOUND\r\n"]),
    // Nobody answers where nobody wants to know.
    (
        &[b"set k 2 0 2 noreply\r\nab\r\n", b"delete j noreply\r\n", b"get j k\r\n"],
        &[b"VALUE k 2 2\r\nab\r\nEND\r\n"],
    ),
    (&[b"delete k noreply\r\n", b"get k\r\n"], &[b"END\r\n"]),
    // An expiry that is over, one that is far away, one in Unix time.
    (&[b"set k 0 -1 1\r\na\r\n", b"get k\r\n"], &[b"STORED\r\n", b"END\r\n"]),
    (
        &[b"set k 0 100000 1\r\na\r\n", b"get k\r\n", b"set k 0 2592001 1\r\nb\r\n", b"get k\r\n"],
        &[b"STORED\r\n", b"VALUE k 0 1\r\na\r\nEND\r\n", b"STORED\r\n", b"END\r\n"],
    ),
    // Numbers keep the form they came in.
    (
        &[
            b"set k 0 0 3\r\n007\r\n",
            b"get k\r\n",
            b"set k 0 0 2\r\n42\r\n",
            b"get k\r\n",
            b"delete k\r\n",
        ],
        &[
            b"STORED\r\n",
            b"VALUE k 0 3\r\n007\r\nEND\r\n",
            b"STORED\r\n",
            b"VALUE k 0 2\r\n42\r\nEND\r\n",
            b"DELETED\r\n",
        ],
    ),
    // Lines may end without a carriage return, and have blanks around.
    (
        &[b"set k 0 0 1\na\r\n", b"get k\n", b"get  k \r\n", b" delete k\r\n"],
        &[
            b"STORED\r\n",
            b"VALUE k 0 1\r\na\r\nEND\r\n",
            b"VALUE k 0 1\r\na\r\nEND\r\n",
            b"DELETED\r\n",
        ],
    ),
    // Errors, after each of which the connection goes on.
    (
        &[
            b"get k\r\n",
            b"GET k\r\n",
            b"nosuch\r\n",
            b"\r\n",
            b"get\r\n",
            b"set k\r\n",
            b"delete\r\n",
        ],
        &[
            b"END\r\n",
            b"ERROR\r\n",
            b"ERROR\r\n",
            b"ERROR\r\n",
            b"ERROR\r\n",
            b"ERROR\r\n",
            b"ERROR\r\n",
        ],
    ),
    (&[b"get k\r\n", b"set k 0 0 -1\r\n"], &[b"END\r\n", BAD_FORMAT]),
    (&[b"get k\r\n", b"set k 0 0 x\r\n"], &[b"END\r\n", BAD_FORMAT]),
    (
        &[b"get k\r\n", b"set k x 0 1\r\na\r\nget k\r\n"],
        &[b"END\r\n", BAD_FORMAT, b"ERROR\r\nEND\r\n"],
    ),
    (
        &[b"get k\r\n", b"set k 0 x 1\r\na\r\nget k\r\n"],
        &[b"END\r\n", BAD_FORMAT, b"ERROR\r\nEND\r\n"],
    ),
    (
        &[b"set k 0 0 2\r\nabc\r\n", b"get k\r\n"],
        &[b"CLIENT_ERROR bad data chunk\r\n", b"ERROR\r\n", b"END\r\n"],
    ),
    (
        &[b"get k\r\n", b"delete k 0\r\n", b"delete k 1\r\n"],
        &[
            b"END\r\n",
            b"NOT_FOUND\r\n",
            b"CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
        ],
    ),
    // The longest key, and one that is longer.
    (
        &[
            b"get ",
            LONGEST_KEY.as_bytes(),
            b"\r\n",
            b"get ",
            LONGEST_KEY.as_bytes(),
            b"x\r\n",
            b"get k\r\n",
        ],
        &[b"END\r\n", BAD_FORMAT, b"END\r\n"],
    ),
    (
        &[
            b"set ",
            LONGEST_KEY.as_bytes(),
            b" 0 0 1\r\na\r\n",
            b"delete ",
            LONGEST_KEY.as_bytes(),
            b"\r\n",
        ],
        &[b"STORED\r\n", b"DELETED\r\n"],
    ),
    (&[b"get k\r\n", QUIT, b"get k\r\n"], &[b"END\r\n"]),
];
