//! Which values an operation reads and writes.

use super::{Function, Operand, Operation, ValueId};
use zvm::{OperandKind, Pattern, Slot};

/// What an operation does to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    /// It reads it, then writes it.
    Change,
}

impl Access {
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Change)
    }

    pub(crate) const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Change)
    }
}

impl Function {
    /// Calls `visit` with every value that an operation accesses: the values of a loop's group
    /// follow its position.
    pub(crate) fn visit(&self, operation: &Operation, mut visit: impl FnMut(ValueId, Access)) {
        for (operand, info) in operation.operands.iter().zip(&operation.op.info().operands) {
            let Operand::Value(value) = *operand else { continue };
            let (access, pattern) = match info.kind {
                OperandKind::Out(pattern) => (Access::Write, pattern),
                OperandKind::Change(pattern) => (Access::Change, pattern),
                _ => {
                    visit(value, Access::Read);
                    continue;
                }
            };
            visit(value, access);
            if pattern == Pattern::Loop {
                for offset in 1..=self.loop_len(operation) {
                    visit(ValueId(value.0.saturating_add(offset)), Access::Write);
                }
            }
        }
    }

    /// Calls `visit` with every value that an operation writes.
    pub(crate) fn visit_written(&self, operation: &Operation, mut visit: impl FnMut(ValueId)) {
        self.visit(operation, |value, access| {
            if access.writes() {
                visit(value);
            }
        });
    }

    /// How often each value is read and written, in the text of the code.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally {
            reads: vec![0; self.values.len()],
            writes: vec![0; self.values.len()],
            constants: vec![None; self.values.len()],
        };
        for operation in self.order.iter().flat_map(|id| self.block(*id)) {
            let constant = self.constant_of(operation);
            self.visit(operation, |value, access| {
                let index = value.0 as usize;
                tally.reads[index] += u32::from(access.reads());
                tally.writes[index] += u32::from(access.writes());
                if access.writes() {
                    tally.constants[index] = constant;
                }
            });
        }
        for (index, value) in self.values.iter().enumerate() {
            if tally.writes[index] != 1 || value.fixed.is_some() {
                tally.constants[index] = None;
            }
        }
        tally
    }

    /// The integer that an operation loads.
    pub(crate) fn constant_of(&self, operation: &Operation) -> Option<i64> {
        match (operation.op, operation.operands[Slot::Imm as usize]) {
            (zvm::Opcode::IntConst, Operand::Number(number)) => Some(i64::from(number)),
            (zvm::Opcode::IntWide, Operand::Constant(id)) => {
                match self.constants.get(id.0 as usize) {
                    Some(zvm::Constant::Integer(value)) => Some(*value),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// How often each value is named.
#[derive(Debug)]
pub(crate) struct Tally {
    pub reads: Vec<u32>,
    pub writes: Vec<u32>,
    /// The integer that a value always is: written once, by a load of it.
    pub constants: Vec<Option<i64>>,
}
