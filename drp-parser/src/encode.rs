//! Replies and requests as bytes.
//!
//! An [`Encoder`] appends the replies of a server in the dialect that its client speaks;
//! [`request`] appends a client's request.

mod double;
mod request;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use request::request;

/// The dialect of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// What a connection speaks at first.
    #[default]
    Resp2,
    /// What it speaks after `HELLO 3`.
    Resp3,
}

/// Appends replies to a buffer, in the bytes that Redis 7.0.15 would send.
///
/// Each method appends one whole reply, except those of aggregates, which append the header: the
/// elements are appended behind it by further calls.
///
/// # Examples
///
/// ```
/// use drp_parser::{Encoder, Version};
///
/// let mut out = Vec::new();
/// let mut encoder = Encoder::new(&mut out, Version::Resp2);
/// encoder.map(1);
/// encoder.bulk(b"proto");
/// encoder.integer(2);
/// assert_eq!(out, b"*2\r\n$5\r\nproto\r\n:2\r\n");
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    version: Version,
}

/// The place of an open array's header, from [`Encoder::open_array`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Offset of the header from the start of the buffer, in bytes.
    pub offset: usize,
    /// The length that the header there says.
    pub hint: usize,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    #[inline]
    #[must_use]
    pub const fn new(out: &'a mut Vec<u8>, version: Version) -> Self {
        Self { out, version }
    }

    /// The dialect it encodes to.
    #[inline]
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// A short status, such as `OK`. Line breaks in it become spaces.
    #[inline]
    pub fn status(&mut self, text: &[u8]) {
        self.line(b'+', text);
    }

    /// An error, as `CODE explanation`. Line breaks in it become spaces.
    #[inline]
    pub fn error(&mut self, text: &[u8]) {
        self.line(b'-', text);
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        self.out.push(b':');
        self.decimal(value);
        self.out.extend_from_slice(CRLF);
    }

    /// A double with 17 significant digits, as C's `%.17g` prints it. RESP2: that as a string.
    pub fn double(&mut self, value: f64) {
        let text = double::Text::new(value);
        match self.version {
            Version::Resp2 => self.bulk(text.as_bytes()),
            Version::Resp3 => {
                self.out.push(b',');
                self.out.extend_from_slice(text.as_bytes());
                self.out.extend_from_slice(CRLF);
            }
        }
    }

    /// A double as a string, in either version.
    pub fn bulk_double(&mut self, value: f64) {
        self.bulk(double::Text::new(value).as_bytes());
    }

    /// A boolean. RESP2: the integer 1 or 0.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(match (self.version, value) {
            (Version::Resp2, false) => b":0\r\n",
            (Version::Resp2, true) => b":1\r\n",
            (Version::Resp3, false) => b"#f\r\n",
            (Version::Resp3, true) => b"#t\r\n",
        });
    }

    /// A string of any bytes.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.bulk_header(bytes.len());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(CRLF);
    }

    /// The beginning of a string of `len` bytes, for a caller who sends these, and `\r\n` behind
    /// them, another way.
    #[inline]
    pub fn bulk_header(&mut self, len: usize) {
        self.header(b'$', len);
    }

    /// An integer as a string: how values that are numbers are replied.
    #[inline]
    pub fn bulk_integer(&mut self, value: i64) {
        let mut buffer = itoa::Buffer::new();
        self.bulk(buffer.format(value).as_bytes());
    }

    /// The absence of a value.
    #[inline]
    pub fn nil(&mut self) {
        self.out.extend_from_slice(match self.version {
            Version::Resp2 => b"$-1\r\n",
            Version::Resp3 => b"_\r\n",
        });
    }

    /// The absence of an array, which RESP2 tells from that of a string.
    #[inline]
    pub fn nil_array(&mut self) {
        self.out.extend_from_slice(match self.version {
            Version::Resp2 => b"*-1\r\n",
            Version::Resp3 => b"_\r\n",
        });
    }

    /// Text for people. RESP2: a string.
    pub fn verbatim(&mut self, text: &[u8]) {
        match self.version {
            Version::Resp2 => self.bulk(text),
            Version::Resp3 => {
                self.header(b'=', text.len().saturating_add(VERBATIM_FORMAT.len()));
                self.out.extend_from_slice(VERBATIM_FORMAT);
                self.out.extend_from_slice(text);
                self.out.extend_from_slice(CRLF);
            }
        }
    }

    /// The header of an array of `len` elements.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.header(b'*', len);
    }

    /// The header of a map of `len` pairs, which follow as key, value, key, value. RESP2: an
    /// array of twice as many.
    #[inline]
    pub fn map(&mut self, len: usize) {
        match self.version {
            Version::Resp2 => self.header(b'*', len.saturating_mul(2)),
            Version::Resp3 => self.header(b'%', len),
        }
    }

    /// The header of a set of `len` elements. RESP2: an array.
    #[inline]
    pub fn set(&mut self, len: usize) {
        self.by_version(b'~', len);
    }

    /// The header of an out-of-band message of `len` elements. RESP2: an array.
    #[inline]
    pub fn push(&mut self, len: usize) {
        self.by_version(b'>', len);
    }

    /// Opens an array whose length is not known yet; `hint` is the likely one. Close it with
    /// [`close_array`](Self::close_array), after the arrays opened in it.
    #[inline]
    pub fn open_array(&mut self, hint: usize) -> Mark {
        let mark = Mark { offset: self.out.len(), hint };
        self.array(hint);
        mark
    }

    /// Closes an open array that got `len` elements.
    ///
    /// # Panics
    ///
    /// Panics if no header of this buffer stands at `mark`.
    ///
    /// # Complexity
    ///
    /// Free where the hint was right. Otherwise the header is rewritten, and the elements are
    /// moved if that changed the number of its digits.
    pub fn close_array(&mut self, mark: Mark, len: usize) {
        self.close(b'*', mark, len);
    }

    /// Opens a map whose length is not known yet; `hint` is the likely number of pairs. Close it
    /// with [`close_map`](Self::close_map).
    #[inline]
    pub fn open_map(&mut self, hint: usize) -> Mark {
        let offset = self.out.len();
        self.map(hint);
        match self.version {
            Version::Resp3 => Mark { offset, hint },
            Version::Resp2 => Mark { offset, hint: hint.saturating_mul(2) },
        }
    }

    /// Closes an open map that got `len` pairs.
    ///
    /// # Panics
    ///
    /// Panics if no header of this buffer stands at `mark`.
    ///
    /// # Complexity
    ///
    /// As of [`close_array`](Self::close_array).
    pub fn close_map(&mut self, mark: Mark, len: usize) {
        match self.version {
            Version::Resp3 => self.close(b'%', mark, len),
            Version::Resp2 => self.close(b'*', mark, len.saturating_mul(2)),
        }
    }

    fn close(&mut self, kind: u8, mark: Mark, len: usize) {
        if mark.hint == len {
            return;
        }
        assert_eq!(self.out[mark.offset], kind, "no such header was opened at this mark");
        let start = mark.offset + 1;
        let mut buffer = itoa::Buffer::new();
        let end = start + buffer.format(mark.hint).len();
        self.out.splice(start..end, buffer.format(len).bytes());
    }

    #[inline]
    fn by_version(&mut self, resp3: u8, len: usize) {
        self.header(if self.version == Version::Resp3 { resp3 } else { b'*' }, len);
    }

    #[inline]
    fn header(&mut self, kind: u8, len: usize) {
        header(self.out, kind, len);
    }

    #[inline]
    fn decimal(&mut self, value: i64) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(value).as_bytes());
    }

    #[inline]
    fn line(&mut self, kind: u8, text: &[u8]) {
        self.out.push(kind);
        if memchr::memchr2(b'\r', b'\n', text).is_none() {
            self.out.extend_from_slice(text);
        } else {
            self.out.extend(text.iter().map(|byte| match byte {
                b'\r' | b'\n' => b' ',
                other => *other,
            }));
        }
        self.out.extend_from_slice(CRLF);
    }
}

/// Appends a type byte, a decimal and `\r\n`.
#[inline]
fn header(out: &mut Vec<u8>, kind: u8, len: usize) {
    match u8::try_from(len) {
        Ok(digit @ 0..=9) => out.extend_from_slice(&[kind, b'0' + digit, b'\r', b'\n']),
        _ => {
            let mut buffer = itoa::Buffer::new();
            out.push(kind);
            out.extend_from_slice(buffer.format(len).as_bytes());
            out.extend_from_slice(CRLF);
        }
    }
}

const CRLF: &[u8] = b"\r\n";
/// What precedes the text of a verbatim string: its format.
const VERBATIM_FORMAT: &[u8] = b"txt:";
