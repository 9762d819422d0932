//! The bytes of one reply, and of its elements: compared as they came, not as they were understood.

use drp_parser::reply::SkipStatus;
use drp_parser::{ReplyLimits, ReplySkipper};

/// The bytes of a whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a>(pub(crate) &'a [u8]);

impl<'a> Frame<'a> {
    /// The byte that says what it is.
    pub(crate) fn kind(self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    pub(crate) fn is_error(self) -> bool {
        matches!(self.kind(), b'-' | b'!')
    }

    /// What follows the kind in the first line.
    pub(crate) fn line(self) -> &'a [u8] {
        let end = self.0.windows(2).position(|pair| pair == b"\r\n").unwrap_or(self.0.len());
        self.0.get(1..end).unwrap_or_default()
    }

    /// The number in the first line: an integer's value, a string's or an array's length.
    pub(crate) fn number(self) -> Option<i64> {
        std::str::from_utf8(self.line()).ok()?.parse().ok()
    }

    /// The bytes of a string, or the line of what has no more.
    pub(crate) fn text(self) -> &'a [u8] {
        match self.kind() {
            b'$' | b'=' | b'!' if self.number().is_some_and(|len| len >= 0) => {
                let start = 1 + self.line().len() + 2;
                self.0.get(start..self.0.len().saturating_sub(2)).unwrap_or_default()
            }
            _ => self.line(),
        }
    }

    /// The elements of an array, a set or a push, the keys and values of a map in turn; none of
    /// anything else.
    pub(crate) fn elements(self) -> Vec<Self> {
        let mut elements = Vec::new();
        if !matches!(self.kind(), b'*' | b'~' | b'%' | b'>') {
            return elements;
        }
        let mut rest = self.0.get(1 + self.line().len() + 2..).unwrap_or_default();
        let mut skipper = ReplySkipper::new(ReplyLimits::default());
        while let Ok(SkipStatus::Complete { consumed }) = skipper.skip(rest) {
            let (element, after) = rest.split_at(consumed);
            elements.push(Self(element));
            rest = after;
        }
        elements
    }

    /// Every string and number in it, however deep.
    pub(crate) fn leaves(self, into: &mut Vec<Vec<u8>>) {
        match self.kind() {
            b'*' | b'~' | b'%' | b'>' => {
                self.elements().into_iter().for_each(|element| element.leaves(into));
            }
            b'_' => {}
            b'$' if self.line().starts_with(b"-") => {}
            _ => into.push(self.text().to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_the_bytes_between() {
        let frame = Frame(b"*3\r\n$1\r\na\r\n*1\r\n:7\r\n$-1\r\n");
        let elements: Vec<&[u8]> = frame.elements().iter().map(|element| element.0).collect();
        assert_eq!(elements, [&b"$1\r\na\r\n"[..], b"*1\r\n:7\r\n", b"$-1\r\n"]);
        let mut leaves = Vec::new();
        frame.leaves(&mut leaves);
        assert_eq!(leaves, [b"a".to_vec(), b"7".to_vec()]);
        assert_eq!(Frame(b"%1\r\n+a\r\n,1.5\r\n").elements().len(), 2);
        assert!(Frame(b"*-1\r\n").elements().is_empty());
    }

    #[test]
    fn text_is_what_a_string_holds() {
        assert_eq!(Frame(b"$4\r\n\r\nab\r\n").text(), b"\r\nab");
        assert_eq!(Frame(b"+OK\r\n").text(), b"OK");
        assert_eq!(Frame(b":-5\r\n").number(), Some(-5));
        assert!(Frame(b"-ERR x\r\n").is_error());
    }
}
