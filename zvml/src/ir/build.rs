//! Checked tree to blocks.

use super::{BlockId, Function, Operand, Operation, ValueId};
use crate::typed::{Command, Exit, Origin, Over, Statement, Test, ValueType, VariableId};
use zvm::{Constant, Opcode, OptionGroup, OptionSpec, Slot, Type};

/// Lowers a command.
pub(crate) fn build(command: &Command) -> Function {
    let mut builder = Builder::new(command);
    let entry = builder.new_block();
    builder.start(entry);
    builder.statements(&command.body);
    builder.finish()
}

pub(super) struct Builder<'c> {
    command: &'c Command,
    pub(super) function: Function,
    current: BlockId,
    /// The value of each variable, once it has one.
    variables: Vec<Option<ValueId>>,
    /// The blocks in which the command ends in each way, to be written behind all others. Paths
    /// that have replied differently do not meet, so there is one for each place in the reply.
    exits: Vec<(Exit, Place, BlockId)>,
    /// How far the reply is made.
    pub(super) place: Place,
    places: u32,
    /// Where constants of the loop being built are loaded.
    hoisted: Option<Hoisted>,
    /// Where an element that is left out goes on.
    pub(super) skip: Option<BlockId>,
}

/// The place before a loop, and the constants that are loaded there.
struct Hoisted {
    block: BlockId,
    at: usize,
    loaded: Vec<(Operation, ValueId)>,
}

/// A place in the reply: before it, or at a certain element of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place(u32);

/// Where an operation that fails jumps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fail {
    /// To the usual error of each.
    Usual,
    To(BlockId),
}

impl<'c> Builder<'c> {
    fn new(command: &'c Command) -> Self {
        let constants = command.head.constants.iter();
        let mut function = Function {
            constants: constants.map(|bytes| Constant::Bytes(bytes.clone())).collect(),
            head_constants: command.head.constants.len(),
            ..Function::default()
        };
        let group = command.head.signature.list().map_or(1, |param| param.items.len());
        function.group_len = u32::try_from(group).unwrap_or(u32::MAX);
        let groups = command.head.signature.groups.iter();
        let len = |group: &OptionGroup| {
            super::index_u32(group.options.iter().map(OptionSpec::register_count).sum())
        };
        function.option_lens = groups.map(len).collect();
        let params = command.head.signature.param_registers();
        function.params = u8::try_from(params).unwrap_or(u8::MAX);
        let mut builder = Self {
            command,
            function,
            current: BlockId(0),
            variables: vec![None; command.variables.len()],
            exits: Vec::new(),
            place: Place::default(),
            places: 0,
            hoisted: None,
            skip: None,
        };
        for (index, variable) in command.variables.iter().enumerate() {
            if let Origin::Parameter(register) = variable.origin {
                let value = builder.new_value(variable.ty);
                if let Some(info) = builder.function.values.last_mut() {
                    info.fixed = Some(register);
                }
                builder.bind(index, value);
            }
        }
        builder
    }

    pub(super) fn new_block(&mut self) -> BlockId {
        self.function.add_block(Vec::new())
    }

    pub(super) fn new_value(&mut self, ty: ValueType) -> ValueId {
        self.function.add_value(ty)
    }

    fn bind(&mut self, variable: usize, value: ValueId) {
        if let Some(slot) = self.variables.get_mut(variable) {
            *slot = Some(value);
        }
    }

    /// The value of a variable; the same one for every name it goes by.
    pub(super) fn variable(&mut self, id: VariableId) -> ValueId {
        let index = id.0 as usize;
        if let Some(value) = self.variables.get(index).copied().flatten() {
            return value;
        }
        let Some(variable) = self.command.variables.get(index) else { return ValueId(0) };
        let value = match variable.origin {
            Origin::Present(other) => self.variable(other),
            _ => self.new_value(variable.ty),
        };
        self.bind(index, value);
        value
    }

    pub(super) fn push(&mut self, operation: Operation) {
        if let Some(block) = self.function.blocks.get_mut(self.current.0 as usize) {
            block.operations.push(operation);
        }
    }

    pub(super) fn jump(&mut self, op: Opcode, target: BlockId) {
        self.push(Operation::new(op).with(Slot::Imm, Operand::Block(target)));
    }

    /// A jump that depends on a value.
    pub(super) fn jump_on(&mut self, op: Opcode, value: ValueId, target: BlockId) {
        let operation = Operation::new(op).with(Slot::A, Operand::Value(value));
        self.push(operation.with(Slot::Imm, Operand::Block(target)));
    }

    /// Ends the current block, if nothing has, by going on in `block`, and begins that one.
    pub(super) fn start(&mut self, block: BlockId) {
        if !self.function.order.is_empty() && self.open() {
            self.jump(Opcode::Jump, block);
        }
        self.function.order.push(block);
        self.current = block;
    }

