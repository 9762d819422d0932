//! The encoder of replies: one type for all dialects, told per request which it is.

mod binary;
mod meta;
mod text;

use crate::dialect::Dialect;
use crate::loan::Loan;
use databox::{BitsView, decimal};
use drp_parser::{Encoder, Version};
use std::cell::Cell;
use zvm::{Args, ItemView, Lease, Mark, ReplySink, Text};

pub(crate) use text::{end_items, is_error};

/// Writes the reply of one request to the end of a buffer.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    out: &'a mut Vec<u8>,
    /// Where this request's reply begins.
    start: usize,
    /// HELLO changes it while it replies.
    dialect: &'a Cell<Dialect>,
    /// The key that memcached's replies may name.
    key: &'a [u8],
    /// The flags of a meta command.
    tokens: &'a [u8],
    /// What goes with memcached's next reply.
    notes: Notes,
    /// How many items were replied.
    items: u64,
    /// Where strings are noted that the reply borrows, if it may.
    loans: Option<&'a mut Vec<Loan>>,
}

/// What a program says before it replies, for protocols that tell it.
#[derive(Debug, Clone, Copy, Default)]
struct Notes {
    stamp: Option<u64>,
    lease: Lease,
    /// How many of a map's keys and values are still to come, of which the last ends it.
    pairs: Pairs,
}

/// A map on its way out to a protocol that has figures and no maps.
#[derive(Debug, Clone, Copy, Default)]
struct Pairs {
    left: usize,
    /// Where the key begins that awaits its value.
    key_start: usize,
}

impl<'a> Sink<'a> {
    /// A sink that appends to `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>, dialect: &'a Cell<Dialect>) -> Self {
        Self { start: out.len(), ..Self::resume(out, dialect) }
    }

    /// The sink of one request, with what memcached's dialects want to know of it.
    #[inline]
    pub(crate) fn of_request(
        out: &'a mut Vec<u8>,
        dialect: &'a Cell<Dialect>,
        args: Args<'a>,
    ) -> Self {
        let sink = Self::new(out, dialect);
        match dialect.get() {
            Dialect::Meta { .. } => Self { key: args.get(0), tokens: args.behind(), ..sink },
            // The key stands last where a time stands before it.
            Dialect::Binary { .. } => Self { key: args.get(args.len().saturating_sub(1)), ..sink },
            Dialect::Resp(_) | Dialect::Memcached => sink,
        }
    }

    /// A sink that goes on with a reply that is all there is in `out`.
    pub(crate) const fn resume(out: &'a mut Vec<u8>, dialect: &'a Cell<Dialect>) -> Self {
        let notes = Notes {
            stamp: None,
            lease: Lease { is_stale: false, is_claimed: false, is_won: false },
            pairs: Pairs { left: 0, key_start: 0 },
        };
        Self { start: 0, out, dialect, key: &[], tokens: &[], notes, items: 0, loans: None }
    }

    /// The same, noting strings that are lent to the reply.
    pub(crate) fn lending(self, loans: Option<&'a mut Vec<Loan>>) -> Self {
        Self { loans, ..self }
    }

    /// How many items were replied.
    #[inline]
    pub(crate) const fn items(&self) -> u64 {
        self.items
    }

    /// Writes in the dialect in force: RESP here, memcached's as `reply` says.
    #[inline]
    fn write(&mut self, resp: impl FnOnce(&mut Encoder<'_>), reply: Reply<'_>) {
        match self.dialect.get() {
            Dialect::Resp(version) => resp(&mut Encoder::new(self.out, version)),
            Dialect::Memcached => self.text(reply),
            Dialect::Meta { quiet, is_arithmetic } => self.meta(quiet, is_arithmetic, reply),
            Dialect::Binary { opcode, opaque } => self.binary(opcode, opaque, reply),
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
            Reply::Nothing,
        );
        mark
    }
}

