//! The encoder of replies: one type for all dialects, told per request which it is.

use crate::dialect::Dialect;
use databox::decimal;
use drp_parser::{Encoder, Version};
use std::cell::Cell;
use zvm::{Mark, ReplySink, Text};

/// Writes the reply of one request to the end of a buffer.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    out: &'a mut Vec<u8>,
    /// Where this request's reply begins.
    start: usize,
    /// HELLO changes it while it replies.
    dialect: &'a Cell<Dialect>,
}

impl<'a> Sink<'a> {
    /// A sink that appends to `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>, dialect: &'a Cell<Dialect>) -> Self {
        Self { start: out.len(), out, dialect }
    }

    /// A sink that goes on with a reply that is all there is in `out`.
    pub(crate) const fn resume(out: &'a mut Vec<u8>, dialect: &'a Cell<Dialect>) -> Self {
        Self { start: 0, out, dialect }
    }

    /// Writes in the dialect in force: `resp`, or else `memcached`.
    #[inline]
    fn write(&mut self, resp: impl FnOnce(&mut Encoder<'_>), memcached: impl FnOnce(&mut Vec<u8>)) {
        match self.dialect.get() {
            Dialect::Resp(version) => resp(&mut Encoder::new(self.out, version)),
            Dialect::Memcached => memcached(self.out),
        }
    }

    fn open(
        &mut self,
        hint: usize,
        resp: impl FnOnce(&mut Encoder<'_>) -> drp_parser::Mark,
    ) -> Mark {
        let mut mark = Mark { offset: self.out.len(), hint };
        self.write(
            |encoder| {
                let opened = resp(encoder);
                mark = Mark { offset: opened.offset, hint: opened.hint };
            },
            |_| (),
        );
        mark
    }
}

impl ReplySink for Sink<'_> {
    fn status(&mut self, text: &[u8]) {
        self.write(|resp| resp.status(text), |out| line(out, text));
    }

    fn error(&mut self, text: &[u8]) {
        // Redis drops line ends behind a word that an error ends with, and blanks those within.
        let len = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
        let text = text.get(..len).unwrap_or(text);
        self.write(|resp| resp.error(text), |out| memcached_error(out, text));
    }

    fn nil(&mut self) {
        // A miss is silence between the items of a memcached reply.
        self.write(|resp| resp.nil(), |_| ());
    }

    fn nil_array(&mut self) {
        self.write(|resp| resp.nil_array(), |_| ());
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        self.write(
            |resp| resp.integer(value),
            |out| line(out, itoa::Buffer::new().format(value).as_bytes()),
        );
    }

    fn double(&mut self, value: f64) {
        self.write(|resp| resp.double(value), |out| line(out, value.to_string().as_bytes()));
    }

    fn boolean(&mut self, value: bool) {
        self.write(|resp| resp.boolean(value), |out| line(out, if value { b"1" } else { b"0" }));
    }

    #[inline]
    fn bytes(&mut self, value: Text<'_>) {
        match value {
            Text::Bytes(bytes) => self.write(|resp| resp.bulk(bytes), |out| line(out, bytes)),
            Text::Integer(number) => self.write(
                |resp| resp.bulk_integer(number),
                |out| line(out, itoa::Buffer::new().format(number).as_bytes()),
            ),
        }
    }

    fn verbatim(&mut self, text: &[u8]) {
        self.write(|resp| resp.verbatim(text), |out| line(out, text));
    }

    fn item(&mut self, key: &[u8], value: Text<'_>, flags: u32, cas: Option<u64>) {
        let mut digits = decimal::Buffer::new();
        let bytes = value.bytes(&mut digits);
        self.write(
            |resp| resp.bulk(bytes),
            |out| dmp_parser::Encoder::new(out).value(key, flags, bytes, cas),
        );
    }

    // The memcached text protocol knows no aggregates: their elements stand alone.

    fn array(&mut self, len: usize) {
        self.write(|resp| resp.array(len), |_| ());
    }

    fn map(&mut self, len: usize) {
        self.write(|resp| resp.map(len), |_| ());
    }

    fn set(&mut self, len: usize) {
        self.write(|resp| resp.set(len), |_| ());
    }

    fn push(&mut self, len: usize) {
        self.write(|resp| resp.push(len), |_| ());
    }

    fn open_array(&mut self, hint: usize) -> Mark {
        self.open(hint, |resp| resp.open_array(hint))
    }

    fn close_array(&mut self, mark: Mark, len: usize) {
        self.write(|resp| resp.close_array(encoder_mark(mark), len), |_| ());
    }

    fn open_map(&mut self, hint: usize) -> Mark {
        self.open(hint, |resp| resp.open_map(hint))
    }

    fn close_map(&mut self, mark: Mark, len: usize) {
        self.write(|resp| resp.close_map(encoder_mark(mark), len), |_| ());
    }

    fn is_resp3(&self) -> bool {
        matches!(self.dialect.get(), Dialect::Resp(Version::Resp3))
    }

    fn restart(&mut self) {
        self.out.truncate(self.start);
    }
}

/// Ends the items of a memcached reply.
pub(crate) fn end_items(out: &mut Vec<u8>) {
    dmp_parser::Encoder::new(out).end();
}

const fn encoder_mark(mark: Mark) -> drp_parser::Mark {
    drp_parser::Mark { offset: mark.offset, hint: mark.hint }
}

fn line(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

/// memcached's errors begin with whose fault it is; those that do not are the server's to answer
/// for.
fn memcached_error(out: &mut Vec<u8>, text: &[u8]) {
    if text.starts_with(b"OOM ") {
        return line(out, b"SERVER_ERROR out of memory storing object");
    }
    if !text.starts_with(b"CLIENT_ERROR ") && !text.starts_with(b"SERVER_ERROR ") {
        out.extend_from_slice(b"SERVER_ERROR ");
    }
    line(out, text);
}
