//! Replies as packets.

use alloc::vec::Vec;

use super::header::{HEADER_LEN, Header};
use super::{BinaryStatus, Opcode};

/// Appends replies to one packet.
///
/// # Examples
///
/// ```
/// use dmp_parser::{BinaryEncoder, Opcode};
///
/// let mut out = Vec::new();
/// let encoder = BinaryEncoder { opcode: Opcode::Get as u8, opaque: 7 };
/// encoder.item(&mut out, b"key", b"value", 0, 9);
/// assert_eq!(out[28..], *b"value");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinaryEncoder {
    /// The operation's number.
    pub opcode: u8,
    /// What the request's header said.
    pub opaque: u32,
}

impl BinaryEncoder {
    /// Any reply. A key is shorter than 64 KiB, extras than 256 bytes, all of it than 4 GiB.
    pub fn packet(&self, out: &mut Vec<u8>, status: BinaryStatus, cas: u64, parts: [&[u8]; 3]) {
        let [extras, key, _] = parts;
        let header = Header {
            magic: RESPONSE_MAGIC,
            opcode: self.opcode,
            key_len: key.len(),
            extras_len: extras.len(),
            status: status as u16,
            body_len: parts.iter().map(|part| part.len()).sum(),
            opaque: self.opaque,
            cas,
        };
        out.reserve(HEADER_LEN.saturating_add(header.body_len));
        out.extend_from_slice(&header.bytes());
        parts.into_iter().for_each(|part| out.extend_from_slice(part));
    }

    /// Done, with the stamp of what was stored or 0.
    pub fn done(&self, out: &mut Vec<u8>, cas: u64, value: &[u8]) {
        self.packet(out, BinaryStatus::Done, cas, [&[], &[], value]);
    }

    /// Not done, and why.
    pub fn error(&self, out: &mut Vec<u8>, status: BinaryStatus) {
        self.packet(out, status, 0, [&[], &[], status.text().as_bytes()]);
    }

    /// An item: with its key where the operation wants that, without its value where it does not.
    pub fn item(&self, out: &mut Vec<u8>, key: &[u8], data: &[u8], flags: u32, cas: u64) {
        let opcode = Opcode::of(self.opcode);
        let key = if opcode.is_some_and(Opcode::returns_key) { key } else { &[] };
        let data = if opcode == Some(Opcode::Touch) { &[] } else { data };
        self.packet(out, BinaryStatus::Done, cas, [&flags.to_be_bytes(), key, data]);
    }

    /// There is no item at `key`.
    pub fn missing(&self, out: &mut Vec<u8>, key: &[u8]) {
        if Opcode::of(self.opcode).is_some_and(Opcode::returns_key) {
            self.packet(out, BinaryStatus::NotFound, 0, [&[], key, &[]]);
        } else {
            self.error(out, BinaryStatus::NotFound);
        }
    }

    /// One figure of the server; one without a name ends them.
    pub fn stat(&self, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        self.packet(out, BinaryStatus::Done, 0, [&[], name, value]);
    }
}

/// The byte that a reply begins with.
pub(super) const RESPONSE_MAGIC: u8 = 0x81;