/// A reply as memcached's dialects see it.
#[derive(Debug, Clone, Copy)]
enum Reply<'r> {
    /// What became of the request, in the text protocol's word.
    Status(&'r [u8]),
    /// An error.
    Error(&'r [u8]),
    /// There is nothing at the key.
    Nil,
    /// An integer.
    Integer(i64),
    /// A number without sign.
    Number(u64),
    /// A string.
    Bytes(&'r [u8]),
    /// An item.
    Item(&'r [u8], &'r ItemView<'r>),
    /// What is known of an item.
    Details(&'r [u8], &'r ItemView<'r>),
    /// A map of figures begins.
    Map(usize),
    /// An array has ended, with so many elements.
    EndOfArray(usize),
    /// What has no form of its own there.
    Nothing,
}

impl ReplySink for Sink<'_> {
    fn status(&mut self, text: &[u8]) {
        self.write(|resp| resp.status(text), Reply::Status(text));
    }

    fn error(&mut self, text: &[u8]) {
        // Redis drops line ends behind a word that an error ends with, and blanks those within.
        let len = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
        let text = text.get(..len).unwrap_or(text);
        self.write(|resp| resp.error(text), Reply::Error(text));
    }

    fn nil(&mut self) {
        self.write(|resp| resp.nil(), Reply::Nil);
    }

    fn nil_array(&mut self) {
        self.write(|resp| resp.nil_array(), Reply::Nil);
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        self.write(|resp| resp.integer(value), Reply::Integer(value));
    }

    fn double(&mut self, value: f64) {
        let text = value.to_string();
        self.write(|resp| resp.double(value), Reply::Bytes(text.as_bytes()));
    }

    fn decimal(&mut self, text: &str) {
        self.write(|resp| resp.double_of(text), Reply::Bytes(text.as_bytes()));
    }

    fn double_text(&mut self, value: f64) {
        let text = value.to_string();
        self.write(|resp| resp.bulk_double(value), Reply::Bytes(text.as_bytes()));
    }

    fn boolean(&mut self, value: bool) {
        self.write(|resp| resp.boolean(value), Reply::Integer(value.into()));
    }

    #[inline]
    fn bytes(&mut self, value: Text<'_>) {
        match value {
            Text::Bytes(bytes) => self.write(|resp| resp.bulk(bytes), Reply::Bytes(bytes)),
            Text::Integer(number) => {
                self.write(|resp| resp.bulk_integer(number), Reply::Integer(number));
            }
        }
    }

    #[cold]
    fn bits(&mut self, bits: BitsView<'_>, from: u64, len: u64) {
        if let (Dialect::Resp(_), Some(loans)) = (self.dialect.get(), &mut self.loans) {
            let start = self.out.len();
            self.out.extend_from_slice(format!("${len}\r\n").as_bytes());
            if let Some(loan) = Loan::new(self.out.len() - self.start, bits, from, len) {
                loans.push(loan);
                self.out.extend_from_slice(b"\r\n");
                return;
            }
            self.out.truncate(start);
        }
        let mut bytes = Vec::new();
        bits.copy_bytes(from, usize::try_from(len).unwrap_or(usize::MAX), &mut bytes);
        self.bytes(Text::Bytes(&bytes));
    }

    fn verbatim(&mut self, text: &[u8]) {
        self.write(|resp| resp.verbatim(text), Reply::Bytes(text));
    }

    #[inline]
    fn item(&mut self, key: &[u8], item: &ItemView<'_>) {
        self.items += 1;
        self.write(
            |resp| match item.text {
                Text::Bytes(bytes) => resp.bulk(bytes),
                Text::Integer(number) => resp.bulk_integer(number),
            },
            Reply::Item(key, item),
        );
    }

    fn item_details(&mut self, key: &[u8], item: &ItemView<'_>) {
        self.write(|resp| resp.nil(), Reply::Details(key, item));
    }

    fn number(&mut self, value: u64) {
        let text = value.to_string();
        self.write(|resp| resp.bulk(text.as_bytes()), Reply::Number(value));
    }

    fn stamp(&mut self, stamp: u64) {
        self.notes.stamp = Some(stamp);
    }

    fn lease(&mut self, lease: Lease) {
        self.notes.lease = lease;
    }

    // memcached knows no aggregates: their elements stand alone.

    fn array(&mut self, len: usize) {
        self.write(|resp| resp.array(len), Reply::Nothing);
    }

    fn map(&mut self, len: usize) {
        self.write(|resp| resp.map(len), Reply::Map(len));
    }

    fn set(&mut self, len: usize) {
        self.write(|resp| resp.set(len), Reply::Nothing);
    }

    fn push(&mut self, len: usize) {
        self.write(|resp| resp.push(len), Reply::Nothing);
    }

    fn open_array(&mut self, hint: usize) -> Mark {
        self.open(hint, |resp| resp.open_array(hint))
    }

    fn close_array(&mut self, mark: Mark, len: usize) {
        self.write(|resp| resp.close_array(encoder_mark(mark), len), Reply::EndOfArray(len));
    }

    fn open_map(&mut self, hint: usize) -> Mark {
        self.open(hint, |resp| resp.open_map(hint))
    }

    fn close_map(&mut self, mark: Mark, len: usize) {
        self.write(|resp| resp.close_map(encoder_mark(mark), len), Reply::Nothing);
    }

    fn is_resp3(&self) -> bool {
        matches!(self.dialect.get(), Dialect::Resp(Version::Resp3))
    }

    fn restart(&mut self) {
        self.out.truncate(self.start);
        if let Some(loans) = &mut self.loans {
            loans.clear();
        }
        self.notes = Notes::default();
    }
}

const fn encoder_mark(mark: Mark) -> drp_parser::Mark {
    drp_parser::Mark { offset: mark.offset, hint: mark.hint }
}

/// The bytes of an item.
fn item_bytes<'b>(item: &ItemView<'b>, digits: &'b mut decimal::Buffer) -> &'b [u8] {
    item.text.bytes(digits)
}
