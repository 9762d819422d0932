//! Commands that are added, replaced and taken back while the server runs, and the rights that
//! a network gives.

mod support;

use std::process::Command;

use carrier_compare::{Client, ReplyExt as _, multibulk};
use drp_parser::Reply;
use support::scratch::Scratch;
use support::server::{PROGRAM, Server};

#[test]
fn a_loaded_command_is_a_command_like_any_other() {
    let server = Server::with_threads(2);
    let mut client = server.client();
    assert!(client.line("SETMAX high 5").is_error_with("unknown command 'SETMAX'"));
    assert_eq!(load(&mut client, SETMAX), Reply::Array(vec![Reply::text("setmax")]));
    // Keys of both shards, and a connection of each thread.
    for mut client in [server.client(), server.client()] {
        for key in ["a", "b", "c", "d"] {
            client.line(&format!("DEL {key}"));
            for (value, winner) in [(5, 5), (3, 5), (9, 9)] {
                let reply = client.line(&format!("SETMAX {key} {value}"));
                assert_eq!(reply, Reply::Integer(winner));
            }
        }
    }
    assert!(client.line("SETMAX a").is_error_with("wrong number of arguments for 'setmax'"));
    let info = client.line("COMMAND INFO setmax");
    assert_eq!(info.elements()[0].elements()[1], Reply::Integer(3));
    assert_eq!(client.line("ZVML SHOW setmax").as_bytes(), SETMAX.trim_end().as_bytes());
    let program = client.line("ZVML EXPLAIN SETMAX");
    assert!(String::from_utf8_lossy(program.as_bytes()).contains("string_set_integer"));
    let listed = client.line("ZVML LIST");
    let origin = |name: &str| {
        let of = |one: &&Reply| one.get("name") == Some(&Reply::text(name));
        listed.elements().iter().find(of).and_then(|one| one.get("origin")).cloned()
    };
    assert_eq!(origin("setmax"), Some(Reply::text("loaded")));
    assert_eq!(origin("get"), Some(Reply::text("built-in")));
    assert_eq!(client.line("ZVML DROP setmax"), Reply::ok());
    assert!(client.line("SETMAX a 1").is_error_with("unknown command 'SETMAX'"));
    assert!(client.line("ZVML DROP setmax").is_error_with("no command of that name"));
}

#[test]
fn what_follows_in_the_pipeline_is_bound_to_the_new_command() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    let mut bytes = multibulk(&[b"ZVML", b"LOAD", SETMAX.as_bytes()]);
    bytes.extend(multibulk(&[b"SETMAX", b"a", b"7"]));
    bytes.extend(multibulk(&[b"ZVML", b"DROP", b"setmax"]));
    bytes.extend(multibulk(&[b"SETMAX", b"a", b"8"]));
    client.write(&bytes).expect("the server reads");
    assert_eq!(client.reply(), Reply::Array(vec![Reply::text("setmax")]));
    assert_eq!(client.reply(), Reply::Integer(7));
    assert_eq!(client.reply(), Reply::ok());
    assert!(client.reply().is_error_with("unknown command"));
}

#[test]
fn a_built_in_command_can_be_replaced_and_restored() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    client.line("SET a value");
    let count = client.line("COMMAND COUNT");
    load(&mut client, &constant("GET", 1));
    assert_eq!(client.line("GET a"), Reply::Integer(1));
    assert_eq!(client.line("COMMAND COUNT"), count);
    load(&mut client, &constant("GET", 2));
    assert_eq!(client.line("GET a"), Reply::Integer(2));
    assert_eq!(client.line("ZVML DROP GET"), Reply::ok());
    assert_eq!(client.line("GET a"), Reply::text("value"));
    assert!(client.line("ZVML DROP GET").is_error_with("no command of that name"));
}

