//! Replies, line by line; then any bytes, cut anywhere.

use super::{Reply, ReplyError, ReplyParser, ReplyStatus};
use crate::{Limits, MetaCode, fuzzing};
use proptest::prelude::*;

#[track_caller]
fn check(input: &str, reply: Reply<'_>) {
    let status = ReplyParser::new(Limits::default()).parse(input.as_bytes());
    assert_eq!(status, Ok(ReplyStatus::Complete { consumed: input.len(), reply }));
}

#[test]
fn lines() {
    check("END\r\n", Reply::End);
    check("STORED\r\n", Reply::Stored);
    check("NOT_STORED\r\n", Reply::NotStored);
    check("EXISTS\r\n", Reply::Exists);
    check("DELETED\r\n", Reply::Deleted);
    check("NOT_FOUND\r\n", Reply::NotFound);
    check("TOUCHED\r\n", Reply::Touched);
    check("OK\r\n", Reply::Ok);
    check("42\r\n", Reply::Number(42));
    check("VERSION 1.6.18\r\n", Reply::Version(b"1.6.18"));
    check("ERROR\r\n", Reply::Error);
    check("CLIENT_ERROR bad  chunk\r\n", Reply::ClientError(b"bad  chunk"));
    check("SERVER_ERROR x\r\n", Reply::ServerError(b"x"));
}

#[test]
fn values() {
    let (key, data) = (&b"k"[..], &b"a\r\n"[..]);
    check("VALUE k 7 3\r\na\r\n\r\n", Reply::Value { key, flags: 7, cas: None, data });
    check("VALUE k 7 3 9\r\na\r\n\r\n", Reply::Value { key, flags: 7, cas: Some(9), data });
}

#[test]
fn figures_and_meta_replies() {
    check("STAT a b c\r\n", Reply::Stat { name: b"a", value: b"b c" });
    check("STAT a \r\n", Reply::Stat { name: b"a", value: b"" });
    check("RESET\r\n", Reply::Reset);
    check("MN\r\n", Reply::MetaNoop);
    for line in ["BUSY currently processing", "SAME src and dst", "ERROR: shutdown not enabled"] {
        check(&format!("{line}\r\n"), Reply::Machinery(line.as_bytes()));
    }
    check("ME k exp=-1\r\n", Reply::MetaDebug(b"k exp=-1"));
    check("EN\r\n", Reply::Meta { code: MetaCode::Missing, tokens: b"" });
    check("HD O1 c2\r\n", Reply::Meta { code: MetaCode::Done, tokens: b"O1 c2" });
    check("VA 3 t-1 W\r\nabc\r\n", Reply::MetaValue { tokens: b"t-1 W", data: b"abc" });
    check("VA 0\r\n\r\n", Reply::MetaValue { tokens: b"", data: b"" });
}

#[test]
fn refusals() {
    let limits = Limits { item_len_max: 3, ..Limits::default() };
    let long = "x".repeat(2049);
    for (input, error) in [
        ("\r\n", ReplyError::Unknown),
        ("stored\r\n", ReplyError::Unknown),
        ("VALUE k 7\r\n", ReplyError::Unknown),
        ("VA\r\n", ReplyError::Unknown),
        ("VA x\r\n", ReplyError::Unknown),
        ("HDx\r\n", ReplyError::Unknown),
        ("VA 4\r\n", ReplyError::ItemTooLong),
        ("VALUE k 7 x\r\n", ReplyError::Unknown),
        ("VALUE k 4294967296 1\r\n", ReplyError::Unknown),
        ("VALUE k 0 4\r\n", ReplyError::ItemTooLong),
        ("VALUE k 0 1\r\nab\r\n", ReplyError::MissingTerminator { position: 14 }),
        (&long, ReplyError::LineTooLong),
    ] {
        assert_eq!(ReplyParser::new(limits).parse(input.as_bytes()), Err(error), "{input:?}");
    }
}

#[test]
fn needed_is_exact_inside_an_item() {
    let mut parser = ReplyParser::new(Limits::default());
    for (input, needed) in [("", 1), ("VALUE k 0 5\r", 1), ("VALUE k 0 5\r\nab", 5)] {
        let status = parser.parse(input.as_bytes());
        assert_eq!(status, Ok(ReplyStatus::Incomplete { needed }));
    }
}

#[test]
fn corpus_cut_anywhere() {
    for input in [
        "HD\r\nSTAT a b\r\nVA 2 f1\r\n\r\n\r\n",
        "STORED\r\nVALUE k 0 3\r\na\r\n\r\nVALUE key 1 0 5\r\n\r\nEND\r\n12\nERROR\r\nEN",
        "VALUE k 0 1\r\nxx\r\n",
        "VERSION 1\r\nVALUE k 0 100\r\n",
        "huh\r\n",
    ] {
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
        input in "(VALUE k [0-9] [0-3]( 7)?\r?\n.{0,4}\r\n|VA [0-3]( t1)?\r\n.{0,4}\r\n|\
                  (END|STORED|[0-9]{1,3}|ERROR|HD|EN O1|STAT a b|MN)\r\n|.){0,8}",
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
