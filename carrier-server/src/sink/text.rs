//! Replies in memcached's classic text protocol.

use super::{Reply, Sink, item_bytes};
use databox::decimal;
use dmp_parser::Encoder;

impl Sink<'_> {
    #[inline]
    pub(super) fn text(&mut self, reply: Reply<'_>) {
        match reply {
            Reply::Status(text) => line(self.out, text),
            Reply::Error(text) => error(self.out, text),
            Reply::Integer(value) => self.string(itoa::Buffer::new().format(value).as_bytes()),
            Reply::Number(value) => Encoder::new(self.out).number(value),
            Reply::Bytes(bytes) => self.string(bytes),
            Reply::Item(key, item) => {
                let stamp = self.notes.stamp.take();
                let mut digits = decimal::Buffer::new();
                let bytes = item_bytes(item, &mut digits);
                Encoder::new(self.out).value(key, item.flags, bytes, stamp);
            }
            Reply::Map(len) => {
                self.notes.pairs.left = len.saturating_mul(2);
                if len == 0 {
                    Encoder::new(self.out).end();
                }
            }
            // A miss is silence between the items of a reply.
            Reply::Details(..) | Reply::Nil | Reply::EndOfArray(_) | Reply::Nothing => {}
        }
    }

    /// A line of its own, or a part of a figure's.
    fn string(&mut self, bytes: &[u8]) {
        let left = self.notes.pairs.left;
        self.notes.pairs.left = left.saturating_sub(1);
        match left {
            0 => line(self.out, bytes),
            _ if left.is_multiple_of(2) => {
                self.out.extend_from_slice(b"STAT ");
                self.out.extend_from_slice(bytes);
            }
            _ => {
                self.out.push(b' ');
                line(self.out, bytes);
                if left == 1 {
                    Encoder::new(self.out).end();
                }
            }
        }
    }
}

/// Ends the items of a reply.
pub(crate) fn end_items(out: &mut Vec<u8>) {
    Encoder::new(out).end();
}

/// Whether a reply to a text request says that the whole of it has failed.
pub(crate) fn is_error(reply: &[u8]) -> bool {
    reply.starts_with(b"SERVER_ERROR ") || reply.starts_with(b"CLIENT_ERROR ")
}

/// memcached's errors begin with whose fault it is; those that do not are the server's to answer
/// for.
pub(super) fn error(out: &mut Vec<u8>, text: &[u8]) {
    if text == b"ERROR" || is_error(text) {
        line(out, text);
        return;
    }
    out.extend_from_slice(b"SERVER_ERROR ");
    match text.split(|byte| *byte == b' ').next() {
        Some(b"WRONGTYPE") => line(out, b"wrong type"),
        Some(b"OOM") => line(out, b"out of memory storing object"),
        _ => line(out, text),
    }
}

fn line(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}
