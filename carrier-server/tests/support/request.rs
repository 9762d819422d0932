//! A request as the tests hold it: words, and how they go over the wire.

use std::fmt;

/// Words of a command, and the form in which they are sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) form: Form,
}

/// The two forms of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Multibulk,
    /// One line; only for words that need no quoting.
    Inline,
}

impl Request {
    pub(crate) fn new(words: Vec<Vec<u8>>) -> Self {
        Self { words, form: Form::Multibulk }
    }

    /// A request from words parted by blanks.
    pub(crate) fn from_line(line: &str) -> Self {
        Self::new(line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect())
    }

    /// Whether no word needs quoting in a line.
    pub(crate) fn fits_inline(&self) -> bool {
        self.words.iter().all(|word| {
            !word.is_empty()
                && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
        })
    }

    /// The command's name in upper case.
    pub(crate) fn name(&self) -> String {
        String::from_utf8_lossy(&self.words[0]).to_ascii_uppercase()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Multibulk => encode_multibulk(&self.words, out),
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
            f.write_str("(inline)")?;
        }
        for word in &self.words {
            write!(f, " {}", shown(word))?;
        }
        Ok(())
    }
}

/// The bytes of a multibulk request.
pub(crate) fn multibulk(words: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_multibulk(words, &mut out);
    out
}

/// Bytes for a person to read: escaped, the middle of a long run left out.
pub(crate) fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN_BYTES_MAX {
        return format!("\"{}\"", bytes.escape_ascii());
    }
    let (start, end) = (&bytes[..SHOWN_BYTES_MAX / 2], &bytes[bytes.len() - SHOWN_BYTES_MAX / 4..]);
    format!("\"{}\" ({} bytes) \"{}\"", start.escape_ascii(), bytes.len(), end.escape_ascii())
}

fn encode_multibulk<W: AsRef<[u8]>>(words: &[W], out: &mut Vec<u8>) {
    out.extend(format!("*{}\r\n", words.len()).bytes());
    for word in words {
        out.extend(format!("${}\r\n", word.as_ref().len()).bytes());
        out.extend(word.as_ref());
        out.extend(b"\r\n");
    }
}

const SHOWN_BYTES_MAX: usize = 400;
