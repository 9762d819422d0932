//! Which register holds which value.
//!
//! A linear scan. A value's *range* goes from the first operation that names it to the last, in
//! the order of the code. Since jumps go forward but for a loop's closing one, whatever path is
//! taken, a value is needed within its range only; a range that begins before a loop and reaches
//! into it is stretched to the loop's end. Two values share a register where their ranges do not
//! overlap, or touch in one operation that reads the one and writes the other.
//!
//! Parameters have their registers already, until their last use; a loop's position and its group
//! take registers in a row.

use crate::ir::{Function, Operation, ValueId};
use zvm::{Flow, Slot};

/// The register of each value.
#[derive(Debug)]
pub(crate) struct Registers {
    chosen: Vec<u8>,
    /// One more than the highest.
    pub count: u16,
}

impl Registers {
    pub(crate) fn of(&self, value: ValueId) -> u8 {
        self.chosen.get(value.0 as usize).copied().unwrap_or(0)
    }
}

/// Chooses registers; `None` where there are too few. O(values x 255).
pub(crate) fn choose(function: &Function) -> Option<Registers> {
    let ranges = ranges(function);
    let mut order: Vec<(usize, Range)> = ranges
        .iter()
        .enumerate()
        .filter_map(|(index, range)| range.map(|range| (index, range)))
        .collect();
    order.sort_by_key(|(index, range)| (range.first, *index));
    // The operation before which each register is taken; it is free from there on.
    let mut busy_until = [0_usize; REGISTERS];
    let mut chosen = vec![0_u8; ranges.len()];
    let mut count = 0_u16;
    for (index, value) in function.values.iter().enumerate() {
        if let (Some(register), Some(Some(range))) = (value.fixed, ranges.get(index)) {
            *busy_until.get_mut(usize::from(register))? = range.last;
            *chosen.get_mut(index)? = register;
            count = count.max(u16::from(register) + 1);
        }
    }
    let mut settled: Vec<bool> =
        function.values.iter().map(|value| value.fixed.is_some()).collect();
    for (index, range) in order {
        if settled.get(index) == Some(&true) {
            continue;
        }
        let len = range.row;
        let free = |start: &usize| {
            busy_until
                .get(*start..*start + len)
                .is_some_and(|registers| registers.iter().all(|until| *until <= range.first))
        };
        let start = (0..REGISTERS).find(free)?;
        for offset in 0..len {
            let last = ranges.get(index + offset).copied().flatten().map_or(range.last, |r| r.last);
            *busy_until.get_mut(start + offset)? = last.max(range.first + 1);
            *settled.get_mut(index + offset)? = true;
            *chosen.get_mut(index + offset)? = u8::try_from(start + offset).ok()?;
        }
        count = count.max(u16::try_from(start + len).ok()?);
    }
    Some(Registers { chosen, count })
}

/// A register of its own for each value, behind the parameters' ones.
#[cfg(test)]
pub(crate) fn choose_apart(function: &Function) -> Option<Registers> {
    let fixed = function.values.iter().filter(|value| value.fixed.is_some()).count();
    let others = function.values.iter().scan(fixed, |next, value| {
        Some(value.fixed.map_or_else(
            || {
                *next += 1;
                *next - 1
            },
            usize::from,
        ))
    });
    let chosen: Option<Vec<u8>> = others.map(|register| u8::try_from(register).ok()).collect();
    Some(Registers { chosen: chosen?, count: u16::try_from(function.values.len()).ok()? })
}

/// Where a value is needed.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: usize,
    last: usize,
    /// How many registers in a row it takes: 1, but for the position of a loop, behind which the
    /// group's values are.
    row: usize,
}

fn ranges(function: &Function) -> Vec<Option<Range>> {
    let mut ranges: Vec<Option<Range>> = vec![None; function.values.len()];
    let operations = function.order.iter().flat_map(|id| function.block(*id));
    let mut opened = Vec::new();
    let mut loops = Vec::new();
    // Decoding, which writes the parameters, is number 0.
    for (at, operation) in (1..).zip(operations) {
        mark(function, at, operation, &mut ranges);
        match operation.op.info().flow {
            Flow::LoopOpen => opened.push(at),
            Flow::LoopClose | Flow::LoopEnd => {
                if let Some(open) = opened.pop() {
                    loops.push((2 * open + 1, 2 * at + 1));
                }
            }
            _ => {}
        }
    }
    // What decoding writes is there before every loop.
    for (value, range) in function.values.iter().zip(&mut ranges) {
        if let (Some(_), Some(range)) = (value.fixed, range) {
            range.first = 0;
        }
    }
    for range in ranges.iter_mut().flatten() {
        // Of loops in each other, the inner one comes first.
        for (open, close) in &loops {
            // What the opening itself writes, at `open`, lives in the loop, too.
            if range.first <= *open && range.last > *open {
                range.last = range.last.max(*close);
            }
        }
    }
    ranges
}

/// Operation n reads at 2n and writes from 2n + 1 to 2n + 2.
fn mark(function: &Function, at: usize, operation: &Operation, ranges: &mut [Option<Range>]) {
    function.visit(operation, |value, access| {
        let Some(slot) = ranges.get_mut(value.0 as usize) else { return };
        let first = 2 * at + usize::from(!access.reads());
        // A write keeps its register from the operation's other ones, even if nobody reads it.
        let last = 2 * at + 2 * usize::from(access.writes());
        let range = slot.get_or_insert(Range { first, last, row: 1 });
        range.first = range.first.min(first);
        range.last = range.last.max(last);
    });
    if operation.op.info().flow == Flow::LoopOpen
        && let Some(position) = operation.value(Slot::A)
        && let Some(Some(range)) = ranges.get_mut(position.0 as usize)
    {
        range.row = function.loop_len(operation) as usize + 1;
    }
}

/// As many as an instruction can name; one is kept so that their number fits in a byte.
const REGISTERS: usize = 255;
