//! Tokens with what stands between them.

use crate::Span;
use crate::lex::{Lexer, TokenKind};

/// The lexemes of a source.
#[derive(Debug)]
pub(super) struct Lexemes<'s> {
    pub list: Vec<Lexeme<'s>>,
    /// Comments behind the last one.
    pub rest: Vec<Comment<'s>>,
}

/// A token, or what a template will make one: `{Prefix}CARD`.
#[derive(Debug)]
pub(super) struct Lexeme<'s> {
    pub kind: TokenKind,
    pub text: &'s str,
    pub span: Span,
    /// Comments between the lexeme before and this one.
    pub comments: Vec<Comment<'s>>,
    /// Whether an empty line stands right before it.
    pub blank: bool,
    /// Whether nothing stands between the lexeme before and this one.
    pub glued: bool,
}

/// `# ...`
#[derive(Debug)]
pub(super) struct Comment<'s> {
    pub text: &'s str,
    /// Whether it stands behind a lexeme, in its line.
    pub trailing: bool,
    /// Whether an empty line stands right before it.
    pub blank: bool,
}

impl Lexeme<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }
}

/// Reads all lexemes.
pub(super) fn read(source: &str) -> Lexemes<'_> {
    let mut list: Vec<Lexeme<'_>> = Vec::new();
    let mut lexer = Lexer::new(source);
    loop {
        let token = lexer.token();
        let before = list.last().map_or(0, |lexeme: &Lexeme<'_>| lexeme.span.end);
        let gap = Span { start: before, end: token.span.start };
        let (comments, blank) = comments(gap.text(source), list.is_empty());
        if token.kind == TokenKind::End {
            return Lexemes { list, rest: comments };
        }
        list.push(Lexeme {
            kind: token.kind,
            text: token.span.text(source),
            span: token.span,
            comments,
            blank,
            glued: gap.start == gap.end,
        });
        join(source, &mut list);
    }
}

/// Makes one lexeme of `{`, a word and `}` without anything between them, and of words that touch
/// such a one.
fn join<'s>(source: &'s str, list: &mut Vec<Lexeme<'s>>) {
    if let [.., open, word, close] = list.as_slice()
        && open.kind == TokenKind::BraceOpen
        && word.kind == TokenKind::Word
        && !word.text.starts_with('{')
        && close.kind == TokenKind::BraceClose
        && word.glued
        && close.glued
    {
        merge(source, list, 3);
    }
    // Two words touch only where one of them is a placeholder.
    while let [.., left, right] = list.as_slice()
        && left.kind == TokenKind::Word
        && right.kind == TokenKind::Word
        && right.glued
    {
        merge(source, list, 2);
    }
}

/// Makes the last `count` lexemes one word.
fn merge<'s>(source: &'s str, list: &mut Vec<Lexeme<'s>>, count: usize) {
    let end = list.last().map_or(0, |last| last.span.end);
    list.truncate(list.len().saturating_sub(count).saturating_add(1));
    if let Some(first) = list.last_mut() {
        first.kind = TokenKind::Word;
        first.span.end = end;
        first.text = first.span.text(source);
    }
}

/// The comments in a stretch between two lexemes, and whether an empty line ends it.
fn comments(gap: &str, at_start: bool) -> (Vec<Comment<'_>>, bool) {
    let mut found = Vec::new();
    let mut newlines = usize::from(at_start);
    for (index, line) in gap.split('\n').enumerate() {
        if index > 0 {
            newlines = newlines.saturating_add(1);
        }
        let text = line.trim();
        if text.starts_with('#') {
            found.push(Comment { text, trailing: newlines == 0, blank: newlines > 1 });
            newlines = 0;
        }
    }
    (found, newlines > 1)
}
