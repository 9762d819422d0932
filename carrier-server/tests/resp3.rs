//! What clients do first: HELLO in both versions, COMMAND, INFO, CONFIG and CLIENT in the forms in
//! which clients use them. Compared with redis-server, apart from what tells of a server's build.

mod support;

use std::collections::BTreeMap;

use carrier_compare::{Client, Random, ReplyExt as _, Request};
use drp_parser::{Reply, Version};
use support::peer::Peer;
use support::server::Server;

#[test]
fn hello_describes_the_server() {
    let server = Server::with_threads(2);
    let redis = Peer::redis("HELLO");
    for line in HELLOS {
        let mut reply = server.client().line(line);
        assert_eq!(
            reply.get("proto"),
            Some(&Reply::Integer(if line.contains('3') { 3 } else { 2 }))
        );
        let id = reply.get("id").expect("an id").as_integer();
        assert!(id > 0);
        let Some(redis) = &redis else {
            continue;
        };
        let mut theirs = redis.client().line(line);
        // Its place among the connections is the server's own affair.
        set(&mut reply, "id", Reply::Nil);
        set(&mut theirs, "id", Reply::Nil);
        assert_eq!(reply, theirs, "{line}");
    }
}

#[test]
fn a_connection_keeps_its_id_and_no_other_has_it() {
    let server = Server::with_threads(3);
    let mut clients: Vec<Client> = (0..20).map(|_| server.client()).collect();
    let mut ids: Vec<i64> =
        clients.iter_mut().map(|client| client.line("CLIENT ID").as_integer()).collect();
    for (client, id) in clients.iter_mut().zip(&ids) {
        assert_eq!(client.hello(Version::Resp3).get("id"), Some(&Reply::Integer(*id)));
        assert_eq!(client.line("CLIENT ID"), Reply::Integer(*id));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), clients.len());
}

#[test]
fn hello_sets_the_name() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    assert_eq!(client.line("CLIENT GETNAME"), Reply::Nil);
    client.line("HELLO 3 SETNAME first");
    assert_eq!(client.line("CLIENT GETNAME"), Reply::text("first"));
    client.line("HELLO 2 AUTH default anything SETNAME second");
    assert_eq!(client.line("CLIENT GETNAME"), Reply::text("second"));
    assert_eq!(server.client().line("CLIENT GETNAME"), Reply::Nil);
}

#[test]
fn the_version_is_that_of_the_moment_a_request_was_read() {
    let server = Server::with_threads(3);
    let redis = Peer::redis("changes of version in a pipeline");
    let mut requests: Vec<Request> = Vec::new();
    for at in 0..200 {
        let hello = if at % 3 == 0 { "HELLO 3" } else { "HELLO 2" };
        for line in [format!("GET absent{at}"), hello.to_owned(), format!("SMEMBERS absent{at}")] {
            requests.push(Request::from_line(&line));
        }
    }
    let addresses = [Some(server.address), redis.as_ref().map(|redis| redis.address)];
    for address in addresses.into_iter().flatten() {
        let mut client = Client::connect(address);
        let replies = client.exchange(&requests, &mut Random::new(1)).expect("the server replies");
        let mut version = Version::Resp2;
        for (at, round) in replies.chunks(3).enumerate() {
            let [before, _, after] = round else { panic!("three replies") };
            let nil: &[u8] = if version == Version::Resp2 { b"$-1\r\n" } else { b"_\r\n" };
            assert_eq!(before, nil, "GET of round {at}");
            version = if at % 3 == 0 { Version::Resp3 } else { Version::Resp2 };
            let empty: &[u8] = if version == Version::Resp2 { b"*0\r\n" } else { b"~0\r\n" };
            assert_eq!(after, empty, "SMEMBERS of round {at}");
        }
    }
}

#[test]
fn databases_are_apart() {
    let server = Server::with_threads(3);
    let mut clients: Vec<Client> = (0..16).map(|_| server.client()).collect();
    for (database, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.line(&format!("SELECT {database}")), Reply::ok());
        for at in 0..20 {
            assert_eq!(client.line(&format!("SET key{at} {database}")), Reply::ok());
        }
    }
    for (database, client) in clients.iter_mut().enumerate() {
        for at in 0..20 {
            let got = client.line(&format!("GET key{at}"));
            assert_eq!(got, Reply::text(&database.to_string()));
        }
        assert_eq!(client.line("DBSIZE"), Reply::Integer(20));
        if database % 2 == 1 {
            assert_eq!(client.line("FLUSHDB"), Reply::ok());
        }
    }
    for (database, client) in clients.iter_mut().enumerate() {
        let left = if database % 2 == 1 { 0 } else { 20 };
        assert_eq!(client.line("DBSIZE"), Reply::Integer(left), "database {database}");
    }
    // A new connection starts in the first, and a selection holds for requests read after it.
    let mut client = server.client();
    let lines = ["GET key0", "SELECT 2", "GET key0", "SELECT 4", "GET key0"];
    let requests: Vec<Request> = lines.iter().map(|line| Request::from_line(line)).collect();
    let replies = client.exchange(&requests, &mut Random::new(2)).expect("the server replies");
    assert_eq!(replies.concat(), b"$1\r\n0\r\n+OK\r\n$1\r\n2\r\n+OK\r\n$1\r\n4\r\n");
}

