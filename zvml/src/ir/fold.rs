//! Constant folding.
//!
//! Goes forward with what is known of the values ([`facts`](super::facts)), along the jumps that
//! can be taken:
//!
//! 1. an operation whose result is a known constant becomes a load of it;
//! 2. one that is known to jump becomes a jump, and what stands behind it in the block goes; one
//!    that is known not to jump goes itself;
//! 3. what has no effect on the other operand (adding 0, multiplying by 1) becomes a copy;
//! 4. a constant that is subtracted becomes its negative that is added, and the constant of an
//!    addition stands on the right, so that it can become part of the operation;
//! 5. blocks that no jump leads to any more are left out.

use super::edges::Walk;
use super::facts::{Fact, Facts, Outcome};
use super::{Function, Operand, Operation, ValueId};
use crate::typed::ValueType;
use zvm::{Opcode, Slot};

/// Folds what is constant. O(blocks x values + code).
pub(super) fn fold(function: &mut Function) {
    let entry = Facts::at_entry(function, false);
    let plain = function.plain.map(|_| Facts::at_entry(function, true));
    fold_from(function, entry, plain);
}

/// The same for a function that is entered with `entry` known.
pub(super) fn fold_from(function: &mut Function, entry: Facts, plain: Option<Facts>) {
    let mut walk = Walk::new(function, entry, plain);
    let order = std::mem::take(&mut function.order);
    let mut kept = Vec::with_capacity(order.len());
    let mut after = Vec::new();
    for id in order {
        let Some(mut facts) = walk.enter(id) else {
            function.block_mut(id).clear();
            continue;
        };
        kept.push(id);
        let mut block = std::mem::take(function.block_mut(id));
        for operation in block.drain(..) {
            if one(function, &mut walk, &mut facts, operation, &mut after) {
                break;
            }
        }
        // Every block ends with a jump or ends the program; what is known goes with the jump.
        if let Some(last) = after.last().filter(|last: &&Operation| last.op == Opcode::Jump)
            && let Some(target) = last.target()
        {
            walk.leave(target, facts);
        }
        block.append(&mut after);
        *function.block_mut(id) = block;
    }
    function.order = kept;
}

/// Folds one operation; true where nothing goes on behind it.
fn one(
    function: &mut Function,
    walk: &mut Walk<Facts>,
    facts: &mut Facts,
    operation: Operation,
    out: &mut Vec<Operation>,
) -> bool {
    match facts.evaluate(function, &operation) {
        Some(Outcome::Passes) => return false,
        Some(Outcome::Jumps) => {
            let Some(target) = operation.target() else { return false };
            *facts = facts.at_jump(function, &operation);
            out.push(Operation::jump(target));
            return true;
        }
        Some(Outcome::Is(fact)) => {
            let load = load(function, &operation, fact).unwrap_or(operation);
            facts.pass(function, &load);
            out.push(load);
            return false;
        }
        None => {}
    }
    let operation = reduce(function, facts, operation, out);
    let jumps = operation.op != Opcode::Jump && !operation.closes_loop();
    if let Some(target) = operation.target().filter(|_| jumps) {
        walk.leave(target, facts.at_jump(function, &operation));
    }
    facts.pass(function, &operation);
    out.push(operation);
    operation.ends()
}

/// The load of what is known of an operation's result, where that is a constant.
fn load(function: &mut Function, operation: &Operation, fact: Fact) -> Option<Operation> {
    let load = match fact {
        Fact::Integer(value) => function.load_integer(value),
        Fact::Truth(value) => {
            let number = Operand::Number(i32::from(value));
            Operation::new(Opcode::BoolConst).with(Slot::B, number)
        }
        Fact::Bytes(id) => {
            Operation::new(Opcode::BytesConst).with(Slot::Imm, Operand::Constant(id))
        }
        Fact::Unknown | Fact::Present | Fact::Absent => return None,
    };
    Some(load.with(Slot::A, Operand::Value(operation.value(Slot::A)?)))
}

/// An operation that does the same with less.
fn reduce(
    function: &mut Function,
    facts: &Facts,
    mut operation: Operation,
    out: &mut Vec<Operation>,
) -> Operation {
    let known = |slot| match facts.get(operation.value(slot)?) {
        Fact::Integer(value) => Some(value),
        _ => None,
    };
    let (left, right) = (known(Slot::B), known(Slot::C));
    let copies = match operation.op {
        Opcode::IntAdd if left == Some(0) => Some(Slot::C),
        Opcode::IntAdd | Opcode::IntSub if right == Some(0) => Some(Slot::B),
        Opcode::IntMul if left == Some(1) => Some(Slot::C),
        Opcode::IntMul | Opcode::IntDiv if right == Some(1) => Some(Slot::B),
        _ => None,
    };
    let [result, b, c, jump] = operation.operands;
    if let Some(slot) = copies {
        let from = operation.operands[slot as usize];
        return Operation::new(Opcode::Copy).with(Slot::A, result).with(Slot::B, from);
    }
    match (operation.op, left, right) {
        (Opcode::IntAdd | Opcode::IntMul, Some(_), None) => {
            operation.operands = [result, c, b, jump];
        }
        // The least integer has no negative.
        (Opcode::IntSub, None, Some(value)) if value > i64::MIN => {
            let negative = constant(function, -value, out);
            operation.op = Opcode::IntAdd;
            operation.operands = [result, b, Operand::Value(negative), jump];
        }
        _ => {}
    }
    operation
}

fn constant(function: &mut Function, value: i64, out: &mut Vec<Operation>) -> ValueId {
    let load = function.load_integer(value);
    let result = function.add_value(ValueType::INT);
    out.push(load.with(Slot::A, Operand::Value(result)));
    result
}
