//! Inline requests: a line of words, for people with a terminal.
//!
//! Words are split at spaces. A word may be quoted in part: `"..."` knows the escapes `\n`, `\r`,
//! `\t`, `\b`, `\a` and `\xHH` (any other escaped byte stands for itself), `'...'` knows `\'`
//! alone. A closing quote must be followed by a space or the end of the line.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use alloc::vec::Vec;

use super::Source;
use crate::ArgRange;

/// Splits `line` (without its end) into `args`. Only where it holds a quote, its words are decoded
/// into `unescaped`.
///
/// Fails with the offset of the quote that is not closed, or closed in the middle of a word.
pub(super) fn split(
    line: &[u8],
    unescaped: &mut Vec<u8>,
    args: &mut Vec<ArgRange>,
) -> Result<Source, usize> {
    if memchr::memchr2(b'"', b'\'', line).is_none() {
        split_plain(line, args);
        return Ok(Source::Input);
    }
    unescaped.clear();
    unescaped.shrink_to(UNESCAPED_KEPT_MAX);
    let mut cursor = Cursor { line, at: 0 };
    while cursor.skip_spaces() {
        let start = unescaped.len();
        cursor.word(unescaped)?;
        args.push(ArgRange::new(start, unescaped.len().saturating_sub(start)));
    }
    Ok(Source::Unescaped)
}

fn split_plain(line: &[u8], args: &mut Vec<ArgRange>) {
    let mut cursor = Cursor { line, at: 0 };
    while cursor.skip_spaces() {
        let start = cursor.at;
        while cursor.peek().is_some_and(|byte| !ends_word(byte)) {
            cursor.advance();
        }
        args.push(ArgRange::new(start, cursor.at.saturating_sub(start)));
    }
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.advance();
        Some(byte)
    }

    /// Moves to the next word; `false` at the end of the line.
    fn skip_spaces(&mut self) -> bool {
        while self.peek().is_some_and(is_space) {
            self.advance();
        }
        self.at < self.line.len()
    }

    fn word(&mut self, out: &mut Vec<u8>) -> Result<(), usize> {
        while let Some(byte) = self.peek() {
            let quote_at = self.at;
            match byte {
                b'"' | b'\'' => {
                    self.advance();
                    let closed = if byte == b'"' { self.double(out) } else { self.single(out) };
                    if !closed || self.peek().is_some_and(|next| !is_space(next)) {
                        return Err(quote_at);
                    }
                    return Ok(());
                }
                _ if ends_word(byte) => return Ok(()),
                _ => out.push(byte),
            }
            self.advance();
        }
        Ok(())
    }

    /// Decodes up to the closing `"`; `false` if there is none.
    fn double(&mut self, out: &mut Vec<u8>) -> bool {
        while let Some(byte) = self.next() {
            match byte {
                b'"' => return true,
                b'\\' => {
                    if let Some(value) = self.hex_escape() {
                        out.push(value);
                    } else if let Some(escaped) = self.next() {
                        out.push(match escaped {
                            b'n' => b'\n',
                            b'r' => b'\r',
                            b't' => b'\t',
                            b'b' => 0x08,
                            b'a' => 0x07,
                            other => other,
                        });
                    }
                }
                _ => out.push(byte),
            }
        }
        false
    }

    /// Decodes up to the closing `'`; `false` if there is none.
    fn single(&mut self, out: &mut Vec<u8>) -> bool {
        while let Some(byte) = self.next() {
            match byte {
                b'\'' => return true,
                b'\\' if self.peek() == Some(b'\'') => {
                    out.push(b'\'');
                    self.advance();
                }
                _ => out.push(byte),
            }
        }
        false
    }

    /// The value of `xHH` if that is what comes next, which is then consumed.
    fn hex_escape(&mut self) -> Option<u8> {
        let Some(&[b'x', high, low]) = self.line.get(self.at..)?.first_chunk() else {
            return None;
        };
        let high = char::from(high).to_digit(16)?;
        let low = char::from(low).to_digit(16)?;
        self.at = self.at.saturating_add(3);
        u8::try_from(high.wrapping_mul(16).wrapping_add(low)).ok()
    }
}

/// What separates words and may follow a closing quote: C's `isspace`.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// What ends a word: fewer bytes than are skipped in front of one, as in Redis.
const fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Bytes of decoding buffer kept from one request to the next.
const UNESCAPED_KEPT_MAX: usize = 4096;
