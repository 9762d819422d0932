//! The vocabulary of the opcode table: what operands are, and what an opcode does around them.

use crate::generated::{ChoiceSet, Opcode};

/// What a register holds, as far as the verifier is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// A signed 64-bit integer.
    Int,
    /// True or false.
    Bool,
    /// A double.
    Float,
    /// A byte string.
    Bytes,
    /// A key with its hash.
    Key,
    /// The cursor of a scan, an unsigned 64-bit number.
    Cursor,
    /// Where among the arguments the values of a counted operand stand.
    List,
}

impl Type {
    /// Every type.
    pub const ALL: [Self; 7] =
        [Self::Int, Self::Bool, Self::Float, Self::Bytes, Self::Key, Self::Cursor, Self::List];

    /// The name in textual forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Float => "float",
            Self::Bytes => "bytes",
            Self::Key => "key",
            Self::Cursor => "cursor",
            Self::List => "list",
        }
    }

    /// Whether a value of this type can be read where `wanted` is. Integers and keys serve as
    /// byte strings.
    #[must_use]
    pub fn serves_as(self, wanted: Self) -> bool {
        self == wanted || (wanted == Self::Bytes && matches!(self, Self::Int | Self::Key))
    }
}

/// The place of an operand in an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The first byte.
    A,
    /// The second byte.
    B,
    /// The third byte.
    C,
    /// The 32-bit field.
    Imm,
}

impl Slot {
    /// In the order of [`OpcodeInfo::operands`].
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::Imm];
}

/// Which registers an operand may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pattern {
    /// One of this type.
    Is(Type),
    /// One of this type, absent or not.
    Maybe(Type),
    /// Any that is set, optional ones included.
    Any,
    /// An optional one of any type.
    MaybeAny,
    /// Written: it takes the type of the operand read.
    Same,
    /// The position of a loop. The registers behind it hold what it stands at: of a loop over
    /// the list, one for each item of its group. Whatever writes the position writes them.
    Loop,
}

/// When an opcode takes its jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Branch {
    /// Every time.
    Always,
    /// The condition is true.
    True,
    /// The condition is false.
    False,
    /// The key or value is absent.
    Absent,
    /// There is no group to loop over.
    None,
    /// The loop goes on.
    Back,
    /// The result does not fit.
    Overflow,
    /// The result is infinite or no number.
    NotFinite,
    /// The string is not an integer.
    NotInteger,
    /// The string is not a decimal fraction.
    NotFloat,
    /// Nothing has that name.
    Unknown,
}

/// What a constant must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstantKind {
    /// [`Constant::Bytes`](crate::Constant::Bytes).
    Bytes,
    /// [`Constant::Integer`](crate::Constant::Integer).
    Int,
}

/// What an operand means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperandKind {
    /// Nothing: it is zero.
    Unused,
    /// A register that is read.
    In(Pattern),
    /// A register that is written.
    Out(Pattern),
    /// A register that is read and written.
    Change(Pattern),
    /// The number of a name.
    Choice(ChoiceSet),
    /// The index of a constant.
    Constant(ConstantKind),
    /// A literal number.
    Number,
    /// A literal number of one signed byte.
    Small,
    /// The index of the instruction to go on at.
    Jump(Branch),
}

/// One operand of an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperandInfo {
    /// What it is called; empty where unused.
    pub name: &'static str,
    /// What it means.
    pub kind: OperandKind,
}

/// How an opcode's work grows with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It does not, beside the length of the bytes it is handed.
    Const,
    /// With the logarithm of the container, at most.
    Log,
    /// With the container or the namespace. It works in units of [`UNIT_ELEMENTS`] at most,
    /// and keeps its position in a cursor register between them.
    Linear,
    /// With what the server itself is made of: commands, settings. Not with the data.
    Server,
}

/// What an opcode touches beside registers and reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Nothing.
    Pure,
    /// The [`Store`](crate::Store).
    Store,
    /// The [`Session`](crate::Session).
    Session,
}

