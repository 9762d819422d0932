//! Forward data-flow: what every register holds, and what has been replied, at every instruction.
//!
//! The state before the first instruction comes from the signature. An instruction turns the
//! state before it into one for the next instruction and one for its jump; where paths meet,
//! registers take the least type that serves for both, and replies must be the same. States only
//! grow, so this ends.

use super::VerifyError;
use super::reply::ReplyState;
use crate::generated::aggregate;
use crate::operand::{Flow, OperandKind, Pattern, Slot, Type};
use crate::{Instruction, OpcodeInfo, Program};
use std::collections::BTreeSet;

/// Checks types and replies on every path.
pub(super) fn check(program: &Program) -> Result<(), VerifyError> {
    let mut before: Vec<Option<State>> = vec![None; program.code.len()];
    // In the order of the code, so that a join is looked at once most paths have arrived.
    let mut pending = BTreeSet::from([0]);
    if let Some(first) = before.first_mut() {
        *first = Some(State::at_start(program, false));
    }
    if let Some(entry) = program.plain_entry.map(|entry| entry as usize) {
        let place = before.get_mut(entry).ok_or(VerifyError::PlainEntry)?;
        State::meet(place, State::at_start(program, true), entry)?;
        pending.insert(entry);
    }
    // A state is kept where another path may arrive; elsewhere it is handed on.
    let joins = joins(program);
    while let Some(at) = pending.pop_first() {
        let place = before.get_mut(at);
        let state = if joins.get(at) == Some(&true) {
            place.and_then(|state| state.clone())
        } else {
            place.and_then(Option::take)
        };
        let (Some(state), Some(&instruction)) = (state, program.code.get(at)) else { continue };
        let (next, jump) = step(program, at, instruction, state)?;
        let target = usize::try_from(instruction.imm).unwrap_or(usize::MAX);
        for (successor, state) in [(at + 1, next), (target, jump)] {
            let Some(state) = state else { continue };
            let place = before.get_mut(successor).ok_or(VerifyError::End)?;
            if State::meet(place, state, successor)? {
                pending.insert(successor);
            }
        }
    }
    Ok(())
}

/// Which instructions may be reached by a jump, or from outside.
fn joins(program: &Program) -> Vec<bool> {
    let mut joins = vec![false; program.code.len()];
    let jumps = program.code.iter().filter(|instruction| has_jump(instruction.op.info()));
    let targets = jumps.filter_map(|instruction| usize::try_from(instruction.imm).ok());
    for target in targets.chain(program.plain_entry.map(|entry| entry as usize)) {
        if let Some(join) = joins.get_mut(target) {
            *join = true;
        }
    }
    joins
}

fn has_jump(info: &OpcodeInfo) -> bool {
    matches!(info.operands, [.., imm] if matches!(imm.kind, OperandKind::Jump(_)))
}

/// What is known before an instruction.
#[derive(Debug, Clone, PartialEq)]
struct State {
    registers: Vec<Known>,
    reply: ReplyState,
}

/// What is known of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing, so that it cannot be read.
    Nothing,
    /// It holds a value of this type.
    Is(Type),
    /// It holds a value of this type, or is absent.
    Maybe(Type),
    /// It holds the position of a loop.
    Loop,
}

impl State {
    /// Before the first instruction, or at the plain entry, where every parameter is there and no
    /// option has a register.
    fn at_start(program: &Program, plain: bool) -> Self {
        let mut registers = vec![Known::Nothing; usize::from(program.registers)];
        let params = if plain { program.signature.param_registers() } else { usize::MAX };
        for (known, param) in registers.iter_mut().zip(program.signature.registers().take(params)) {
            let maybe = param.optional && !plain;
            *known = if maybe { Known::Maybe(param.ty) } else { Known::Is(param.ty) };
        }
        Self { registers, reply: ReplyState::default() }
    }

    /// Lets a path arrive at an instruction; true where more is possible there than before.
    fn meet(place: &mut Option<Self>, arriving: Self, at: usize) -> Result<bool, VerifyError> {
        let Some(known) = place else {
            *place = Some(arriving);
            return Ok(true);
        };
        if known.reply != arriving.reply {
            return Err(VerifyError::ReplyMismatch { at });
        }
        let mut changed = false;
        for (left, right) in known.registers.iter_mut().zip(arriving.registers) {
            let joined = left.join(right);
            changed |= joined != *left;
            *left = joined;
        }
        Ok(changed)
    }

    fn get(&self, register: i32) -> Known {
        let register = usize::try_from(register).ok().and_then(|index| self.registers.get(index));
        register.copied().unwrap_or(Known::Nothing)
    }

    fn set(&mut self, register: i32, known: Known) {
        let register = usize::try_from(register).ok();
        if let Some(place) = register.and_then(|index| self.registers.get_mut(index)) {
            *place = known;
        }
    }
}

