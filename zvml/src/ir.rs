//! The intermediate form: blocks of zvm's operations on values without number.
//!
//! A *value* is a register yet to be chosen; it may be written more than once, as a variable is.
//! A *block* is entered at its top only and may be left in its middle, by an operation that
//! jumps; it ends with a jump, `halt` or `fault`. Blocks stand in the order in which their code
//! will: every jump but a loop's closing one goes to a later block.

mod build;
mod expr;
mod print;
mod reply;
mod simplify;

pub(crate) use build::build;
pub(crate) use print::print;
pub(crate) use simplify::simplify;

use crate::typed::ValueType;
use zvm::{Branch, Constant, Opcode, Slot};

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
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub values: Vec<Value>,
    pub blocks: Vec<Block>,
    /// Blocks in the order of their code.
    pub order: Vec<BlockId>,
    pub constants: Vec<Constant>,
    /// How many values, from its operand's on, an operation on a group writes.
    pub group_len: u32,
}

/// A register yet to be chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    pub ty: ValueType,
    /// The register of a parameter.
    pub fixed: Option<u8>,
}

#[derive(Debug, Default)]
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

    /// Whether the operation behind it in the block, if any, is never reached from it.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self.op, Opcode::Jump | Opcode::Halt | Opcode::Fault)
    }
}

impl Function {
    pub(crate) fn block(&self, id: BlockId) -> &[Operation] {
        self.blocks.get(id.0 as usize).map_or(&[], |block| &block.operations)
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
        _ => None,
    }
}
