//! Dead code.
//!
//! 1. Going backward, a value is *live* where something may read it before it is written. An
//!    operation that only computes, and whose results are not live behind it, goes.
//! 2. What is live at a loop's closing jump is what is live before the loop's body, which is not
//!    known on the first walk: the walk is repeated until nothing new is live anywhere. Loops do
//!    not nest, so two walks are enough, and functions without loops take one.
//! 3. Blocks that nothing leads to go.

use super::{BlockId, Function, Operation};
use zvm::{Domain, Emit, Flow, OperandKind, Slot};

/// Leaves out what has no effect. O(blocks x values + code).
pub(super) fn eliminate(function: &mut Function) {
    drop_unreachable(function);
    let words = function.values.len().div_ceil(64);
    let mut live_before = vec![Live(vec![0; words]); function.blocks.len()];
    let operations = function.order.iter().flat_map(|id| function.block(*id));
    let loops = operations.into_iter().any(Operation::closes_loop);
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
fn walk(function: &Function, live_before: &mut [Live], mut dead: impl FnMut(BlockId, usize)) {
    for id in function.order.iter().rev() {
        let mut live = Live(vec![0; live_before[id.0 as usize].0.len()]);
        for (at, operation) in function.block(*id).iter().enumerate().rev() {
            if operation.ends() {
                live.0.fill(0);
            }
            let mut wanted = !only_computes(operation);
            function.visit_written(operation, |value| wanted |= live.contains(value.0));
            if !wanted {
                dead(*id, at);
                continue;
            }
            // Where it jumps, it may not have written.
            function.visit_written(operation, |value| live.remove(value.0));
            if let Some(target) = operation.target() {
                live.join(&live_before[target.0 as usize]);
            }
            function.visit(operation, |value, access| {
                if access.reads() {
                    live.insert(value.0);
                }
            });
        }
        live_before[id.0 as usize].join(&live);
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

/// A set of values.
#[derive(Clone)]
struct Live(Vec<u64>);

impl Live {
    fn contains(&self, value: u32) -> bool {
        self.0.get(value as usize / 64).is_some_and(|word| word >> (value % 64) & 1 == 1)
    }

    fn insert(&mut self, value: u32) {
        if let Some(word) = self.0.get_mut(value as usize / 64) {
            *word |= 1 << (value % 64);
        }
    }

    fn remove(&mut self, value: u32) {
        if let Some(word) = self.0.get_mut(value as usize / 64) {
            *word &= !(1 << (value % 64));
        }
    }

    fn join(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}
