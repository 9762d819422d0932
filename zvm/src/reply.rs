//! How a program answers, whatever protocol its client speaks.

use crate::{ItemView, Lease, Text};
use databox::BitsView;

/// An encoder of replies in one protocol dialect.
///
/// A program makes exactly one top-level reply; the verifier proves it. Elements follow the
/// header of the aggregate that holds them. Suppressing a reply (`noreply`, quiet modes) is the
/// encoder's affair: the program does not know.
pub trait ReplySink {
    /// A short status, such as `OK`.
    fn status(&mut self, text: &[u8]);
    /// An error, as `CODE explanation`.
    fn error(&mut self, text: &[u8]);
    /// The absence of a value.
    fn nil(&mut self);
    /// The absence of an array, where the protocol tells it from other absences (RESP2 does).
    fn nil_array(&mut self);
    /// An integer.
    fn integer(&mut self, value: i64);
    /// A double.
    fn double(&mut self, value: f64);
    /// A double as a string, in protocols that have doubles, too.
    fn double_text(&mut self, value: f64);
    /// A boolean; protocols without one send 1 or 0.
    fn boolean(&mut self, value: bool);
    /// A string.
    fn bytes(&mut self, value: Text<'_>);
    /// A part of a string that does not stand in one piece: `len` bytes from `from` on, which are
    /// there. Who can lends it out instead of copying it.
    fn bits(&mut self, bits: BitsView<'_>, from: u64, len: u64) {
        let mut bytes = Vec::new();
        bits.copy_bytes(from, usize::try_from(len).unwrap_or(usize::MAX), &mut bytes);
        self.bytes(Text::Bytes(&bytes));
    }
    /// Text for people (RESP3: a verbatim string of format `txt`).
    fn verbatim(&mut self, text: &[u8]);
    /// A stored item with the key it was asked by: memcached's `VALUE`. Protocols that have no
    /// such reply send the value alone.
    fn item(&mut self, key: &[u8], item: &ItemView<'_>);
    /// What is known of an item but for its value: memcached's `me`.
    fn item_details(&mut self, key: &[u8], item: &ItemView<'_>) {
        self.item(key, item);
    }
    /// A number without sign. Protocols that have none send its digits where it is no integer.
    fn number(&mut self, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) => self.bytes(Text::Bytes(itoa::Buffer::new().format(value).as_bytes())),
        }
    }
    /// The stamp that goes with the next reply, in protocols that have stamps.
    fn stamp(&mut self, _stamp: u64) {}
    /// The lease that goes with the next reply, in protocols that have leases.
    fn lease(&mut self, _lease: Lease) {}
    /// The header of an array of `len` elements, which follow.
    fn array(&mut self, len: usize);
    /// The header of a map of `len` pairs, which follow as key, value, key, value.
    fn map(&mut self, len: usize);
    /// The header of a set of `len` elements, which follow.
    fn set(&mut self, len: usize);
    /// The header of an out-of-band message of `len` elements, which follow.
    fn push(&mut self, len: usize);
    /// Opens an array whose length is not known yet. `hint` is the likely length; a right guess
    /// spares moving the elements. [`close_array`](Self::close_array) closes every one.
    fn open_array(&mut self, hint: usize) -> Mark;
    /// Closes an array opened last, telling how many elements it got.
    fn close_array(&mut self, mark: Mark, len: usize);
    /// Opens a map whose length is not known yet; `hint` is the likely number of pairs. Protocols
    /// without maps send an array of keys and values, and need not define this and
    /// [`close_map`](Self::close_map).
    fn open_map(&mut self, hint: usize) -> Mark {
        self.open_array(hint.saturating_mul(2))
    }
    /// Closes a map opened last, telling how many pairs it got.
    fn close_map(&mut self, mark: Mark, len: usize) {
        self.close_array(mark, len.saturating_mul(2));
    }
    /// Whether the reply goes out in RESP3, for programs whose replies differ in shape.
    fn is_resp3(&self) -> bool {
        false
    }
    /// Forgets everything this program has replied so far, so that an error can stand instead.
    fn restart(&mut self);
}

/// The place of an open array's header in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Offset of the header from the start of the buffer, in bytes.
    pub offset: usize,
    /// The length that the header there says.
    pub hint: usize,
}
