//! What an operation takes, and the request that a packet of it is.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

use super::header::Header;
use super::opcode::Opcode;
use crate::verb::{Arithmetic, Delete, Mode, Store, Verb};
use crate::{ArgRange, Request};

/// An operation, and whether it is quiet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// The loud one.
    opcode: Opcode,
    is_quiet: bool,
}

impl Operation {
    #[inline]
    pub(super) fn of(number: u8) -> Option<Self> {
        let opcode = Opcode::of(number)?;
        Some(Self { opcode: opcode.loud(), is_quiet: opcode.is_quiet() })
    }

    /// Whether the lengths are such as it takes.
    pub(super) const fn takes(self, header: &Header, value_len: usize) -> bool {
        let &Header { key_len, extras_len, .. } = header;
        match self.opcode {
            Opcode::Version | Opcode::Noop | Opcode::Quit | Opcode::SaslList => {
                header.body_len == 0
            }
            Opcode::Flush => key_len == 0 && value_len == 0 && (extras_len == 0 || extras_len == 4),
            Opcode::Set | Opcode::Add | Opcode::Replace => extras_len == 8 && key_len > 0,
            Opcode::Get | Opcode::GetK | Opcode::Delete => {
                extras_len == 0 && key_len > 0 && value_len == 0
            }
            Opcode::Increment | Opcode::Decrement => {
                extras_len == 20 && key_len > 0 && value_len == 0
            }
            Opcode::Append | Opcode::Prepend | Opcode::SaslAuth | Opcode::SaslStep => {
                extras_len == 0 && key_len > 0
            }
            Opcode::Stat => extras_len == 0 && value_len == 0,
            Opcode::Touch | Opcode::Gat | Opcode::GatK => {
                extras_len == 4 && key_len > 0 && value_len == 0
            }
            _ => false,
        }
    }

    /// Whether it replaces whatever is there.
    pub(super) const fn is_set(self) -> bool {
        matches!(self.opcode, Opcode::Set)
    }

    /// The request, but for its form.
    pub(super) fn request(self, header: &Header, extras: &[u8], value: ArgRange) -> Request {
        let verb = self.verb(header, extras, value);
        let stamp = match verb {
            Verb::Get | Verb::GetAndTouch { .. } | Verb::Touch { .. } => true,
            // A quiet one has no reply that could tell it.
            Verb::Store(_) | Verb::Arithmetic(_) => !self.is_quiet,
            _ => false,
        };
        Request { noreply: self.is_quiet, stamp, ..Request::new(verb) }
    }

    fn verb(self, header: &Header, extras: &[u8], value: ArgRange) -> Verb {
        let word = |at: usize| number(extras.get(at..)).map_or(0, u32::from_be_bytes);
        let wide = |at: usize| number(extras.get(at..)).map_or(0, u64::from_be_bytes);
        let exptime = i64::from(word(0));
        match self.opcode {
            Opcode::Get | Opcode::GetK => Verb::Get,
            Opcode::Gat | Opcode::GatK => Verb::GetAndTouch { exptime },
            Opcode::Touch => Verb::Touch { exptime },
            Opcode::Set | Opcode::Add | Opcode::Replace => Verb::Store(Store {
                flags: word(0),
                exptime: word(4).into(),
                ..self.store(header, value)
            }),
            Opcode::Append | Opcode::Prepend => Verb::Store(self.store(header, value)),
            Opcode::Delete => {
                Verb::Delete(Delete { cas: header.cas, invalidate: false, exptime: None })
            }
            Opcode::Increment | Opcode::Decrement => {
                let exptime = word(16);
                Verb::Arithmetic(Arithmetic {
                    decrement: self.opcode == Opcode::Decrement,
                    delta: wide(0),
                    initial: (exptime != NO_INITIAL).then(|| (wide(8), exptime.into())),
                    exptime: None,
                    cas: header.cas,
                })
            }
            Opcode::Flush => Verb::FlushAll { delay: exptime },
            Opcode::Version => Verb::Version,
            Opcode::Stat => Verb::Stats,
            Opcode::SaslList => Verb::SaslMechanisms,
            Opcode::SaslAuth => Verb::Sasl { data: value, is_step: false },
            Opcode::SaslStep => Verb::Sasl { data: value, is_step: true },
            Opcode::Quit => Verb::Quit,
            _ => Verb::Noop,
        }
    }

    /// A packet with a stamp is stored only where that is the item's, whatever else it asks for.
    fn store(self, header: &Header, data: ArgRange) -> Store {
        let mode = match self.opcode {
            Opcode::Append => Mode::Append,
            Opcode::Prepend => Mode::Prepend,
            _ if header.cas != 0 => Mode::Cas,
            Opcode::Add => Mode::Add,
            Opcode::Replace => Mode::Replace,
            _ => Mode::Set,
        };
        Store { cas: header.cas, data, ..Store::new(mode) }
    }
}

fn number<const N: usize>(bytes: Option<&[u8]>) -> Option<[u8; N]> {
    bytes?.first_chunk().copied()
}

/// The time that says: make no item where there is none.
const NO_INITIAL: u32 = u32::MAX;
