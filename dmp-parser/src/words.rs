//! A command line as words. Only spaces separate them; any other byte may be part of one.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use crate::ArgRange;

/// The words of a line that are still to be read.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) range: ArgRange,
}

impl<'a> Words<'a> {
    /// The words of `line`, which has no line end.
    pub(crate) const fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0 }
    }

    /// All words, if they are at least one and at most `N`; the missing ones are `None`.
    pub(crate) fn at_most<const N: usize>(mut self) -> Option<[Option<Word<'a>>; N]> {
        let mut words = [None; N];
        words.fill_with(|| self.next());
        (self.next().is_none() && words.first().is_some_and(Option::is_some)).then_some(words)
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    #[inline]
    fn next(&mut self) -> Option<Word<'a>> {
        let rest = self.line.get(self.at..)?;
        let spaces = rest.iter().position(|byte| *byte != b' ')?;
        let rest = rest.get(spaces..)?;
        // Words are short: a loop beats a call.
        let len = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let start = self.at.saturating_add(spaces);
        self.at = start.saturating_add(len);
        Some(Word { bytes: rest.get(..len)?, range: ArgRange::new(start, len) })
    }
}

/// A line without its line feed, and the carriage return before it if there is one.
pub(crate) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::{Words, trim_line_end};

    #[test]
    fn only_spaces_separate() {
        let words: Vec<_> =
            Words::new(b"  get a\tb  c\0\r ").map(|word| (word.range.start, word.bytes)).collect();
        assert_eq!(words, [(2, &b"get"[..]), (6, b"a\tb"), (11, b"c\0\r")]);
        assert_eq!(Words::new(b"").next(), None);
        assert_eq!(Words::new(b"   ").next(), None);
    }

    #[test]
    fn at_most_counts() {
        assert!(Words::new(b"").at_most::<2>().is_none());
        assert!(Words::new(b"a b c").at_most::<2>().is_none());
        assert!(Words::new(b"a b").at_most::<2>().is_some_and(|words| words[1].is_some()));
        assert!(Words::new(b"a").at_most::<2>().is_some_and(|words| words[1].is_none()));
    }

    #[test]
    fn line_ends() {
        for (line, trimmed) in [("a\r\n", "a"), ("a\n", "a"), ("a", "a"), ("a\r\r\n", "a\r")] {
            assert_eq!(trim_line_end(line.as_bytes()), trimmed.as_bytes());
        }
    }
}
