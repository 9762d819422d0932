//! The register file: what a program computes with, reused from run to run.

use crate::generated::Aggregate;
use crate::{Args, Constant, Fault, Key, Text};
use databox::decimal;
use std::fmt;

/// Registers, scratch space and open aggregates of a running program.
///
/// One serves any number of runs, one after the other, and programs of any size: no run clears
/// it, because the verifier proves that a register is written before it is read.
///
/// Units: 256 registers of 16 bytes; the scratch space grows to what programs copy and is given
/// back above 64 KiB.
pub struct Registers {
    values: [Value; 256],
    scratch: Vec<u8>,
    /// What a scan found, until its cursor is replied.
    pub(crate) keys: Vec<u8>,
    pub(crate) open: Vec<OpenAggregate>,
    /// Replies since the aggregate opened last, headers of fixed length counted so that a
    /// complete aggregate counts one.
    pub(crate) elements: i64,
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
    /// The group that a loop stands at.
    Loop(u32),
}

const _: () = assert!(size_of::<Value>() == 16);

/// An aggregate whose length is not known yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenAggregate {
    pub(crate) mark: crate::Mark,
    pub(crate) kind: Aggregate,
    /// [`Registers::elements`] of the aggregate around it.
    pub(crate) elements_before: i64,
}

impl Registers {
    /// A register file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            values: [Value::Absent; 256],
            scratch: Vec::new(),
            keys: Vec::new(),
            open: Vec::with_capacity(OPEN_AGGREGATES_MAX),
            elements: 0,
        }
    }

    /// Makes room for another run. O(1).
    pub(crate) fn begin(&mut self) {
        for buffer in [&mut self.scratch, &mut self.keys] {
            buffer.clear();
            if buffer.capacity() > SCRATCH_KEPT_BYTES {
                buffer.shrink_to(SCRATCH_KEPT_BYTES);
            }
        }
        self.open.clear();
        self.elements = 0;
    }

    pub(crate) fn get(&self, register: u8) -> Value {
        self.values[usize::from(register)]
    }

    pub(crate) fn set(&mut self, register: u8, value: Value) {
        self.values[usize::from(register)] = value;
    }

    /// The integer in a register of type int. Another value, which the verifier excludes, is 0.
    pub(crate) fn int(&self, register: u8) -> i64 {
        match self.get(register) {
            Value::Int(value) => value,
            other => {
                debug_assert!(false, "register {register} holds {other:?}, not an integer");
                0
            }
        }
    }

    /// The boolean in a register of type bool. Another value, which the verifier excludes, is
    /// false.
    pub(crate) fn bool(&self, register: u8) -> bool {
        debug_assert!(matches!(self.get(register), Value::Bool(_)));
        self.get(register) == Value::Bool(true)
    }

    /// The cursor in a register of type cursor. Another value, which the verifier excludes, is 0.
    pub(crate) fn cursor(&self, register: u8) -> u64 {
        match self.get(register) {
            Value::Cursor(value) => value,
            other => {
                debug_assert!(false, "register {register} holds {other:?}, not a cursor");
                0
            }
        }
    }

    /// The key in a register of type key. Another value, which the verifier excludes, is the
    /// empty key.
    pub(crate) fn key<'a>(&self, register: u8, input: Input<'a>) -> Key<'a> {
        match self.get(register) {
            Value::Key { argument, hash } => Key { bytes: input.args.get(argument as usize), hash },
            other => {
                debug_assert!(false, "register {register} holds {other:?}, not a key");
                Key { bytes: &[], hash: 0 }
            }
        }
    }

    /// The string in a register that serves as bytes; `None` where it is absent.
    pub(crate) fn text<'r>(&'r self, register: u8, input: Input<'r>) -> Option<Text<'r>> {
        let bytes = match self.get(register) {
            Value::Int(value) => return Some(Text::Integer(value)),
            Value::Argument(index) | Value::Key { argument: index, .. } => {
                input.args.get(index as usize)
            }
            Value::Constant(index) => input.literal(index.cast_signed()),
            Value::Scratch { start, len } => {
                let rest = self.scratch.get(start as usize..).unwrap_or(&[]);
                rest.get(..len as usize).unwrap_or(&[])
            }
            _ => return None,
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
                let start = self.scratch.len();
                if bytes.len() > SCRATCH_BYTES_MAX - start {
                    return Err(Fault::OutOfMemory);
                }
                self.scratch.extend_from_slice(bytes);
                // Both are at most SCRATCH_BYTES_MAX.
                Value::Scratch { start: start as u32, len: bytes.len() as u32 }
            }
        };
        self.set(register, value);
        Ok(())
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registers").field("scratch", &self.scratch.len()).finish_non_exhaustive()
    }
}

/// What a program reads besides registers: arguments and constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) args: Args<'a>,
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

/// How deep aggregates of unknown length may nest.
pub(crate) const OPEN_AGGREGATES_MAX: usize = 4;

/// Scratch space kept from one run to the next.
const SCRATCH_KEPT_BYTES: usize = 64 * 1024;

/// What one run may copy to the scratch space: Redis' largest string.
const SCRATCH_BYTES_MAX: usize = 512 * 1024 * 1024;