#[test]
fn commands_describe_themselves_as_in_redis() {
    let server = Server::with_threads(1);
    let (mut ours, names) = (server.client(), names(&mut server.client()));
    for name in LISTED {
        assert!(names.contains(&(*name).to_owned()), "{name} is not in COMMAND LIST");
    }
    let count = ours.line("COMMAND COUNT").as_integer();
    assert_eq!(ours.line("COMMAND").elements().len() as i64, count);
    assert_eq!(ours.line("COMMAND INFO").elements().len() as i64, count);
    let Some(redis) = Peer::redis("COMMAND INFO") else {
        return;
    };
    let mut theirs = redis.client();
    for name in LISTED {
        for version in [Version::Resp2, Version::Resp3] {
            ours.hello(version);
            theirs.hello(version);
            let line = format!("COMMAND INFO {name}");
            assert_eq!(routing(&ours.line(&line)), routing(&theirs.line(&line)), "{line}");
            let line = format!("COMMAND DOCS {name}");
            let (ours, theirs) = (ours.line(&line), theirs.line(&line));
            let (ours, theirs) = (ours.get(name), theirs.get(name));
            let (ours, theirs) = (ours.expect("documented"), theirs.expect("documented"));
            // A command of subcommands alone has no source file that says more of it.
            if !["client", "config"].contains(name) {
                assert_eq!(ours.get("group"), theirs.get("group"), "{line}");
                assert_eq!(ours.get("since"), theirs.get("since"), "{line}");
            }
            assert!(!ours.get("summary").expect("a summary").as_bytes().is_empty());
        }
    }
}

#[test]
fn listings_are_filtered() {
    let server = Server::with_threads(1);
    let mut client = server.client();
    let all = names(&mut client).len();
    let list = |client: &mut Client, filter: &str| {
        client.line(&format!("COMMAND LIST FILTERBY {filter}")).elements().len()
    };
    assert_eq!(list(&mut client, "PATTERN *"), all);
    assert!(list(&mut client, "PATTERN s*") < all);
    let (reads, writes) = (list(&mut client, "ACLCAT read"), list(&mut client, "ACLCAT write"));
    assert!(0 < reads && reads < all && 0 < writes && writes < all, "{reads}, {writes} of {all}");
}

#[test]
fn info_has_the_fields_that_clients_and_monitors_read() {
    let server = Server::with_threads(2);
    let mut client = server.client();
    assert_eq!(client.line("SET a 1"), Reply::ok());
    let whole = fields(&client.line("INFO"));
    for key in [
        "redis_version",
        "redis_mode",
        "process_id",
        "tcp_port",
        "uptime_in_seconds",
        "connected_clients",
        "used_memory",
        "maxmemory",
        "total_commands_processed",
        "total_connections_received",
        "role",
        "db0",
    ] {
        assert!(whole.contains_key(key), "{key} is not in {whole:?}");
    }
    assert_eq!(whole["role"], "master");
    assert_eq!(whole["process_id"], server.process.id().to_string());
    assert_eq!(whole["tcp_port"], server.address.port().to_string());
    assert!(whole["db0"].starts_with("keys=1,"), "{}", whole["db0"]);
    for (section, key, other) in [
        ("server", "redis_version", "connected_clients"),
        ("clients", "connected_clients", "redis_version"),
        ("memory", "used_memory", "redis_version"),
        ("stats", "total_commands_processed", "redis_version"),
        ("replication", "role", "redis_version"),
        ("keyspace", "db0", "redis_version"),
        ("KEYSPACE", "db0", "redis_version"),
    ] {
        let part = fields(&client.line(&format!("INFO {section}")));
        assert!(part.contains_key(key) && !part.contains_key(other), "INFO {section}: {part:?}");
    }
    let two = fields(&client.line("INFO server keyspace"));
    assert!(two.contains_key("redis_version") && two.contains_key("db0"));
    assert!(!two.contains_key("connected_clients"));
    for section in ["all", "everything", "default"] {
        assert!(fields(&client.line(&format!("INFO {section}"))).contains_key("role"), "{section}");
    }
    client.hello(Version::Resp3);
    assert!(matches!(client.line("INFO server"), Reply::Verbatim { .. }));
}

