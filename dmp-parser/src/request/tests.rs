//! Requests, rule by rule; then any bytes, cut anywhere.

use super::{RequestErrorKind, RequestParser, Status};
use crate::{Form, Limits, MetaGet, Store, Verb, fuzzing};
use proptest::prelude::*;

fn parser() -> RequestParser {
    RequestParser::new(Limits::default())
}

/// What is in `input`, as text.
fn events(mut parser: RequestParser, input: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let mut args = Vec::new();
        let consumed = match parser.parse(rest, &mut args) {
            Ok(Status::Complete { consumed, request }) => {
                let mut text = match request.verb {
                    Verb::Store(store) => format!("{:?}", store.mode),
                    Verb::Delete(_) => "Delete".to_owned(),
                    Verb::MetaGet(MetaGet { exptime, vivify, recache, no_bump, touches_last }) => {
                        let bump = if no_bump { " unused" } else { "" };
                        let times = [exptime, vivify, recache].map(|time| time.unwrap_or(7));
                        let order = if touches_last { " touches last" } else { "" };
                        format!("MetaGet{times:?}{bump}{order}")
                    }
                    verb => format!("{verb:?}"),
                };
                for arg in args {
                    text += &format!("[{}]", arg.of(rest).escape_ascii());
                }
                if let Verb::Store(Store { data, flags, exptime, cas, .. }) = request.verb {
                    text += &format!(" {flags} {exptime} ={}", data.of(rest).escape_ascii());
                    if cas != 0 {
                        text += &format!(" cas {cas}");
                    }
                }
                if let Form::Meta { tokens, .. } = request.form {
                    text += &format!(" <{}>", tokens.of(rest).escape_ascii());
                }
                text += if request.stamp { " stamp" } else { "" };
                out.push(text + if request.noreply { " noreply" } else { "" });
                consumed
            }
            Ok(Status::Swallowed { consumed }) => {
                out.push(format!("swallowed {consumed}"));
                consumed
            }
            Ok(Status::Incomplete { needed }) => {
                out.push(format!("needs {needed}"));
                return out;
            }
            Err(error) => {
                out.push(format!("{error}{}", if error.noreply() { " noreply" } else { "" }));
                if error.is_fatal() {
                    return out;
                }
                error.consumed()
            }
        };
        rest = &rest[consumed..];
    }
    out
}

#[track_caller]
fn check(input: &str, expected: &[&str]) {
    assert_eq!(events(parser(), input.as_bytes()), expected, "{input:?}");
}

const FORMAT: &str = "CLIENT_ERROR bad command line format";
const USAGE: &str = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]";
const CHUNK: &str = "CLIENT_ERROR bad data chunk";

#[test]
fn get() {
    check("get k\r\n", &["Get[k]"]);
    check("get k\nget k\r\n", &["Get[k]", "Get[k]"]);
    check("  get  a   b \r\n", &["Get[a][b]"]);
    check("gets a b c\r\n", &["Get[a][b][c] stamp"]);
    check("gat 10 a b\r\n", &["GetAndTouch { exptime: 10 }[a][b]"]);
    check("gats -1 a\r\n", &["GetAndTouch { exptime: -1 }[a] stamp"]);
    check("gat 10\r\ngat\r\n", &["GetAndTouch { exptime: 10 }", "ERROR"]);
    check("gat x k\r\n", &["CLIENT_ERROR invalid exptime argument"]);
    check("get a\tb\0\r\r\n", &["Get[a\\tb\\x00\\r]"]);
    check("get\r\nget \r\n", &["ERROR", "ERROR"]);
    let key = "k".repeat(250);
    check(&format!("get {key}\r\n"), &[&format!("Get[{key}]")]);
    check(&format!("get a {key}k b\r\n"), &[FORMAT]);
}

#[test]
fn set() {
    check("set k 7 -1 3\r\na\r\n\r\n", &["Set[k] 7 -1 =a\\r\\n"]);
    check("set k 0 0 0\r\n\r\n", &["Set[k] 0 0 ="]);
    check("set k 0 0 1\na\r\n", &["Set[k] 0 0 =a"]);
    check("set k 0 0 1 noreply\r\na\r\n", &["Set[k] 0 0 =a noreply"]);
    check("set k 0 0 1 noreplx\r\na\r\n", &["Set[k] 0 0 =a"]);
    check("set k 4294967295 99999999999 1\r\na\r\n", &["Set[k] 4294967295 99999999999 =a"]);
    check("set k +010 \t0 1\r\na\r\n", &["Set[k] 10 0 =a"]);
}

