//! Fewer jumps and fewer blocks, the same effect.
//!
//! 1. A jump to a block that only jumps on goes to where that one goes.
//! 2. `key_ensure` whose absent key replies nil, right before the reply of the string at that
//!    key, need not jump: that reply is nil for an absent key.
//! 3. Blocks that nothing reaches are left out.
//! 4. A jump to the block that stands next is left out.

use super::{BlockId, Function, Operand, Operation};
use zvm::Opcode;

/// Simplifies a function. O(code).
pub(crate) fn simplify(function: &mut Function) {
    forward_jumps(function);
    ensure_before_reply(function);
    drop_unreachable(function);
    drop_fallthrough(function);
}

fn forward_jumps(function: &mut Function) {
    // The closing jump of a loop goes right behind its opening, so what stands there stays.
    let operations = function.blocks.iter().flat_map(|block| &block.operations);
    let closings = operations.filter(|operation| operation.op == Opcode::ArgsNext);
    let loop_heads: Vec<BlockId> = closings.filter_map(Operation::target).collect();
    // Jumps go to later blocks, so from the last block backwards each target is final.
    let mut finals: Vec<BlockId> =
        (0..function.blocks.len()).map(|index| BlockId(index_u32(index))).collect();
    for id in function.order.iter().rev() {
        if let [only] = function.block(*id)
            && only.op == Opcode::Jump
            && let Some(target) = only.target()
            && !loop_heads.contains(id)
        {
            let target = finals.get(target.0 as usize).copied().unwrap_or(target);
            if let Some(slot) = finals.get_mut(id.0 as usize) {
                *slot = target;
            }
        }
    }
    for block in &mut function.blocks {
        for operation in &mut block.operations {
            if let Some(target) = operation.target()
                && operation.op != Opcode::ArgsNext
            {
                let target = finals.get(target.0 as usize).copied().unwrap_or(target);
                operation.retarget(target);
            }
        }
    }
}

fn ensure_before_reply(function: &mut Function) {
    for index in 0..function.blocks.len() {
        let id = BlockId(index_u32(index));
        let [.., ensure, reply, halt] = function.block(id) else { continue };
        let [key, ..] = ensure.operands;
        let same = reply.op == Opcode::ReplyString && reply.operands.first() == Some(&key);
        let nil = ensure.target().is_some_and(|target| {
            let ops: Vec<Opcode> = function.block(target).iter().map(|it| it.op).collect();
            ops == [Opcode::ReplyNil, Opcode::Halt]
        });
        if ensure.op != Opcode::KeyEnsure || !same || halt.op != Opcode::Halt || !nil {
            continue;
        }
        split_reply(function, id);
    }
}

/// Moves the last two operations of a block to one of their own, to which the operation before
/// them jumps.
fn split_reply(function: &mut Function, id: BlockId) {
    let behind = BlockId(index_u32(function.blocks.len()));
    let Some(block) = function.blocks.get_mut(id.0 as usize) else { return };
    let at = block.operations.len().saturating_sub(2);
    let tail = block.operations.split_off(at);
    if let Some(ensure) = block.operations.last_mut() {
        ensure.retarget(behind);
    }
    let jump = Operation::new(Opcode::Jump).with(zvm::Slot::Imm, Operand::Block(behind));
    block.operations.push(jump);
    function.blocks.push(super::Block { operations: tail });
    let place = function.order.iter().position(|other| *other == id).map_or(0, |at| at + 1);
    function.order.insert(place, behind);
}

fn drop_unreachable(function: &mut Function) {
    let mut reached = vec![false; function.blocks.len()];
    let mut pending: Vec<BlockId> = function.order.first().copied().into_iter().collect();
    while let Some(id) = pending.pop() {
        let Some(flag) = reached.get_mut(id.0 as usize) else { continue };
        if !std::mem::replace(flag, true) {
            pending.extend(function.block(id).iter().filter_map(Operation::target));
        }
    }
    function.order.retain(|id| reached.get(id.0 as usize).copied().unwrap_or(false));
}

fn drop_fallthrough(function: &mut Function) {
    for index in 0..function.order.len() {
        let (Some(id), next) = (function.order.get(index).copied(), function.order.get(index + 1))
        else {
            continue;
        };
        let next = next.copied();
        if let Some(block) = function.blocks.get_mut(id.0 as usize)
            && let Some(last) = block.operations.last()
            && last.op == Opcode::Jump
            && last.target() == next
        {
            block.operations.pop();
        }
    }
}

fn index_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