#[test]
fn a_bad_source_changes_nothing_and_says_what_is_wrong() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    load(&mut client, SETMAX);
    let listed = client.line("ZVML LIST");
    let bad = format!("{}{}", constant("ONE", 1), SETMAX.replace("@string_integer", "@string_int"));
    let refused = load(&mut client, &bad);
    assert!(refused.is_error_with("there is no primitive `@string_int`"), "{refused:?}");
    assert!(refused.is_error_with(":20:24"), "{refused:?}");
    let checked = client.call(&[b"ZVML", b"CHECK", bad.as_bytes()]);
    let told = String::from_utf8_lossy(checked.elements()[0].as_bytes()).into_owned();
    assert!(
        told.contains(
            "
   = hint: did you mean"
        ),
        "{told}"
    );
    assert_eq!(client.call(&[b"ZVML", b"CHECK", SETMAX.as_bytes()]), Reply::Array(vec![]));
    for (source, expected) in [
        ("", "a command in the source"),
        ("# nothing\n", "a command in the source"),
        ("\u{1}", "error[Z0001]"),
        (&format!("{0}{0}", constant("ONE", 1)), "`ONE` is declared twice"),
        (&" ".repeat(65_537), "at most 65536 bytes"),
    ] {
        let refused = load(&mut client, source);
        assert!(refused.is_error_with(expected), "{source:.20?}: {refused:?}");
    }
    assert!(client.call(&[b"ZVML", b"LOAD", b"\xff"]).is_error_with("UTF-8"));
    assert!(client.line("ZVML RELOAD").is_error_with("no directory of commands"));
    assert_eq!(client.line("ZVML SHOW nosuch"), Reply::Nil);
    assert_eq!(client.line("ZVML EXPLAIN nosuch"), Reply::Nil);
    assert_eq!(client.line("ZVML LIST"), listed);
    assert_eq!(client.line("SETMAX a 3"), Reply::Integer(3));
}

/// Each request is answered, by the old or the new program, on every thread.
#[test]
fn replacing_a_command_under_load_loses_no_request() {
    let server = Server::with_threads(2);
    let mut admin = server.client();
    load(&mut admin, &constant("NUMBER", 0));
    std::thread::scope(|scope| {
        let address = server.address;
        let clients: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(move || {
                    let mut client = Client::connect(address);
                    let mut last = 0;
                    for _ in 0..ROUNDS {
                        let pipeline = multibulk(&[b"NUMBER", b"some-key"]).repeat(PIPELINE);
                        client.write(&pipeline).expect("the server reads");
                        for _ in 0..PIPELINE {
                            let number = client.reply().as_integer();
                            // One key, one shard, one connection: never back to an older one.
                            assert!(number >= last, "{number} after {last}");
                            last = number;
                        }
                    }
                })
            })
            .collect();
        let mut number = 0;
        while !clients.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            number += 1;
            load(&mut admin, &constant("NUMBER", number));
            // Whoever has the reply finds the new command, wherever it connects.
            let reply = server.client().line("NUMBER some-key");
            assert_eq!(reply, Reply::Integer(number));
        }
    });
}

#[test]
fn a_directory_of_commands_is_read_at_the_start_and_anew() {
    let file = Scratch::with("setmax.zvml", SETMAX);
    let directory = file.path.parent().and_then(|path| path.to_str()).expect("a path of text");
    let server = Server::with_arguments(&["--threads", "1", "--commands", directory]);
    let mut client = server.client();
    assert_eq!(client.line("SETMAX a 3"), Reply::Integer(3));
    assert_eq!(client.line("ZVML DROP setmax"), Reply::ok());
    assert!(client.line("SETMAX a 3").is_error_with("unknown command"));
    assert_eq!(client.line("ZVML RELOAD"), Reply::Array(vec![Reply::text("setmax")]));
    assert_eq!(client.line("SETMAX a 2"), Reply::Integer(3));
    std::fs::write(&file.path, constant("SETMAX", 1)).expect("the directory is ours");
    client.line("ZVML RELOAD");
    assert_eq!(client.line("SETMAX a"), Reply::Integer(1));
    std::fs::write(&file.path, "command").expect("the directory is ours");
    assert!(client.line("ZVML RELOAD").is_error_with("setmax.zvml:1:"));
    assert_eq!(client.line("SETMAX a"), Reply::Integer(1));
    // A server does not start without what it is told to have.
    let arguments = ["--listen", "127.0.0.1:0", "--commands", directory];
    let output = Command::new(PROGRAM).args(arguments).output().expect("the binary was built");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("setmax.zvml:1:"));
}

