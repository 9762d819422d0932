//! The formatter changes nothing but blanks, and nothing at all the second time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

use super::format;
use crate::lex::{Lexer, TokenKind};
use proptest::prelude::*;

/// Formats a source that can be, twice.
fn check(source: &str) -> Option<String> {
    let once = format("a.zvml", source).ok()?;
    let twice = format("a.zvml", &once).unwrap_or_else(|it| panic!("{it}\n{source}\n{once}"));
    assert_eq!(once, twice, "not what it was before:\n{source}");
    assert_eq!(tokens(source), tokens(&once), "{source}\n{once}");
    assert_eq!(comments(source), comments(&once), "{source}\n{once}");
    Some(once)
}

/// The tokens but for commas that end a list; documentation without its indentation.
fn tokens(source: &str) -> Vec<(TokenKind, String)> {
    let mut lexer = Lexer::new(source);
    let mut out: Vec<(TokenKind, String)> = Vec::new();
    loop {
        let token = lexer.token();
        let closes = matches!(token.kind, TokenKind::BraceClose);
        if closes && out.last().is_some_and(|(kind, _)| *kind == TokenKind::Comma) {
            out.pop();
        }
        if token.kind == TokenKind::End {
            return out;
        }
        let lines = token.span.text(source).lines().map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        out.push((token.kind, lines.join("\n")));
    }
}

fn comments(source: &str) -> Vec<String> {
    let lexemes = super::lexeme::read(source);
    let all = lexemes.list.iter().flat_map(|lexeme| &lexeme.comments).chain(&lexemes.rest);
    all.map(|comment| comment.text.to_owned()).collect()
}

fn built_in() -> Vec<String> {
    let folders = ["../carrier-server/commands", "examples"];
    let mut sources = Vec::new();
    for folder in folders {
        let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "zvml") {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    sources
}

#[test]
fn sources_squeezed_and_stretched_come_out_the_same() {
    for source in built_in() {
        let formatted = check(&source).expect("a source without mistakes");
        let squeezed: Vec<&str> = source.lines().map(str::trim_start).collect();
        assert_eq!(check(&squeezed.join("\n")).as_ref(), Some(&formatted));
        let stretched = source.replace("\n", " \n\t\t ");
        assert_eq!(check(&stretched).as_ref(), Some(&formatted));
    }
}

#[test]
fn comments_between_any_two_tokens_stay() {
    for source in built_in() {
        let mut lexer = Lexer::new(&source);
        let mut commented = String::new();
        let mut at = 0;
        let mut index = 0;
        loop {
            let token = lexer.token();
            if token.kind == TokenKind::End {
                break;
            }
            commented.push_str(&source[at..token.span.end as usize]);
            at = token.span.end as usize;
            index += 1;
            match (token.kind, index % 5) {
                (TokenKind::Docs, _) | (_, 1 | 3) => {}
                // Hyphens and placeholders are part of their word.
                (TokenKind::Word | TokenKind::Minus | TokenKind::BraceOpen, _) => {}
                (_, 0) => commented.push_str(" # behind\n"),
                (_, 2) => commented.push_str("\n# alone\n"),
                _ => commented.push_str("\n\n# apart\n\n"),
            }
        }
        assert!(check(&commented).is_some(), "{commented}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sources_with_pieces_moved(
        which in any::<usize>(),
        moves in proptest::collection::vec((any::<usize>(), any::<usize>(), 0_usize..60), 1..4),
    ) {
        let sources = built_in();
        let mut source = sources[which % sources.len()].clone();
        for (from, to, len) in moves {
            let (from, to) = (from % source.len(), to % source.len());
            let piece = source.get(from..(from + len).min(source.len())).unwrap_or("").to_owned();
            if source.is_char_boundary(to) {
                source.insert_str(to, &piece);
            }
        }
        check(&source);
    }

    #[test]
    fn templates_of_anything(
        words in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
    ) {
        check(&format!("template T<A, B> {{ {} }}", words.join(" ")));
        check(&format!("template T<A, B> {{ {} }}", words.concat()));
    }
}

/// What a template's body may be made of, since nothing parses it.
const PIECES: &[&str] = &[
    "command",
    "{A}",
    "{B}X",
    "@",
    "if_type",
    "else",
    "in",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "let",
    "x",
    "=",
    "-",
    "!",
    "<",
    ">",
    "..",
    "...",
    "+",
    "*",
    "|",
    "||",
    "\"s\"",
    "1",
    "map",
    "array",
    "return",
    "or",
    "{ }",
    "# c\n",
    "\n\n",
    "/// d\n",
    "pre",
    "body",
    "{ \"k\": 1 }",
    "meta",
];
