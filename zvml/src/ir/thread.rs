//! Jump threading.
//!
//! 1. A block that begins with a conditional jump and goes on is split behind it, so that the
//!    jump stands alone.
//! 2. Going forward with what is known of the values, a jump to a block that does nothing but
//!    jump goes where that jump will go: a jump is always taken, a conditional one is where what
//!    is known along the way decides it. A condition that was just tested, or a constant that was
//!    just loaded to be tested, is not looked at again.
//!
//! A block behind the opening of a loop stays, as that is where the closing jump must go.

use super::edges::Walk;
use super::facts::{Facts, Outcome};
use super::{BlockId, Function, Operation};
use zvm::Opcode;

/// Sends jumps where they will end up. O(blocks x values + code).
pub(super) fn thread(function: &mut Function) {
    let leads_on = |id: &BlockId| {
        let first = function.block(*id).first();
        first.is_some_and(|first| is_test(first) || first.op == Opcode::Jump)
    };
    if !function.order.iter().any(leads_on) {
        return;
    }
    split(function);
    let entry = Facts::at_entry(function, false);
    let plain = function.plain.map(|_| Facts::at_entry(function, true));
    let mut walk = Walk::new(function, entry, plain);
    let bodies = bodies(function);
    for index in 0..function.order.len() {
        let id = function.order[index];
        let Some(mut facts) = walk.enter(id) else { continue };
        for at in 0..function.block(id).len() {
            let operation = function.block(id)[at];
            if let Some(target) = operation.target().filter(|_| !operation.closes_loop()) {
                let jumping = facts.at_jump(function, &operation);
                let end = follow(function, &jumping, target, &bodies);
                function.block_mut(id)[at].retarget(end);
                walk.leave(end, jumping);
            }
            facts.pass(function, &operation);
        }
    }
    super::dead::drop_unreachable(function);
}

/// Where a jump to a block ends up, with this known.
fn follow(function: &Function, facts: &Facts, mut to: BlockId, bodies: &[BlockId]) -> BlockId {
    // Jumps go forward, so this ends.
    while !bodies.contains(&to) {
        let next = match function.block(to) {
            [jump] if jump.op == Opcode::Jump => jump.target(),
            [test, jump] if is_test(test) && jump.op == Opcode::Jump => {
                match facts.evaluate(function, test) {
                    Some(Outcome::Jumps) => test.target(),
                    Some(Outcome::Passes) => jump.target(),
                    _ => return to,
                }
            }
            _ => return to,
        };
        let Some(next) = next else { return to };
        to = next;
    }
    to
}

/// Lets conditional jumps at the head of a block stand alone.
fn split(function: &mut Function) {
    let mut order = Vec::with_capacity(function.order.len());
    for id in std::mem::take(&mut function.order) {
        order.push(id);
        let [test, rest, ..] = function.block(id) else { continue };
        if !is_test(test) || rest.op == Opcode::Jump {
            continue;
        }
        let rest = function.block_mut(id).split_off(1);
        let rest = function.add_block(rest);
        function.block_mut(id).push(Operation::jump(rest));
        order.push(rest);
    }
    function.order = order;
}

/// The blocks to which closing jumps of loops go.
fn bodies(function: &Function) -> Vec<BlockId> {
    let operations = function.order.iter().flat_map(|id| function.block(*id));
    operations.filter(|operation| operation.closes_loop()).filter_map(Operation::target).collect()
}

const fn is_test(operation: &Operation) -> bool {
    matches!(operation.op, Opcode::JumpIf | Opcode::JumpUnless | Opcode::JumpAbsent)
}
