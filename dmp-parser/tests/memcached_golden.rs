//! What memcached 1.6.18 replied to each input, as it was seen to, from an empty store.

use std::collections::HashMap;

use dmp_parser::{Encoder, Limits, RequestParser, Status, Verb};

/// An input and the replies to it. `version` is asked for behind what may throw the parser off.
const GOLDEN: &[(&str, &str)] = &[
    ("get\r\n", "ERROR\r\n"),
    ("get  k  \r\n", "END\r\n"),
    (" get k\n", "END\r\n"),
    ("GET k\r\n", "ERROR\r\n"),
    ("\r\nversion\r\n", "ERROR\r\nVERSION 1.6.18\r\n"),
    ("\nversion\r\n", "ERROR\r\nVERSION 1.6.18\r\n"),
    (" \r\nversion\r\n", "ERROR\r\nVERSION 1.6.18\r\n"),
    ("set k 0 0 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"),
    ("set k 0 0 1\na\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"),
    ("set k 010 0 1\r\na\r\nget k\r\n", "STORED\r\nVALUE k 10 1\r\na\r\nEND\r\n"),
    ("set k +1 0 1\r\na\r\nset k 1\t 0 1\r\na\r\n", "STORED\r\nSTORED\r\n"),
    ("set k 4294967295 0 1\r\na\r\n", "STORED\r\n"),
    ("set k 0 99999999999 1\r\na\r\n", "STORED\r\n"),
    ("set k 0 0 0\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0 0\r\n\r\nEND\r\n"),
    ("set k 0 0 1\na\nversion\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\n"),
    (
        "set k 0 0 1\r\nabcdefg\r\nversion\r\n",
        "CLIENT_ERROR bad data chunk\r\nERROR\r\nVERSION 1.6.18\r\n",
    ),
    (
        "set k 0 0 1\r\na\nget k\r\nversion\r\n",
        "CLIENT_ERROR bad data chunk\r\nERROR\r\nVERSION 1.6.18\r\n",
    ),
    ("set k 0 0\r\nversion\r\n", "ERROR\r\nVERSION 1.6.18\r\n"),
    ("set k 0 0 x\r\nversion\r\n", "CLIENT_ERROR bad command line format\r\nVERSION 1.6.18\r\n"),
    (
        "set k x 0 1\r\na\r\nversion\r\n",
        "CLIENT_ERROR bad command line format\r\nERROR\r\nVERSION 1.6.18\r\n",
    ),
    ("set k -1 0 1\r\n", "CLIENT_ERROR bad command line format\r\n"),
    ("set k 0x1 0 1\r\n", "CLIENT_ERROR bad command line format\r\n"),
    ("set k 0 0 -1\r\n", "CLIENT_ERROR bad command line format\r\n"),
    ("set k 0 0 2147483646\r\n", "CLIENT_ERROR bad command line format\r\n"),
    ("set k 0 0 1 noreply\r\na\r\nversion\r\n", "VERSION 1.6.18\r\n"),
    ("set k 0 0 1 noreplx\r\na\r\n", "STORED\r\n"),
    ("set k 0 0 1 x noreply\r\na\r\n", "ERROR\r\nERROR\r\n"),
    ("set k 0 0 1 noreply\r\nabc\r\nversion\r\n", "ERROR\r\nVERSION 1.6.18\r\n"),
    ("set k 0 0 x noreply\r\nversion\r\n", "VERSION 1.6.18\r\n"),
    ("set k 0 0 5\r\nab\0c\n\r\nget k\r\n", "STORED\r\nVALUE k 0 5\r\nab\0c\n\r\nEND\r\n"),
    ("delete k\r\n", "NOT_FOUND\r\n"),
    ("set k 0 0 1\r\na\r\ndelete k 0\r\n", "STORED\r\nDELETED\r\n"),
    ("delete k 1\r\n", "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"),
    (
        "delete k 0 x\r\n",
        "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
    ),
    ("delete k noreply\r\ndelete k 0 noreply\r\nversion\r\n", "VERSION 1.6.18\r\n"),
    ("delete k x noreply\r\nversion\r\n", "VERSION 1.6.18\r\n"),
    ("delete\r\ndelete k 0 noreply x\r\n", "ERROR\r\nERROR\r\n"),
    ("delete noreply\r\n", "NOT_FOUND\r\n"),
    ("gets\r\ngets a b\r\n", "ERROR\r\nEND\r\n"),
    ("foo\r\nfo\0o\r\nversion x\r\n", "ERROR\r\nERROR\r\nVERSION 1.6.18\r\n"),
    ("quit\r\nversion\r\n", ""),
    ("quit x\r\nversion\r\n", ""),
];

#[test]
fn replies_as_memcached_does() {
    for (input, replies) in GOLDEN {
        assert_eq!(serve(input.as_bytes()), *replies, "{input:?}");
    }
}

#[test]
fn long_keys_and_items() {
    let (long, longer) = ("k".repeat(250), "k".repeat(251));
    let format = "CLIENT_ERROR bad command line format\r\n";
    assert_eq!(serve(format!("get {long}\r\n").as_bytes()), "END\r\n");
    assert_eq!(serve(format!("get a {longer} b\r\n").as_bytes()), format);
    assert_eq!(serve(format!("delete {longer}\r\n").as_bytes()), format);
    let set = format!("set {longer} 0 0 1\r\na\r\n");
    assert_eq!(serve(set.as_bytes()), format!("{format}ERROR\r\n"));
    let set = format!("set {longer} 0 0 1 noreply\r\na\r\n");
    assert_eq!(serve(set.as_bytes()), "ERROR\r\n");

    let data = "a".repeat(2_000_000);
    let set = format!("set k 0 0 2000000\r\n{data}\r\nversion\r\n");
    let large = "SERVER_ERROR object too large for cache\r\nVERSION 1.6.18\r\n";
    assert_eq!(serve(set.as_bytes()), large);
    let set = format!("set k 0 0 2000000 noreply\r\n{data}\r\nversion\r\n");
    assert_eq!(serve(set.as_bytes()), "VERSION 1.6.18\r\n");
}

/// The replies of a small store to `input`.
fn serve(mut input: &[u8]) -> String {
    let mut parser = RequestParser::new(Limits::default());
    let mut store = HashMap::<&[u8], (u32, &[u8])>::new();
    let mut out = Vec::new();
    while !input.is_empty() {
        let mut args = Vec::new();
        let replied = out.len();
        let mut encoder = Encoder::new(&mut out);
        match parser.parse(input, &mut args) {
            Ok(Status::Complete { consumed, request }) => {
                let keys: Vec<_> = args.iter().map(|arg| arg.of(input)).collect();
                match request.verb {
                    Verb::Get => {
                        for key in keys {
                            if let Some((flags, data)) = store.get(key) {
                                encoder.value(key, *flags, data, None);
                            }
                        }
                        encoder.end();
                    }
                    Verb::Store(item) => {
                        store.insert(keys[0], (item.flags, item.data.of(input)));
                        encoder.stored();
                    }
                    Verb::Delete(_) if store.remove(keys[0]).is_some() => encoder.deleted(),
                    Verb::Delete(_) => encoder.not_found(),
                    Verb::Version => encoder.version(b"1.6.18"),
                    _ => break,
                }
                if request.noreply {
                    out.truncate(replied);
                }
                input = &input[consumed..];
            }
            Ok(Status::Swallowed { consumed }) => input = &input[consumed..],
            Ok(Status::Incomplete { .. }) => break,
            Err(error) => {
                encoder.refusal(&error);
                input = &input[error.consumed()..];
            }
        }
    }
    String::from_utf8(out).unwrap()
}
