//! What a program has replied so far, on one path.

use crate::Aggregate;
use crate::operand::Emit;
use crate::registers::OPEN_AGGREGATES_MAX;

/// The reply up to some instruction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ReplyState {
    /// Whether the top-level reply has begun.
    begun: bool,
    /// The aggregates that lack elements or their end, outermost first.
    incomplete: Vec<Incomplete>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Incomplete {
    /// So many elements follow: at least one.
    Fixed(u32),
    /// Any number follows, then the end.
    OpenArray,
    /// Any number of pairs follow, then the end.
    OpenMap {
        /// Whether the last pair lacks its value.
        half: bool,
    },
}

impl ReplyState {
    /// Whether the one reply is there and whole.
    pub(super) fn is_complete(&self) -> bool {
        self.begun && self.incomplete.is_empty()
    }

    /// Adds what an opcode emits, `imm` and `b` being its operands; false where it may not.
    pub(super) fn emit(&mut self, emit: Emit, imm: i32, aggregate: Aggregate) -> bool {
        let len = u32::try_from(imm).unwrap_or(0);
        match emit {
            Emit::None => true,
            Emit::One => self.element(),
            Emit::Pair => {
                matches!(self.incomplete.last(), Some(Incomplete::OpenMap { half: false }))
            }
            Emit::Elements => self.element() && self.begin_fixed(len),
            Emit::Pairs => self.element() && self.begin_fixed(len.saturating_mul(2)),
            Emit::Open => {
                let open = self.incomplete.iter().filter(|i| !matches!(i, Incomplete::Fixed(_)));
                let room = open.count() < OPEN_AGGREGATES_MAX;
                room && self.element()
                    && self.begin(match aggregate {
                        Aggregate::Array => Incomplete::OpenArray,
                        Aggregate::Map => Incomplete::OpenMap { half: false },
                    })
            }
            Emit::Close => matches!(
                self.incomplete.pop(),
                Some(Incomplete::OpenArray | Incomplete::OpenMap { half: false })
            ),
        }
    }

    /// Adds one element to the innermost aggregate, or the one reply.
    fn element(&mut self) -> bool {
        match self.incomplete.last_mut() {
            None => !std::mem::replace(&mut self.begun, true),
            Some(Incomplete::OpenArray) => true,
            Some(Incomplete::OpenMap { half }) => {
                *half = !*half;
                true
            }
            Some(Incomplete::Fixed(1)) => self.incomplete.pop().is_some(),
            Some(Incomplete::Fixed(left)) => {
                *left -= 1;
                true
            }
        }
    }

    fn begin_fixed(&mut self, len: u32) -> bool {
        len == 0 || self.begin(Incomplete::Fixed(len))
    }

    fn begin(&mut self, aggregate: Incomplete) -> bool {
        self.incomplete.push(aggregate);
        self.incomplete.len() <= DEPTH_MAX
    }
}

/// How deep aggregates may nest.
const DEPTH_MAX: usize = 16;
