//! Bad input and hostile clients: a clear error or a bounded buffer on that connection, memory
//! that stays flat, and everybody else served throughout.

mod support;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use carrier_compare::{Client, Random, ReplyExt as _, exchange_whole, multibulk, shown};
use drp_parser::Reply;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use support::peer::Peer;
use support::seed::{scale, seed};
use support::server::{PROGRAM, Server};
use support::summary;

#[test]
fn protocol_errors_are_those_of_redis() {
    let server = Server::with_threads(2);
    assert_eq!(differences(server.address), "");
    if let Some(redis) = Peer::redis("protocol errors") {
        assert_eq!(differences(redis.address), "", "redis-server differs");
    }
}

#[test]
fn lines_without_an_end_are_refused() {
    let server = Server::with_threads(1);
    for (start, error) in [
        ("a", "too big inline request"),
        ("*1", "too big mbulk count string"),
        ("*1\r\n$1", "too big bulk count string"),
    ] {
        let mut client = server.client();
        // The server may refuse before all of it is sent.
        let _ = client.write(&[start.as_bytes(), &[b'1'; 70_000]].concat());
        let reply = client.read_until_closed();
        assert_eq!(shown(&reply), shown(format!("-ERR Protocol error: {error}\r\n").as_bytes()));
    }
}

#[test]
fn garbage_harms_nobody() {
    let seed = seed();
    let mut random = Random::new(seed);
    let mut server = Server::with_threads(2);
    let bystander = Bystander::start(server.address);
    let (mut client, mut before) = (server.client(), 0);
    for round in 0..GARBAGE_ROUNDS * scale() {
        if round == GARBAGE_ROUNDS / 2 {
            // What was taken once is used again.
            before = server.process.resident_bytes();
        }
        exchange_whole(server.address, &garbage(&mut random));
        let pong = client.line("PING");
        assert_eq!(pong, Reply::status("PONG"), "CARRIER_SEED={seed}, {round}");
    }
    assert!(server.process.runs());
    bystander.finish();
    grown_at_most(&server, before, 16 * MIB);
}

#[test]
fn an_announced_bulk_takes_memory_as_it_comes() {
    let server = Server::with_threads(2);
    let before = server.process.resident_bytes();
    let bystander = Bystander::start(server.address);
    let announced = [
        &b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nsome"[..],
        b"*536870912\r\n$536870912\r\nsome",
        b"*2147483647\r\n",
        b"*2\r\n$536870912\r\nsome",
        b"set k 0 0 536870912\r\nsome",
    ];
    let clients: Vec<Client> = (0..50)
        .map(|at| {
            let mut client = server.client();
            client.write(announced[at % announced.len()]).expect("the server reads");
            client
        })
        .collect();
    // What was sent before these has surely been read now.
    let mut after: Vec<Client> = (0..8).map(|_| server.client()).collect();
    for at in 0..1_000 {
        assert_eq!(after[at % 8].line("PING"), Reply::status("PONG"));
    }
    grown_at_most(&server, before, 32 * MIB);
    drop(clients);
    bystander.finish();
    assert_eq!(server.client().line("EXISTS k"), Reply::Integer(0));
}

#[test]
fn nested_and_negative_lengths() {
    let server = Server::with_threads(2);
    let before = server.process.resident_bytes();
    let bystander = Bystander::start(server.address);
    let nested = exchange_whole(server.address, &b"*1\r\n".repeat(10_000));
    assert_eq!(shown(&nested), shown(b"-ERR Protocol error: expected '$', got '*'\r\n"));
    let negative = [&b"*-1\r\n".repeat(10_000)[..], b"PING\r\n"].concat();
    assert_eq!(shown(&exchange_whole(server.address, &negative)), shown(b"+PONG\r\n"));
    for _ in 0..100 {
        let negative = exchange_whole(server.address, &b"*1\r\n$-1\r\n".repeat(100));
        assert_eq!(shown(&negative), shown(b"-ERR Protocol error: invalid bulk length\r\n"));
    }
    grown_at_most(&server, before, 16 * MIB);
    bystander.finish();
}