#[test]
fn other_stores() {
    for (verb, mode) in
        [("add", "Add"), ("replace", "Replace"), ("append", "Append"), ("prepend", "Prepend")]
    {
        check(&format!("{verb} k 1 2 1\r\na\r\n"), &[&format!("{mode}[k] 1 2 =a")]);
    }
    check("cas k 1 2 1 9\r\na\r\n", &["Cas[k] 1 2 =a cas 9"]);
    check("cas k 1 2 1 9 noreply\r\na\r\n", &["Cas[k] 1 2 =a cas 9 noreply"]);
    check("cas k 1 2 1\r\n", &["ERROR"]);
    check("cas k 1 2 1 x\r\n", &[FORMAT]);
}

#[test]
fn numbers_and_times() {
    check("touch k 10\r\n", &["Touch { exptime: 10 }[k]"]);
    check("touch k x\r\n", &["CLIENT_ERROR invalid exptime argument"]);
    check("touch k noreply\r\n", &["CLIENT_ERROR invalid exptime argument noreply"]);
    check("touch k\r\ntouch k 1 2 3\r\n", &["ERROR", "ERROR"]);
    check("incr k x\r\n", &["CLIENT_ERROR invalid numeric delta argument"]);
    check("incr k -1\r\n", &["CLIENT_ERROR invalid numeric delta argument"]);
    check("decr k\r\n", &["ERROR"]);
    check("flush_all\r\n", &["FlushAll { delay: 0 }"]);
    check("flush_all noreply\r\n", &["FlushAll { delay: 0 } noreply"]);
    check("flush_all 9 noreply\r\n", &["FlushAll { delay: 9 } noreply"]);
    check("flush_all 9 8 7\r\n", &["ERROR"]);
    check("flush_all x\r\n", &["CLIENT_ERROR invalid exptime argument"]);
    check("verbosity 1\r\n", &["Verbosity { level: 1 }"]);
    check("verbosity x\r\nverbosity\r\n", &[FORMAT, "ERROR"]);
    check("stats\r\nstats items\r\n", &["Stats", "Stats[items]"]);
}

#[test]
fn meta() {
    check("mn\r\n", &["Noop <>"]);
    check("mg k v t\r\n", &["MetaGet[7, 7, 7][k] <v t>"]);
    check(
        "mg k c q T30 N-1 R5 u\r\n",
        &["MetaGet[30, -1, 5] unused\
         [k] <c q T30 N-1 R5 u> stamp noreply"],
    );
    check("mg k R5 T30\r\n", &["MetaGet[30, 7, 5] touches last[k] <R5 T30>"]);
    check("ms k 1 T60 F7\r\na\r\n", &["Set[k] 7 60 =a <T60 F7>"]);
    check("ms k 1 ME\r\na\r\n", &["Add[k] 0 0 =a <ME>"]);
    check("ms k 1 MR C5 q\r\na\r\n", &["Cas[k] 0 0 =a cas 5 <MR C5 q> noreply"]);
    check("md k q\r\n", &["Delete[k] <q> noreply"]);
    check("me k\r\nme aw== b\r\n", &["MetaDebug[k] <>", "MetaDebug[aw==] <b>"]);
    check(
        "mg aw== b v\r\n",
        &["MetaGet[7, 7, 7]\
         [aw==] <b v>"],
    );
}

#[test]
fn meta_refused() {
    for (line, error) in [
        ("mg", "ERROR"),
        ("mx k", "ERROR"),
        ("ms k", FORMAT),
        ("ms k x", FORMAT),
        ("ms k -1", FORMAT),
        ("me", FORMAT),
        ("me k! b", FORMAT),
        ("mg k v v", "CLIENT_ERROR duplicate flag"),
        ("mg k !", "CLIENT_ERROR invalid flag"),
        ("mg k! b", "CLIENT_ERROR error decoding key"),
        ("mg k Tx", "CLIENT_ERROR bad token in command line format"),
        ("mg k O01234567890123456789012345678901", "CLIENT_ERROR opaque token too long"),
        ("md k v v", "CLIENT_ERROR invalid or duplicate flag"),
        ("ma k Dx", "CLIENT_ERROR invalid or duplicate flag"),
        ("ma k MX", "CLIENT_ERROR invalid mode for ma M token"),
    ] {
        check(&format!("{line}\r\n"), &[error]);
    }
    let many = "v ".repeat(18);
    check(&format!("mg k {many}\r\n"), &["CLIENT_ERROR options flags are too long"]);
    check(&format!("md k {many}\r\n"), &["CLIENT_ERROR options flags too long"]);
    for (flags, error) in [
        ("MX", "CLIENT_ERROR invalid mode for ms M token"),
        ("MSS", "CLIENT_ERROR incorrect length for M token"),
        ("Fx", FORMAT),
        ("Cx", "CLIENT_ERROR bad token in command line format"),
    ] {
        let input = format!("ms k 2 {flags} q\r\nab\r\nversion\r\n");
        check(&input, &[error, "swallowed 4", "Version"]);
    }
    check("ms k 1 q\r\nabc\r\n", &[CHUNK, "ERROR"]);
}

