//! Blocks to program: registers chosen, jumps resolved.

mod registers;

use crate::ir::{BlockId, ConstantId, Function, Operand, Operation};
use crate::typed::Head;
use crate::{Code, Diagnostic};
use registers::Registers;
use zvm::{BuildError, Constant, Label, Opcode, Program, ProgramBuilder, SourceSpan};

/// Makes the program of a command.
///
/// # Errors
///
/// The command needs more registers or instructions than a program may have.
pub(crate) fn generate(file: &str, head: Head, function: &Function) -> Result<Program, Diagnostic> {
    match registers::choose(function) {
        Some(registers) => emit(file, head, function, &registers),
        None => Err(too_many_registers(head.span)),
    }
}

/// The same, with a register of its own for each value: slower, and simpler to be right.
#[cfg(test)]
pub(crate) fn generate_apart(
    file: &str,
    head: Head,
    function: &Function,
) -> Result<Program, Diagnostic> {
    match registers::choose_apart(function) {
        Some(registers) => emit(file, head, function, &registers),
        None => Err(too_many_registers(head.span)),
    }
}

fn emit(
    file: &str,
    head: Head,
    function: &Function,
    registers: &Registers,
) -> Result<Program, Diagnostic> {
    let span = head.span;
    let mut builder = ProgramBuilder::new(&head.name);
    builder
        .protocol(head.protocol)
        .access(head.access)
        .run_where(head.run_where)
        .returns(head.returns)
        .signature(head.signature)
        .docs(head.docs)
        .source(SourceSpan { file: file.into(), line: head.line })
        .use_registers(registers.count);
    let mut emitter = Emitter::new(builder, function, registers);
    for (index, id) in function.order.iter().enumerate() {
        emitter.block(*id, function.order.get(index + 1).copied());
    }
    if let Some(plain) = function.plain {
        emitter.plain(plain);
    }
    let program = emitter.builder.finish().map_err(|error| match error {
        BuildError::Registers => too_many_registers(span),
        _ => too_long(span),
    })?;
    let constant_bytes = program.constants.iter().map(|constant| match constant {
        Constant::Bytes(bytes) => bytes.len(),
        _ => size_of::<i64>(),
    });
    if program.code.len() > CODE_LEN_MAX
        || program.constants.len() > CODE_LEN_MAX
        || constant_bytes.sum::<usize>() > CONSTANT_BYTES_MAX
    {
        return Err(too_long(span));
    }
    Ok(program)
}

struct Emitter<'f> {
    builder: ProgramBuilder,
    function: &'f Function,
    registers: &'f Registers,
    labels: Vec<Label>,
    /// The number of each constant, once it has one: those that nothing names any more get none.
    constants: Vec<Option<i32>>,
}

impl<'f> Emitter<'f> {
    fn new(mut builder: ProgramBuilder, function: &'f Function, registers: &'f Registers) -> Self {
        let labels = function.blocks.iter().map(|_| builder.label()).collect();
        let constants = vec![None; function.constants.len()];
        let mut emitter = Self { builder, function, registers, labels, constants };
        // The signature names these by number.
        for index in 0..function.head_constants {
            emitter.constant(index);
        }
        emitter
    }

    fn constant(&mut self, index: usize) -> i32 {
        let (Some(constant), Some(place)) =
            (self.function.constants.get(index), self.constants.get_mut(index))
        else {
            return 0;
        };
        *place.get_or_insert_with(|| match constant {
            Constant::Integer(value) => self.builder.integer(*value),
            Constant::Bytes(bytes) => self.builder.bytes(bytes),
            _ => 0,
        })
    }

    /// Emits a block, `next` being the one that stands behind it: a jump there is left out.
    fn block(&mut self, id: BlockId, next: Option<BlockId>) {
        if let Some(label) = self.labels.get(id.0 as usize) {
            self.builder.place(*label);
        }
        for operation in self.function.block(id) {
            if operation.op != Opcode::Jump || operation.target() != next {
                self.operation(operation);
            }
        }
    }

    fn plain(&mut self, id: BlockId) {
        if let Some(label) = self.labels.get(id.0 as usize) {
            self.builder.plain_entry(*label);
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let [a, b, c, imm] = operation.operands;
        let (a, b, c) = (self.byte(a), self.byte(b), self.byte(c));
        if operation.op == Opcode::Copy && a == b {
            return;
        }
        let imm = match imm {
            Operand::None => 0,
            Operand::Value(value) => i32::from(self.registers.of(value)),
            Operand::Number(number) => number,
            Operand::Constant(ConstantId(id)) => self.constant(id as usize),
            Operand::Block(block) => {
                if let Some(label) = self.labels.get(block.0 as usize) {
                    self.builder.emit_jump(operation.op, a, b, c, *label);
                }
                return;
            }
        };
        self.builder.emit(operation.op, a, b, c, imm);
    }

    fn byte(&self, operand: Operand) -> u8 {
        match operand {
            Operand::Value(value) => self.registers.of(value),
            // A choice, or a small number that may be negative.
            Operand::Number(number) => number.to_le_bytes()[0],
            _ => 0,
        }
    }
}

fn too_many_registers(span: crate::Span) -> Diagnostic {
    let message = "the command needs more than 255 registers at once";
    Diagnostic::new(Code::TooManyRegisters, span, message)
}

fn too_long(span: crate::Span) -> Diagnostic {
    let message = format!(
        "the command needs more than {CODE_LEN_MAX} instructions or constants, or more than \
         {CONSTANT_BYTES_MAX} bytes of constants"
    );
    Diagnostic::new(Code::TooLong, span, message)
}

/// Instructions of a program, and its constants: the verifier's bound.
const CODE_LEN_MAX: usize = 4096;

/// Bytes of a program's constants: the verifier's bound.
const CONSTANT_BYTES_MAX: usize = 256 * 1024;

#[cfg(test)]
mod tests;
