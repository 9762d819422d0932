//! Lines of grammars, right and wrong.

use std::path::Path;

use super::*;
use crate::rule::Rule;

fn parts(text: &str) -> Vec<Part> {
    let grammar = Grammar::parse("test.gen", text).expect("a grammar");
    grammar.lines[0].parts.clone()
}

#[test]
fn a_line_is_weight_template_and_annotations() {
    let text = "3 SPOP {set} [{count}] => shape, alone, repair SREM {key} {reply}";
    let grammar = Grammar::parse("test.gen", text).expect("a grammar");
    let line = &grammar.lines[0];
    assert_eq!((line.weight, line.name.as_str(), line.is_alone()), (3, "SPOP", true));
    let checks = &line.parts[0].checks;
    assert_eq!((&checks.rule, checks.closes), (&Rule::Shape, false));
    let repair = checks.repair.as_ref().expect("a repair");
    let words = repair.words(Some(b"k"), &[b"a".to_vec(), b"b".to_vec()]).expect("a request");
    assert_eq!(words, [b"SREM", &b"k"[..], b"a", b"b"]);
    assert_eq!(repair.words(Some(b"k"), &[]), None);
}

#[test]
fn names_are_the_words_before_the_first_placeholder() {
    for (text, name) in [
        ("GET {string}", "GET"),
        ("CLIENT SETNAME {name}", "CLIENT SETNAME"),
        ("FLUSHDB [ASYNC | SYNC] => alone", "FLUSHDB"),
        ("CONFIG GET (save | {word})", "CONFIG GET"),
    ] {
        assert_eq!(Grammar::parse("test.gen", text).expect(text).names().next(), Some(name));
    }
}

#[test]
fn a_line_may_hold_several_requests_with_annotations_of_their_own() {
    let parts = parts("MULTI ; TTL {any} => within 2 ; EXEC => unordered pairs");
    let rules: Vec<&Rule> = parts.iter().map(|part| &part.checks.rule).collect();
    assert_eq!(rules, [&Rule::Exact, &Rule::Within(2), &Rule::UnorderedPairs]);
}

#[test]
fn readers_are_by_kind_those_of_any_kind_first() {
    let text = "@any TTL {key} => within 2\n@set SMEMBERS {key} => unordered\n@string GET {key}\n";
    let grammar = Grammar::parse("test.gen", text).expect("a grammar");
    let kinds = |kind| -> Vec<&str> {
        grammar.readers(kind).iter().map(|reader| reader.kind.as_str()).collect()
    };
    assert_eq!(kinds("set"), ["any", "set"]);
    assert_eq!(kinds("stream"), ["any"]);
    assert_eq!(grammar.readers("set")[1].rule, Rule::Unordered);
}

#[test]
fn commands_can_be_chosen_by_name() {
    let text = "GET {string}\nCLIENT ID\nCLIENT GETNAME\nGETX {string}\n";
    let mut grammar = Grammar::parse("test.gen", text).expect("a grammar");
    assert_eq!(grammar.retain(&["get".into(), "NOSUCH".into()]), Err("NOSUCH".to_owned()));
    grammar.retain(&["get".into(), "client".into()]).expect("both exist");
    assert_eq!(grammar.names().collect::<Vec<_>>(), ["GET", "CLIENT ID", "CLIENT GETNAME"]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, place) in [
        ("# remark\n\nGET {string", "test.gen:3:5: expected a `}` that closes this"),
        ("GET {nosuch}", "test.gen:1:1: expected placeholders that are known"),
        ("GET {9..1}", "test.gen:1:5: expected a class or a range"),
        ("GET {a b}", "test.gen:1:5: expected a class or a range"),
        ("SET [NX | XX", "test.gen:1:13: expected `]`"),
        ("SET (NX", "test.gen:1:8: expected `)`"),
        ("SET NX]", "test.gen:1:7: expected the line to end here"),
        ("SET \"a", "test.gen:1:5: expected a whole word"),
        ("GET {string} => sorted", "test.gen:1:17: expected `unordered`"),
        ("GET {string} =>", "test.gen:1:16: expected `unordered`"),
        ("3 {string}", "test.gen:1:3: expected a command"),
        ("MULTI ;", "test.gen:1:8: expected a command"),
        ("SPOP {set} => repair", "test.gen:1:21: expected a request"),
        ("a = x {a}\nGET {a}", "test.gen:2:1: expected placeholders that are known"),
        ("a = x\na = y", "test.gen:2:1: expected a name that is new"),
        ("value = x", "test.gen:1:1: expected a name that is new"),
        ("@set", "test.gen:1:5: expected a request"),
    ] {
        let error = Grammar::parse("test.gen", text).expect_err(text).to_string();
        assert!(error.starts_with(place), "{text}: {error}");
    }
}

#[test]
fn words_in_quotes_hold_any_byte() {
    let parts = parts(r#"SET "a b" "\x00\xff\r\n\"\\" "{x}""#);
    let words: Vec<&[u8]> = parts[0]
        .sequence
        .iter()
        .map(|node| match node {
            Node::Word(word) => word.as_slice(),
            _ => b"",
        })
        .collect();
    assert_eq!(words, [b"SET", &b"a b"[..], b"\x00\xff\r\n\"\\", b"{x}"]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(Grammar::read(Path::new("no/such/folder")).is_err());
}
