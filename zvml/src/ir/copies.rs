//! Copy propagation.
//!
//! Goes forward with, for each value, the value that it is a copy of:
//!
//! 1. behind `a = copy b`, `a` is a copy of `b`, or of what `b` is a copy of;
//! 2. where an operation writes a value, that is no copy any more, and nothing is a copy of it;
//! 3. an operation that reads a value which is a copy reads the original; one that changes it in
//!    place does not;
//! 4. a test whether a value is there tells of that value alone, so it reads what it names, which
//!    is no copy behind it.
//!
//! The copies themselves stay; where nothing reads them any more, they are dead code.

use super::edges::{Knowledge, Walk};
use super::{Function, Operand, Operation, ValueId};
use zvm::{Flow, Opcode, OperandKind, Slot};

/// Lets operations read originals instead of copies. O(blocks x values + code).
pub(super) fn propagate(function: &mut Function) {
    let operations = function.order.iter().flat_map(|id| function.block(*id));
    if operations.into_iter().all(|operation| operation.op != Opcode::Copy) {
        return;
    }
    let none = Copies(vec![None; function.values.len()]);
    let mut walk = Walk::new(function, none.clone(), function.plain.map(|_| none));
    for index in 0..function.order.len() {
        let id = function.order[index];
        let Some(mut copies) = walk.enter(id) else { continue };
        let mut operations = std::mem::take(function.block_mut(id));
        for operation in &mut operations {
            if operation.op.info().flow == Flow::Refine {
                operation.value(Slot::A).into_iter().for_each(|value| copies.forget(value));
            }
            read_originals(operation, &copies);
            let target = operation.target().filter(|_| !operation.closes_loop());
            function.visit_written(operation, |value| copies.forget(value));
            if let (Opcode::Copy, Some(copy), Some(original)) =
                (operation.op, operation.value(Slot::A), operation.value(Slot::B))
                && copy != original
            {
                copies.0[copy.0 as usize] = Some(original);
            }
            // Where it jumps, it may not have written: that knows the less for it.
            if let Some(target) = target {
                walk.leave(target, copies.clone());
            }
        }
        *function.block_mut(id) = operations;
    }
}

/// For each value, the one that it is a copy of.
#[derive(Clone)]
struct Copies(Vec<Option<ValueId>>);

impl Knowledge for Copies {
    fn meet(&mut self, other: &Self) {
        for (one, other) in self.0.iter_mut().zip(&other.0) {
            if one != other {
                *one = None;
            }
        }
    }

    fn forget(&mut self, value: ValueId) {
        self.0[value.0 as usize] = None;
        for copy in &mut self.0 {
            if *copy == Some(value) {
                *copy = None;
            }
        }
    }
}

fn read_originals(operation: &mut Operation, copies: &Copies) {
    let kinds = operation.op.info().operands;
    for (operand, info) in operation.operands.iter_mut().zip(kinds) {
        if let (Operand::Value(value), OperandKind::In(_)) = (&operand, info.kind)
            && let Some(original) = copies.0.get(value.0 as usize).copied().flatten()
        {
            *operand = Operand::Value(original);
        }
    }
}
