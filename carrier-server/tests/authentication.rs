//! Passwords, and connections that are told to be silent, to begin anew or to end.

mod support;

use std::process::Command;

use carrier_compare::{Client, ReplyExt as _, exchange_whole, multibulk};
use dmp_parser::{BinaryRequest, Opcode};
use drp_parser::Reply;
use support::scratch::Scratch;
use support::server::{PROGRAM, Server};

/// The SHA-256 of `secret`.
const HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

#[test]
fn nothing_is_done_before_the_password() {
    let network = "[[network]]\nname = \"main\"\nhost = \"127.0.0.1\"\nport = 0\n";
    let text = format!("{network}[auth]\nrequirepass_sha256 = \"{HASH}\"\n");
    let config = Scratch::with("carrier.toml", &text);
    let server = Server::from_command(Command::new(PROGRAM).arg("--config").arg(&config.path));
    let mut client = server.client();
    for request in ["GET a", "SET a 1", "PING", "MGET a b c d", "CONFIG GET *", "INFO", "DBSIZE"] {
        assert!(client.line(request).is_error_with("NOAUTH Authentication required."), "{request}");
    }
    assert!(client.line("NOSUCH").is_error_with("unknown command"));
    assert!(client.line("HELLO 3").is_error_with("NOAUTH HELLO must be called"));
    assert!(client.line("AUTH wrong").is_error_with("WRONGPASS"));
    assert!(client.line("AUTH bob secret").is_error_with("WRONGPASS"));
    assert!(client.line("GET a").is_error_with("NOAUTH"));
    assert_eq!(client.line("AUTH secret"), Reply::ok());
    assert_eq!(client.line("SET a 1"), Reply::ok());
    assert!(client.line("AUTH wrong").is_error_with("WRONGPASS"));
    assert_eq!(client.line("GET a"), Reply::text("1"));
    assert_eq!(client.line("ACL LIST").elements().len(), 1);
    assert_eq!(client.line("RESET"), Reply::Status(b"RESET".to_vec()));
    assert!(client.line("GET a").is_error_with("NOAUTH"));
    assert!(client.line("HELLO 3 AUTH default wrong").is_error_with("WRONGPASS"));
    assert!(client.line("HELLO 3 AUTH default secret").get("server").is_some());
    assert_eq!(client.line("CONFIG SET requirepass other"), Reply::ok());
    assert!(server.client().line("AUTH secret").is_error_with("WRONGPASS"));
    assert_eq!(server.client().line("AUTH other"), Reply::ok());
    client.write(&multibulk(&[b"CONFIG", b"SET", b"requirepass", b""])).expect("the server reads");
    assert_eq!(client.reply(), Reply::ok());
    assert_eq!(server.client().line("PING"), Reply::Status(b"PONG".to_vec()));
}

