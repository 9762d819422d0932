//! Source bytes to tokens, one at a time, without allocation.
//!
//! A token is a kind and a span. Comments and blank space are skipped here; a run of
//! documentation lines is one token, so that the parser passes over it in one step.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod literal;
mod token;

pub(crate) use literal::{parse_float, parse_integer, unescape};
pub(crate) use token::{Token, TokenKind};

use crate::Span;

/// Reads tokens from a source.
///
/// After the last token it yields [`TokenKind::End`] for ever. A byte that starts no token
/// yields [`TokenKind::Unknown`] and is passed over, so a lexer always reaches the end.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    /// What the spans count from.
    base: u32,
}

impl<'s> Lexer<'s> {
    /// A lexer at the start of `source`, of which it reads the first [`SOURCE_BYTES_MAX`].
    #[must_use]
    pub(crate) fn new(source: &'s str) -> Self {
        Self::based(source, 0)
    }

    /// The same for a text whose first byte counts as offset `base`.
    #[must_use]
    pub(crate) fn based(source: &'s str, base: u32) -> Self {
        let bytes = source.as_bytes();
        Self { bytes: bytes.get(..SOURCE_BYTES_MAX).unwrap_or(bytes), at: 0, base }
    }

    /// The next token.
    #[must_use]
    pub(crate) fn token(&mut self) -> Token {
        self.skip_blank();
        let start = self.at;
        let kind = match self.peek(0) {
            None => TokenKind::End,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.word(),
            Some(b'0'..=b'9') => self.number(),
            Some(b'"') => self.string(),
            Some(b'/') if self.bytes.get(start..).is_some_and(|rest| rest.starts_with(b"///")) => {
                self.docs()
            }
            Some(byte) => self.punctuation(byte),
        };
        Token { kind, span: Span { start: self.offset(start), end: self.offset(self.at) } }
    }

