//! Replies, type by type; then any bytes, cut anywhere.

use alloc::vec::Vec;

use super::{Reply, ReplyErrorKind, ReplyLimits, ReplyParser, ReplyStatus};
use crate::fuzzing;
use proptest::prelude::*;

fn parse(limits: ReplyLimits, input: &str) -> Result<ReplyStatus, (ReplyErrorKind, usize)> {
    let parsed = ReplyParser::new(limits).parse(input.as_bytes());
    parsed.map_err(|error| (error.kind(), error.position()))
}

#[track_caller]
fn check(input: &str, reply: Reply) {
    let consumed = input.len();
    let expected = Ok(ReplyStatus::Complete { consumed, reply });
    assert_eq!(parse(ReplyLimits::default(), input), expected);
}

fn bulk(text: &str) -> Reply {
    Reply::Bulk(text.into())
}

#[test]
fn scalars() {
    check("+OK\r\n", Reply::Status(b"OK".into()));
    check("-ERR no\r\n", Reply::Error(b"ERR no".into()));
    check("!5\r\na\r\nb \r\n", Reply::Error(b"a\r\nb ".into()));
    check(":-42\r\n", Reply::Integer(-42));
    check(",1.5e3\r\n", Reply::Double(1500.0));
    check(",-inf\r\n", Reply::Double(f64::NEG_INFINITY));
    check("#t\r\n", Reply::Boolean(true));
    check("#f\r\n", Reply::Boolean(false));
    check("(-12345678901234567890\r\n", Reply::BigNumber(b"-12345678901234567890".into()));
    check("$0\r\n\r\n", bulk(""));
    check("$4\r\na\r\nb\r\n", bulk("a\r\nb"));
    check("=6\r\nmkd:hi\r\n", Reply::Verbatim { format: *b"mkd", text: b"hi".into() });
    check("$-1\r\n", Reply::Nil);
    check("_\r\n", Reply::Nil);
    check("*-1\r\n", Reply::NilArray);
}

#[test]
fn aggregates() {
    check("*0\r\n", Reply::Array(vec![]));
    check(
        "*3\r\n*1\r\n:1\r\n*0\r\n$1\r\nx\r\n",
        Reply::Array(vec![Reply::Array(vec![Reply::Integer(1)]), Reply::Array(vec![]), bulk("x")]),
    );
    check(
        "%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n",
        Reply::Map(vec![
            (Reply::Status(b"a".into()), Reply::Integer(1)),
            (Reply::Status(b"b".into()), Reply::Map(vec![])),
        ]),
    );
    check("~1\r\n_\r\n", Reply::Set(vec![Reply::Nil]));
    check(">1\r\n$1\r\nm\r\n", Reply::Push(vec![bulk("m")]));
}

#[test]
fn attributes_are_skipped() {
    check("|1\r\n+ttl\r\n:9\r\n$1\r\nx\r\n", bulk("x"));
    check("|0\r\n|1\r\n+a\r\n*1\r\n:1\r\n:7\r\n", Reply::Integer(7));
    check("*2\r\n|1\r\n+a\r\n:1\r\n:7\r\n:8\r\n", {
        Reply::Array(vec![Reply::Integer(7), Reply::Integer(8)])
    });
}

#[test]
fn needed_is_exact_inside_a_string() {
    for (input, needed) in
        [("", 1), ("$", 1), ("$5\r", 1), ("$5\r\n", 7), ("*2\r\n$5\r\nabcde\r", 1)]
    {
        assert_eq!(parse(ReplyLimits::default(), input), Ok(ReplyStatus::Incomplete { needed }));
    }
}

#[test]
fn what_is_refused() {
    use ReplyErrorKind::{
        BulkTooLong, LineTooLong, Malformed, MissingTerminator, Streamed, TooDeep, TooManyElements,
        UnknownType,
    };
    let limits = ReplyLimits { bulk_len_max: 5, line_len_max: 8, elements_max: 4, depth_max: 2 };
    for (input, kind, position) in [
        ("?", UnknownType { got: b'?' }, 0),
        ("*1\r\n\r\n", UnknownType { got: b'\r' }, 4),
        (":\r\n", Malformed, 0),
        (":01\r\n", Malformed, 0),
        ("#x\r\n", Malformed, 0),
        ("_x\r\n", Malformed, 0),
        ("(1a\r\n", Malformed, 0),
        (",\r\n", Malformed, 0),
        ("$-2\r\n", Malformed, 0),
        ("%-1\r\n", Malformed, 0),
        ("=-1\r\n", Malformed, 0),
        ("=3\r\ntxt\r\n", Malformed, 0),
        ("+a\n", MissingTerminator, 0),
        ("+a\rb", MissingTerminator, 0),
        ("$1\r\nabc", MissingTerminator, 0),
        ("$?\r\n", Streamed, 0),
        ("*1\r\n*?\r\n", Streamed, 4),
        ("+12345678", LineTooLong, 0),
        ("$6\r\n", BulkTooLong, 0),
        ("*5\r\n", TooManyElements, 0),
        ("%3\r\n", TooManyElements, 0),
        ("*2\r\n*3\r\n", TooManyElements, 4),
        ("*1\r\n*1\r\n*0\r\n", TooDeep, 8),
    ] {
        assert_eq!(parse(limits, input), Err((kind, position)), "{input:?}");
    }
    for input in ["+1234567\r\n", "$5\r\n12345\r\n", "*4\r\n:1\r\n:2\r\n:3\r\n_\r\n"] {
        assert!(matches!(parse(limits, input), Ok(ReplyStatus::Complete { .. })), "{input:?}");
    }
}

#[test]
fn errors_say_where() {
    let error = ReplyParser::new(ReplyLimits::default()).parse(b"*1\r\n\0").unwrap_err();
    assert_eq!(error.to_string(), "unknown type '\\x00' at byte 4 of a reply");
}

const CORPUS: &[&str] = &[
    "+OK\r\n-ERR x\r\n:1\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
    "%1\r\n+k\r\n~2\r\n#t\r\n_\r\n>1\r\n(12\r\n=5\r\ntxt:a\r\n!1\r\nx\r\n,1.5\r\n,nan\r\n",
    "|1\r\n+a\r\n:1\r\n*1\r\n|0\r\n:2\r\n|1\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    "$3\r\nabcd\r\n",
    "*13\r\n:1\r\n",
    "+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[test]
fn corpus_cut_anywhere() {
    for input in CORPUS {
        for choice in 0..2 {
            let mut data = vec![choice];
            data.extend_from_slice(input.as_bytes());
            fuzzing::check_replies(&data);
        }
    }
}

proptest! {
    #[test]
    fn likely_bytes_cut_anywhere(
        choice: u8,
        input in "([-+:,#($!=_*%~>|][-0-3tfx?.]{0,3}(\r\n){0,2}|\
                  [:_][0-9]?\r\n|[*%|][0-3]\r\n){0,12}",
    ) {
        let mut data = vec![choice];
        data.extend_from_slice(input.as_bytes());
        fuzzing::check_replies(&data);
    }

    #[test]
    fn any_bytes_cut_anywhere(data: Vec<u8>) {
        fuzzing::check_replies(&data);
    }
}
