//! What redis-server 7.0.15 made of each input, as it was seen to: which requests it answered, or
//! which error it replied before it closed the connection.

use drp_parser::{Limits, RequestParser, Status};

/// An input, the requests in it, and the error text behind `-ERR ` that ends them, if any.
type Golden = (&'static [u8], &'static [&'static [&'static [u8]]], Option<&'static str>);

const GOLDEN: &[Golden] = &[
    (b"*-1\r\n*1\r\n$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"*0\r\n*1\r\n$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"*-5\r\n*1\r\n$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"\n*1\r\n$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"\r\n   \r\n*1\r\n$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"*1\r\n$4\r\nPINGxxPING\n", &[&[b"PING"], &[b"PING"]], None),
    (b"*1\r\n$4\rxPING\r\n", &[&[b"PING"]], None),
    (b"*1\rx$4\r\nPING\r\n", &[&[b"PING"]], None),
    (b"*2\r\n$4\r\nECHO\r\n$3\r\na\r\n\r\n", &[&[b"ECHO", b"a\r\n"]], None),
    (b"PING\n", &[&[b"PING"]], None),
    (b"PING\rx\n", &[&[b"PING", b"x"]], None),
    (b"ECHO \"a b\"\r\n", &[&[b"ECHO", b"a b"]], None),
    (b"ECHO \"\\x41\\n\\r\\t\\b\\a\\q\\\\\\\"\"\r\n", &[&[b"ECHO", b"A\n\r\t\x08\x07q\\\""]], None),
    (b"ECHO 'a\\'b\\n\"'\r\n", &[&[b"ECHO", b"a'b\\n\""]], None),
    (b"ECHO a\"b\"\r\n", &[&[b"ECHO", b"ab"]], None),
    (b"ECHO a'b c'\r\n", &[&[b"ECHO", b"ab c"]], None),
    (b"ECHO \"\"\r\n", &[&[b"ECHO", b""]], None),
    (b"\"\"\r\n", &[&[b""]], None),
    (b"ECHO \"\\x4g\"\r\n", &[&[b"ECHO", b"x4g"]], None),
    (b"ECHO \"\\x00a\"\r\n", &[&[b"ECHO", b"\0a"]], None),
    (b"ECHO a\x0bb\r\n", &[&[b"ECHO", b"a\x0bb"]], None),
    (b"ECHO\ta\r\n", &[&[b"ECHO", b"a"]], None),
    (b"ECHO \x0ba\r\n", &[&[b"ECHO", b"a"]], None),
    (b"ECHO a\x0b\r\n", &[&[b"ECHO", b"a\x0b"]], None),
    (b"ECHO\x0ca\r\n", &[&[b"ECHO\x0ca"]], None),
    (b"ECHO \"a\"\x0b\r\n", &[&[b"ECHO", b"a"]], None),
    (b"ECHO \"a\rb\"\n", &[&[b"ECHO", b"a\rb"]], None),
    (b"*\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*abc\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"* 1\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*+1\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*01\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*-0\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*99999999999\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*9223372036854775808\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*1\n$4\r\nPING\r\n", &[], Some("Protocol error: invalid multibulk length")),
    (b"*1\r\n+PING\r\n", &[], Some("Protocol error: expected '$', got '+'")),
    (b"*1\r\n\r\n", &[], Some("Protocol error: expected '$', got ' '")),
    (b"*1\r\n\nING\r\n", &[], Some("Protocol error: expected '$', got ' '")),
    (b"*1\r\n'PING\r\n", &[], Some("Protocol error: expected '$', got '''")),
    (b"*1\r\n\"PING\r\n", &[], Some("Protocol error: expected '$', got '\"'")),
    (b"*1\r\n\\PING\r\n", &[], Some("Protocol error: expected '$', got '\\'")),
    (b"*1\r\n$-1\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$abc\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$+4\r\nPING\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$04\r\nPING\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$536870912\r\n", &[], None),
    (b"*1\r\n$536870913\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$99999999999999999999\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"*1\r\n$4\nPING\r\n", &[], Some("Protocol error: invalid bulk length")),
    (b"ECHO \"abc\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO 'abc\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO \"a\"b\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO 'a'b\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO a\"b\"c\"d e\"f\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO \"a\\\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
    (b"ECHO 'a\\\r\n", &[], Some("Protocol error: unbalanced quotes in request")),
];

#[test]
fn parses_as_redis_does() {
    for (input, requests, error) in GOLDEN {
        let mut parser = RequestParser::new(Limits::default());
        check(&mut parser, input, requests, *error);
    }
}

#[test]
fn long_lines() {
    let limit = 64 << 10;
    for (start, len, error) in [
        ("P", limit, None),
        ("P", limit + 1, Some("Protocol error: too big inline request")),
        ("*1", limit, None),
        ("*1", limit + 1, Some("Protocol error: too big mbulk count string")),
        ("*1\r\n$1", limit + 4, None),
        ("*1\r\n$1", limit + 5, Some("Protocol error: too big bulk count string")),
    ] {
        let mut input = start.as_bytes().to_vec();
        input.resize(len, b'1');
        check(&mut RequestParser::new(Limits::default()), &input, &[], error);
    }
}

#[track_caller]
fn check(parser: &mut RequestParser, input: &[u8], requests: &[&[&[u8]]], error: Option<&str>) {
    let shown = input[..input.len().min(80)].escape_ascii().to_string();
    let mut found = Vec::new();
    let mut rest = input;
    let ended_by = loop {
        let mut args = Vec::new();
        match parser.parse(rest, &mut args) {
            Ok(Status::Complete { consumed, source }) => {
                let bytes = parser.bytes(source, rest);
                found.push(args.iter().map(|arg| arg.of(bytes).to_vec()).collect::<Vec<_>>());
                rest = &rest[consumed..];
            }
            Ok(Status::Empty { consumed }) => rest = &rest[consumed..],
            Ok(Status::Incomplete { .. }) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    assert_eq!(found, requests, "{shown}");
    assert_eq!(ended_by.as_deref(), error, "{shown}");
}
