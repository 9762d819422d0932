//! Rules of single instructions: operands in range, no register written by two of them, and only
//! what the program may touch.

use super::VerifyError;
use crate::operand::{ConstantKind, Domain, Emit, OperandKind, Pattern, Slot};
use crate::{Access, Constant, Instruction, Program, RunWhere};

/// Checks every instruction by itself.
pub(super) fn check(program: &Program) -> Result<(), VerifyError> {
    for (at, &instruction) in program.code.iter().enumerate() {
        let info = instruction.op.info();
        for (slot, operand) in Slot::ALL.into_iter().zip(info.operands) {
            if !in_range(program, instruction, slot, operand.kind) {
                return Err(VerifyError::Operand { at, slot });
            }
        }
        if let Some(slot) = written_twice(program, instruction) {
            return Err(VerifyError::Operand { at, slot });
        }
        if matches!(info.emit, Emit::Elements | Emit::Pairs)
            && !(0..=FIXED_LEN_MAX).contains(&instruction.imm)
        {
            return Err(VerifyError::Operand { at, slot: Slot::Imm });
        }
        let connection = program.run_where == RunWhere::Connection;
        let foreign = if connection { Domain::Store } else { Domain::Session };
        if info.domain == foreign {
            return Err(VerifyError::Domain { at });
        }
        if info.writes && !program.access.contains(Access::WRITE) {
            return Err(VerifyError::Access { at });
        }
    }
    Ok(())
}

/// The operand that writes a register which another operand of the instruction writes, too.
fn written_twice(program: &Program, instruction: Instruction) -> Option<Slot> {
    let written = |slot: Slot| {
        let first = instruction.operand(slot);
        let behind = match instruction.op.info().operands[slot as usize].kind {
            OperandKind::Out(Pattern::Loop) | OperandKind::Change(Pattern::Loop) => {
                instruction.loop_len(&program.signature)
            }
            OperandKind::Out(_) | OperandKind::Change(_) => 0,
            _ => return None,
        };
        Some(first..=first.saturating_add(i32::try_from(behind).unwrap_or(i32::MAX)))
    };
    Slot::ALL.into_iter().enumerate().find_map(|(number, slot)| {
        let own = written(slot)?;
        let mut others = Slot::ALL.into_iter().take(number).filter_map(written);
        let meets = others.any(|it| it.start() <= own.end() && own.start() <= it.end());
        meets.then_some(slot)
    })
}

fn in_range(program: &Program, instruction: Instruction, slot: Slot, kind: OperandKind) -> bool {
    let value = instruction.operand(slot);
    let Ok(index) = usize::try_from(value) else {
        return matches!(kind, OperandKind::Number | OperandKind::Small);
    };
    match kind {
        OperandKind::Unused => index == 0,
        OperandKind::Out(Pattern::Loop) | OperandKind::Change(Pattern::Loop) => {
            let stride = instruction.loop_len(&program.signature);
            stride > 0 && index + stride < usize::from(program.registers)
        }
        OperandKind::In(_) | OperandKind::Out(_) | OperandKind::Change(_) => {
            index < usize::from(program.registers)
        }
        OperandKind::Choice(set) => index < set.names().len(),
        OperandKind::Constant(kind) => matches!(
            (kind, program.constants.get(index)),
            (ConstantKind::Bytes, Some(Constant::Bytes(_)))
                | (ConstantKind::Int, Some(Constant::Integer(_)))
        ),
        OperandKind::Number | OperandKind::Small => true,
        OperandKind::Jump(_) => index < program.code.len(),
    }
}

/// Elements or pairs of an aggregate whose length stands in the code.
const FIXED_LEN_MAX: i32 = 1024;