/// Where execution goes on after an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flow {
    /// At the next instruction, or at its jump if it has one.
    Next,
    /// At its jump.
    Jump,
    /// As `Next`; where it falls through, operand a is known not to be absent.
    Refine,
    /// As `Next`; opens a loop.
    LoopOpen,
    /// At its jump, which goes back, or at the next instruction; closes a loop.
    LoopClose,
    /// As `LoopClose`, but where it does not jump, the program has replied.
    LoopEnd,
    /// Nowhere: the program has replied.
    Halt,
    /// Nowhere: the program replies an error.
    Fault,
}

/// What a loop goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Over {
    /// The groups of the list among the parameters.
    Args,
    /// The integers from one to another.
    Range,
    /// The elements of a container, which an operand chooses.
    Elements,
    /// The options that a request gives of a group, which an operand names.
    Options,
}

/// What an opcode adds to the reply, where it does not jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Emit {
    /// Nothing.
    None,
    /// One reply.
    One,
    /// A key and a value of an open map.
    Pair,
    /// The header of an array: as many elements as the immediate says follow.
    Elements,
    /// The header of a map: as many pairs as the immediate says follow.
    Pairs,
    /// The header of an aggregate of unknown length.
    Open,
    /// The end of the aggregate opened last.
    Close,
}

/// What the opcode table says of one opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpcodeInfo {
    /// The name in textual forms.
    pub name: &'static str,
    /// The file of the table it stands in.
    pub family: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The sentence as a formula.
    pub effect: &'static str,
    /// In the order of [`Slot::ALL`].
    pub operands: [OperandInfo; 4],
    /// How its work grows.
    pub cost: Cost,
    /// What it touches.
    pub domain: Domain,
    /// Where execution goes on.
    pub flow: Flow,
    /// What the loop goes over that it opens or closes; of no meaning for others.
    pub over: Over,
    /// What it replies.
    pub emit: Emit,
    /// Whether it changes the store.
    pub writes: bool,
    /// Whether the language may call it by name, as one of
    /// [`PRIMITIVES`](crate::PRIMITIVES).
    pub primitive: bool,
}

/// An opcode as the language calls it: `name(params) -> result or otherwise`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Primitive {
    /// The opcode's name.
    pub name: &'static str,
    /// The opcode.
    pub op: Opcode,
    /// What the caller gives, in order.
    pub params: &'static [PrimitiveParam],
    /// What the caller gets.
    pub result: Option<PrimitiveResult>,
    /// The operand that is a cursor of which the caller knows nothing: it starts anew.
    pub cursor: Option<Slot>,
    /// When the opcode jumps (in [`Slot::Imm`]) instead of giving a result.
    pub otherwise: Option<Branch>,
}

impl Primitive {
    /// The primitive with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let primitives = &crate::PRIMITIVES;
        let index = primitives.binary_search_by(|primitive| primitive.name.cmp(name)).ok()?;
        primitives.get(index)
    }
}

/// A parameter of a primitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrimitiveParam {
    /// What it is called.
    pub name: &'static str,
    /// Where it stands in the instruction.
    pub slot: Slot,
    /// An [`OperandKind::In`], [`OperandKind::Choice`] or the like.
    pub kind: OperandKind,
}

/// The result of a primitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrimitiveResult {
    /// The operand that names the register it is written to.
    pub slot: Slot,
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent.
    pub optional: bool,
}

/// A fused opcode and the sequence that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fusion {
    /// The fused opcode.
    pub op: Opcode,
    /// What it does, one after the other.
    pub steps: &'static [FusionStep],
}

/// One opcode of the sequence that a fused one stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FusionStep {
    /// The opcode.
    pub op: Opcode,
    /// In the order of [`Slot::ALL`].
    pub operands: [FusionOperand; 4],
}

/// An operand of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FusionOperand {
    /// None.
    None,
    /// That operand of the fused opcode.
    Slot(Slot),
    /// A register that one step writes, another reads, and nothing else.
    Temporary(u8),
    /// This number.
    Number(i32),
}

/// Elements that a linear opcode goes over, or rounds that loops go, before one unit of fuel is
/// counted.
pub const UNIT_ELEMENTS: u64 = 64;

/// Integers that a loop over a range goes over at most.
pub const RANGE_MAX: u32 = 65_536;
