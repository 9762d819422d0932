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
    for id in &function.order {
        emitter.block(*id);
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
    constants: Vec<i32>,
}

impl<'f> Emitter<'f> {
    fn new(mut builder: ProgramBuilder, function: &'f Function, registers: &'f Registers) -> Self {
        let labels = function.blocks.iter().map(|_| builder.label()).collect();
        let constants = function.constants.iter().map(|constant| match constant {
            Constant::Integer(value) => builder.integer(*value),
            Constant::Bytes(bytes) => builder.bytes(bytes),
            _ => 0,
        });
        let constants = constants.collect();
        Self { builder, function, registers, labels, constants }
    }

    fn block(&mut self, id: BlockId) {
        if let Some(label) = self.labels.get(id.0 as usize) {
            self.builder.place(*label);
        }
        for operation in self.function.block(id) {
            self.operation(operation);
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
            Operand::Constant(ConstantId(id)) => {
                self.constants.get(id as usize).copied().unwrap_or(0)
            }
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
            Operand::Number(number) => u8::try_from(number).unwrap_or(0),
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
