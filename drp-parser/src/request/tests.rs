//! Requests, rule by rule; then any bytes, cut anywhere.

use alloc::vec::Vec;

use super::{RequestErrorKind, RequestParser, Source, Status};
use crate::{ArgRange, Limits, encode, fuzzing};
use proptest::prelude::*;

fn parser() -> RequestParser {
    RequestParser::new(Limits::default())
}

/// The requests in `input` as text, `""` for one that asks for nothing, and the error that ends
/// them.
fn requests(mut parser: RequestParser, input: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let mut args = Vec::new();
        match parser.parse(rest, &mut args) {
            Ok(Status::Complete { consumed, source }) => {
                let bytes = parser.bytes(source, rest);
                let words = args.iter().map(|arg| format!("[{}]", arg.of(bytes).escape_ascii()));
                out.push(words.collect());
                rest = &rest[consumed..];
            }
            Ok(Status::Empty { consumed }) => {
                out.push(String::new());
                rest = &rest[consumed..];
            }
            Ok(Status::Incomplete { needed }) => {
                out.push(format!("needs {needed}"));
                break;
            }
            Err(error) => {
                out.push(error.to_string());
                break;
            }
        }
    }
    out
}

#[track_caller]
fn check(input: &[u8], expected: &[&str]) {
    assert_eq!(requests(parser(), input), expected, "{}", input.escape_ascii());
}

#[test]
fn multibulk() {
    check(b"*1\r\n$4\r\nPING\r\n", &["[PING]"]);
    check(b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n$1\r\nx\r\n", &["[GET][]", "[x]"]);
    check(b"*1\r\n$12\r\na\r\nb\0c\xffd$1\r\n\r\n", &["[a\\r\\nb\\x00c\\xffd$1\\r\\n]"]);
}

#[test]
fn requests_of_nothing() {
    for input in ["*0\r\n", "*-1\r\n", "*-5\r\n", "\n", "\r\n", "  \t \r\n"] {
        check(input.as_bytes(), &[""]);
    }
}

#[test]
fn needed_is_exact_inside_an_argument() {
    check(b"*1\r\n$100\r\n", &["needs 102"]);
    check(b"*1\r\n$4\r\nPI", &["needs 4"]);
    check(b"*1\r\n$4\r\nPING\r", &["needs 1"]);
    check(b"*9\r\n$4\r\nPING\r\n", &["needs 1"]);
    check(b"*1", &["needs 1"]);
    check(b"PIN", &["needs 1"]);
}

/// Terminators are skipped unseen, as in Redis.
#[test]
fn lax_terminators() {
    check(b"*1\r\n$4\r\nPINGxx+\n", &["[PING]", "[+]"]);
    check(b"*1\rx$4\rxPING\r\n", &["[PING]"]);
}

#[test]
fn inline_words() {
    check(b"PING\n", &["[PING]"]);
    check(b" GET\t k \r\n", &["[GET][k]"]);
    check(b"PING\rx\n", &["[PING][x]"]);
    check(b"ECHO \x0ba\x0bb\x0c\r\n", &["[ECHO][a\\x0bb\\x0c]"]);
    check(b"a\0b\n", &["[a\\x00b]"]);
    check(b"\0\xff\n", &["[\\x00\\xff]"]);
}

#[test]
fn inline_quotes() {
    check(br#"e "a b" "" c'd e' 'it\'s\n"'"#, &["needs 1"]);
    check(b"e \"a b\" \"\" c'd e' 'it\\'s\\n\"'\n", &["[e][a b][][cd e][it\\'s\\\\n\\\"]"]);
    check(b"\"\\x41\\n\\r\\t\\b\\a\\q\\\\\\\"\"\n", &["[A\\n\\r\\t\\x08\\x07q\\\\\\\"]"]);
    check(b"\"\\x4g\\xaF\\x\" \"\\x4\"\n", &["[x4g\\xafx][x4]"]);
    check(b"\"a\"\x0bb\n", &["[a][b]"]);
    check(b"\"\"\n", &["[]"]);
}

#[test]
fn inline_arguments_are_borrowed_unless_quoted() {
    let mut parser = parser();
    let mut args = Vec::new();
    let status = parser.parse(b"a b\n", &mut args);
    assert_eq!(status, Ok(Status::Complete { consumed: 4, source: Source::Input }));
    assert_eq!(args[1], ArgRange { start: 2, len: 1 });
    args.clear();
    let status = parser.parse(b"a 'b'\n", &mut args);
    assert_eq!(status, Ok(Status::Complete { consumed: 6, source: Source::Unescaped }));
    assert_eq!(args[1], ArgRange { start: 1, len: 1 });
    assert_eq!(parser.unescaped(), b"ab");
}

#[test]
fn errors_carry_their_position() {
    for (input, kind, position) in [
        (&b"*x\r\n_"[..], RequestErrorKind::InvalidMultibulkLength, 1),
        (b"*2\r\n$1\r\na\r\n+", RequestErrorKind::ExpectedBulk { got: b'+' }, 11),
        (b"*2\r\n$1\r\na\r\n$-1\r\n", RequestErrorKind::InvalidBulkLength, 11),
        (b"ab 'c\n", RequestErrorKind::UnbalancedQuotes, 3),
        (b"ab c'd'e\n", RequestErrorKind::UnbalancedQuotes, 4),
    ] {
        let mut args = Vec::new();
        let error = parser().parse(input, &mut args).unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, position));
        assert!(args.is_empty());
    }
}

