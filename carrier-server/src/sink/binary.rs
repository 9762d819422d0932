//! Replies in memcached's binary protocol.

use super::{Reply, Sink, item_bytes};
use databox::decimal;
use dmp_parser::{BinaryEncoder, BinaryStatus, Opcode};

impl Sink<'_> {
    #[inline]
    pub(super) fn binary(&mut self, opcode: u8, opaque: u32, reply: Reply<'_>) {
        let encoder = BinaryEncoder { opcode, opaque };
        let operation = Opcode::of(opcode);
        let quiet = operation.is_some_and(Opcode::is_quiet);
        match reply {
            Reply::Item(key, item) => {
                let stamp = self.notes.stamp.take().unwrap_or(0);
                let mut digits = decimal::Buffer::new();
                let bytes = item_bytes(item, &mut digits);
                encoder.item(self.out, key, bytes, item.flags, stamp);
            }
            // The only array is that of the items: the one that was asked for is not there.
            Reply::EndOfArray(0) if !quiet => encoder.missing(self.out, self.key),
            Reply::Nil if operation == Some(Opcode::Quit) => encoder.done(self.out, 0, &[]),
            Reply::Nil if !quiet => encoder.missing(self.out, self.key),
            Reply::Status(text) => self.became(encoder, operation, text),
            Reply::Error(text) => encoder.error(self.out, error_status(text)),
            Reply::Number(number) if !quiet => {
                let stamp = self.notes.stamp.take().unwrap_or(0);
                encoder.done(self.out, stamp, &number.to_be_bytes());
            }
            Reply::Integer(value) if !quiet => {
                self.packet_string(encoder, itoa::Buffer::new().format(value).as_bytes());
            }
            Reply::Bytes(bytes) if !quiet => self.packet_string(encoder, bytes),
            Reply::Map(len) => {
                self.notes.pairs.left = len.saturating_mul(2);
                if len == 0 {
                    encoder.stat(self.out, &[], &[]);
                }
            }
            _ => {}
        }
    }

    fn became(&mut self, encoder: BinaryEncoder, operation: Option<Opcode>, text: &[u8]) {
        let status = match text {
            b"NOT_STORED" => match operation.map(Opcode::loud) {
                Some(Opcode::Add) => BinaryStatus::Exists,
                Some(Opcode::Replace) => BinaryStatus::NotFound,
                _ => BinaryStatus::NotStored,
            },
            b"EXISTS" => BinaryStatus::Exists,
            b"NOT_FOUND" => BinaryStatus::NotFound,
            _ => BinaryStatus::Done,
        };
        if status != BinaryStatus::Done {
            encoder.error(self.out, status);
        } else if !operation.is_some_and(Opcode::is_quiet) {
            let value = text.strip_prefix(b"VERSION ").unwrap_or(&[]);
            encoder.done(self.out, self.notes.stamp.take().unwrap_or(0), value);
        }
    }

    /// A value of its own, or a part of a figure's packet: the name waits at the end of the output
    /// until its value is there.
    fn packet_string(&mut self, encoder: BinaryEncoder, bytes: &[u8]) {
        let left = self.notes.pairs.left;
        self.notes.pairs.left = left.saturating_sub(1);
        match left {
            0 => encoder.done(self.out, 0, bytes),
            _ if left.is_multiple_of(2) => {
                self.notes.pairs.key_start = self.out.len();
                self.out.extend_from_slice(bytes);
            }
            _ => {
                let start = self.notes.pairs.key_start.min(self.out.len());
                let name = self.out.split_off(start);
                encoder.stat(self.out, &name, bytes);
                if left == 1 {
                    encoder.stat(self.out, &[], &[]);
                }
            }
        }
    }
}

/// The status that an error's text says.
fn error_status(text: &[u8]) -> BinaryStatus {
    if text.ends_with(b"non-numeric value") {
        BinaryStatus::NonNumeric
    } else if text.ends_with(b"authentication failure") {
        BinaryStatus::AuthError
    } else if text.starts_with(b"OOM") {
        BinaryStatus::OutOfMemory
    } else if text == b"ERROR" {
        BinaryStatus::NotFound
    } else if text.starts_with(b"CLIENT_ERROR") {
        BinaryStatus::Invalid
    } else {
        BinaryStatus::Internal
    }
}