#[test]
fn a_client_that_does_not_read_is_not_read() {
    for threads in [1, 3] {
        let server = Server::with_threads(threads);
        let bystander = Bystander::start(server.address);
        let value = vec![b'v'; 64 * 1024];
        let mut other = server.client();
        for key in KEYS {
            assert_eq!(other.call(&[b"SET", key, &value]), Reply::ok());
        }
        let before = server.process.resident_bytes();
        // Few bytes that ask for many, and as many that go both ways.
        let gets = KEYS.map(|key| multibulk(&[b"GET", key])).concat();
        let (reader, getting) = write_aside(&server, gets, UNREAD_REPLIES / KEYS.len());
        let echo = multibulk(&[b"ECHO", &value]);
        let (echoed, echoing) = write_aside(&server, echo, ECHOES);
        for _ in 0..20 {
            for _ in 0..100 {
                assert_eq!(other.line("GET absent"), Reply::Nil);
            }
            grown_at_most(&server, before, UNREAD_BYTES_MAX);
        }
        // Once they read, they get everything.
        let frame = value.len() + b"$65536\r\n\r\n".len();
        assert_eq!(count_bytes(&reader, UNREAD_REPLIES * frame), UNREAD_REPLIES * frame);
        assert_eq!(count_bytes(&echoed, ECHOES * frame), ECHOES * frame);
        for writing in [getting, echoing] {
            let mut client = writing.join().expect("the writer").expect("the server reads");
            assert_eq!(client.line("PING"), Reply::status("PONG"));
        }
        grown_at_most(&server, before, UNREAD_BYTES_MAX);
        bystander.finish();
    }
}

/// Writes `bytes` many times on a connection and a thread of their own; gives the reading end.
fn write_aside(
    server: &Server,
    bytes: Vec<u8>,
    times: usize,
) -> (TcpStream, JoinHandle<io::Result<Client>>) {
    let mut client = server.client();
    let reader = client.stream().try_clone().expect("a stream can be cloned");
    let writing =
        thread::spawn(move || (0..times).try_for_each(|_| client.write(&bytes)).map(|()| client));
    (reader, writing)
}

#[test]
fn thousands_of_idle_connections() {
    let limit = raise_file_limit();
    let count = IDLE.min((limit as usize).saturating_sub(200));
    if count < IDLE {
        summary(&format!("idle connections: {count}, no more files may be open"));
    }
    // The server raises its own limit too.
    let script = "ulimit -S -n 256; exec \"$0\" \"$@\"";
    let server = Server::from_command(Command::new("sh").args([
        "-c",
        script,
        PROGRAM,
        "--listen",
        "127.0.0.1:0",
    ]));
    let bystander = Bystander::start(server.address);
    let before = server.process.resident_bytes();
    let mut clients: Vec<Client> = (0..count).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.line("PING"), Reply::status("PONG"));
    }
    grown_at_most(&server, before, count * IDLE_CONNECTION_BYTES_MAX);
    let full = server.process.resident_bytes();
    for client in &mut clients {
        client.finish().expect("the connection is open");
    }
    for mut client in clients {
        assert_eq!(client.read_until_closed(), b"");
    }
    // And again: what the first ones took is used for these. A thousand that have something to
    // say at once, be it that they leave, hold a buffer each.
    let mut clients: Vec<Client> = (0..count).map(|_| server.client()).collect();
    for client in clients.iter_mut().rev() {
        assert_eq!(client.line("PING"), Reply::status("PONG"));
    }
    grown_at_most(&server, full, 64 * MIB);
    bystander.finish();
}

#[test]
fn out_of_file_descriptors() {
    let script = "ulimit -n 64; exec \"$0\" \"$@\"";
    let arguments = ["-c", script, PROGRAM, "--listen", "127.0.0.1:0", "--threads", "2"];
    let mut server = Server::from_command(Command::new("sh").args(arguments));
    let mut first = server.client();
    assert_eq!(first.line("PING"), Reply::status("PONG"));
    let mut waiting: Vec<Client> = (0..100).map(|_| server.client()).collect();
    for _ in 0..1_000 {
        first.line("INCR served");
    }
    // The last is served once the others are gone.
    let mut last = waiting.pop().expect("there are some");
    drop(waiting);
    assert_eq!(last.line("PING"), Reply::status("PONG"));
    assert_eq!(first.line("GET served"), Reply::text("1000"));
    let log = server.process.log();
    assert!(log.lines().count() < 50, "one line, not one a try:\n{log}");
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().expect("a child").code(), Some(0));
}

