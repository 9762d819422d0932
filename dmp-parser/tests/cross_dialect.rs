//! The same operation in the three dialects is the same verb.

use dmp_parser::{
    ArgRange, BinaryRequest, Limits, Opcode, Request, RequestParser, Status, Verb, compose,
};

/// The request that `input` is, its key, and its data.
fn parse(input: &[u8]) -> (Request, Vec<u8>, Vec<u8>) {
    let mut args: Vec<ArgRange> = Vec::new();
    let status = RequestParser::new(Limits::default()).parse(input, &mut args);
    let Ok(Status::Complete { consumed, request }) = status else { panic!("{status:?}") };
    assert_eq!(consumed, input.len());
    let data = match request.verb {
        Verb::Store(store) => store.data.of(input).to_vec(),
        _ => Vec::new(),
    };
    (request, args[0].of(input).to_vec(), data)
}

/// A verb without where anything stands.
fn placeless(verb: Verb) -> Verb {
    match verb {
        Verb::Store(mut store) => {
            store.data = ArgRange::default();
            store.numbers = [ArgRange::default(); 2];
            Verb::Store(store)
        }
        verb => verb,
    }
}

#[track_caller]
fn same(text: &str, meta: &str, packet: BinaryRequest<'_>) {
    let mut bytes = Vec::new();
    packet.compose(&mut bytes);
    let (text, key, data) = parse(text.as_bytes());
    for (request, other_key, other_data) in [parse(meta.as_bytes()), parse(&bytes)] {
        assert_eq!(placeless(request.verb), placeless(text.verb));
        assert_eq!((&other_key, &other_data), (&key, &data));
        assert_eq!(request.noreply, text.noreply);
    }
}

#[test]
fn stores() {
    let extras = BinaryRequest::store_extras(7, 60);
    let packet = |opcode| {
        let (extras, key, value) = (extras.as_slice(), &b"key"[..], &b"value"[..]);
        BinaryRequest { extras, key, value, ..BinaryRequest::new(opcode) }
    };
    let plain = |opcode| BinaryRequest { extras: &[], ..packet(opcode) };
    let tail = "key 7 60 5\r\nvalue\r\n";
    let meta = |flags: &str| format!("ms key 5 {flags}\r\nvalue\r\n");
    same(&format!("set {tail}"), &meta("T60 F7"), packet(Opcode::Set));
    same(&format!("add {tail}"), &meta("ME F7 T60"), packet(Opcode::Add));
    same(&format!("replace {tail}"), &meta("MR F7 T60"), packet(Opcode::Replace));
    same("append key 0 0 5\r\nvalue\r\n", &meta("MA"), plain(Opcode::Append));
    same("prepend key 0 0 5\r\nvalue\r\n", &meta("MP"), plain(Opcode::Prepend));
    let cas = BinaryRequest { cas: 9, ..packet(Opcode::Set) };
    same("cas key 7 60 5 9\r\nvalue\r\n", &meta("C9 F7 T60"), cas);
    same("set key 7 60 5 noreply\r\nvalue\r\n", &meta("q T60 F7"), packet(Opcode::SetQ));
}

#[test]
fn changes() {
    let packet = |opcode| BinaryRequest { key: b"key", ..BinaryRequest::new(opcode) };
    let extras = BinaryRequest::arithmetic_extras(5, 0, None);
    let change = |opcode| BinaryRequest { extras: &extras, ..packet(opcode) };
    same("incr key 5\r\n", "ma key D5\r\n", change(Opcode::Increment));
    same("decr key 5\r\n", "ma key MD D5\r\n", change(Opcode::Decrement));
    same("delete key\r\n", "md key\r\n", packet(Opcode::Delete));
    same("delete key noreply\r\n", "md key q\r\n", packet(Opcode::DeleteQ));
}

#[test]
fn base64_keys_stay_as_they_are() {
    let mut line = Vec::new();
    compose::meta(&mut line, "mg", b"a2V5", None, &["b", "v"]);
    let (request, key, _) = parse(&line);
    assert_eq!(key, b"a2V5");
    let mut decoded = Vec::new();
    assert!(dmp_parser::meta::base64::decode(&key, &mut decoded));
    assert_eq!(decoded, b"key");
    assert!(matches!(request.verb, Verb::MetaGet(_)));
}
