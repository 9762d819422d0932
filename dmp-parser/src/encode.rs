//! Replies as bytes.

use alloc::vec::Vec;

use crate::{BinaryEncoder, Form, RequestError, RequestErrorKind};

/// Appends replies to a buffer.
///
/// It does not know which requests want no reply: whoever does calls it for the others only.
///
/// # Examples
///
/// ```
/// let mut out = Vec::new();
/// let mut encoder = dmp_parser::Encoder::new(&mut out);
/// encoder.value(b"k", 7, b"hello", None);
/// encoder.end();
/// assert_eq!(out, b"VALUE k 7 5\r\nhello\r\nEND\r\n");
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    /// An encoder that appends to `out`.
    #[inline]
    #[must_use]
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// An item found, one of a `get`'s; with its CAS stamp, one of a `gets`'.
    #[inline]
    pub fn value(&mut self, key: &[u8], flags: u32, data: &[u8], cas: Option<u64>) {
        self.out.reserve(key.len().saturating_add(data.len()).saturating_add(VALUE_LEN_MAX));
        self.value_header(key, flags, data.len(), cas);
        self.out.extend_from_slice(data);
        self.out.extend_from_slice(CRLF);
    }

    /// The line before an item of `len` bytes, for a caller who sends these, and `\r\n` behind
    /// them, another way.
    #[inline]
    pub fn value_header(&mut self, key: &[u8], flags: u32, len: usize, cas: Option<u64>) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(b"VALUE ");
        self.out.extend_from_slice(key);
        if flags == 0 {
            self.out.extend_from_slice(b" 0 ");
        } else {
            self.out.push(b' ');
            self.out.extend_from_slice(buffer.format(flags).as_bytes());
            self.out.push(b' ');
        }
        self.out.extend_from_slice(buffer.format(len).as_bytes());
        if let Some(cas) = cas {
            self.out.push(b' ');
            self.out.extend_from_slice(buffer.format(cas).as_bytes());
        }
        self.out.extend_from_slice(CRLF);
    }

    /// The end of a `get`'s items.
    #[inline]
    pub fn end(&mut self) {
        self.out.extend_from_slice(b"END\r\n");
    }

    /// The item was stored.
    #[inline]
    pub fn stored(&mut self) {
        self.out.extend_from_slice(b"STORED\r\n");
    }

    /// The item was not stored, because of a condition.
    #[inline]
    pub fn not_stored(&mut self) {
        self.out.extend_from_slice(b"NOT_STORED\r\n");
    }

    /// The key was removed.
    #[inline]
    pub fn deleted(&mut self) {
        self.out.extend_from_slice(b"DELETED\r\n");
    }

    /// There is no such key.
    #[inline]
    pub fn not_found(&mut self) {
        self.out.extend_from_slice(b"NOT_FOUND\r\n");
    }

    /// The stamp of the item is another.
    pub fn exists(&mut self) {
        self.out.extend_from_slice(b"EXISTS\r\n");
    }

    /// The item has its new time.
    pub fn touched(&mut self) {
        self.out.extend_from_slice(b"TOUCHED\r\n");
    }

    /// Done.
    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"OK\r\n");
    }

    /// A number after it was changed.
    pub fn number(&mut self, value: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        self.out.extend_from_slice(CRLF);
    }

    /// One figure of the server; [`end`](Self::end) ends them. Line breaks become spaces.
    pub fn stat(&mut self, name: &[u8], value: &[u8]) {
        self.out.extend_from_slice(b"STAT ");
        self.out.extend_from_slice(name);
        self.line(b" ", value);
    }

    /// The answer to `version`.
    pub fn version(&mut self, text: &[u8]) {
        self.line(b"VERSION ", text);
    }

    /// There is no such command.
    pub fn error(&mut self) {
        self.out.extend_from_slice(b"ERROR\r\n");
    }

    /// The client is at fault. Line breaks in the text become spaces.
    pub fn client_error(&mut self, text: &[u8]) {
        self.line(b"CLIENT_ERROR ", text);
    }

    /// The server is at fault. Line breaks in the text become spaces.
    pub fn server_error(&mut self, text: &[u8]) {
        self.line(b"SERVER_ERROR ", text);
    }

    /// A request was refused by the parser: a line, or a packet where that is what the client
    /// speaks. Nothing, if it wants no reply.
    pub fn refusal(&mut self, error: &RequestError) {
        if error.noreply() || error.kind() == RequestErrorKind::BadMagic {
            return;
        }
        if let Form::Binary { opcode, opaque } = error.form() {
            let status = error.kind().binary_status();
            BinaryEncoder { opcode, opaque }.error(self.out, status);
        } else {
            self.line(b"", error.kind().text().as_bytes());
        }
    }

    fn line(&mut self, start: &[u8], text: &[u8]) {
        self.out.extend_from_slice(start);
        self.out.extend(text.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        }));
        self.out.extend_from_slice(CRLF);
    }
}

const CRLF: &[u8] = b"\r\n";
/// What an item's reply has beside its key and its data: words, spaces, ends of lines, numbers.
const VALUE_LEN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::Encoder;

    #[track_caller]
    fn check(with: impl Fn(&mut Encoder<'_>), expected: &str) {
        let mut out = Vec::new();
        with(&mut Encoder::new(&mut out));
        assert_eq!(out.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
    }

    #[test]
    fn replies() {
        check(|e| e.value(b"k", 0, b"", None), "VALUE k 0 0\r\n\r\n");
        check(
            |e| e.value(b"k", u32::MAX, b"a\r\n", Some(9)),
            "VALUE k 4294967295 3 9\r\na\r\n\r\n",
        );
        check(|e| e.value_header(b"k", 1, 5000, None), "VALUE k 1 5000\r\n");
        check(|e| e.end(), "END\r\n");
        check(|e| e.stored(), "STORED\r\n");
        check(|e| e.not_stored(), "NOT_STORED\r\n");
        check(|e| e.deleted(), "DELETED\r\n");
        check(|e| e.not_found(), "NOT_FOUND\r\n");
        check(|e| e.exists(), "EXISTS\r\n");
        check(|e| e.touched(), "TOUCHED\r\n");
        check(|e| e.ok(), "OK\r\n");
        check(|e| e.number(u64::MAX), "18446744073709551615\r\n");
        check(|e| e.stat(b"a:b", b"1\n2"), "STAT a:b 1 2\r\n");
        check(|e| e.version(b"1.6.18"), "VERSION 1.6.18\r\n");
        check(|e| e.error(), "ERROR\r\n");
        check(|e| e.client_error(b"a\r\nb"), "CLIENT_ERROR a  b\r\n");
        check(|e| e.server_error(b"out of memory"), "SERVER_ERROR out of memory\r\n");
    }
}
