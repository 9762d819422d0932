//! The register file: what a program computes with, reused from run to run.
//!
//! A register is three fields in three arrays: a tag, 64 bits and 32 bits. Opcodes whose operand
//! has one type, which the verifier has proved, read the bits without looking at the tag; that a
//! register of another type is read is a mistake that means some other value and no more.

use crate::generated::Aggregate;
use crate::handlers::geo::Search as PlaceSearch;
use crate::handlers::hll::Sketches;
use crate::scored::Scored;
use crate::{Args, Constant, Fault, Hint, Key, Mark, Text};
use databox::{Bitmap, Ordered, Set, decimal};
use std::fmt;

/// Registers, scratch space and open aggregates of a running program.
///
/// One serves any number of runs, one after the other, and programs of any size: no run clears
/// it, because the verifier proves that a register is written before it is read.
///
/// Units: 256 registers of 13 bytes; the scratch space grows to what programs copy and is given
/// back above 64 KiB.
pub struct Registers {
    /// The number, hash, or place of bytes.
    bits: [u64; COUNT],
    /// The argument of a key.
    arguments: [u32; COUNT],
    tags: [Tag; COUNT],
    /// Replies since the aggregate opened last, headers of fixed length counted so that a
    /// complete aggregate counts one.
    pub(crate) elements: i64,
    /// Where the store found a key, and which argument that was.
    hint: Hint,
    hint_argument: u32,
    /// Whether `buffers` may hold something.
    used: bool,
    buffers: Buffers,
}

/// What of a running program is not in registers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Buffers {
    scratch: Vec<u8>,
    /// What a scan found, until its cursor is replied.
    pub(crate) keys: Vec<u8>,
    /// How many keys that is.
    pub(crate) keys_found: usize,
    pub(crate) open: Vec<OpenAggregate>,
    pub(crate) elements: Elements,
    /// The set that the run makes of others.
    pub(crate) gathered: Option<Set>,
    /// The part of it that stays, while some are taken out.
    pub(crate) kept: Option<Set>,
    /// The gathered set, once it is ordered.
    pub(crate) ordered: Option<Ordered>,
    /// The string that the run makes of others.
    pub(crate) gathered_bits: Option<Bitmap>,
    /// What a count has come to, while it goes on: a result's register may be an operand's.
    pub(crate) counted: u64,
    /// One that becomes such a string, or stands beside it.
    pub(crate) gathering: Option<Bitmap>,
    pub(crate) search: Search,
    pub(crate) sample: Sample,
    /// What the run makes of sorted sets.
    pub(crate) scored: Scored,
    /// What the run does with HyperLogLogs.
    pub(crate) sketches: Option<Box<Sketches>>,
    /// The search of the run for places.
    pub(crate) places: Option<Box<PlaceSearch>>,
}

/// How elements are being drawn from a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sample {
    /// Not yet, or no longer.
    #[default]
    None,
    /// Each among all.
    Draws,
    /// Each among all, until enough different ones are found.
    Different,
    /// As a walk meets them.
    Walk {
        /// Elements that it has not met yet.
        left: u64,
    },
}

/// How a search through a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Search {
    /// From the last element on.
    pub(crate) is_back: bool,
    /// Matches to pass over before one counts.
    pub(crate) passed_over: u64,
    /// Elements to look at; 0 is all.
    pub(crate) limit: u64,
}

/// What a loop over a container has read and not gone over yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Elements {
    /// Where to go on reading; 0 at the end.
    pub(crate) cursor: u64,
    /// Elements, each as many values as it consists of.
    pub(crate) values: Vec<Value>,
    /// The bytes of those that are [`Value::Scratch`], until they are part of the scratch space.
    bytes: Vec<u8>,
}

impl Elements {
    /// Adds a value.
    pub(crate) fn push(&mut self, text: Text<'_>) {
        self.values.push(match text {
            Text::Integer(value) => Value::Int(value),
            Text::Bytes(bytes) => {
                let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
                self.bytes.extend_from_slice(bytes);
                Value::Scratch { start, len: u32::try_from(bytes.len()).unwrap_or(u32::MAX) }
            }
        });
    }
}

