//! One instruction: eight bytes.

use crate::Opcode;
use crate::operand::Slot;

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

const _: () = assert!(size_of::<Instruction>() == 8);

impl Instruction {
    /// An instruction of all its parts.
    #[must_use]
    pub const fn new(op: Opcode, a: u8, b: u8, c: u8, imm: i32) -> Self {
        Self { op, a, b, c, imm }
    }

    /// The operand in a slot.
    #[must_use]
    pub fn operand(self, slot: Slot) -> i32 {
        match slot {
            Slot::A => i32::from(self.a),
            Slot::B => i32::from(self.b),
            Slot::C => i32::from(self.c),
            Slot::Imm => self.imm,
        }
    }

    /// The instruction as eight bytes: opcode, a, b, c, and the immediate in little-endian order.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        let [i, j, k, l] = self.imm.to_le_bytes();
        [self.op as u8, self.a, self.b, self.c, i, j, k, l]
    }

    /// The instruction that these bytes encode; `None` where no opcode has that number.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        let [op, a, b, c, i, j, k, l] = bytes;
        Some(Self::new(Opcode::from_byte(op)?, a, b, c, i32::from_le_bytes([i, j, k, l])))
    }
}