#[test]
fn limits_are_inclusive() {
    let limits =
        Limits { bulk_len_max: 3, args_max: 2, inline_len_max: 40, request_len_max: 1 << 20 };
    let check = |input: &[u8], expected: &[&str]| {
        assert_eq!(requests(RequestParser::new(limits), input), expected);
    };
    check(b"*2\r\n$3\r\nabc\r\n$0\r\n\r\n", &["[abc][]"]);
    check(b"*3\r\n", &["Protocol error: invalid multibulk length"]);
    check(b"*3\r\n$1\r\n", &["Protocol error: invalid multibulk length"]);
    check(b"*1\r\n$4\r\n", &["Protocol error: invalid bulk length"]);
    check(b"*1\r\n$4\r\nabcd\r\n", &["Protocol error: invalid bulk length"]);
    let word = "x".repeat(40);
    check(word.as_bytes(), &["needs 1"]);
    check(format!("{word}\n").as_bytes(), &[&format!("[{word}]")]);
    check(format!("{}\r\n", &word[1..]).as_bytes(), &[&format!("[{}]", &word[1..])]);
    for tail in ["x", "x\n", "\r\n"] {
        let line = format!("{word}{tail}");
        check(line.as_bytes(), &["Protocol error: too big inline request"]);
    }
    let digits = "1".repeat(39);
    for (start, error) in [("*", "mbulk"), ("*1\r\n$", "bulk")] {
        check(format!("{start}{digits}").as_bytes(), &["needs 1"]);
        let error = format!("Protocol error: too big {error} count string");
        check(format!("{start}{digits}1").as_bytes(), &[&error]);
        check(format!("{start}{digits}1\r\n").as_bytes(), &[&error]);
    }
}

#[test]
fn a_request_as_a_whole_is_bounded_before_it_arrives() {
    let limits = Limits { request_len_max: 20, ..Limits::default() };
    let check = |input: &[u8], expected: &[&str]| {
        assert_eq!(requests(RequestParser::new(limits), input), expected);
    };
    check(b"*1\r\n$9\r\n", &["needs 11"]);
    check(b"*1\r\n$10\r\n", &["Protocol error: too big request"]);
    check(&[b'x'; 20], &["Protocol error: too big inline request"]);
    let unlimited = Limits { bulk_len_max: usize::MAX, ..Limits::default() };
    for len in ["4294967300", "9223372036854775807"] {
        let input = format!("*1\r\n${len}\r\n");
        let parser = RequestParser::new(unlimited);
        assert_eq!(requests(parser, input.as_bytes()), ["Protocol error: too big request"]);
    }
}

#[test]
fn strangers_may_say_little() {
    let stranger = || {
        let mut parser = parser();
        parser.set_authenticated(false);
        parser
    };
    let count = "Protocol error: unauthenticated multibulk length";
    let bulk = "Protocol error: unauthenticated bulk length";
    assert_eq!(requests(stranger(), b"*10\r\n"), ["needs 1"]);
    assert_eq!(requests(stranger(), b"*11\r\n"), [count]);
    assert_eq!(requests(stranger(), b"*1\r\n$16384\r\n"), ["needs 16386"]);
    assert_eq!(requests(stranger(), b"*1\r\n$16385\r\n"), [bulk]);
    let mut known = stranger();
    known.set_authenticated(true);
    assert_eq!(requests(known, b"*11\r\n"), ["needs 1"]);
}