/// What one register holds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Value {
    /// An optional value that is not there.
    #[default]
    Absent,
    /// An integer, also a string that is the canonical decimal of this integer.
    Int(i64),
    Bool(bool),
    Float(f64),
    Cursor(u64),
    /// The bytes of an argument, by index.
    Argument(u32),
    /// The bytes of a constant, by index.
    Constant(u32),
    /// Bytes in the scratch space.
    Scratch {
        start: u32,
        len: u32,
    },
    /// A key: the argument's index, and its hash.
    Key {
        argument: u32,
        hash: u64,
    },
    /// The group or element that a loop stands at.
    Loop(u32),
    /// The integer that a loop stands at, and how many follow.
    Range {
        at: i64,
        left: u32,
    },
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Absent,
    Int,
    Bool,
    Float,
    Cursor,
    Argument,
    Constant,
    Scratch,
    Key,
    Loop,
    Range,
}

/// An aggregate whose length is not known yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct OpenAggregate {
    pub(crate) mark: Mark,
    pub(crate) kind: Aggregate,
    /// [`Registers::elements`] of the aggregate around it.
    pub(crate) elements_before: i64,
}

/// The registers of a program that has yielded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    values: Vec<Value>,
    elements: i64,
    buffers: Buffers,
}

impl Registers {
    /// A register file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bits: [0; COUNT],
            arguments: [0; COUNT],
            tags: [Tag::Absent; COUNT],
            elements: 0,
            hint: Hint::NONE,
            hint_argument: NO_ARGUMENT,
            used: false,
            buffers: Buffers::default(),
        }
    }

    /// Makes room for another run. O(1).
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.elements = 0;
        self.hint_argument = NO_ARGUMENT;
        if self.used {
            self.buffers.clear();
            self.used = false;
        }
    }

    /// Takes the state of a program that yields, `count` registers of it.
    pub(crate) fn save(&mut self, count: u8) -> Saved {
        self.used = false;
        Saved {
            values: (0..count).map(|register| self.get(register)).collect(),
            elements: self.elements,
            buffers: std::mem::take(&mut self.buffers),
        }
    }

    /// Goes on with the state of a program that yielded.
    pub(crate) fn restore(&mut self, saved: Saved) {
        self.begin();
        for (register, value) in (0..=u8::MAX).zip(saved.values) {
            self.set(register, value);
        }
        self.elements = saved.elements;
        self.buffers = saved.buffers;
        self.used = true;
    }

    /// What is not in registers, to be changed.
    pub(crate) const fn buffers(&mut self) -> &mut Buffers {
        self.used = true;
        &mut self.buffers
    }

    pub(crate) fn get(&self, register: u8) -> Value {
        let index = usize::from(register);
        let (bits, argument) = (self.bits[index], self.arguments[index]);
        match self.tags[index] {
            Tag::Absent => Value::Absent,
            Tag::Int => Value::Int(bits.cast_signed()),
            Tag::Bool => Value::Bool(bits != 0),
            Tag::Float => Value::Float(f64::from_bits(bits)),
            Tag::Cursor => Value::Cursor(bits),
            Tag::Argument => Value::Argument(low(bits)),
            Tag::Constant => Value::Constant(low(bits)),
            Tag::Scratch => Value::Scratch { start: low(bits), len: low(bits >> 32) },
            Tag::Key => Value::Key { argument, hash: bits },
            Tag::Loop => Value::Loop(low(bits)),
            Tag::Range => Value::Range { at: bits.cast_signed(), left: argument },
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, register: u8, value: Value) {
        let (tag, bits) = match value {
            Value::Absent => (Tag::Absent, 0),
            Value::Int(value) => (Tag::Int, value.cast_unsigned()),
            Value::Bool(value) => (Tag::Bool, u64::from(value)),
            Value::Float(value) => (Tag::Float, value.to_bits()),
            Value::Cursor(value) => (Tag::Cursor, value),
            Value::Argument(index) => (Tag::Argument, u64::from(index)),
            Value::Constant(index) => (Tag::Constant, u64::from(index)),
            Value::Scratch { start, len } => {
                (Tag::Scratch, u64::from(start) | u64::from(len) << 32)
            }
            Value::Key { argument, hash } => {
                self.arguments[usize::from(register)] = argument;
                (Tag::Key, hash)
            }
            Value::Loop(group) => (Tag::Loop, u64::from(group)),
            Value::Range { at, left } => {
                self.arguments[usize::from(register)] = left;
                (Tag::Range, at.cast_unsigned())
            }
        };
        self.tags[usize::from(register)] = tag;
        self.bits[usize::from(register)] = bits;
    }

    /// Copies a register, whatever it holds.
    #[inline]
    pub(crate) fn copy(&mut self, to: u8, from: u8) {
        let (to, from) = (usize::from(to), usize::from(from));
        self.tags[to] = self.tags[from];
        self.bits[to] = self.bits[from];
        self.arguments[to] = self.arguments[from];
    }

    /// Whether a register of an optional type holds nothing.
    #[inline]
    pub(crate) fn is_absent(&self, register: u8) -> bool {
        self.tags[usize::from(register)] == Tag::Absent
    }

    /// The integer in a register of type int.
    #[inline]
    pub(crate) fn int(&self, register: u8) -> i64 {
        self.expect(register, Tag::Int).cast_signed()
    }

    /// The boolean in a register of type bool.
    #[inline]
    pub(crate) fn bool(&self, register: u8) -> bool {
        self.expect(register, Tag::Bool) != 0
    }

    /// The cursor in a register of type cursor.
    #[inline]
    pub(crate) fn cursor(&self, register: u8) -> u64 {
        self.expect(register, Tag::Cursor)
    }

    /// The group at which the loop with this position stands.
    #[inline]
    pub(crate) fn group(&self, register: u8) -> u32 {
        low(self.expect(register, Tag::Loop))
    }

    /// The integer at which the loop with this position stands, and how many follow.
    #[inline]
    pub(crate) fn range(&self, register: u8) -> (i64, u32) {
        let at = self.expect(register, Tag::Range).cast_signed();
        (at, self.arguments[usize::from(register)])
    }

    /// The key in a register of type key.
    #[inline]
    pub(crate) fn key<'a>(&self, register: u8, input: Input<'a>) -> Key<'a> {
        let hash = self.expect(register, Tag::Key);
        let argument = self.arguments[usize::from(register)];
        let hint = if argument == self.hint_argument { self.hint } else { Hint::NONE };
        Key { bytes: input.args.get(argument as usize), hash, hint }
    }

    /// Remembers where the store found the key in a register. The last one is remembered: most
    /// programs have one key.
    #[inline]
    pub(crate) fn remember(&mut self, register: u8, hint: Hint) {
        self.hint = hint;
        self.hint_argument = self.arguments[usize::from(register)];
    }

    /// The string in a register that serves as bytes; `None` where it is absent.
    pub(crate) fn text<'r>(&'r self, register: u8, input: Input<'r>) -> Option<Text<'r>> {
        let index = usize::from(register);
        let bits = self.bits[index];
        let bytes = match self.tags[index] {
            Tag::Int => return Some(Text::Integer(bits.cast_signed())),
            Tag::Argument => input.args.get(bits as usize),
            Tag::Key => input.args.get(self.arguments[index] as usize),
            Tag::Constant => input.literal(low(bits).cast_signed()),
            Tag::Scratch => {
                let rest = self.buffers.scratch.get(low(bits) as usize..).unwrap_or(&[]);
                rest.get(..low(bits >> 32) as usize).unwrap_or(&[])
            }
            Tag::Absent | Tag::Bool | Tag::Float | Tag::Cursor | Tag::Loop | Tag::Range => {
                return None;
            }
        };
        Some(Text::Bytes(bytes))
    }

    /// The bytes in a register that serves as bytes, an integer's digits standing in `digits`;
    /// empty where it is absent.
    pub(crate) fn bytes<'r>(
        &'r self,
        register: u8,
        input: Input<'r>,
        digits: &'r mut decimal::Buffer,
    ) -> &'r [u8] {
        self.text(register, input).map_or(&[], |text| text.bytes(digits))
    }

    /// Lets a register hold a copy of a string that is about to go away.
    ///
    /// # Errors
    ///
    /// The run has copied too much.
    pub(crate) fn copy_in(&mut self, register: u8, text: Text<'_>) -> Result<(), Fault> {
        let value = match text {
            Text::Integer(value) => Value::Int(value),
            Text::Bytes(bytes) => {
                let scratch = &mut self.buffers().scratch;
                let start = scratch.len();
                if bytes.len() > SCRATCH_BYTES_MAX - start {
                    return Err(Fault::OutOfMemory);
                }
                scratch.extend_from_slice(bytes);
                // Both are at most SCRATCH_BYTES_MAX.
                Value::Scratch { start: start as u32, len: bytes.len() as u32 }
            }
        };
        self.set(register, value);
        Ok(())
    }

    /// Keeps what a loop has read of a container for the rest of the run: any register may hold it.
    ///
    /// # Errors
    ///
    /// The run has copied too much.
    pub(crate) fn keep_elements(&mut self, mut read: Elements) -> Result<(), Fault> {
        let buffers = self.buffers();
        let base = buffers.scratch.len();
        if read.bytes.len() > SCRATCH_BYTES_MAX - base {
            return Err(Fault::OutOfMemory);
        }
        buffers.scratch.append(&mut read.bytes);
        for value in &mut read.values {
            if let Value::Scratch { start, .. } = value {
                // It is at most SCRATCH_BYTES_MAX.
                *start += base as u32;
            }
        }
        buffers.elements = read;
        Ok(())
    }

    /// The bits of a register of which the verifier has proved the type.
    #[inline]
    fn expect(&self, register: u8, tag: Tag) -> u64 {
        let index = usize::from(register);
        debug_assert_eq!(self.tags[index], tag, "register {register}");
        self.bits[index]
    }
}