    fn offset(&self, at: usize) -> u32 {
        u32::try_from(at).unwrap_or(u32::MAX).saturating_add(self.base)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at.saturating_add(ahead)).copied()
    }

    fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.bytes.len());
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let len = rest.iter().position(|byte| !accept(*byte)).unwrap_or(rest.len());
        self.advance(len);
    }

    fn skip_blank(&mut self) {
        loop {
            // Mostly there is one blank, or a line end and an indentation of whole levels.
            while let Some([b'\n' | b' ', b' ', b' ', b' ']) =
                self.bytes.get(self.at..).and_then(<[u8]>::first_chunk)
            {
                self.advance(4);
            }
            self.skip_while(is_blank);
            if self.peek(0) != Some(b'#') {
                return;
            }
            self.skip_while(|byte| byte != b'\n');
        }
    }

    fn word(&mut self) -> TokenKind {
        self.skip_while(is_of_word);
        TokenKind::Word
    }

    /// Digits and what sticks to them; behind a point, digits again. `0..9` is a range.
    fn number(&mut self) -> TokenKind {
        let digits = is_of_word;
        self.skip_while(digits);
        if self.peek(0) != Some(b'.') || !self.peek(1).is_some_and(|next| next.is_ascii_digit()) {
            return TokenKind::Integer;
        }
        self.advance(1);
        self.skip_while(digits);
        let exponent = self.at.checked_sub(1).and_then(|last| self.bytes.get(last));
        let signed = matches!(exponent, Some(b'e' | b'E')) && self.peek(0) == Some(b'-');
        if signed && self.peek(1).is_some_and(|next| next.is_ascii_digit()) {
            self.advance(1);
            self.skip_while(digits);
        }
        TokenKind::Float
    }

    /// A string ends at its closing quote; one without ends with its line, so that a forgotten
    /// quote spoils one line and not the rest of the file.
    fn string(&mut self) -> TokenKind {
        self.advance(1);
        loop {
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n'));
            match self.peek(0) {
                None | Some(b'\n') => return TokenKind::OpenString,
                Some(b'"') => {
                    self.advance(1);
                    return TokenKind::String;
                }
                Some(b'\\') if self.peek(1).is_some_and(|next| next != b'\n') => self.advance(2),
                Some(_) => self.advance(1),
            }
        }
    }

    /// A run of `///` lines with nothing but blank space between them.
    fn docs(&mut self) -> TokenKind {
        loop {
            self.skip_while(|byte| byte != b'\n');
            let line_end = self.at;
            self.skip_while(is_blank);
            let more = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"///"));
            if !more {
                self.at = line_end;
                return TokenKind::Docs;
            }
        }
    }

    fn punctuation(&mut self, byte: u8) -> TokenKind {
        let next = self.peek(1);
        let (kind, len) = match (byte, next) {
            (b'.', Some(b'.')) if self.peek(2) == Some(b'.') => (TokenKind::Ellipsis, 3),
            (b'.', Some(b'.')) => (TokenKind::Range, 2),
            (b'-', Some(b'>')) => (TokenKind::Arrow, 2),
            (b'=', Some(b'=')) => (TokenKind::Equal, 2),
            (b'!', Some(b'=')) => (TokenKind::NotEqual, 2),
            (b'<', Some(b'=')) => (TokenKind::LessEqual, 2),
            (b'>', Some(b'=')) => (TokenKind::GreaterEqual, 2),
            (b'&', Some(b'&')) => (TokenKind::And, 2),
            (b'|', Some(b'|')) => (TokenKind::Either, 2),
            (b'{', _) => (TokenKind::BraceOpen, 1),
            (b'}', _) => (TokenKind::BraceClose, 1),
            (b'(', _) => (TokenKind::ParenOpen, 1),
            (b')', _) => (TokenKind::ParenClose, 1),
            (b'[', _) => (TokenKind::BracketOpen, 1),
            (b']', _) => (TokenKind::BracketClose, 1),
            (b':', _) => (TokenKind::Colon, 1),
            (b',', _) => (TokenKind::Comma, 1),
            (b'?', _) => (TokenKind::Question, 1),
            (b'@', _) => (TokenKind::At, 1),
            (b'|', _) => (TokenKind::Bar, 1),
            (b'=', _) => (TokenKind::Assign, 1),
            (b'!', _) => (TokenKind::Not, 1),
            (b'<', _) => (TokenKind::Less, 1),
            (b'>', _) => (TokenKind::Greater, 1),
            (b'+', _) => (TokenKind::Plus, 1),
            (b'-', _) => (TokenKind::Minus, 1),
            (b'*', _) => (TokenKind::Star, 1),
            (b'/', _) => (TokenKind::Slash, 1),
            _ => (TokenKind::Unknown, utf8_len(byte)),
        };
        self.advance(len);
        kind
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a byte goes on with a word or a number.
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn is_of_word(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
            byte += 1;
        }
        table
    };
    TABLE[usize::from(byte)]
}

const fn utf8_len(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The longest source that is compiled, in bytes.
pub(crate) const SOURCE_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        let mut lexer = Lexer::new(source);
        std::iter::from_fn(|| Some(lexer.token().kind))
            .take_while(|kind| *kind != TokenKind::End)
            .collect()
    }

    #[test]
    fn a_run_of_docs_is_one_token() {
        assert_eq!(kinds("/// a\n  /// b\ncommand"), [TokenKind::Docs, TokenKind::Word]);
    }

    #[test]
    fn a_point_with_digits_around_it_makes_a_float() {
        use TokenKind::{Float, Integer, Minus, Range, Unknown, Word};
        assert_eq!(kinds("1.5 0..9 1.5e-3 1.5e3"), [Float, Integer, Range, Integer, Float, Float]);
        assert_eq!(kinds("1.5-x 1. x"), [Float, Minus, Word, Integer, Unknown, Word]);
    }

    #[test]
    fn an_unclosed_string_ends_with_its_line() {
        assert_eq!(kinds("\"ab\ncd"), [TokenKind::OpenString, TokenKind::Word]);
        assert_eq!(kinds("\"ab\\"), [TokenKind::OpenString]);
    }

    #[test]
    fn a_byte_that_starts_nothing_is_passed_over_whole() {
        assert_eq!(kinds("é $ ."), [TokenKind::Unknown; 3]);
    }
}
