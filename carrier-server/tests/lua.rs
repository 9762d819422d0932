//! The examples of `zvml/examples` do what the scripts beside them do in `redis-server`, and are
//! shorter.

mod support;

use redis::{Connection, Value};
use std::borrow::Cow;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use support::peer::Peer;
use support::server::Server;

/// Source, command and script.
const EXAMPLES: [(&str, &str, &str); 6] = [
    ("setmax", "SETMAX", "setmax"),
    ("compare_and_set", "CAS", "cas"),
    ("idempotency", "CLAIM", "claim"),
    ("rate_limiter", "THROTTLE", "throttle"),
    ("recent_items", "REMEMBER", "remember"),
    ("reservation", "RESERVE", "reserve"),
];

#[test]
fn scripts_and_commands_reply_the_same() {
    let Some(redis) = Peer::redis("commands beside scripts") else { return };
    let server = Server::with_threads(1);
    let (mut ours, mut theirs) = (connect(server.address), connect(redis.address));
    for (source, command, script) in EXAMPLES {
        let source = read(&format!("{source}.zvml"));
        let sha: String = redis::cmd("SCRIPT")
            .arg("LOAD")
            .arg(read(&format!("lua/{script}.lua")))
            .query(&mut theirs)
            .expect("the script is right");
        redis::cmd("ZVML").arg("LOAD").arg(&source).query::<Value>(&mut ours).expect("it is right");
        let programs = zvml::compile("example.zvml", &source).expect("it is right");
        let program = programs.iter().find(|it| &*it.name == command).expect("a command");
        let mut compared = 0;
        // What calls other commands of the same source has no script to be compared with; what a
        // bucket replies a second time depends on the time between.
        let alone = program.docs.examples.iter().filter(|it| {
            !it.request.contains("SETTLE") && it.request.matches("THROTTLE").count() < 2
        });
        for example in alone {
            for connection in [&mut ours, &mut theirs] {
                redis::cmd("FLUSHALL").query::<()>(connection).expect("a reply");
            }
            for request in example.request.split(';') {
                let words: Vec<&str> = request.split_whitespace().collect();
                let call = script_call(&words, &sha);
                let call: Vec<&str> = call.iter().map(AsRef::as_ref).collect();
                let called = if words[0] == command { &call } else { &words };
                let (own, other) = (ask(&mut ours, &words), ask(&mut theirs, called));
                let depends_on_time = words[0] == "TTL";
                assert!(
                    depends_on_time || is_same(&own, &other),
                    "{request}: {own} beside {other}"
                );
                compared += 1;
            }
        }
        assert!(compared > 3, "{command}");
    }
}

#[test]
fn commands_are_shorter_than_scripts() {
    for (source, command, script) in EXAMPLES {
        let source = read(&format!("{source}.zvml"));
        let start = source.find(&format!("command {command} {{")).expect("a command");
        let own = source[start..].split("\n}\n").next().expect("an end");
        let is_code = |line: &&str| {
            let line = line.trim_start();
            let told = ["#", "--", "example:", "complexity:", "-> "];
            !told.iter().any(|word| line.starts_with(word))
        };
        let len = |text: &str| -> usize {
            let code = text.lines().filter(is_code);
            code.map(|line| line.chars().filter(|c| !c.is_whitespace()).count()).sum()
        };
        let (own, other) = (len(own), len(&read(&format!("lua/{script}.lua"))));
        assert!(own < other, "{command}: {own} characters beside {other}");
    }
}

/// The call of a script for a request of a command: keys first, then all else.
fn script_call<'w>(words: &[&'w str], sha: &'w str) -> Vec<Cow<'w, str>> {
    let arguments = &words[1..];
    let is_key = |at: usize| if words[0] == "RESERVE" { at.is_multiple_of(2) } else { at == 0 };
    let pick = |keys: bool| {
        arguments
            .iter()
            .enumerate()
            .filter(move |(at, _)| is_key(*at) == keys)
            .map(|(_, word)| *word)
    };
    let start = [Cow::from("EVALSHA"), sha.into(), pick(true).count().to_string().into()];
    start.into_iter().chain(pick(true).chain(pick(false)).map(Cow::from)).collect()
}

fn ask(connection: &mut Connection, words: &[&str]) -> String {
    let reply = redis::cmd(words[0]).arg(&words[1..]).query::<Value>(connection);
    reply.map_or_else(|error| format!("error {error}"), |value| format!("{value:?}"))
}

/// Errors that a script passes on have where they came from behind them.
fn is_same(own: &str, other: &str) -> bool {
    own == other || (own.starts_with("error") && other.starts_with(own.trim_end()))
}

fn connect(address: SocketAddr) -> Connection {
    let client = redis::Client::open(format!("redis://{address}/")).expect("an address");
    client.get_connection().expect("a server")
}

fn read(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../zvml/examples");
    fs::read_to_string(folder.join(name)).expect("it stands beside this crate")
}
