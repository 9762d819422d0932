//! Going forward over the blocks with what is known before each.
//!
//! A pass that goes forward knows something before the first operation, changes it operation by
//! operation, and hands it on along every jump; where jumps meet, what is known on all of them
//! stays. As every jump but a loop's closing one goes to a later block, one walk in the order of
//! the blocks is enough: before a loop's body, everything is forgotten of the values that the loop
//! writes, and the closing jump brings nothing new.

use super::{BlockId, Function, Operand, ValueId};

/// What a pass knows of the values at some place.
pub(super) trait Knowledge: Clone {
    /// Keeps what is true on both ways.
    fn meet(&mut self, other: &Self);

    /// Forgets what is known of a value.
    fn forget(&mut self, value: ValueId);
}

/// A walk over the blocks of a function.
pub(super) struct Walk<K> {
    /// What is known before each block, once a jump to it was seen.
    before: Vec<Option<K>>,
    loops: Vec<Loop>,
}

/// A loop: the block its closing jump goes to, and what is written from there to that jump.
struct Loop {
    body: BlockId,
    written: Vec<ValueId>,
}

impl<K: Knowledge> Walk<K> {
    /// A walk that begins with `entry`, and with `plain` at the entry of plain requests.
    pub(super) fn new(function: &Function, entry: K, plain: Option<K>) -> Self {
        let mut walk =
            Self { before: vec![None; function.blocks.len()], loops: loops_of(function) };
        if let Some(first) = function.order.first() {
            walk.before[first.0 as usize] = Some(entry);
        }
        if let (Some(block), Some(plain)) = (function.plain, plain) {
            walk.before[block.0 as usize] = Some(plain);
        }
        walk
    }

    /// What is known before a block, the next one in order; `None` where nothing leads to it.
    pub(super) fn enter(&mut self, block: BlockId) -> Option<K> {
        let mut known = self.before.get_mut(block.0 as usize)?.take()?;
        for one in self.loops.iter().filter(|one| one.body == block) {
            one.written.iter().for_each(|value| known.forget(*value));
        }
        Some(known)
    }

    /// Hands on what is known along a jump.
    pub(super) fn leave(&mut self, to: BlockId, known: K) {
        match &mut self.before[to.0 as usize] {
            Some(other) => other.meet(&known),
            place @ None => *place = Some(known),
        }
    }
}

/// Whether a block ends the program and names no value, as an error does: then nothing need be
/// known before it.
pub(super) fn knows_nothing(function: &Function, block: BlockId) -> bool {
    let plain = |operand: &Operand| !matches!(operand, Operand::Value(_) | Operand::Block(_));
    function.block(block).iter().all(|operation| operation.operands.iter().all(plain))
}

fn loops_of(function: &Function) -> Vec<Loop> {
    let mut loops = Vec::new();
    let mut operations = function.order.iter().flat_map(|id| function.block(*id));
    if !operations.any(super::Operation::closes_loop) {
        return loops;
    }
    for (at, id) in function.order.iter().enumerate() {
        let closing = function.block(*id).iter().find(|operation| operation.closes_loop());
        let Some(body) = closing.and_then(super::Operation::target) else { continue };
        let first = function.order.iter().position(|other| *other == body).unwrap_or(0);
        let mut written = Vec::new();
        for inside in function.order.get(first..=at).unwrap_or(&[]) {
            for operation in function.block(*inside) {
                function.visit_written(operation, |value| {
                    if !written.contains(&value) {
                        written.push(value);
                    }
                });
            }
        }
        loops.push(Loop { body, written });
    }
    loops
}
