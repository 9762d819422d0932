//! One instruction: twelve bytes.

use crate::operand::{OperandKind, Over, Slot, Type};
use crate::{Again, ChoiceSet, Opcode, OptionSpec, Signature};

/// An opcode and its operands. Which operands are registers, jumps or numbers, the
/// [opcode table](Opcode::info) tells; unused ones are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    /// What to do.
    pub op: Opcode,
    /// First operand.
    pub a: u8,
    /// Second operand.
    pub b: u8,
    /// Third operand.
    pub c: u8,
    /// Fourth operand. A jump holds the index of an instruction.
    pub imm: i32,
}

const _: () = assert!(size_of::<Instruction>() == 12);

impl Instruction {
    /// An instruction of all its parts.
    #[must_use]
    pub const fn new(op: Opcode, a: u8, b: u8, c: u8, imm: i32) -> Self {
        Self { op, a, b, c, imm }
    }

    /// The operand in a slot; bytes are signed where the opcode takes a
    /// [small number](crate::OperandKind::Small) there.
    #[must_use]
    pub fn operand(self, slot: Slot) -> i32 {
        let byte = match slot {
            Slot::A => self.a,
            Slot::B => self.b,
            Slot::C => self.c,
            Slot::Imm => return self.imm,
        };
        match self.op.info().operands[slot as usize].kind {
            OperandKind::Small => i32::from(byte.cast_signed()),
            _ => i32::from(byte),
        }
    }

    /// The same with another operand in a slot; `None` where a byte does not hold it.
    #[must_use]
    pub fn with_operand(mut self, slot: Slot, value: i32) -> Option<Self> {
        let byte = match slot {
            Slot::A => &mut self.a,
            Slot::B => &mut self.b,
            Slot::C => &mut self.c,
            Slot::Imm => {
                self.imm = value;
                return Some(self);
            }
        };
        *byte = match self.op.info().operands[slot as usize].kind {
            OperandKind::Small => i8::try_from(value).ok()?.cast_unsigned(),
            _ => u8::try_from(value).ok()?,
        };
        Some(self)
    }

    /// The type of register `index` behind the position of a loop that it opens or closes, and
    /// whether that may be absent; `None` behind the last one.
    pub(crate) fn loop_type(self, signature: &Signature, index: usize) -> Option<(Type, bool)> {
        let there = |ty| (ty, false);
        match self.op.info().over {
            Over::Args => Some(there(signature.list()?.items.get(index)?.ty.register_type())),
            Over::Range => (index == 0).then_some(there(Type::Int)),
            Over::Elements => {
                let yields = ChoiceSet::Elements.yields().get(usize::from(self.c))?;
                yields.get(index).copied().map(there)
            }
            Over::Options => {
                let group = signature.groups.get(usize::from(self.b))?;
                let each = group.again == Again::Each;
                let options = group.options.iter().filter(|_| each);
                options
                    .flat_map(OptionSpec::registers)
                    .map(|(_, ty, optional)| (ty, optional))
                    .nth(index)
            }
        }
    }

    /// How many registers that are.
    pub(crate) fn loop_len(self, signature: &Signature) -> usize {
        (0..).take_while(|index| self.loop_type(signature, *index).is_some()).count()
    }

    /// How many bytes an instruction is [encoded](Self::to_bytes) in.
    pub const ENCODED_LEN: usize = 9;

    /// The instruction as bytes: opcode, a, b, c, and the immediate, the numbers in little-endian
    /// order.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::ENCODED_LEN] {
        let ([low, high], [i, j, k, l]) = ((self.op as u16).to_le_bytes(), self.imm.to_le_bytes());
        [low, high, self.a, self.b, self.c, i, j, k, l]
    }

    /// The instruction that these bytes encode; `None` where no opcode has that number.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::ENCODED_LEN]) -> Option<Self> {
        let [low, high, a, b, c, i, j, k, l] = bytes;
        let op = Opcode::from_number(u16::from_le_bytes([low, high]))?;
        Some(Self::new(op, a, b, c, i32::from_le_bytes([i, j, k, l])))
    }
}
