//! The command line: what is printed, exit codes, addresses, and how the server ends.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output};

use carrier_compare::{Client, ReplyExt as _, multibulk};
use carrier_peers::Process;
use drp_parser::Reply;
use rustix::process::Signal;
use support::scratch::Scratch;
use support::server::{PROGRAM, Server};

#[test]
fn version_and_help() {
    let output = run(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), format!("carrier-server {}\n", env!("CARGO_PKG_VERSION")));
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout);
    for word in [
        "--config",
        "--listen",
        "--threads",
        "--layout",
        "--memory",
        "--evict",
        "--log-level",
        "--check-config",
        "--print-config",
        "--version",
        "--help",
        "commands",
        "explain",
    ] {
        assert!(help.contains(word), "{word} is not in the help:\n{help}");
    }
}

#[test]
fn bad_flags_end_with_code_two_and_a_clear_line() {
    for (arguments, named) in [
        (&["--nosuch"][..], "--nosuch"),
        (&["nosuch"], "nosuch"),
        (&["--threads"], "--threads"),
        (&["--threads", "0"], "0"),
        (&["--threads", "many"], "many"),
        (&["--layout", "round"], "round"),
        (&["--memory", "lots"], "lots"),
        (&["--log-level", "loud"], "loud"),
        (&["--listen", "nowhere"], "nowhere"),
        (&["--listen", "127.0.0.1:70000"], "70000"),
        (&["--listen", "unix:"], "unix:"),
        (&["--config", "/nosuch/carrier.toml"], "/nosuch/carrier.toml"),
        (&["explain", "NOSUCH"], "NOSUCH"),
    ] {
        refused(arguments, &[named]);
    }
}

#[test]
fn a_bad_file_is_refused_with_key_and_line() {
    for (content, named) in [
        ("[runtime]\nthreads = 0\n", &["runtime.threads", ":2"][..]),
        ("[runtime]\n\nthreds = 1\n", &["threds", ":3"]),
        (
            "[[network]]\nname = \"a\"\nhost = \"127.0.0.1\"\nport = 70000\n",
            &["network.port", ":4"],
        ),
        ("[[network]]\nname = \"a\"\nhost = \"0.0.0.0\"\n", &["network.host", ":3"]),
        ("[memory]\nsoft_stay_under = \"lots\"\n", &["memory.soft_stay_under", ":2"]),
        ("[memory\n", &[":1"]),
        ("[limits]\nmaxclients = \"all\"\n", &["limits.maxclients", ":2"]),
    ] {
        let file = Scratch::with("config.toml", content);
        let path = file.path.to_str().expect("a path of text");
        let named = [named, &[path]].concat();
        refused(&["--config", path, "--check-config"], &named);
        refused(&["--config", path], &named);
    }
}

#[test]
fn a_good_file_is_checked_printed_and_used() {
    let content = "[[network]]\nname = \"one\"\nhost = \"127.0.0.1\"\nport = 0\n\
                   [runtime]\nthreads = 2\nlayout = \"fused\"\n[log]\nlevel = \"warn\"\n";
    let file = Scratch::with("config.toml", content);
    let path = file.path.to_str().expect("a path of text");
    let checked = run(&["--config", path, "--check-config"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    let printed = run(&["--config", path, "--threads", "3", "--print-config"]);
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed.stderr));
    let printed = text(&printed.stdout);
    // A flag is laid over the file.
    assert!(printed.contains("threads = 3"), "{printed}");
    assert!(printed.contains("name = \"one\""), "{printed}");
    // What is printed is a file that says the same.
    let again = Scratch::with("printed.toml", &printed);
    let again = run(&["--config", again.path.to_str().expect("text"), "--print-config"]);
    assert_eq!(text(&again.stdout), printed);
    let server = Server::from_command(Command::new(PROGRAM).args(["--config", path]));
    assert_eq!(server.client().line("PING"), Reply::status("PONG"));
}

#[test]
fn the_defaults_need_no_file() {
    let printed = run(&["--print-config"]);
    assert_eq!(printed.status.code(), Some(0));
    let printed = text(&printed.stdout);
    for line in ["host = \"127.0.0.1\"", "port = 64175", "protocol = \"auto\""] {
        assert!(printed.contains(line), "{line} is not in\n{printed}");
    }
}

