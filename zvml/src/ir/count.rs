//! Counting without a jump.
//!
//! `if condition { n = n + 1 }` is, where the blocks are joined,
//!
//! ```text
//!     jump_unless %c b2               %n = int_count %n %c
//!     %n = int_add %n 1 b9      ->    jump b2
//!     jump b2
//! ```
//!
//! The addition could overflow, the counting stays at the greatest integer, so they are the same
//! only where there can be no overflow. That is so where everything that writes `n` is either a
//! load of a 32-bit constant or an addition of 1: to come from there to 2^63 takes as many steps,
//! which is more than any program lives to see.
//!
//! The 1, if nothing else reads it, and the error, if nothing else jumps to it, go at once.

use super::{BlockId, Function, Operand, Operation, ValueId};
use zvm::{Opcode, Slot};

/// Replaces additions of 1 under a condition. O(code).
pub(super) fn count(function: &mut Function) {
    let adds = |id: &BlockId| {
        let [.., test, add, _] = function.block(*id) else { return false };
        test.op == Opcode::JumpUnless && add.op == Opcode::IntAdd
    };
    if !function.order.iter().any(adds) {
        return;
    }
    let tally = function.tally();
    let mut counted = false;
    for index in 0..function.order.len() {
        let id = function.order[index];
        let Some(counting) = find(function, id, &tally.constants) else { continue };
        let block = function.block_mut(id);
        let at = block.len() - 3;
        block.splice(at..at + 2, [counting]);
        counted = true;
    }
    if counted {
        super::dead::drop_unreachable(function);
        super::dead::eliminate(function);
    }
}

/// The counting that the end of a block comes to.
fn find(function: &Function, id: BlockId, constants: &[Option<i64>]) -> Option<Operation> {
    let [.., test, add, jump] = function.block(id) else { return None };
    if test.op != Opcode::JumpUnless || jump.op != Opcode::Jump || test.target() != jump.target() {
        return None;
    }
    let counter = addition_of_one(add, constants)?;
    let counting = Operation::new(Opcode::IntCount)
        .with(Slot::A, Operand::Value(counter))
        .with(Slot::B, Operand::Value(test.value(Slot::A)?));
    is_bounded(function, counter, constants).then_some(counting)
}

/// The value to which an operation adds 1.
fn addition_of_one(operation: &Operation, constants: &[Option<i64>]) -> Option<ValueId> {
    let result = operation.value(Slot::A)?;
    let (left, right) = (operation.value(Slot::B)?, operation.value(Slot::C)?);
    let is_one = |value: ValueId| constants.get(value.0 as usize) == Some(&Some(1));
    let adds = operation.op == Opcode::IntAdd && left == result && is_one(right);
    adds.then_some(result)
}

/// Whether a value starts small and goes up in steps of 1 only.
fn is_bounded(function: &Function, counter: ValueId, constants: &[Option<i64>]) -> bool {
    let parameter = function.values.get(counter.0 as usize).is_none_or(|it| it.fixed.is_some());
    let mut operations = function.order.iter().flat_map(|id| function.block(*id));
    !parameter
        && operations.all(|operation| {
            let mut writes = false;
            function.visit_written(operation, |value| writes |= value == counter);
            !writes
                || matches!(operation.op, Opcode::IntConst | Opcode::IntCount)
                || addition_of_one(operation, constants) == Some(counter)
        })
}