    /// Ends the current block, if nothing has, by going on in `block`, which begins later.
    pub(super) fn close_branch(&mut self, block: BlockId) {
        if self.open() {
            self.jump(Opcode::Jump, block);
        }
    }

    /// Whether the current block's end can be reached.
    fn open(&self) -> bool {
        !self.function.block(self.current).last().is_some_and(Operation::ends)
    }

    /// The block in which the command ends so.
    pub(super) fn exit(&mut self, exit: &Exit) -> BlockId {
        let known = |it: &&(Exit, Place, BlockId)| it.0 == *exit && it.1 == self.place;
        if let Some((_, _, block)) = self.exits.iter().find(known) {
            return *block;
        }
        let block = self.new_block();
        self.exits.push((exit.clone(), self.place, block));
        block
    }

    /// Goes to another place in the reply; tells the one before it.
    pub(super) const fn enter_place(&mut self) -> Place {
        self.places += 1;
        std::mem::replace(&mut self.place, Place(self.places))
    }

    /// Loads a constant: into `into`, or before the loop, once, if there is one.
    pub(super) fn load(
        &mut self,
        load: Operation,
        ty: ValueType,
        into: Option<ValueId>,
    ) -> ValueId {
        let out = |value| load.with(Slot::A, Operand::Value(value));
        if let Some(value) = into {
            self.push(out(value));
            return value;
        }
        let loaded = self.hoisted.as_ref().map(|hoisted| {
            hoisted.loaded.iter().find(|(other, _)| *other == load).map(|(_, value)| *value)
        });
        match loaded {
            Some(Some(value)) => value,
            Some(None) => {
                let value = self.new_value(ty);
                self.hoist(load, out(value), value);
                value
            }
            None => {
                let value = self.new_value(ty);
                self.push(out(value));
                value
            }
        }
    }

    fn hoist(&mut self, load: Operation, operation: Operation, value: ValueId) {
        let Some(hoisted) = &mut self.hoisted else { return };
        hoisted.loaded.push((load, value));
        if let Some(block) = self.function.blocks.get_mut(hoisted.block.0 as usize) {
            block.operations.insert(hoisted.at, operation);
            hoisted.at += 1;
        }
    }