#[test]
fn settings_are_told() {
    let server = Server::with_arguments(&["--memory", "100mb"]);
    let mut client = server.client();
    for name in ["maxmemory", "databases", "maxclients", "proto-max-bulk-len", "timeout", "save"] {
        let reply = client.line(&format!("CONFIG GET {name}"));
        assert!(reply.get(name).is_some(), "{name}: {reply:?}");
    }
    let reply = client.line("CONFIG GET maxmemory");
    assert_eq!(reply.get("maxmemory"), Some(&Reply::text("104857600")));
    let many = client.line("CONFIG GET *");
    assert!(many.elements().len() >= 8, "{many:?}");
    let two = client.line("CONFIG GET maxmem* databases maxmemory");
    assert!(two.get("databases").is_some() && two.get("maxmemory").is_some());
    client.hello(Version::Resp3);
    assert!(matches!(client.line("CONFIG GET max*"), Reply::Map(_)));
}

#[test]
fn libraries_introduce_themselves() {
    let server = Server::with_threads(2);
    let mut client = server.client();
    assert_eq!(client.line("CLIENT SETINFO LIB-NAME tests"), Reply::ok());
    assert_eq!(client.line("client setinfo lib-ver 1.0"), Reply::ok());
    for line in ["CLIENT SETINFO LIB-NAME", "CLIENT SETINFO", "CLIENT SETINFO OTHER x"] {
        assert!(matches!(client.line(line), Reply::Error(_)), "{line}");
    }
    let blank = client.call(&[b"CLIENT", b"SETINFO", b"LIB-NAME", b"a b"]);
    assert!(matches!(blank, Reply::Error(_)));
    assert_eq!(client.line("PING"), Reply::status("PONG"));
}

fn set(map: &mut Reply, key: &str, to: Reply) {
    match map {
        Reply::Map(pairs) => {
            for (name, value) in pairs.iter_mut().filter(|pair| pair.0 == Reply::text(key)) {
                assert_eq!(*name, Reply::text(key));
                *value = to.clone();
            }
        }
        Reply::Array(flat) => {
            for pair in flat.chunks_exact_mut(2).filter(|pair| pair[0] == Reply::text(key)) {
                pair[1] = to.clone();
            }
        }
        other => panic!("a map was expected, not {other:?}"),
    }
}

fn names(client: &mut Client) -> Vec<String> {
    let reply = client.line("COMMAND LIST");
    let name = |name: &Reply| String::from_utf8_lossy(name.as_bytes()).into_owned();
    reply.elements().iter().map(name).collect()
}

/// What clients take from COMMAND INFO: name, arity, whether it writes, and where the keys are.
fn routing(reply: &Reply) -> (Vec<Reply>, Vec<Reply>) {
    let [info] = reply.elements() else { panic!("one command, not {reply:?}") };
    let [name, arity, flags, first, last, step, ..] = info.elements() else {
        panic!("a description, not {info:?}");
    };
    let known = ["readonly", "write", "denyoom", "movablekeys"];
    let mut flags: Vec<Reply> = flags
        .elements()
        .iter()
        .filter(|flag| known.iter().any(|name| flag.as_bytes() == name.as_bytes()))
        .cloned()
        .collect();
    flags.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let routing = [name, arity, first, last, step].into_iter().cloned().collect();
    (routing, flags)
}

fn fields(reply: &Reply) -> BTreeMap<String, String> {
    let text = String::from_utf8(reply.as_bytes().to_vec()).expect("INFO is text");
    text.split("\r\n")
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

const HELLOS: &[&str] =
    &["HELLO", "HELLO 2", "HELLO 3", "hello 3", "HELLO 3 AUTH default any", "HELLO 2 SETNAME name"];

const LISTED: &[&str] = &[
    "ping",
    "echo",
    "quit",
    "hello",
    "select",
    "command",
    "client",
    "config",
    "info",
    "dbsize",
    "flushdb",
    "flushall",
    "get",
    "set",
    "del",
    "exists",
    "type",
    "incr",
    "decr",
    "decrby",
    "incrby",
    "mget",
    "mset",
    "expire",
    "ttl",
    "persist",
    "scan",
    "sadd",
    "srem",
    "scard",
    "sismember",
    "smembers",
];
