//! The intermediate form: blocks of zvm's operations on values without number.
//!
//! A *value* is a register yet to be chosen; it may be written more than once, as a variable is.
//! A *block* is entered at its top only and may be left in its middle, by an operation that
//! jumps; it ends with an operation behind which nothing goes on: a jump, `halt`, `fault`, or one
//! that ends the program by itself. Blocks stand in the order in which their code will: every
//! jump but a loop's closing one goes to a later block.
//!
//! [`print`] writes a function as text and [`read`] reads it back; the passes' tests are written
//! so. [`passes`] names what is done with a function and in which order.

mod build;
mod checks;
mod copies;
mod count;
mod dead;
mod edges;
mod expr;
mod facts;
mod fold;
mod fuse;
mod passes;
mod plain;
mod print;
#[cfg(test)]
mod read;
mod reply;
mod tails;
mod thread;
mod values;

pub(crate) use build::build;
pub(crate) use passes::optimize;
pub(crate) use print::print;

use crate::typed::ValueType;
use zvm::{Branch, ChoiceSet, Constant, Flow, Opcode, Over, Slot};

/// The number of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(pub u32);

/// The number of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(pub u32);

/// The number of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConstantId(pub u32);

/// The code of one command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    pub values: Vec<Value>,
    pub blocks: Vec<Block>,
    /// Blocks in the order of their code. The first one is where requests begin.
    pub order: Vec<BlockId>,
    /// Where those begin that give every parameter and no option, if they have code of their own.
    pub plain: Option<BlockId>,
    pub constants: Vec<Constant>,
    /// How many of them, the first ones, the signature names by number.
    pub head_constants: usize,
    /// How many registers the positional parameters fill; those of options follow.
    pub params: u8,
    /// How many values behind the position of a loop over the list hold a group of it.
    pub group_len: u32,
    /// The same of a loop over the options of each group.
    pub option_lens: Vec<u32>,
}

impl Function {
    /// How many values behind the position of a loop hold what it meets in each round.
    pub(crate) fn loop_len(&self, operation: &Operation) -> u32 {
        match (operation.op.info().over, operation.operands) {
            (Over::Range, _) => 1,
            (Over::Elements, [_, _, Operand::Number(which), _]) => {
                let yields = usize::try_from(which)
                    .ok()
                    .and_then(|which| ChoiceSet::Elements.yields().get(which));
                yields.map_or(1, |types| index_u32(types.len()))
            }
            (Over::Options, [_, Operand::Number(group), ..]) => {
                let group = usize::try_from(group).ok();
                group.and_then(|group| self.option_lens.get(group).copied()).unwrap_or(1)
            }
            _ => self.group_len,
        }
    }
}

/// A register yet to be chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    pub ty: ValueType,
    /// The register of a parameter or option.
    pub fixed: Option<u8>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub operations: Vec<Operation>,
}

/// One of zvm's operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub op: Opcode,
    /// In the order of zvm's slots: a, b, c, immediate.
    pub operands: [Operand; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    None,
    Value(ValueId),
    /// A literal or the number of a name.
    Number(i32),
    Constant(ConstantId),
    Block(BlockId),
}

impl Operation {
    /// An operation without operands.
    pub(crate) const fn new(op: Opcode) -> Self {
        Self { op, operands: [Operand::None; 4] }
    }

    /// The same with an operand in a slot.
    pub(crate) const fn with(mut self, slot: Slot, operand: Operand) -> Self {
        let [a, b, c, imm] = &mut self.operands;
        match slot {
            Slot::A => *a = operand,
            Slot::B => *b = operand,
            Slot::C => *c = operand,
            Slot::Imm => *imm = operand,
        }
        self
    }

    /// The block it may jump to.
    pub(crate) fn target(&self) -> Option<BlockId> {
        self.operands.iter().find_map(|operand| match operand {
            Operand::Block(block) => Some(*block),
            _ => None,
        })
    }

    /// Sends its jump elsewhere.
    pub(crate) fn retarget(&mut self, to: BlockId) {
        for operand in &mut self.operands {
            if matches!(operand, Operand::Block(_)) {
                *operand = Operand::Block(to);
            }
        }
    }

    /// Whether nothing goes on behind it.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self.op.info().flow, Flow::Jump | Flow::Halt | Flow::Fault | Flow::LoopEnd)
    }

    /// Whether it jumps back, to the body of a loop.
    pub(crate) const fn closes_loop(&self) -> bool {
        matches!(self.op.info().flow, Flow::LoopClose | Flow::LoopEnd)
    }

    /// A jump to a block.
    pub(crate) const fn jump(to: BlockId) -> Self {
        Self::new(Opcode::Jump).with(Slot::Imm, Operand::Block(to))
    }

    /// The value in a slot.
    pub(crate) const fn value(&self, slot: Slot) -> Option<ValueId> {
        match self.operands[slot as usize] {
            Operand::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl Function {
    pub(crate) fn block(&self, id: BlockId) -> &[Operation] {
        self.blocks.get(id.0 as usize).map_or(&[], |block| &block.operations)
    }

    pub(crate) fn block_mut(&mut self, id: BlockId) -> &mut Vec<Operation> {
        &mut self.blocks[id.0 as usize].operations
    }

    /// A block of these operations, which stands nowhere yet.
    pub(crate) fn add_block(&mut self, operations: Vec<Operation>) -> BlockId {
        let id = BlockId(index_u32(self.blocks.len()));
        self.blocks.push(Block { operations });
        id
    }

    /// A value that nothing uses yet.
    pub(crate) fn add_value(&mut self, ty: ValueType) -> ValueId {
        let id = ValueId(index_u32(self.values.len()));
        self.values.push(Value { ty, fixed: None });
        id
    }

    /// How many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.order.iter().map(|id| self.block(*id).len()).sum()
    }

    /// The operation that loads an integer.
    pub(crate) fn load_integer(&mut self, value: i64) -> Operation {
        if let Ok(small) = i32::try_from(value) {
            Operation::new(Opcode::IntConst).with(Slot::Imm, Operand::Number(small))
        } else {
            let constant = self.constant(Constant::Integer(value));
            Operation::new(Opcode::IntWide).with(Slot::Imm, Operand::Constant(constant))
        }
    }

    /// The number of a constant, which is added where it is new.
    pub(crate) fn constant(&mut self, constant: Constant) -> ConstantId {
        let known = self.constants.iter().position(|other| *other == constant);
        let index = known.unwrap_or_else(|| {
            self.constants.push(constant);
            self.constants.len() - 1
        });
        ConstantId(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// The error where an operation jumps and the source does not say what then; `None` where it has
/// to say.
pub(crate) const fn usual_error(branch: Branch) -> Option<&'static [u8]> {
    match branch {
        Branch::Overflow => Some(b"ERR increment or decrement would overflow"),
        Branch::NotFinite => Some(b"ERR increment would produce NaN or Infinity"),
        Branch::NotInteger => Some(b"ERR value is not an integer or out of range"),
        Branch::NotFloat => Some(b"ERR value is not a valid float"),
        _ => None,
    }
}

fn index_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
