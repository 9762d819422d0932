//! Checks that need not jump.
//!
//! `key_ensure` faults where a key holds another kind, and jumps where it is absent. It becomes
//! `key_check`, which only faults,
//!
//! 1. where it jumps to where execution goes on anyway;
//! 2. where it jumps to a nil reply, and goes on to the reply of the string at the key, which is
//!    nil for an absent key, too.
//!
//! Of other conditional jumps, one that goes where execution goes on anyway is left out.

use super::{Function, Operand, Operation};
use zvm::{Opcode, Slot};

/// Lets checks fall through. O(code).
pub(super) fn relax(function: &mut Function) {
    let mut changed = false;
    for index in 0..function.order.len() {
        let id = function.order[index];
        let mut at = 0;
        while let Some(operation) = function.block(id).get(at) {
            let behind = function.block(id).get(at + 1..).unwrap_or(&[]);
            let anyway = match behind {
                [jump, ..] if jump.op == Opcode::Jump => jump.target() == operation.target(),
                _ => false,
            };
            match operation.op {
                Opcode::KeyEnsure if anyway || replies_nil(function, operation, behind) => {
                    let checks = &mut function.block_mut(id)[at];
                    *checks = Operation { op: Opcode::KeyCheck, ..*checks };
                    checks.operands[Slot::Imm as usize] = Operand::None;
                    changed = true;
                }
                Opcode::JumpIf | Opcode::JumpUnless | Opcode::JumpAbsent if anyway => {
                    function.block_mut(id).remove(at);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }
    if changed {
        super::dead::drop_unreachable(function);
    }
}

/// Whether what stands behind a check replies nil for an absent key, as its jump does.
fn replies_nil(function: &Function, ensure: &Operation, behind: &[Operation]) -> bool {
    let [reply, halt] = behind else { return false };
    let absent = ensure.target().map_or(&[][..], |target| function.block(target));
    reply.op == Opcode::ReplyString
        && reply.value(Slot::A) == ensure.value(Slot::A)
        && halt.op == Opcode::Halt
        && matches!(absent, [nil, halt] if nil.op == Opcode::ReplyNil && halt.op == Opcode::Halt)
}
