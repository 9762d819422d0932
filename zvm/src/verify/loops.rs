//! Every run ends: rules of jumps.
//!
//! A loop is the stretch from behind an opening instruction to its closing one. Jumps go forward,
//! except the closing one, which goes to the instruction behind its opening. Nothing jumps into a
//! loop from outside, and nothing inside it writes its position but the closing instruction, which
//! moves it on. A loop stands wholly in another or wholly outside, to a depth of four, and one over
//! the elements of a container in no other such: so a run takes at most as many steps as there are
//! instructions, times one more than the longest loop has rounds, for each level of loops: groups
//! of arguments, options, 65,536 integers, or the elements of a container.

use super::VerifyError;
use crate::operand::{Flow, OperandKind, Over, Slot};
use crate::{Instruction, Program};
use std::ops::RangeInclusive;

/// Checks all jumps.
pub(super) fn check(program: &Program) -> Result<(), VerifyError> {
    let loops = find(program)?;
    if let Some(entry) = program.plain_entry.map(|entry| entry as usize)
        && (program.signature.groups.is_empty()
            || entry >= program.code.len()
            || loops.iter().any(|stretch| stretch.contains(&entry)))
    {
        return Err(VerifyError::PlainEntry);
    }
    for stretch in &loops {
        check_position(program, stretch)?;
    }
    for (at, instruction) in program.code.iter().enumerate() {
        let info = instruction.op.info();
        let jumps = matches!(info.operands, [.., imm] if matches!(imm.kind, OperandKind::Jump(_)));
        if !jumps || closes(info.flow) {
            continue;
        }
        let target = target(*instruction);
        let enters =
            |stretch: &&RangeInclusive<usize>| stretch.contains(&target) && !stretch.contains(&at);
        if target <= at || loops.iter().any(|stretch| enters(&stretch)) {
            return Err(VerifyError::Jump { at });
        }
    }
    Ok(())
}

/// The loops, in order.
fn find(program: &Program) -> Result<Vec<RangeInclusive<usize>>, VerifyError> {
    let mut loops: Vec<RangeInclusive<usize>> = Vec::new();
    for (at, instruction) in program.code.iter().enumerate() {
        if !closes(instruction.op.info().flow) {
            continue;
        }
        let body = target(*instruction);
        let opening = body.checked_sub(1).and_then(|before| program.code.get(before));
        let belongs = opening.is_some_and(|opening| {
            let (open, close) = (opening.op.info(), instruction.op.info());
            let same_kind = open.over == close.over
                && (open.over != Over::Elements || opening.c == instruction.c)
                && (open.over != Over::Options || opening.b == instruction.b);
            open.flow == Flow::LoopOpen && opening.a == instruction.a && same_kind
        });
        // Of two loops, the inner one ends first.
        let apart = loops.iter().all(|other| *other.end() < body || *other.start() > body);
        if !belongs || body > at || !apart {
            return Err(VerifyError::Loop { at });
        }
        loops.push(body..=at);
    }
    match loops.iter().find(|inner| !is_shallow(program, &loops, inner)) {
        Some(inner) => Err(VerifyError::Loop { at: *inner.end() }),
        None => Ok(loops),
    }
}

/// Whether not too many loops are around a loop, and none that reads elements as it does.
fn is_shallow(
    program: &Program,
    loops: &[RangeInclusive<usize>],
    inner: &RangeInclusive<usize>,
) -> bool {
    let reads_elements = |stretch: &RangeInclusive<usize>| {
        let closing = program.code.get(*stretch.end());
        closing.is_some_and(|closing| closing.op.info().over == Over::Elements)
    };
    let around =
        |outer: &&RangeInclusive<usize>| outer.start() < inner.start() && inner.end() < outer.end();
    let outer = loops.iter().filter(around);
    outer.clone().count() < LOOP_DEPTH_MAX
        && !(reads_elements(inner) && outer.into_iter().any(reads_elements))
}

/// How many loops may stand in each other.
pub(crate) const LOOP_DEPTH_MAX: usize = 4;

/// Checks that nothing in a loop writes its position.
fn check_position(program: &Program, stretch: &RangeInclusive<usize>) -> Result<(), VerifyError> {
    let closing = *stretch.end();
    let position = program.code.get(closing).map_or(0, |closing| i32::from(closing.a));
    for at in stretch.clone() {
        let Some(instruction) = program.code.get(at) else { continue };
        for (slot, operand) in Slot::ALL.into_iter().zip(instruction.op.info().operands) {
            let first = instruction.operand(slot);
            let written = match operand.kind {
                // The closing instruction moves the position on; that is its first operand.
                OperandKind::Change(_) if at == closing && slot == Slot::A => continue,
                OperandKind::Out(_) | OperandKind::Change(_) => first,
                _ => continue,
            };
            if written == position {
                return Err(VerifyError::Loop { at });
            }
        }
    }
    Ok(())
}

/// Whether an instruction closes a loop.
fn closes(flow: Flow) -> bool {
    matches!(flow, Flow::LoopClose | Flow::LoopEnd)
}

/// Where an instruction jumps; the pass over operands has checked that it is an instruction.
fn target(instruction: Instruction) -> usize {
    usize::try_from(instruction.imm).unwrap_or(usize::MAX)
}
