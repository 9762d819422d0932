//! Putting a program together.

use crate::{
    Access, Constant, Docs, Instruction, Opcode, Program, Protocol, Returns, RunWhere, Signature,
    SourceSpan,
};

/// Builds a [`Program`], resolving labels and sharing constants.
///
/// # Examples
///
/// ```
/// use zvm::{Access, Opcode, ProgramBuilder, Returns, RunWhere, verify};
///
/// let mut builder = ProgramBuilder::new("PING");
/// builder.access(Access::STATS).run_where(RunWhere::Connection).returns(Returns::Status);
/// let pong = builder.bytes(b"PONG");
/// builder.emit(Opcode::ReplyStatus, 0, 0, 0, pong);
/// builder.emit(Opcode::Halt, 0, 0, 0, 0);
/// let program = verify(builder.finish()?)?;
/// assert_eq!(program.arity(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProgramBuilder {
    program: Program,
    registers: u16,
    /// Where each label stands.
    labels: Vec<Option<usize>>,
    /// Instructions whose immediate is a label yet.
    jumps: Vec<(usize, Label)>,
    /// Where requests without options begin.
    plain_entry: Option<Label>,
}

/// A place in the code that jumps can name before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(usize);

/// Why a program cannot be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// More than 255 registers.
    Registers,
    /// A label that a jump names was never placed: the jump's instruction, or for the plain
    /// entry's label the number of instructions.
    Label(usize),
    /// More than 2^31 instructions or constants.
    Size,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Registers => write!(f, "a program has at most 255 registers"),
            Self::Label(at) => write!(f, "instruction {at} jumps to a label that stands nowhere"),
            Self::Size => write!(f, "the program is too large to number its parts"),
        }
    }
}

impl std::error::Error for BuildError {}

impl ProgramBuilder {
    /// A RESP command without parameters that runs on one shard, takes no rights and replies
    /// anything.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let program = Program {
            name: name.into(),
            protocol: Protocol::Resp,
            access: Access::NONE,
            run_where: RunWhere::One,
            returns: Returns::Any,
            signature: Signature::default(),
            code: Vec::new(),
            plain_entry: None,
            constants: Vec::new(),
            registers: 0,
            docs: Docs::default(),
            source: SourceSpan::default(),
        };
        Self { program, registers: 0, labels: Vec::new(), jumps: Vec::new(), plain_entry: None }
    }

    /// Sets whose command it is.
    pub const fn protocol(&mut self, protocol: Protocol) -> &mut Self {
        self.program.protocol = protocol;
        self
    }

    /// Sets the rights it takes.
    pub const fn access(&mut self, access: Access) -> &mut Self {
        self.program.access = access;
        self
    }

    /// Sets where it runs.
    pub const fn run_where(&mut self, run_where: RunWhere) -> &mut Self {
        self.program.run_where = run_where;
        self
    }

    /// Sets what it replies.
    pub const fn returns(&mut self, returns: Returns) -> &mut Self {
        self.program.returns = returns;
        self
    }

    /// Sets the parameters, whose registers are the first ones.
    pub fn signature(&mut self, signature: Signature) -> &mut Self {
        let taken = u16::try_from(signature.registers().count()).unwrap_or(u16::MAX);
        self.registers = self.registers.max(taken);
        self.program.signature = signature;
        self
    }

    /// Sets what people should know.
    pub fn docs(&mut self, docs: Docs) -> &mut Self {
        self.program.docs = docs;
        self
    }

    /// Sets where it was declared.
    pub fn source(&mut self, source: SourceSpan) -> &mut Self {
        self.program.source = source;
        self
    }

    /// A register that nothing uses yet. Above 255 of them [`finish`](Self::finish) fails.
    pub fn register(&mut self) -> u8 {
        self.registers_in_row(1)
    }

    /// The first of `count` registers in a row that nothing uses yet.
    pub fn registers_in_row(&mut self, count: u8) -> u8 {
        let first = u8::try_from(self.registers).unwrap_or(u8::MAX);
        self.registers = self.registers.saturating_add(u16::from(count));
        first
    }

    /// Takes account of registers that the caller has numbered: those below `count`.
    pub fn use_registers(&mut self, count: u16) -> &mut Self {
        self.registers = self.registers.max(count);
        self
    }

    /// The number of a byte string constant, as an immediate.
    pub fn bytes(&mut self, bytes: &[u8]) -> i32 {
        self.constant(Constant::Bytes(bytes.into()))
    }

    /// The number of an integer constant, as an immediate.
    pub fn integer(&mut self, value: i64) -> i32 {
        self.constant(Constant::Integer(value))
    }

    /// A label that stands nowhere yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Lets a label stand before the next instruction.
    pub fn place(&mut self, label: Label) -> &mut Self {
        let here = self.program.code.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(here);
        }
        self
    }

    /// Lets requests without options begin where a label stands.
    pub const fn plain_entry(&mut self, label: Label) -> &mut Self {
        self.plain_entry = Some(label);
        self
    }

    /// Adds an instruction and returns its index.
    pub fn emit(&mut self, op: Opcode, a: u8, b: u8, c: u8, imm: i32) -> usize {
        self.program.code.push(Instruction::new(op, a, b, c, imm));
        self.program.code.len() - 1
    }

    /// Adds an instruction whose immediate is where a label stands.
    pub fn emit_jump(&mut self, op: Opcode, a: u8, b: u8, c: u8, target: Label) -> usize {
        let at = self.emit(op, a, b, c, 0);
        self.jumps.push((at, target));
        at
    }

    /// The program.
    ///
    /// # Errors
    ///
    /// A label that stands nowhere, or more registers than a program may have.
    pub fn finish(mut self) -> Result<Program, BuildError> {
        let labels = self.labels;
        let place = |label: Label, at| {
            let place = labels.get(label.0).copied().flatten().ok_or(BuildError::Label(at))?;
            i32::try_from(place).map_err(|_| BuildError::Size)
        };
        if let Some(label) = self.plain_entry {
            let entry = place(label, self.program.code.len())?;
            self.program.plain_entry = Some(entry.cast_unsigned());
        }
        for (at, label) in self.jumps {
            let imm = place(label, at)?;
            if let Some(instruction) = self.program.code.get_mut(at) {
                instruction.imm = imm;
            }
        }
        i32::try_from(self.program.constants.len()).map_err(|_| BuildError::Size)?;
        self.program.registers = u8::try_from(self.registers).map_err(|_| BuildError::Registers)?;
        Ok(self.program)
    }

    fn constant(&mut self, constant: Constant) -> i32 {
        let constants = &mut self.program.constants;
        let known = constants.iter().position(|other| *other == constant);
        let index = known.unwrap_or_else(|| {
            constants.push(constant);
            constants.len() - 1
        });
        i32::try_from(index).unwrap_or(i32::MAX)
    }
}