#[test]
fn commands_are_listed() {
    let listed = text(&run(&["commands"]).stdout);
    let json = text(&run(&["commands", "--json"]).stdout);
    assert!(json.trim_start().starts_with(['[', '{']), "{json}");
    for name in [
        "PING",
        "ECHO",
        "QUIT",
        "HELLO",
        "SELECT",
        "COMMAND",
        "CLIENT",
        "CONFIG",
        "INFO",
        "DBSIZE",
        "FLUSHDB",
        "FLUSHALL",
        "GET",
        "SET",
        "DEL",
        "EXISTS",
        "TYPE",
        "INCR",
        "DECR",
        "DECRBY",
        "INCRBY",
        "MGET",
        "MSET",
        "EXPIRE",
        "TTL",
        "PERSIST",
        "SCAN",
        "SADD",
        "SREM",
        "SCARD",
        "SISMEMBER",
        "SMEMBERS",
    ] {
        assert!(listed.to_uppercase().contains(name), "{name} is not listed:\n{listed}");
        assert!(json.to_uppercase().contains(&format!("\"{name}")), "{name} is not in the JSON");
    }
    for word in [".zvml", "arity", "flags", "line"] {
        assert!(json.contains(word), "{word} is not in {json}");
    }
}

#[test]
fn a_command_is_explained() {
    for name in ["GET", "get", "SET", "SADD", "MSET", "INCR", "SCAN"] {
        let output = run(&["explain", name]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let listing = text(&output.stdout);
        assert!(listing.to_uppercase().contains(&name.to_uppercase()), "{listing}");
        let ends = listing.contains("halt") || listing.contains("_end");
        assert!(ends, "no end in the bytecode of {name}:\n{listing}");
    }
}

#[test]
fn each_pass_is_explained() {
    let output = run(&["explain", "GET"]);
    let listing = text(&output.stdout);
    let parts = ["# source", "command GET {", "-- built", "key_ensure", "-- checks", "-- fuse"];
    let mut rest = listing.as_str();
    for part in parts.into_iter().chain(["# bytecode", "ensure_reply_string r0"]) {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` in its place:\n{listing}"));
        rest = &rest[at..];
    }
}

#[test]
fn a_request_is_traced() {
    let output = run(&["explain", "INCR", "--trace", "SET n 41", "--trace", "INCR n"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let expected = "> SET n 41\n+OK\\r\\n\n> INCR n\n     \
                    0 ensure_string_integer r1 r0 L4\n     \
                    1 int_add_const r1 r1 1 L3\n     \
                    2 string_set_integer_end r0 r1\n:42\\r\\n\n";
    assert_eq!(text(&output.stdout), expected);
    for wrong in ["NOSUCH k", "INCR", "PING"] {
        let output = run(&["explain", "INCR", "--trace", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn the_line_that_says_ready_is_all_of_stdout() {
    let mut child = Command::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the server's binary was built");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut ready = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut ready).expect("a line");
    assert!(ready.starts_with("carrier-server ready on 127.0.0.1:"), "{ready}");
    assert_eq!(ready.matches("127.0.0.1:").count(), 2, "both addresses are in {ready:?}");
    assert!(
        !ready.contains(":0 ") && !ready.contains(":0,"),
        "the ports are those in use: {ready}"
    );
    child.kill().expect("it runs");
    child.wait().expect("it was started here");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
}

#[test]
fn a_port_in_use_ends_with_code_two() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    refused(&["--listen", &address], &[&address]);
    // One good address does not make up for it.
    refused(&["--listen", "127.0.0.1:0", "--listen", &address], &[&address]);
}

#[test]
fn unix_sockets() {
    let socket = Scratch::new("carrier.sock");
    let path = socket.path.to_str().expect("a path of text");
    let mut server = Server::with_arguments(&["--listen", &format!("unix:{path}")]);
    assert!(server.ready.contains(path), "{:?} does not name {path}", server.ready);
    assert_eq!(server.client().line("SET a 1"), Reply::ok());
    let mut stream = UnixStream::connect(path).expect("the server listens there");
    stream.write_all(&multibulk(&[b"GET", b"a"])).expect("the server reads");
    let mut reply = [0; 7];
    stream.read_exact(&mut reply).expect("the server replies");
    assert_eq!(reply, *b"$1\r\n1\r\n");
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().expect("a child").code(), Some(0));
    assert!(!socket.path.exists(), "the socket's file goes with the server");
    // In use by another file.
    std::fs::write(&socket.path, "").expect("the directory is ours");
    refused(&["--listen", &format!("unix:{path}")], &[path]);
}

#[test]
fn signals_answer_what_was_read() {
    for (signal, threads) in [(Signal::TERM, 1), (Signal::INT, 1), (Signal::TERM, 3)] {
        let mut server = Server::with_threads(threads);
        let mut client = server.client();
        let mut idle = server.client();
        assert_eq!(idle.line("PING"), Reply::status("PONG"));
        let value = vec![b'v'; VALUE_BYTES];
        for key in KEYS {
            assert_eq!(client.call(&[b"SET", key, &value]), Reply::ok());
        }
        // One write of few bytes: with the first reply on its way, all of it was read.
        let requests: Vec<u8> = KEYS.iter().flat_map(|key| multibulk(&[b"GET", key])).collect();
        client.write(&requests).expect("the server reads");
        let first = client.read_bytes(1).expect("the server replies");
        server.process.signal(signal);
        let replies = [first, client.read_to_end().expect("an orderly end")].concat();
        let mut expected = Vec::new();
        for _ in KEYS {
            expected.extend(format!("${VALUE_BYTES}\r\n").bytes());
            expected.extend(value.iter().chain(b"\r\n"));
        }
        assert!(replies == expected, "{} bytes of {}", replies.len(), expected.len());
        assert_eq!(idle.read_to_end().expect("an orderly end"), b"");
        assert_eq!(server.process.wait().expect("a child").code(), Some(0), "{signal:?}");
        assert!(Client::try_connect(server.address).is_err(), "nobody listens there now");
    }
}

#[test]
fn all_that_was_sent_before_the_signal_is_answered() {
    for threads in [1, 3] {
        let mut server = Server::with_threads(threads);
        let mut client = server.client();
        assert_eq!(client.line("PING"), Reply::status("PONG"));
        // Stopped, the server reads nothing of it before the signal is there too.
        server.process.signal(Signal::STOP);
        let set = multibulk(&[b"SET", b"k", b"twenty bytes of value"]);
        client.write(&set.repeat(REQUESTS)).expect("the kernel takes it");
        server.process.signal(Signal::TERM);
        server.process.signal(Signal::CONT);
        let replies = client.read_to_end().expect("an orderly end");
        assert_eq!(replies.len(), REQUESTS * b"+OK\r\n".len());
        assert_eq!(server.process.wait().expect("a child").code(), Some(0));
    }
}

#[test]
fn a_client_that_never_reads_does_not_keep_the_server() {
    let mut server = Server::with_threads(2);
    let mut client = server.client();
    assert_eq!(client.call(&[b"SET", b"k", &vec![b'v'; VALUE_BYTES]]), Reply::ok());
    let mut other = server.client();
    client.write(&multibulk(&[b"GET", b"k"]).repeat(400)).expect("the kernel takes it");
    client.read_bytes(1).expect("the server replies");
    assert_eq!(other.line("PING"), Reply::status("PONG"));
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait().expect("a child").code(), Some(0));
}

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the server's binary was built")
}

/// Asserts that the program ends with code 2 and one clear part on stderr that names what is
/// wrong, with nothing on stdout.
fn refused(arguments: &[&str], named: &[&str]) {
    // A server that is not refused would run on; this one ends with the test.
    let mut process = Process::spawn(Command::new(PROGRAM).args(arguments)).expect("it was built");
    let accepted = process.wait_for_line(|line| line.contains("ready on").then_some(()));
    assert_eq!(accepted, None, "{arguments:?} are accepted");
    assert_eq!(
        process.wait().expect("a child").code(),
        Some(2),
        "{arguments:?}: {}",
        process.log()
    );
    let log = process.log();
    for part in named {
        assert!(log.contains(part), "{arguments:?}: {part:?} is not in {log:?}");
    }
    assert!(!log.contains("panicked"), "{log}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

const KEYS: &[&[u8]] = &[b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i", b"j"];
const VALUE_BYTES: usize = 1 << 20;
const REQUESTS: usize = 5_000;