#[test]
fn a_parser_is_as_new_after_an_error() {
    let mut parser = parser();
    let mut args = Vec::new();
    for bad in [&b"*2\r\n$1\r\na\r\n$x\r\n"[..], b"*x\r\n", b"'\n", b"*1\r\nx"] {
        for cut in 1..bad.len() {
            let first = parser.parse(&bad[..cut], &mut args);
            if first.is_ok() {
                let _ = parser.parse(bad, &mut args).unwrap_err();
            }
            assert!(!parser.is_mid_request());
            let status = parser.parse(b"a\n", &mut args);
            assert_eq!(status, Ok(Status::Complete { consumed: 2, source: Source::Input }));
            args.clear();
        }
    }
}

/// Would not end if any call began again.
#[test]
fn a_million_arguments_byte_by_byte() {
    const ARGS: usize = 1_000_000;
    let mut input = Vec::new();
    encode::request(&mut input, (0..ARGS).map(|_| [b'x'; 0]));
    let mut parser = parser();
    let mut args = Vec::new();
    for end in 1..input.len() {
        let status = parser.parse(&input[..end], &mut args);
        assert!(matches!(status, Ok(Status::Incomplete { .. })));
        assert!(args.is_empty());
    }
    let status = parser.parse(&input, &mut args);
    assert_eq!(status, Ok(Status::Complete { consumed: input.len(), source: Source::Input }));
    assert_eq!(args.len(), ARGS);
    assert_eq!(parser.pending.capacity(), 0, "memory of a giant is not kept");
}

#[test]
fn long_lines_byte_by_byte() {
    let mut input = alloc::vec![b'1'; 65_537];
    for first in [b'*', b'x'] {
        input[0] = first;
        let mut parser = parser();
        for end in 1..input.len() {
            let status = parser.parse(&input[..end], &mut Vec::new());
            assert_eq!(status, Ok(Status::Incomplete { needed: 1 }));
        }
        let _ = parser.parse(&input, &mut Vec::new()).unwrap_err();
    }
}

/// Every rule above in one stream, so that each cut meets each state.
const CORPUS: &[&[u8]] = &[
    b"*2\r\n$1\r\na\r\n$\r\n_",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"*0\r\n*-1\r\n\r\n\nPING\r\n*1\r\n$4\r\nPING\r\n  \n",
    b"GET \"k\\x00\\n\" 'x\\'y'\r\nPING\n\"\"\n*1\r\n$0\r\n\r\n",
    b"*1\r\n$100\r\nshort",
    b"*2\r\n$1\r\na\r\n+OK\r\n",
    b"*1\r\n$1\r\nxyz\n",
    b"a 'b\n",
    b"*01\r\n",
    b"*1\r\n$-0\r\n",
    b"*12\r\n$1\r\na\r\n$1\r\nb\r\n",
    b"abcdefghijklmnopqrstuvwxyz\r\n",
    b"*1\r\n$0000000000000000000000000000000",
];

#[test]
fn corpus_cut_anywhere() {
    for input in CORPUS {
        for choice in 0..4 {
            let mut data = alloc::vec![choice];
            data.extend_from_slice(input);
            fuzzing::check_requests(&data);
        }
    }
}

/// Bytes that look like requests more often than chance has it.
fn likely_input() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..30), 1..5).prop_map(
            |args| {
                let mut out = Vec::new();
                encode::request(&mut out, args);
                out
            }
        ),
        "[ 'a\"\\\\x0-9\t]{0,20}\r?\n".prop_map(String::into_bytes),
        "[*$][-+0-9]{0,3}\r?\n?".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn likely_bytes_cut_anywhere(choice: u8, input in likely_input()) {
        let mut data = alloc::vec![choice];
        data.extend_from_slice(&input);
        fuzzing::check_requests(&data);
    }

    #[test]
    fn any_bytes_cut_anywhere(data: Vec<u8>) {
        fuzzing::check_requests(&data);
    }

    #[test]
    fn encoded_requests_parse_to_themselves(
        args in proptest::collection::vec(any::<Vec<u8>>(), 1..20),
    ) {
        let mut input = Vec::new();
        encode::request(&mut input, &args);
        let mut ranges = Vec::new();
        let status = parser().parse(&input, &mut ranges);
        let consumed = input.len();
        prop_assert_eq!(status, Ok(Status::Complete { consumed, source: Source::Input }));
        let parsed: Vec<_> = ranges.iter().map(|range| range.of(&input).to_vec()).collect();
        prop_assert_eq!(parsed, args);
    }
}