#[test]
fn more_clients_than_are_allowed() {
    let file = std::env::temp_dir().join(format!("carrier-{}-maxclients.toml", std::process::id()));
    std::fs::write(&file, "[limits]\nmaxclients = 10\n").expect("it is writable");
    for threads in ["1", "3"] {
        let path = file.to_str().expect("text");
        let server = Server::with_arguments(&["--config", path, "--threads", threads]);
        // All at once, so that some are on their way to their thread while others come in.
        let mut clients: Vec<Client> = (0..40).map(|_| server.client()).collect();
        let mut served: Vec<&mut Client> = Vec::new();
        for client in &mut clients {
            // Whoever is refused may be gone before it has said anything.
            let sent = client.write(&multibulk(&[b"PING"]));
            match sent.and_then(|()| client.read_frame()) {
                Ok(frame) if frame == b"+PONG\r\n" => served.push(client),
                Ok(frame) => {
                    assert_eq!(shown(&frame), shown(b"-ERR max number of clients reached\r\n"));
                }
                Err(_) => {}
            }
        }
        assert_eq!(served.len(), 10, "{threads} threads");
        assert_eq!(served[9].line("PING"), Reply::status("PONG"));
    }
    std::fs::remove_file(&file).expect("it was written here");
}

/// A client that asks for much is read only as fast as it is served: the rest stays with it.
#[test]
fn a_backlog_is_not_heaped_up() {
    let server = Server::with_threads(1);
    let bystander = Bystander::start(server.address);
    let mut client = server.client();
    let large = multibulk(&[b"SET", b"a", &[b'x'; 33_000]]);
    let stream = client.stream().try_clone().expect("a stream can be cloned");
    client.write(&large).expect("the server reads");
    client.write(&large[..5_000]).expect("the server reads");
    assert_eq!(client.read_bytes(5).expect("the server replies"), b"+OK\r\n");
    let before = server.process.resident_bytes();
    // Lines that cost the server more than they cost the client.
    let writing = thread::spawn(move || {
        let mut stream = stream;
        let lines = b"\r\n".repeat(1 << 14);
        io::Write::write_all(&mut stream, &large[5_000..]).and_then(|()| {
            (0..BLANK_WRITES).try_for_each(|_| io::Write::write_all(&mut stream, &lines))
        })
    });
    writing.join().expect("the writer").expect("the server reads");
    assert_eq!(client.read_bytes(5).expect("the server replies"), b"+OK\r\n");
    assert_eq!(client.line("PING"), Reply::status("PONG"));
    grown_at_most(&server, before, 16 * MIB);
    bystander.finish();
}

/// Somebody else, who is served all the while.
struct Bystander {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Bystander {
    fn start(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let mut client = Client::connect(address);
        let thread = thread::spawn(move || {
            let mut served = 0;
            while !stopped.load(Ordering::Relaxed) {
                // Keys of every shard.
                let key = format!("bystander{}", served % 64);
                assert_eq!(client.line(&format!("SET {key} {served}")), Reply::ok());
                let value = client.line(&format!("GET {key}"));
                assert_eq!(value, Reply::text(&served.to_string()));
                served += 1;
            }
            served
        });
        Self { stop, thread }
    }

    fn finish(self) {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.thread.join().expect("the bystander is served") > 0);
    }
}

/// What differs from [`PROTOCOL_ERRORS`].
fn differences(address: SocketAddr) -> String {
    PROTOCOL_ERRORS
        .iter()
        .filter_map(|(sent, expected)| {
            let got = shown(&exchange_whole(address, sent));
            let expected = shown(expected);
            (got != expected)
                .then(|| format!("{}\n  expected {expected}\n       got {got}\n", shown(sent)))
        })
        .collect()
}

/// Bytes of several kinds: plain noise, noise in the words of the protocols, a valid pipeline with
/// some bytes changed.
fn garbage(random: &mut Random) -> Vec<u8> {
    match random.below(3) {
        0 => {
            let len = random.below(3_000);
            random.bytes(len)
        }
        1 => {
            let count = random.below(300);
            (0..count).flat_map(|_| random.pick(WORDS).iter().copied()).collect()
        }
        _ => {
            let mut bytes: Vec<u8> = (0..random.below(50))
                .flat_map(|at| multibulk(&[b"SET", format!("k{at}").as_bytes(), b"some value"]))
                .collect();
            for _ in 0..random.below(10) {
                if !bytes.is_empty() {
                    let at = random.below(bytes.len());
                    bytes[at] = random.number() as u8;
                }
            }
            bytes
        }
    }
}

fn grown_at_most(server: &Server, before: u64, bytes: usize) {
    let now = server.process.resident_bytes();
    assert!(now < before + bytes as u64, "{} KiB grew to {} KiB", before / 1024, now / 1024);
}