#[test]
fn memcached_s_clients_give_the_password_too() {
    let network = "[[network]]\nname = \"main\"\nhost = \"127.0.0.1\"\nport = 0\n";
    let text = format!("{network}[auth]\nrequirepass_sha256 = \"{HASH}\"\n");
    let config = Scratch::with("carrier.toml", &text);
    let server = Server::from_command(Command::new(PROGRAM).arg("--config").arg(&config.path));
    let ask = |sent: &[u8]| String::from_utf8(exchange_whole(server.address, sent)).unwrap();
    const REFUSED: &str = "CLIENT_ERROR unauthenticated\r\n";
    for line in ["get a", "mg a v", "version", "incr a 1", "delete a noreply", "slabs automove 1"] {
        assert_eq!(ask(format!("{line}\r\n").as_bytes()), REFUSED, "{line}");
    }
    assert_eq!(ask(b"add a 0 0 1\r\n1\r\n"), REFUSED);
    for (item, reply) in [
        ("default secret", "STORED\r\nVERSION 1.6.18\r\nSTORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n"),
        ("default wrong", "CLIENT_ERROR authentication failure\r\n"),
        ("nobody secret", "CLIENT_ERROR authentication failure\r\n"),
        ("secret", "CLIENT_ERROR bad authentication token format\r\n"),
        ("", "CLIENT_ERROR bad authentication token format\r\n"),
    ] {
        let rest = "version\r\nset a 0 0 1\r\n1\r\nget a\r\n";
        let got = ask(format!("set any 0 0 {}\r\n{item}\r\n{rest}", item.len()).as_bytes());
        if item == "default secret" {
            assert_eq!(got, reply);
        } else {
            let others = [REFUSED, "CLIENT_ERROR bad authentication token format\r\n", REFUSED];
            assert_eq!(got, format!("{reply}{}", others.concat()), "{item}");
        }
    }
    let packet = |opcode, key: &[u8], value: &[u8]| {
        let mut out = Vec::new();
        BinaryRequest { key, value, ..BinaryRequest::new(opcode) }.compose(&mut out);
        out
    };
    // Status and length of the body stand in the head of a reply.
    let statuses = |sent: &[u8]| {
        let mut got = exchange_whole(server.address, sent);
        let mut found = Vec::new();
        while got.len() >= 24 {
            found.push(u16::from_be_bytes([got[6], got[7]]));
            let body_len = u32::from_be_bytes([got[8], got[9], got[10], got[11]]);
            got.drain(..24 + body_len as usize);
        }
        found
    };
    let get = packet(Opcode::Get, b"a", b"");
    let auth = |data: &[u8]| packet(Opcode::SaslAuth, b"PLAIN", data);
    assert_eq!(statuses(&get), [0x20]);
    assert_eq!(statuses(&[auth(b"\0default\0wrong"), get.clone()].concat()), [0x20, 0x20]);
    assert_eq!(statuses(&[auth(b"\0default\0secret"), get].concat()), [0, 0]);
    assert_eq!(statuses(&packet(Opcode::SaslAuth, b"CRAM-MD5", b"x")), [0x20]);
}

#[test]
fn replies_are_left_out_where_they_are_not_wanted() {
    for threads in [1, 3] {
        let server = Server::with_threads(threads);
        let mut client = server.client();
        let off: [&[&[u8]]; 9] = [
            &[b"CLIENT", b"REPLY", b"OFF"],
            &[b"SET", b"a", b"1"],
            &[b"MSET", b"b", b"1", b"c", b"1", b"d", b"1"],
            &[b"DBSIZE"],
            &[b"NOSUCH"],
            &[b"PING"],
            &[b"CLIENT", b"REPLY", b"ON"],
            &[b"CLIENT", b"REPLY", b"SKIP"],
            &[b"GET", b"a"],
        ];
        let bytes: Vec<u8> = off.iter().flat_map(|request| multibulk(request)).collect();
        client.write(&bytes).expect("the server reads");
        client.write(&multibulk(&[b"GET", b"b"])).expect("the server reads");
        assert_eq!(client.reply(), Reply::ok());
        assert_eq!(client.reply(), Reply::text("1"));
    }
}

#[test]
fn clients_are_listed_and_ended() {
    let server = Server::with_threads(2);
    let (mut one, mut two) = (server.client(), server.client());
    assert_eq!(one.line("CLIENT SETNAME one"), Reply::ok());
    assert_eq!(two.line("CLIENT SETNAME two"), Reply::ok());
    let Reply::Integer(number) = two.line("CLIENT ID") else { panic!("no number") };
    let list = |client: &mut Client| {
        String::from_utf8_lossy(client.line("CLIENT LIST").as_bytes()).into_owned()
    };
    let text = list(&mut one);
    assert_eq!(text.lines().count(), 2);
    assert!(text.contains(" name=one ") && text.contains(" name=two "));
    let own = one.line("CLIENT INFO");
    assert!(String::from_utf8_lossy(own.as_bytes()).contains(" name=one "));
    assert_eq!(one.line(&format!("CLIENT KILL ID {number}")), Reply::Integer(1));
    // Its end is what it reads next.
    assert!(two.read_frame().is_err());
    assert_eq!(one.line(&format!("CLIENT KILL ID {number}")), Reply::Integer(0));
    assert_eq!(list(&mut one).lines().count(), 1);
    assert_eq!(one.line("CLIENT KILL TYPE normal SKIPME no"), Reply::Integer(1));
    assert!(one.read_frame().is_err());
}