    pub(super) fn bytes_constant(&mut self, bytes: &[u8]) -> Operand {
        Operand::Constant(self.function.constant(Constant::Bytes(bytes.into())))
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Set(variable, fallible) => {
                let into = self.variable(*variable);
                self.fallible(fallible, Some(into));
            }
            Statement::Do(fallible) => {
                self.fallible(fallible, None);
            }
            Statement::Ensure { key, kind, absent } => {
                let key = self.variable(*key);
                let target = match absent {
                    Some(exit) => self.exit(exit),
                    None => self.new_block(),
                };
                self.push(
                    Operation::new(Opcode::KeyEnsure)
                        .with(Slot::A, Operand::Value(key))
                        .with(Slot::B, Operand::Number(i32::from(*kind)))
                        .with(Slot::Imm, Operand::Block(target)),
                );
                if absent.is_none() {
                    self.start(target);
                }
            }
            Statement::Validate { value, low, high, error } => {
                self.validate(*value, (*low, *high), error);
            }
            Statement::If { test, then, otherwise } => self.if_statement(test, then, otherwise),
            Statement::For { over, variables, beside, body } => {
                self.for_statement(over, variables, *beside, body);
            }
            Statement::Emit(reply) => {
                let end = self.new_block();
                let outer = self.skip.replace(end);
                self.reply(reply, true);
                self.skip = outer;
                self.start(end);
            }
            Statement::Return(reply) => {
                self.reply(reply, false);
                if self.open() {
                    self.push(Operation::new(Opcode::Halt));
                }
            }
        }
    }

    fn validate(&mut self, variable: VariableId, (low, high): (i64, i64), error: &[u8]) {
        let value = self.variable(variable);
        let end = self.new_block();
        let ty = self.command.variables.get(variable.0 as usize).map(|variable| variable.ty);
        if ty.is_some_and(|ty| ty.optional) {
            self.jump_on(Opcode::JumpAbsent, value, end);
        }
        let fault = self.exit(&Exit::Error(error.into()));
        if low > i64::MIN {
            let bound = self.integer(low, None);
            self.refuse(value, bound, fault);
        }
        if high < i64::MAX {
            let bound = self.integer(high, None);
            self.refuse(bound, value, fault);
        }
        self.start(end);
    }

    /// Jumps where one integer is less than another.
    fn refuse(&mut self, left: ValueId, right: ValueId, fault: BlockId) {
        let less = self.new_value(ValueType::BOOL);
        self.push(
            Operation::new(Opcode::IntLess)
                .with(Slot::A, Operand::Value(less))
                .with(Slot::B, Operand::Value(left))
                .with(Slot::C, Operand::Value(right)),
        );
        self.jump_on(Opcode::JumpIf, less, fault);
    }

    fn if_statement(&mut self, test: &Test, then: &[Statement], otherwise: &[Statement]) {
        let end = self.new_block();
        let else_block = if otherwise.is_empty() { end } else { self.new_block() };
        match test {
            Test::Holds(expr) => self.branch(expr, false, else_block),
            Test::Present(variable, expr) => {
                // A name of its own for a parameter needs no register of its own.
                let into = self.variable(*variable);
                let value = self.expr(expr, None, Fail::Usual);
                self.jump_on(Opcode::JumpAbsent, value, else_block);
                if value != into {
                    self.unary(Opcode::Copy, value, into);
                }
            }
        }
        self.statements(then);
        if !otherwise.is_empty() {
            self.close_branch(end);
            self.start(else_block);
            self.statements(otherwise);
        }
        self.start(end);
    }

    fn for_statement(
        &mut self,
        over: &Over,
        variables: &[VariableId],
        beside: Option<(VariableId, VariableId)>,
        body: &[Statement],
    ) {
        // What stands for the loop in both of its operations, and in the opening one alone.
        let none = Operand::None;
        let (first, next, opening, both) = match over {
            Over::List => (Opcode::ArgsFirst, Opcode::ArgsNext, [none; 2], [none; 2]),
            Over::Range(low, high) => {
                let ends = [low, high].map(|end| Operand::Value(self.expr(end, None, Fail::Usual)));
                (Opcode::RangeFirst, Opcode::RangeNext, ends, [none; 2])
            }
            Over::Elements(key, number) => {
                let key = Operand::Value(self.expr(key, None, Fail::Usual));
                let both = [key, Operand::Number(*number)];
                (Opcode::ElementsFirst, Opcode::ElementsNext, both, both)
            }
            Over::Options(group) => {
                let both = [Operand::Number(*group), none];
                (Opcode::OptionsFirst, Opcode::OptionsNext, both, both)
            }
        };
        let exit = self.new_block();
        let inside = self.new_block();
        let position = self.new_value(ValueType::of(Type::Int));
        // A group's values are numbered in a row, which is how its registers will be.
        // They stand behind the position.
        let group: Vec<ValueId> = variables.iter().map(|id| self.variable(*id)).collect();
        debug_assert!(group.iter().zip(position.0 + 1..).all(|(value, at)| value.0 == at));
        // What a loop in another one needs stands before both.
        let is_inner = self.hoisted.is_some();
        self.hoisted.get_or_insert_with(|| Hoisted {
            block: self.current,
            at: self.function.block(self.current).len(),
            loaded: Vec::new(),
        });
        let at = |op, [b, c]: [Operand; 2], target| {
            Operation::new(op)
                .with(Slot::A, Operand::Value(position))
                .with(Slot::B, b)
                .with(Slot::C, c)
                .with(Slot::Imm, Operand::Block(target))
        };
        self.push(at(first, opening, exit));
        self.start(inside);
        if let Some((variable, list)) = beside {
            let (value, list) = (self.variable(variable), self.variable(list));
            self.push(
                Operation::new(Opcode::ListFloat)
                    .with(Slot::A, Operand::Value(value))
                    .with(Slot::B, Operand::Value(position))
                    .with(Slot::C, Operand::Value(list)),
            );
        }
        self.statements(body);
        if !is_inner {
            self.hoisted = None;
        }
        self.push(at(next, both, inside));
        self.start(exit);
    }

    fn finish(mut self) -> Function {
        while let Some((exit, _, block)) = self.exits.pop() {
            self.start(block);
            match exit {
                Exit::Error(text) => self.fault(&text),
                Exit::Integer(value) => {
                    let value = self.integer(value, None);
                    self.push(
                        Operation::new(Opcode::ReplyInteger).with(Slot::A, Operand::Value(value)),
                    );
                    self.push(Operation::new(Opcode::Halt));
                }
                Exit::Nil => {
                    self.push(Operation::new(Opcode::ReplyNil));
                    self.push(Operation::new(Opcode::Halt));
                }
                Exit::EmptyArray => self.empty(Opcode::ReplyArray),
                Exit::EmptyMap => self.empty(Opcode::ReplyMap),
            }
        }
        self.function
    }

    fn empty(&mut self, op: Opcode) {
        self.push(Operation::new(op).with(Slot::Imm, Operand::Number(0)));
        self.push(Operation::new(Opcode::Halt));
    }

    pub(super) fn fault(&mut self, text: &[u8]) {
        let text = self.bytes_constant(text);
        self.push(Operation::new(Opcode::Fault).with(Slot::Imm, text));
    }
}
