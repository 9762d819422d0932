#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod absent;
mod args;
mod assembly;
mod bits;
mod builder;
mod draws;
mod encoding;
mod fault;
mod field;
mod fraction;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod geo;
mod handlers;
mod instruction;
mod interpret;
mod items;
mod key;
mod moments;
mod operand;
mod ordered_sets;
mod program;
mod registers;
mod reply;
mod scored;
mod session;
mod signature;
mod sorted;
mod store;
#[cfg(any(test, fuzzing, feature = "testing"))]
pub mod testing;
mod verify;

#[cfg(test)]
mod tests;

pub use absent::{NoSession, NoStore};
pub use args::{ArgRange, Args};
pub use assembly::{AssembleError, assemble, disassemble, disassemble_instruction};
pub use bits::Bits;
pub use builder::{BuildError, Label, ProgramBuilder};
pub use databox::{Text, decimal};
pub use draws::Draws;
pub use encoding::FormatError;
pub(crate) use fault::Fault;
pub use generated::{
    Aggregate, BitOperation, ChoiceSet, Combination, CommandFilter as CommandFilterKind, Elements,
    FUSIONS, HllView, Opcode, PRIMITIVES, Places, Truth,
};
pub use instruction::Instruction;
pub use interpret::{Frame, Outcome, State, resume, run, run_traced};
pub use items::{ItemView, Items, Lease};
pub use key::{Hint, Key};
pub use moments::Moments;
pub use operand::{
    Branch, ConstantKind, Cost, Domain, Emit, Flow, Fusion, FusionOperand, FusionStep, OpcodeInfo,
    OperandInfo, OperandKind, Over, Pattern, Primitive, PrimitiveParam, PrimitiveResult, RANGE_MAX,
    Slot, Type, UNIT_ELEMENTS,
};
pub use ordered_sets::OrderedSets;
pub use program::{
    Access, Constant, Docs, Example, Program, Protocol, Returns, RunWhere, SourceSpan,
};
pub use registers::Registers;
pub use reply::{Mark, ReplySink};
pub use scored::Combine;
pub use session::{
    CommandFilter, CommandView, CompilePurpose, Multi, Question, ReplyMode, Session, SessionField,
    SessionSetting, SourceForm,
};
pub use signature::{
    Again, Conflict, Counted, DecodeError, DecodeOrder, DefaultValue, Item, KeyPositions,
    Multiplicity, OptionGroup, OptionSpec, Param, ParamRegister, ParamType, Signature,
    VariadicSpan,
};
pub use sorted::SortedSets;
pub use store::{Expiry, OutOfMemory, ScanFilter, Scanned, Store};
pub use verify::{VerifiedProgram, VerifyError, verify};