impl Buffers {
    #[cold]
    fn clear(&mut self) {
        for buffer in [&mut self.scratch, &mut self.keys] {
            buffer.clear();
            if buffer.capacity() > SCRATCH_KEPT_BYTES {
                buffer.shrink_to(SCRATCH_KEPT_BYTES);
            }
        }
        self.keys_found = 0;
        self.open.clear();
        self.elements.values.clear();
        self.gathered = None;
        self.kept = None;
        self.ordered = None;
        self.scored.clear();
        self.places = None;
        self.sketches = None;
        self.search = Search::default();
        self.sample = Sample::None;
        self.gathered_bits = None;
        self.gathering = None;
        self.scored = Scored::default();
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scratch_bytes = self.buffers.scratch.len();
        f.debug_struct("Registers").field("scratch_bytes", &scratch_bytes).finish_non_exhaustive()
    }
}

/// What a program reads besides registers: arguments and constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) args: &'a Args<'a>,
    pub(crate) constants: &'a [Constant],
}

impl<'a> Input<'a> {
    /// A byte string constant; empty where the index is wrong, which the verifier excludes.
    pub(crate) fn literal(self, index: i32) -> &'a [u8] {
        match usize::try_from(index).ok().and_then(|index| self.constants.get(index)) {
            Some(Constant::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }
}

/// The lower half.
const fn low(bits: u64) -> u32 {
    bits as u32
}

/// How deep aggregates of unknown length may nest.
pub(crate) const OPEN_AGGREGATES_MAX: usize = 4;

/// Registers that an operand can name.
const COUNT: usize = 256;

/// The number of no argument.
const NO_ARGUMENT: u32 = u32::MAX;

/// Scratch space kept from one run to the next.
const SCRATCH_KEPT_BYTES: usize = 64 * 1024;

/// What one run may copy to the scratch space: Redis' largest string.
const SCRATCH_BYTES_MAX: usize = 512 * 1024 * 1024;