#[test]
fn a_network_gives_its_clients_the_rights_that_it_names() {
    let file = Scratch::with("config.toml", NETWORKS);
    let path = file.path.to_str().expect("a path of text");
    let server = Server::from_command(Command::new(PROGRAM).args(["--config", path]));
    let places = server.ready.split([' ', ',']).filter_map(|word| word.parse().ok());
    let [all, reading, nothing]: [_; 3] =
        places.collect::<Vec<_>>().try_into().expect("three networks");
    let mut full = Client::connect(all);
    assert_eq!(full.line("SET a 1"), Reply::ok());
    assert!(!matches!(full.line("ZVML LIST"), Reply::Error(_)));
    let mut reader = Client::connect(reading);
    assert_eq!(reader.line("GET a"), Reply::text("1"));
    for line in ["SET a 2", "FLUSHALL", "DEL a b", "INFO", "CONFIG GET *", "ZVML LIST"] {
        let reply = reader.line(line);
        let name = line.split(' ').next().unwrap_or(line).to_lowercase();
        assert!(reply.is_error_with("NOPERM this network gives no right"), "{line}: {reply:?}");
        assert!(reply.is_error_with(&format!("'{name}")), "{line}: {reply:?}");
    }
    // What every client needs takes no right.
    for line in ["PING", "HELLO 3", "SELECT 0", "CLIENT ID", "COMMAND COUNT"] {
        assert!(!matches!(Client::connect(nothing).line(line), Reply::Error(_)), "{line}");
    }
    assert!(Client::connect(nothing).line("GET a").is_error_with("NOPERM"));
    let mut memcached = Client::connect(reading);
    memcached.write(b"set a 0 0 1\r\n2\r\nset a 0 0 1 noreply\r\n2\r\nget a\r\n").expect("written");
    let expected = "CLIENT_ERROR this network gives no right to run the 'set' command\r\n\
                    VALUE a 0 1\r\n1\r\nEND\r\n";
    let reply = memcached.read_bytes(expected.len()).expect("the server replies");
    assert_eq!(String::from_utf8_lossy(&reply), expected);
    assert_eq!(full.line("GET a"), Reply::text("1"));
}

fn load(client: &mut Client, source: &str) -> Reply {
    client.call(&[b"ZVML", b"LOAD", source.as_bytes()])
}

/// A command that takes a key and replies a number.
fn constant(name: &str, number: i64) -> String {
    format!(
        "command {name} {{ access: READ run_where: ONE params: (key: Key) returns: Integer \
         body {{ return {number} }} }}\n"
    )
}

const SETMAX: &str = r#"/// Keep the larger integer and reply with the winner.
command SETMAX {
    access: WRITE
    run_where: ONE
    params: (key: Key, value: Integer)
    returns: Integer
    since: "0.1.0"
    group: "string"
    complexity: "O(1)"
    example: "SETMAX high 5; SETMAX high 3" -> "5"
    pre {
        key: ensure_type(STRING) or create
    }
    body {
        if !@key_exists(key) {
            @string_set_integer(key, value)
            return value
        }
        let current = @string_integer(key)
        if current > value {
            return current
        }
        @string_set_integer(key, value)
        return value
    }
}
"#;

const NETWORKS: &str = r#"
[[network]]
name = "all"
host = "127.0.0.1"
port = 0

[[network]]
name = "reading"
host = "127.0.0.1"
port = 0
access = ["read"]

[[network]]
name = "nothing"
host = "127.0.0.1"
port = 0
access = ""
"#;

const ROUNDS: usize = 100;
const PIPELINE: usize = 100;
