//! Dead code.
//!
//! 1. Going backward, a value is *live* where something may read it before it is written. An
//!    operation that only computes, and whose results are not live behind it, goes.
//! 2. What is live at a loop's closing jump is what is live before the loop's body, which is not
//!    known on the first walk: the walk is repeated until nothing new is live anywhere. Loops do
//!    not nest, so two walks are enough, and functions without loops take one.
//!
//! Blocks that nothing leads to go where a pass leaves some ([`drop_unreachable`]).

use super::{BlockId, Function, Operation};
use zvm::{Domain, Emit, Flow, OperandKind, Slot};

/// Leaves out what has no effect. O(blocks x values + code).
pub(super) fn eliminate(function: &mut Function) {
    let (mut computes, mut loops) = (false, false);
    for operation in function.order.iter().flat_map(|id| function.block(*id)) {
        computes |= only_computes(operation);
        loops |= operation.closes_loop();
    }
    if !computes {
        return;
    }
    let mut live_before = LiveBefore::new(function);
    if loops {
        walk(function, &mut live_before, |_, _| ());
    }
    let mut dead = Vec::new();
    walk(function, &mut live_before, |block, at| dead.push((block, at)));
    for (block, at) in dead {
        // Found from the last to the first, so what is left to remove stands before.
        function.block_mut(block).remove(at);
    }
}

/// Leaves out blocks that nothing leads to.
pub(super) fn drop_unreachable(function: &mut Function) {
    let mut reached = vec![false; function.blocks.len()];
    let mut pending: Vec<BlockId> = function.order.first().copied().into_iter().collect();
    pending.extend(function.plain);
    while let Some(id) = pending.pop() {
        let Some(flag) = reached.get_mut(id.0 as usize) else { continue };
        if !std::mem::replace(flag, true) {
            pending.extend(function.block(id).iter().filter_map(Operation::target));
        }
    }
    function.order.retain(|id| reached[id.0 as usize]);
}

/// Goes backward over all blocks, and names the operations that are dead.
fn walk(function: &Function, live_before: &mut LiveBefore, mut dead: impl FnMut(BlockId, usize)) {
    let mut live = vec![0; live_before.words];
    for id in function.order.iter().rev() {
        live.fill(0);
        for (at, operation) in function.block(*id).iter().enumerate().rev() {
            let mut wanted = !only_computes(operation);
            function.visit_written(operation, |value| wanted |= contains(&live, value.0));
            if !wanted {
                dead(*id, at);
                continue;
            }
            // Where it jumps, it may not have written.
            function.visit_written(operation, |value| remove(&mut live, value.0));
            if let Some(target) = operation.target() {
                join(&mut live, live_before.of(target));
            }
            function.visit(operation, |value, access| {
                if access.reads() {
                    insert(&mut live, value.0);
                }
            });
        }
        join(live_before.of(*id), &live);
    }
}

/// Whether an operation does nothing but to write its results.
fn only_computes(operation: &Operation) -> bool {
    let info = operation.op.info();
    info.domain == Domain::Pure
        && info.flow == Flow::Next
        && info.emit == Emit::None
        && !matches!(info.operands[Slot::Imm as usize].kind, OperandKind::Jump(_))
}

/// The values that are live before each block: a set of bits for each.
struct LiveBefore {
    words: usize,
    bits: Vec<u64>,
}

impl LiveBefore {
    fn new(function: &Function) -> Self {
        let words = function.values.len().div_ceil(64);
        Self { words, bits: vec![0; words * function.blocks.len()] }
    }

    fn of(&mut self, block: BlockId) -> &mut [u64] {
        let first = self.words * block.0 as usize;
        self.bits.get_mut(first..first + self.words).unwrap_or(&mut [])
    }
}

fn contains(live: &[u64], value: u32) -> bool {
    live.get(value as usize / 64).is_some_and(|word| word >> (value % 64) & 1 == 1)
}

fn insert(live: &mut [u64], value: u32) {
    if let Some(word) = live.get_mut(value as usize / 64) {
        *word |= 1 << (value % 64);
    }
}

fn remove(live: &mut [u64], value: u32) {
    if let Some(word) = live.get_mut(value as usize / 64) {
        *word &= !(1 << (value % 64));
    }
}

fn join(live: &mut [u64], other: &[u64]) {
    for (word, other) in live.iter_mut().zip(other) {
        *word |= other;
    }
}