#[test]
fn other_protocols() {
    check("GET / HTTP/1.1\r\nversion\r\n", &["CLIENT_ERROR HTTP is not spoken here"]);
    check("\x16\x03\x01", &["CLIENT_ERROR TLS is not spoken here"]);
    check("version\r\n\x16\r\n", &["Version", "ERROR"]);
}

#[test]
fn set_refused() {
    for line in ["set", "set k", "set k 0 0", "set k 0 0 1 x noreply", "set k 0 0 1 noreply x"] {
        check(&format!("{line}\r\n"), &["ERROR"]);
    }
    for numbers in ["x 0 1", "-1 0 1", "1x 0 1", "0x1 0 1", "4294967296 0 1", "0 x 1", "0 0 x"] {
        check(&format!("set k {numbers}\r\n"), &[FORMAT]);
    }
    for len in ["-1", "2147483646", "4294967296", "18446744073709551616"] {
        check(&format!("set k 0 0 {len}\r\n"), &[FORMAT]);
    }
    check("set k 0 0 x noreply\r\n", &[&format!("{FORMAT} noreply")]);
    let key = "k".repeat(251);
    check(&format!("set {key} 0 0 1\r\na\r\n"), &[FORMAT, "ERROR"]);
}

#[test]
fn bad_data_chunks_are_consumed_as_announced() {
    check("set k 0 0 1\r\nab\r\nversion\r\n", &[CHUNK, "ERROR", "Version"]);
    check("set k 0 0 1\r\nabcdefg\r\nversion\r\n", &[CHUNK, "ERROR", "Version"]);
    check("set k 0 0 1\na\nversion\r\n", &[CHUNK, "ERROR"]);
    check("set k 0 0 1 noreply\r\nabc\r\n", &[&format!("{CHUNK} noreply"), "ERROR"]);
}

#[test]
fn large_items_are_swallowed() {
    let limits = Limits { item_len_max: 3, ..Limits::default() };
    let input = b"set k 0 0 4\r\nabcd\r\nversion\r\nset k 0 0 3\r\nabc\r\n";
    let large = "SERVER_ERROR object too large for cache";
    let expected = [large, "swallowed 6", "Version", "Set[k] 0 0 =abc"];
    assert_eq!(events(RequestParser::new(limits), input), expected);

    let mut parser = RequestParser::new(limits);
    let mut args = Vec::new();
    let error = parser.parse(&input[..13], &mut args).unwrap_err();
    assert_eq!((error.kind(), error.consumed()), (RequestErrorKind::TooLarge, 13));
    assert_eq!(error.key().unwrap().of(input), b"k");
    assert_eq!(parser.parse(b"ab", &mut args), Ok(Status::Swallowed { consumed: 2 }));
    assert_eq!(parser.parse(b"", &mut args), Ok(Status::Incomplete { needed: 1 }));
    assert_eq!(parser.parse(b"cd\r\nget k", &mut args), Ok(Status::Swallowed { consumed: 4 }));
    assert!(!parser.is_mid_request());
}

#[test]
fn delete() {
    check("delete k\r\ndelete k 0\r\n", &["Delete[k]", "Delete[k]"]);
    check("delete k noreply\r\n", &["Delete[k] noreply"]);
    check("delete k 0 noreply\r\n", &["Delete[k] noreply"]);
    check("delete noreply\r\n", &["Delete[noreply]"]);
    check("delete\r\ndelete k 0 noreply x\r\n", &["ERROR", "ERROR"]);
    for options in ["1", "00", "0 x", "0 0"] {
        check(&format!("delete k {options}\r\n"), &[USAGE]);
    }
    check("delete k x noreply\r\n", &[&format!("{USAGE} noreply")]);
    let long = "k".repeat(251);
    check(&format!("delete {long}\r\n"), &[FORMAT]);
    check(&format!("delete {long} noreply\r\n"), &[&format!("{FORMAT} noreply")]);
}

#[test]
fn others() {
    check("version\r\nversion x\r\nquit\r\nquit x\r\n", &["Version", "Version", "Quit", "Quit"]);
    check("\r\n\n \r\nGET k\r\nfoo\r\n", &["ERROR"; 5]);
}

#[test]
fn needed_is_exact_inside_an_item() {
    check("get", &["needs 1"]);
    check("set k 0 0 5\r", &["needs 1"]);
    check("set k 0 0 5\r\n", &["needs 7"]);
    check("set k 0 0 5\r\nabcde\r", &["needs 1"]);
}

