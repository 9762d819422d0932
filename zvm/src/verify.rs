//! The verifier: what must be true of a program before it may run.
//!
//! Four passes, each relying on those before it:
//!
//! 1. [`declaration`]: the signature makes sense, and there are keys to route by where it matters;
//! 2. [`operands`]: every register, constant, name and jump exists, and the opcode may be used
//!    where the program runs;
//! 3. [`loops`]: jumps go forward, and the closing jumps of loops are the only way
//!    back, so that every run ends;
//! 4. [`flow`]: a forward data-flow over register types and over what has been replied.

mod declaration;
mod flow;
mod loops;
mod operands;
mod reply;

use crate::operand::Slot;
use crate::signature::{Prologue, Shape};
use crate::{Args, Constant, DecodeError, Frame, Program, Registers, Store, VariadicSpan};
use std::fmt;
use std::ops::Deref;

/// A program that cannot misbehave: it ends, replies exactly once on every path, and every
/// operand is what its opcode expects.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedProgram {
    program: Program,
    /// Computed once for all runs.
    shape: Shape,
    prologue: Prologue,
    /// Where plain requests begin.
    plain_start: usize,
}

impl VerifiedProgram {
    /// Whether a request of `argc` arguments, name not counted, has the right number of them: as
    /// [`Signature::accepts`](crate::Signature::accepts), without counting the parameters again.
    #[inline]
    #[must_use]
    pub const fn accepts(&self, argc: usize) -> bool {
        self.shape.accepts(argc)
    }

    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Where the list of a request stands that has been decoded; `None` without a list.
    #[inline]
    pub(crate) fn list_span(&self, args: Args<'_>) -> Option<VariadicSpan> {
        if self.shape.moves() {
            self.signature.list_span(args)
        } else {
            self.shape.list_span(args.len())
        }
    }

    /// Where the options of a request begin that has been decoded.
    pub(crate) fn options_start(&self, args: Args<'_>) -> usize {
        if self.shape.moves() {
            self.signature.layout(args).map_or(usize::MAX, |layout| layout.options.start)
        } else {
            self.signature.params.len()
        }
    }

    pub(crate) const fn constants(&self) -> &[Constant] {
        self.program.constants.as_slice()
    }

    /// Fills the registers of the parameters where the request is a usual one; tells at which
    /// instruction to begin then.
    #[inline]
    pub(crate) fn decode_usual(
        &self,
        frame: &Frame<'_>,
        store: &impl Store,
        registers: &mut Registers,
    ) -> Option<usize> {
        let hash = |key: &[u8]| store.hash(key);
        let filled = self.prologue.fill(&self.signature, self.shape, frame, &hash, registers);
        filled.then_some(self.plain_start)
    }

    /// The same for any request.
    #[inline(never)]
    pub(crate) fn decode(
        &self,
        frame: &Frame<'_>,
        store: &impl Store,
        registers: &mut Registers,
    ) -> Result<usize, DecodeError> {
        self.signature.fill(self.shape, frame, |key| store.hash(key), registers).map(|()| 0)
    }
}

/// Why a program is refused. `at` is the index of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The declaration breaks a rule of [`Signature`](crate::Signature).
    Signature(&'static str),
    /// Too many instructions, constants or bytes of constants.
    Size,
    /// There is no code, or execution can run past its end.
    End,
    /// An operand is out of range: no such register, constant, name or instruction, or a register
    /// that another operand writes.
    Operand {
        /// The instruction.
        at: usize,
        /// The operand.
        slot: Slot,
    },
    /// A register is read that may hold another type, or nothing.
    Type {
        /// The instruction.
        at: usize,
        /// The operand.
        slot: Slot,
    },
    /// A jump that is not a loop's goes back, or into a loop.
    Jump {
        /// The instruction.
        at: usize,
    },
    /// A loop's opening and closing do not belong together, loops overlap or stand too deep in
    /// each other, or a loop's position is overwritten.
    Loop {
        /// The instruction.
        at: usize,
    },
    /// The instruction replies where nothing may be replied: a second time, beyond the length of
    /// an aggregate, or half a pair.
    SecondReply {
        /// The instruction.
        at: usize,
    },
    /// The program ends without a reply, or inside an aggregate.
    NoReply {
        /// The instruction.
        at: usize,
    },
    /// Two paths meet that have replied differently.
    ReplyMismatch {
        /// The instruction where they meet.
        at: usize,
    },
    /// The instruction touches what a program that runs there may not.
    Domain {
        /// The instruction.
        at: usize,
    },
    /// A plain entry without options to go without, or one that does not exist or stands in a
    /// loop.
    PlainEntry,
    /// The instruction writes, but the program lacks the right.
    Access {
        /// The instruction.
        at: usize,
    },
}

impl Deref for VerifiedProgram {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(rule) => write!(f, "signature: {rule}"),
            Self::Size => write!(f, "the program is too large"),
            Self::End => write!(f, "execution can run past the end"),
            Self::Operand { at, slot } => {
                write!(f, "instruction {at}: operand {slot:?} is out of range")
            }
            Self::Type { at, slot } => {
                write!(f, "instruction {at}: operand {slot:?} is a register of another type")
            }
            Self::Jump { at } => write!(f, "instruction {at}: the jump goes back or into a loop"),
            Self::Loop { at } => write!(f, "instruction {at}: the loop is not well formed"),
            Self::SecondReply { at } => write!(f, "instruction {at}: one reply too many"),
            Self::NoReply { at } => write!(f, "instruction {at}: ends without a whole reply"),
            Self::ReplyMismatch { at } => {
                write!(f, "instruction {at}: paths meet that have replied differently")
            }
            Self::Domain { at } => {
                write!(f, "instruction {at}: touches what this program may not")
            }
            Self::PlainEntry => write!(f, "the plain entry is none"),
            Self::Access { at } => write!(f, "instruction {at}: writes without the right to"),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Checks a program.
///
/// O(instructions x registers), loops counted twice.
///
/// # Errors
///
/// The first rule that it breaks.
pub fn verify(program: Program) -> Result<VerifiedProgram, VerifyError> {
    declaration::check(&program)?;
    operands::check(&program)?;
    loops::check(&program)?;
    flow::check(&program)?;
    let shape = program.signature.shape();
    let prologue = Prologue::of(&program.signature, program.plain_entry.is_some());
    let plain_start = program.plain_entry.map_or(0, |entry| entry as usize);
    Ok(VerifiedProgram { shape, prologue, plain_start, program })
}