/// Reads up to `len` bytes and forgets them.
fn count_bytes(mut stream: &TcpStream, len: usize) -> usize {
    let (mut buffer, mut count) = (vec![0; 1 << 20], 0);
    while count < len {
        let room = buffer.len().min(len - count);
        match io::Read::read(&mut stream, &mut buffer[..room]) {
            Ok(0) | Err(_) => break,
            Ok(read) => count += read,
        }
    }
    count
}

/// Raises how many files this process may open as far as it may; says how many that is.
fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where that is refused, the limit is what it was.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// What is sent, and everything that is replied to it.
const PROTOCOL_ERRORS: &[(&[u8], &[u8])] = &[
    // Lengths.
    (b"*1\r\n$-5\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$-1\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$536870913\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$99999999999999999999\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$x\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$+4\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$04\r\nPING\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*x\r\nPING\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*\r\nPING\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*+1\r\n$4\r\nPING\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*2147483648\r\nPING\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*99999999999999999999\r\nPING\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    // Requests of nothing.
    (b"*0\r\nPING\r\n", b"+PONG\r\n"),
    (b"*-1\r\nPING\r\n", b"+PONG\r\n"),
    (b"*-2147483649\r\nPING\r\n", b"+PONG\r\n"),
    (b"\r\n\r\n   \r\n\nPING\r\n", b"+PONG\r\n"),
    (b"*1\r\n$0\r\n\r\n", b"-ERR unknown command '', with args beginning with: \r\n"),
    // Kinds.
    (b"*1\r\nPING\r\n", b"-ERR Protocol error: expected '$', got 'P'\r\n"),
    (b"*1\r\n:1\r\nPING\r\n", b"-ERR Protocol error: expected '$', got ':'\r\n"),
    (b"*2\r\n$4\r\nPING\r\n*1\r\n", b"-ERR Protocol error: expected '$', got '*'\r\n"),
    // Requests before the bad one are answered, none after it.
    (
        b"PING\r\n*1\r\n$4\r\nPING\r\n*1\r\nPING\r\nPING\r\n",
        b"+PONG\r\n+PONG\r\n-ERR Protocol error: expected '$', got 'P'\r\n",
    ),
    // Inline requests.
    (b"PING\n", b"+PONG\r\n"),
    (b"  PING  \r\n", b"+PONG\r\n"),
    (b"PING 'a b'\r\n", b"$3\r\na b\r\n"),
    (b"PING \"a\\x41\\n\\\"\"\r\n", b"$4\r\naA\n\"\r\n"),
    (b"PING 'a\\'b\\n'\r\n", b"$5\r\na'b\\n\r\n"),
    (b"PING \"\"\r\n", b"$0\r\n\r\n"),
    (b"PING \"a\r\nPING\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
    (b"PING 'a\r\nPING\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
    (b"PING \"a\"b\r\nPING\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
    (b"PING\tx\r\n", b"$1\r\nx\r\n"),
    // What never comes.
    (b"PING", b""),
    (b"*1\r\n$4\r\nPIN", b""),
    (b"*1\r\n$4\r\nPING\r\n*", b"+PONG\r\n"),
];

const WORDS: &[&[u8]] = &[
    b"*",
    b"$",
    b"\r\n",
    b"\r",
    b"\n",
    b"1",
    b"2",
    b"-1",
    b"0",
    b"9999999",
    b"3\r\n$3\r\nGET",
    b"GET",
    b"get k",
    b"set k 0 0 5",
    b"SET",
    b" ",
    b"\"",
    b"'",
    b"\\x",
    b"\x80",
    b"\0",
    b"PING\r\n",
    b"k",
    b"*1\r\n$4\r\nPING\r\n",
    b"noreply",
    b"%",
    b"~",
    b"_",
    b"+",
    b":",
    b"HELLO 3\r\n",
    b"QUIT",
];

const MIB: usize = 1 << 20;
const GARBAGE_ROUNDS: usize = 400;
const KEYS: [&[u8]; 8] = [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"];
const ECHOES: usize = 1_000;

/// Replies of 64 KiB that nobody reads: 512 MiB.
const UNREAD_REPLIES: usize = 8_192;
/// What the server may hold of them. A thousand requests may be on their way to other threads
/// before the length of their replies is known.
const UNREAD_BYTES_MAX: usize = 128 * MIB;

const IDLE: usize = 5_000;
/// What the server may keep for a connection that says nothing, buffers of the allocator included.
const IDLE_CONNECTION_BYTES_MAX: usize = 12 * 1024;

/// Writes of 32 KiB of blank lines.
const BLANK_WRITES: usize = 500;
