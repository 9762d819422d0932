//! Words of the textual form.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Letters, digits and `_`, `-`.
    Word(&'t str),
    /// A quoted string, without its quotes and escapes.
    Quoted(Vec<u8>),
    /// Anything else that stands for itself: `:`, `,`, `|`, `(`, `)`, `->`.
    Mark(&'static str),
}

/// The words of a line; `None` where it has something that is none.
pub(super) fn tokens(line: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Some(tokens) };
        if first == '#' {
            return Some(tokens);
        }
        if first == '"' {
            let (quoted, behind) = quoted(rest.as_bytes())?;
            tokens.push(Token::Quoted(quoted));
            rest = rest.get(rest.len().checked_sub(behind)?..)?;
            continue;
        }
        if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            tokens.push(Token::Mark(mark));
            rest = rest.get(mark.len()..)?;
            continue;
        }
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).filter(|(word, _)| !word.is_empty())?;
        tokens.push(Token::Word(word));
        rest = behind;
    }
}

/// Whether a text can stand as a word, without quotes.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_word) && !text.starts_with("->")
}

/// A quoted string's bytes, and how many bytes follow it.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut bytes = Vec::new();
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        rest = match rest {
            [b'"', behind @ ..] => return Some((bytes, behind.len())),
            [b'\\', b'x', high, low, behind @ ..] => {
                let digits = [*high, *low];
                let digits = str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                behind
            }
            [b'\\', escaped, behind @ ..] => {
                let (_, byte) = ESCAPES.into_iter().find(|(letter, _)| letter == escaped)?;
                bytes.push(byte);
                behind
            }
            [byte, behind @ ..] => {
                bytes.push(*byte);
                behind
            }
            [] => return None,
        };
    }
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Longest first.
const MARKS: [&str; 6] = ["->", ":", ",", "|", "(", ")"];

/// Letters behind `\` and what they mean.
pub(super) const ESCAPES: [(u8, u8); 5] =
    [(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'"', b'"'), (b'\\', b'\\')];