impl Known {
    /// The least that is true of both.
    fn join(self, other: Self) -> Self {
        let (Some((left, left_maybe)), Some((right, right_maybe))) = (self.parts(), other.parts())
        else {
            return if self == other { self } else { Self::Nothing };
        };
        let ty = if left.serves_as(right) {
            right
        } else if right.serves_as(left) {
            left
        } else if left.serves_as(Type::Bytes) && right.serves_as(Type::Bytes) {
            Type::Bytes
        } else {
            return Self::Nothing;
        };
        if left_maybe || right_maybe { Self::Maybe(ty) } else { Self::Is(ty) }
    }

    /// Type, and whether it may be absent.
    const fn parts(self) -> Option<(Type, bool)> {
        match self {
            Self::Is(ty) => Some((ty, false)),
            Self::Maybe(ty) => Some((ty, true)),
            Self::Nothing | Self::Loop => None,
        }
    }

    /// Whether a register of which this is known can be read where an operand wants `pattern`.
    fn fits(self, pattern: Pattern) -> bool {
        match pattern {
            Pattern::Is(wanted) => matches!(self, Self::Is(ty) if ty.serves_as(wanted)),
            Pattern::Maybe(wanted) => self.parts().is_some_and(|(ty, _)| ty.serves_as(wanted)),
            Pattern::Any | Pattern::MaybeAny => self.parts().is_some(),
            Pattern::Loop => self == Self::Loop,
            Pattern::Same => false,
        }
    }
}

/// The states behind an instruction: at the next one, and at its jump.
fn step(
    program: &Program,
    at: usize,
    instruction: Instruction,
    mut state: State,
) -> Result<(Option<State>, Option<State>), VerifyError> {
    let info = instruction.op.info();
    let read = read(at, instruction, &state)?;
    let mut jumping = has_jump(info).then(|| state.clone());
    if !state.reply.emit(info.emit, instruction.imm, aggregate(instruction.b)) {
        return Err(VerifyError::SecondReply { at });
    }
    let position = i32::from(instruction.a);
    match info.flow {
        Flow::LoopClose | Flow::LoopEnd => {
            if let Some(state) = &mut jumping {
                write(program, instruction, read, state);
            }
            state.set(position, Known::Nothing);
            if info.flow == Flow::LoopClose {
                return Ok((Some(state), jumping));
            }
            return if state.reply.is_complete() {
                Ok((None, jumping))
            } else {
                Err(VerifyError::NoReply { at })
            };
        }
        _ => write(program, instruction, read, &mut state),
    }
    match info.flow {
        Flow::Next => Ok((Some(state), jumping)),
        Flow::Jump => Ok((None, jumping)),
        Flow::Refine => {
            if let Some((ty, _)) = state.get(position).parts() {
                state.set(position, Known::Is(ty));
            }
            Ok((Some(state), jumping))
        }
        Flow::LoopOpen => {
            // What else it writes it has written where it jumps, too.
            if let Some(jumping) = &mut jumping {
                write_others(instruction, jumping);
                jumping.set(position, Known::Nothing);
            }
            Ok((Some(state), jumping))
        }
        Flow::Halt if !state.reply.is_complete() => Err(VerifyError::NoReply { at }),
        Flow::Halt | Flow::Fault | Flow::LoopClose | Flow::LoopEnd => Ok((None, None)),
    }
}

/// Checks what an instruction reads; returns what is known of an operand of any type.
fn read(at: usize, instruction: Instruction, state: &State) -> Result<Known, VerifyError> {
    let mut read = Known::Nothing;
    for (slot, operand) in Slot::ALL.into_iter().zip(instruction.op.info().operands) {
        if let OperandKind::In(pattern) | OperandKind::Change(pattern) = operand.kind {
            let known = state.get(instruction.operand(slot));
            if !known.fits(pattern) {
                return Err(VerifyError::Type { at, slot });
            }
            if pattern == Pattern::Any {
                read = known;
            }
        }
    }
    Ok(read)
}

/// Notes what an instruction writes where it does not jump (a loop's closing: where it does).
fn write(program: &Program, instruction: Instruction, read: Known, state: &mut State) {
    for (slot, operand) in Slot::ALL.into_iter().zip(instruction.op.info().operands) {
        let (OperandKind::Out(pattern) | OperandKind::Change(pattern)) = operand.kind else {
            continue;
        };
        let register = instruction.operand(slot);
        match pattern {
            Pattern::Is(ty) => state.set(register, Known::Is(ty)),
            Pattern::Maybe(ty) => state.set(register, Known::Maybe(ty)),
            Pattern::Same => state.set(register, read),
            Pattern::Loop => {
                state.set(register, Known::Loop);
                let types = (0..).map_while(|at| instruction.loop_type(&program.signature, at));
                for (offset, (ty, optional)) in (1..).zip(types) {
                    let known = if optional { Known::Maybe(ty) } else { Known::Is(ty) };
                    state.set(register.saturating_add(offset), known);
                }
            }
            Pattern::Any | Pattern::MaybeAny => {}
        }
    }
}

/// Notes what the opening of a loop writes besides position and group.
fn write_others(instruction: Instruction, state: &mut State) {
    for (slot, operand) in Slot::ALL.into_iter().zip(instruction.op.info().operands) {
        if let OperandKind::Out(Pattern::Is(ty)) = operand.kind {
            state.set(instruction.operand(slot), Known::Is(ty));
        }
    }
}
