//! Packets as a client writes them.

use alloc::vec::Vec;

use super::header::Header;
use super::opcode::Opcode;
use crate::request::REQUEST_MAGIC;

/// A packet to be sent.
///
/// # Examples
///
/// ```
/// use dmp_parser::{BinaryRequest, Opcode};
///
/// let mut out = Vec::new();
/// BinaryRequest { key: b"k", ..BinaryRequest::new(Opcode::Get) }.compose(&mut out);
/// let extras = BinaryRequest::store_extras(7, 60);
/// let (extras, key, value) = (&extras[..], &b"k"[..], &b"v"[..]);
/// BinaryRequest { extras, key, value, ..BinaryRequest::new(Opcode::Set) }.compose(&mut out);
/// assert_eq!(out.len(), 25 + 34);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinaryRequest<'a> {
    /// What it asks for.
    pub opcode: Opcode,
    /// What the reply repeats.
    pub opaque: u32,
    /// The stamp that the item must have; 0 is any.
    pub cas: u64,
    /// What the operation takes beside key and value.
    pub extras: &'a [u8],
    /// The key, shorter than 64 KiB.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl BinaryRequest<'_> {
    /// A packet with nothing in it.
    #[must_use]
    pub const fn new(opcode: Opcode) -> Self {
        Self { opcode, opaque: 0, cas: 0, extras: &[], key: &[], value: &[] }
    }

    /// The extras of `Set`, `Add`, `Replace`.
    #[must_use]
    pub fn store_extras(flags: u32, exptime: u32) -> [u8; 8] {
        ((u64::from(flags) << 32) | u64::from(exptime)).to_be_bytes()
    }

    /// The extras of `Increment` and `Decrement`; without a time nothing is made where there is no
    /// item.
    #[must_use]
    pub fn arithmetic_extras(delta: u64, initial: u64, exptime: Option<u32>) -> [u8; 20] {
        let mut extras = [0; 20];
        let parts = [&delta.to_be_bytes()[..], &initial.to_be_bytes()];
        let exptime = exptime.unwrap_or(u32::MAX).to_be_bytes();
        let bytes = parts.concat().into_iter().chain(exptime);
        extras.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        extras
    }

    /// The extras of `Touch`, `Gat`, `GatK` and `Flush`.
    #[must_use]
    pub const fn time_extras(exptime: u32) -> [u8; 4] {
        exptime.to_be_bytes()
    }

    /// Appends the packet.
    pub fn compose(&self, out: &mut Vec<u8>) {
        let parts = [self.extras, self.key, self.value];
        let header = Header {
            magic: REQUEST_MAGIC,
            opcode: self.opcode as u8,
            key_len: self.key.len(),
            extras_len: self.extras.len(),
            status: 0,
            body_len: parts.iter().map(|part| part.len()).sum(),
            opaque: self.opaque,
            cas: self.cas,
        };
        out.extend_from_slice(&header.bytes());
        parts.into_iter().for_each(|part| out.extend_from_slice(part));
    }
}
