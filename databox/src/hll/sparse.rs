//! Registers as runs.

use super::{Corrupted, HEAD_BYTES, REGISTERS, STALE};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

/// What comes of raising a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    /// It was as great.
    Kept,
    Changed,
    /// It has to be dense; nothing has changed.
    TooLarge,
}

/// A run of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    len: usize,
    value: u8,
    /// The bytes of its opcode.
    size: usize,
}

impl Run {
    /// The run at the front of these bytes.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        let low = usize::from(first & 63);
        Some(match first >> 6 {
            0 => Self { len: low + 1, value: 0, size: 1 },
            1 => Self { len: (low << 8 | usize::from(*rest.first()?)) + 1, value: 0, size: 2 },
            _ => Self { len: usize::from(first & 3) + 1, value: (first >> 2 & 31) + 1, size: 1 },
        })
    }

    /// Writes a run of this length, unless it is 0.
    fn write(len: usize, value: u8, out: &mut Vec<u8>) {
        let Some(less) = len.checked_sub(1) else { return };
        if value > 0 {
            out.push(VALUE | (value - 1) << 2 | less as u8);
        } else if len > ZEROS_MAX {
            out.extend_from_slice(&[LONG | (less >> 8) as u8, less as u8]);
        } else {
            out.push(less as u8);
        }
    }
}

/// Visits runs, which must be of all registers.
pub(super) fn visit(
    mut bytes: &[u8],
    mut visit: impl FnMut(usize, usize, u8),
) -> Result<(), Corrupted> {
    let mut first = 0;
    while !bytes.is_empty() {
        let run = Run::read(bytes).ok_or(Corrupted)?;
        if first + run.len > REGISTERS {
            return Err(Corrupted);
        }
        visit(first, run.len, run.value);
        first += run.len;
        bytes = bytes.get(run.size..).unwrap_or_default();
    }
    if first == REGISTERS { Ok(()) } else { Err(Corrupted) }
}

/// Makes the register `index` of a whole string at least `value`.
pub(super) fn raise(string: &mut Vec<u8>, index: usize, value: u8) -> Result<Raised, Corrupted> {
    if value > VALUE_MAX {
        return Ok(Raised::TooLarge);
    }
    let (mut at, mut before, mut first) = (HEAD_BYTES, None, 0);
    let run = loop {
        let run = Run::read(string.get(at..).unwrap_or_default()).ok_or(Corrupted)?;
        if index < first + run.len {
            break run;
        }
        before = Some(at);
        at += run.size;
        first += run.len;
    };
    if run.value >= value {
        return Ok(Raised::Kept);
    }
    let mut runs = Vec::with_capacity(5);
    Run::write(index - first, run.value, &mut runs);
    Run::write(1, value, &mut runs);
    Run::write(first + run.len - 1 - index, run.value, &mut runs);
    if runs.len() > run.size && string.len() + runs.len() - run.size > SPARSE_BYTES_MAX {
        return Ok(Raised::TooLarge);
    }
    string.splice(at..at + run.size, runs);
    join(string, before.unwrap_or(HEAD_BYTES));
    if let Some(last) = string.get_mut(15) {
        *last |= STALE;
    }
    Ok(Raised::Changed)
}

/// Joins neighbours of one value, in five steps from a place on.
fn join(string: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOINED {
        let Some(run) = Run::read(string.get(at..).unwrap_or_default()) else { return };
        let next = Run::read(string.get(at + run.size..).unwrap_or_default());
        let len = run.len + next.map_or(0, |next| next.len);
        if run.value > 0 && next.is_some_and(|next| next.value == run.value) && len <= RUN_MAX {
            let mut joined = Vec::with_capacity(1);
            Run::write(len, run.value, &mut joined);
            string.splice(at..at + 2, joined);
        } else {
            at += run.size;
        }
    }
}

/// The opcodes in words.
pub(super) fn text(mut bytes: &[u8]) -> String {
    let mut text = String::new();
    while let Some(run) = Run::read(bytes) {
        let space = if text.is_empty() { "" } else { " " };
        let written = match (run.value, run.size) {
            (0, 1) => write!(text, "{space}z:{}", run.len),
            (0, _) => write!(text, "{space}Z:{}", run.len),
            (value, _) => write!(text, "{space}v:{value},{}", run.len),
        };
        debug_assert!(written.is_ok(), "a string takes everything");
        bytes = bytes.get(run.size..).unwrap_or_default();
    }
    text
}

/// All registers are 0.
pub(super) const EMPTY: [u8; 2] = [LONG | ((REGISTERS - 1) >> 8) as u8, 0xff];

const LONG: u8 = 0x40;
const VALUE: u8 = 0x80;

/// The longest run of a short opcode of zeros.
const ZEROS_MAX: usize = 64;

/// The longest run of others.
const RUN_MAX: usize = 4;

/// The greatest value of a register.
const VALUE_MAX: u8 = 32;

/// Steps in which neighbours are looked for to join.
const JOINED: usize = 5;

/// Redis' `hll-sparse-max-bytes`, as it is where nobody says otherwise.
const SPARSE_BYTES_MAX: usize = 3000;
