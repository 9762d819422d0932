//! Code of its own for requests without options.
//!
//! Most requests give no option, and most of the code of a command with options is about them.
//!
//! 1. The function is copied and folded with what is known of a request that gives every
//!    parameter and no option: a flag is false, an operand is absent.
//! 2. What is left must not read the register of an option any more, since decoding does not
//!    write them for such requests; and it must be short and shorter than the whole.
//! 3. Then it stands behind the function as the entry of plain requests, its values numbered
//!    anew but for the parameters.

use super::facts::Facts;
use super::{BlockId, Function, Operand, ValueId, copies, dead, fold};

/// Gives plain requests an entry of their own. O(code).
pub(super) fn specialize(function: &mut Function) {
    if !function.values.iter().any(|value| is_option(function, value)) {
        return;
    }
    let mut copy = function.clone();
    let entry = Facts::at_entry(&copy, true);
    fold::fold_from(&mut copy, entry, None);
    copies::propagate(&mut copy);
    dead::eliminate(&mut copy);
    if copy.len() > LEN_MAX || copy.len() >= function.len() || reads_options(&copy) {
        return;
    }
    append(function, copy);
}

fn is_option(function: &Function, value: &super::Value) -> bool {
    value.fixed.is_some_and(|register| register >= function.params)
}

fn reads_options(function: &Function) -> bool {
    let mut reads = false;
    for operation in function.order.iter().flat_map(|id| function.block(*id)) {
        function.visit(operation, |value, _| {
            let value = function.values.get(value.0 as usize);
            reads |= value.is_some_and(|value| is_option(function, value));
        });
    }
    reads
}

/// Puts a copy behind the function it was made from.
fn append(function: &mut Function, copy: Function) {
    let first_block = super::index_u32(function.blocks.len());
    let first_value = super::index_u32(function.values.len());
    let fixed: Vec<bool> = copy.values.iter().map(|value| value.fixed.is_some()).collect();
    function.plain = copy.order.first().map(|id| BlockId(first_block + id.0));
    function.order.extend(copy.order.iter().map(|id| BlockId(first_block + id.0)));
    // The parameters' values keep their numbers; their places among the new ones stay unused.
    function.values.extend(copy.values.into_iter().map(|mut value| {
        value.fixed = None;
        value
    }));
    function.constants = copy.constants;
    for mut block in copy.blocks {
        for operand in block.operations.iter_mut().flat_map(|it| &mut it.operands) {
            match operand {
                Operand::Block(BlockId(id)) => *id += first_block,
                Operand::Value(ValueId(id)) if fixed.get(*id as usize) == Some(&false) => {
                    *id += first_value;
                }
                _ => {}
            }
        }
        function.blocks.push(block);
    }
}

/// Operations of the code of plain requests: what is longer gains little.
const LEN_MAX: usize = 24;
