//! A request: words, and how they go over the wire.

use std::fmt;

/// Words of a command, and the form in which they are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The command's name first.
    pub words: Vec<Vec<u8>>,
    /// How they are sent.
    pub form: Form,
}

/// The two forms of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An array of strings.
    Multibulk,
    /// One line; only for words that need no quoting.
    Inline,
}

impl Request {
    /// A request in the form that holds any words.
    #[must_use]
    pub fn new(words: Vec<Vec<u8>>) -> Self {
        Self { words, form: Form::Multibulk }
    }

    /// A request from words parted by blanks.
    #[must_use]
    pub fn from_line(line: &str) -> Self {
        Self::new(line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect())
    }

    /// Whether the words can be sent as a line, also to a server that tells memcached's protocol
    /// from Redis' by the first line: all of that one's verbs are in lower case.
    #[must_use]
    pub fn fits_inline(&self) -> bool {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b':';
        let len: usize = self.words.iter().map(|word| word.len() + 1).sum();
        let are_plain = len <= INLINE_LEN_MAX
            && self.words.iter().all(|word| !word.is_empty() && word.iter().all(is_plain));
        are_plain && self.words.first().is_some_and(|name| name.iter().any(u8::is_ascii_uppercase))
    }

    /// Appends what is sent.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Multibulk => encode(&self.words, out),
            Form::Inline => {
                out.extend(self.words.join(&b' '));
                out.extend(b"\r\n");
            }
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.form == Form::Inline {
            f.write_str("(inline) ")?;
        }
        for (at, word) in self.words.iter().enumerate() {
            let blank = if at == 0 { "" } else { " " };
            write!(f, "{blank}{}", shown_word(word))?;
        }
        Ok(())
    }
}

/// The bytes of a multibulk request.
#[must_use]
pub fn multibulk(words: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(words, &mut out);
    out
}

/// Bytes for a person to read: escaped, the middle of a long run left out.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN_BYTES_MAX {
        return format!("\"{}\"", bytes.escape_ascii());
    }
    let (start, end) = (&bytes[..SHOWN_BYTES_MAX / 2], &bytes[bytes.len() - SHOWN_BYTES_MAX / 4..]);
    format!("\"{}\" ({} bytes) \"{}\"", start.escape_ascii(), bytes.len(), end.escape_ascii())
}

/// A word as redis-cli takes it: without quotes where it needs none.
fn shown_word(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"'\\".contains(byte);
    if !word.is_empty() && word.len() <= SHOWN_BYTES_MAX && word.iter().all(is_plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    shown(word)
}

/// Written here, plainly: not by an encoder of the project, which would be under test.
fn encode<W: AsRef<[u8]>>(words: &[W], out: &mut Vec<u8>) {
    out.extend(format!("*{}\r\n", words.len()).bytes());
    for word in words {
        out.extend(format!("${}\r\n", word.as_ref().len()).bytes());
        out.extend(word.as_ref());
        out.extend(b"\r\n");
    }
}

/// Far below what any server takes: whether a line close to the limit is refused depends on how its
/// bytes arrive.
const INLINE_LEN_MAX: usize = 16_384;

const SHOWN_BYTES_MAX: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_as_a_person_would_type_it() {
        let request = Request::new(vec![b"SET".to_vec(), b"a b\xff".to_vec(), Vec::new()]);
        assert_eq!(format!("{request:?}"), "SET \"a b\\xff\" \"\"");
    }

    #[test]
    fn lines_hold_plain_words_only_and_no_verb_of_memcached() {
        assert!(Request::from_line("Get a:1").fits_inline());
        assert!(!Request::from_line("get a").fits_inline());
        assert!(!Request::new(vec![b"GET".to_vec(), b"a b".to_vec()]).fits_inline());
        let mut bytes = Vec::new();
        Request { form: Form::Inline, ..Request::from_line("GET a") }.encode(&mut bytes);
        assert_eq!(bytes, b"GET a\r\n");
        assert_eq!(multibulk(&[b"GET", b"a"]), b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    }
}