#[test]
fn only_gets_have_long_lines() {
    let check = |start: &str, len: usize, expected: &str| {
        let mut input = start.as_bytes().to_vec();
        input.resize(len, b'x');
        let limits = Limits { get_line_len_max: 4096, ..Limits::default() };
        assert_eq!(events(RequestParser::new(limits), &input), [expected], "{start:?} {len}");
        input.push(b'\n');
        let events = events(RequestParser::new(limits), &input);
        assert_eq!(events.contains(&TOO_LONG.to_owned()), expected == TOO_LONG);
    };
    const TOO_LONG: &str = "CLIENT_ERROR line too long";
    check("x", 2048, "needs 1");
    check("x", 2049, TOO_LONG);
    check("set ", 2049, TOO_LONG);
    check("get ", 4096, "needs 1");
    check("gets ", 4096, "needs 1");
    check("gets ", 4097, TOO_LONG);
    check("getx", 2049, TOO_LONG);
    check(&format!("{}get ", " ".repeat(100)), 4096, "needs 1");
    check(&format!("{}get ", " ".repeat(101)), 4096, TOO_LONG);
}

#[test]
fn many_keys_byte_by_byte() {
    let mut input = b"get".to_vec();
    for _ in 0..100_000 {
        input.extend_from_slice(b" key");
    }
    input.extend_from_slice(b"\r\n");
    let mut parser = parser();
    let mut args = Vec::new();
    for end in 0..input.len() {
        let status = parser.parse(&input[..end], &mut args);
        assert_eq!(status, Ok(Status::Incomplete { needed: 1 }));
    }
    assert!(matches!(parser.parse(&input, &mut args), Ok(Status::Complete { .. })));
    assert_eq!(args.len(), 100_000);
}

#[test]
fn corpus_cut_anywhere() {
    for input in [
        "get a b  c\r\ngets d\nset k 1 2 3\r\n\r\n\n\r\ndelete k 0 noreply\r\nversion\r\nquit\r\n",
        "set k 0 0 1\r\nabc\r\nset k 0 0 10 noreply\r\n0123456789\r\nget k\r\n",
        "set longer 0 0 1\r\na\r\ndelete k x\r\n\r\nset k 0 0 2000000\r\nhello",
        "set k 0 0 x noreply\r\nset k 0 0\r\nfoo\r\ndelete\r\nget\r\n",
    ] {
        for choice in 0..2 {
            let mut data = vec![choice];
            data.extend_from_slice(input.as_bytes());
            fuzzing::check_requests(&data);
        }
    }
    for start in ["get ", "set ", &format!("{}gets ", " ".repeat(100))] {
        let mut data = vec![1];
        data.extend_from_slice(start.as_bytes());
        data.resize(200, b'x');
        fuzzing::check_requests(&data);
    }
}

#[test]
fn packets_cut_anywhere() {
    let mut random = 1_u32;
    for round in 0..200 {
        let data: Vec<u8> = (0..round)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        fuzzing::check_binary(&data);
    }
}

proptest! {
    #[test]
    fn likely_meta_commands_cut_anywhere(
        choice: u8,
        input in "([0-7][a-c]{1,6}( [vtcfkqsbI]| [TNRFCDJ]-?[0-9x]| O[a-z]{1,3}| M[SEADPR+]){0,4}\
                  \r?\n|.{0,3}\r\n){0,6}",
    ) {
        let mut data = vec![choice];
        data.extend_from_slice(input.as_bytes());
        fuzzing::check_meta(&data);
    }

    #[test]
    fn any_packets_cut_anywhere(data: Vec<u8>) {
        fuzzing::check_binary(&data);
        fuzzing::check_binary_replies(&data);
    }

    #[test]
    fn likely_bytes_cut_anywhere(
        choice: u8,
        input in "(gets?( [a-c]{1,6}){0,3}\r?\n|set [a-c]{1,6} [0-9x] -?[0-9] [0-3]( noreply)?\r\n\
                  (.{0,3}\r\n)?|delete k( 0| x)?( noreply)?\r\n|version\r\n|\
                  (incr|decr|touch) k -?[0-9x]( noreply)?\r\n|gats? [0-9x]( [a-c]{1,6}){0,2}\r\n|\
                  cas k 0 0 1 [0-9x]\r\na\r\n|flush_all( [0-9x])?\r\n|stats( a){0,4}\r\n|.){0,6}",
    ) {
        let mut data = vec![choice];
        data.extend_from_slice(input.as_bytes());
        fuzzing::check_requests(&data);
    }

    #[test]
    fn any_bytes_cut_anywhere(data: Vec<u8>) {
        fuzzing::check_requests(&data);
    }
}
