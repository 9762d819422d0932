//! Straight code in one block.
//!
//! 1. A block that one jump alone leads to, from the end of another, is appended to that one.
//! 2. A block that is a short ending - a reply and `halt`, or `fault` - is repeated in place of
//!    the jumps at the end of other blocks that lead to it.
//!
//! Both let operations that follow each other stand next to each other, which is where
//! [`fuse`](super::fuse) looks for sequences; and a jump less is a step less.

use super::{BlockId, Function, Operation};
use zvm::{Flow, Opcode};

/// Joins blocks. O(code).
pub(super) fn join(function: &mut Function) {
    let mut leading = vec![0_u32; function.blocks.len()];
    for operation in function.order.iter().flat_map(|id| function.block(*id)) {
        if let Some(target) = operation.target() {
            // A loop's body is led to from its end, too, so it stays a block of its own.
            leading[target.0 as usize] += 1;
        }
    }
    let entries = [function.order.first().copied(), function.plain];
    for id in entries.into_iter().flatten() {
        leading[id.0 as usize] += 1;
    }
    let mut joined = false;
    for index in 0..function.order.len() {
        let id = function.order[index];
        while let Some(target) = trailing_jump(function, id) {
            let only = leading[target.0 as usize] == 1 && may_move(function, index, target);
            if !only && !is_short_ending(function.block(target)) {
                break;
            }
            let mut rest = if only {
                std::mem::take(function.block_mut(target))
            } else {
                leading[target.0 as usize] -= 1;
                function.block(target).to_vec()
            };
            let block = function.block_mut(id);
            block.pop();
            block.append(&mut rest);
            joined = true;
        }
    }
    if joined {
        super::dead::drop_unreachable(function);
    }
}

/// Whether a block may be appended to the one at `index` of the order. The opening of a loop may
/// not move away from the body, which stands behind it.
fn may_move(function: &Function, index: usize, target: BlockId) -> bool {
    let opens = |operation: &Operation| operation.op.info().flow == Flow::LoopOpen;
    let behind = function.order.get(index + 1..).unwrap_or(&[]);
    // What was appended elsewhere is empty.
    let next = behind.iter().find(|id| !function.block(**id).is_empty());
    next == Some(&target) || !function.block(target).iter().any(opens)
}

fn trailing_jump(function: &Function, id: BlockId) -> Option<BlockId> {
    let last = function.block(id).last()?;
    last.target().filter(|target| last.op == Opcode::Jump && *target != id)
}

fn is_short_ending(block: &[Operation]) -> bool {
    let stays = |operation: &Operation| operation.target().is_none();
    matches!(block, [end] | [_, end] if end.ends()) && block.iter().all(stays)
}
