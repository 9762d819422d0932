//! Replies.

use super::build::{Builder, Fail};
use super::{BlockId, Operand, Operation, ValueId};
use crate::typed::{Exit, ExprKind, Fallible, Form, Otherwise, Reply, Statement, ValueType};
use zvm::{Aggregate, Opcode, Slot};

impl Builder<'_> {
    /// Makes a reply: an element of one being built, or the whole.
    pub(super) fn reply(&mut self, reply: &Reply, element: bool) {
        match reply {
            Reply::Status(text) => self.constant_reply(Opcode::ReplyStatus, text),
            Reply::Literal(bytes) => self.constant_reply(Opcode::ReplyLiteral, bytes),
            Reply::StatusOf(expr) => {
                let value = self.expr(expr, None, Fail::Usual);
                self.value_reply(Opcode::ReplyStatusOf, value);
            }
            Reply::Error(text) => self.fault(text),
            Reply::Nil => self.push(Operation::new(Opcode::ReplyNil)),
            Reply::NilArray => self.push(Operation::new(Opcode::ReplyNilArray)),
            Reply::StringAt(key) => {
                let key = self.expr(key, None, Fail::Usual);
                self.value_reply(Opcode::ReplyString, key);
            }
            Reply::Value { value, form, nil } => self.value(value, *form, *nil, element),
            Reply::Primitive(fallible) => self.primitive(fallible, element),
            Reply::ByVersion(resp3, other) => self.by_version(resp3, other, element),
            Reply::Build { map, counted, body } => self.aggregate(*map, *counted, body),
            Reply::Array(elements) => {
                self.header(Opcode::ReplyArray, elements.len());
                for element in elements {
                    self.element(element);
                }
            }
            Reply::Set(elements) => {
                self.header(Opcode::ReplySet, elements.len());
                for element in elements {
                    self.element(element);
                }
            }
            Reply::Verbatim(text) => {
                let value = self.expr(text, None, Fail::Usual);
                self.value_reply(Opcode::ReplyVerbatim, value);
            }
            Reply::Map(pairs) => {
                self.header(Opcode::ReplyMap, pairs.len());
                for (key, value) in pairs {
                    self.element(key);
                    self.element(value);
                }
            }
        }
    }

    fn by_version(&mut self, resp3: &Reply, other: &Reply, element: bool) {
        let (otherwise, end) = (self.new_block(), self.new_block());
        let is_resp3 = self.new_value(ValueType::BOOL);
        self.value_reply(Opcode::Resp3, is_resp3);
        self.jump_on(Opcode::JumpUnless, is_resp3, otherwise);
        self.reply(resp3, element);
        self.close_branch(end);
        self.start(otherwise);
        self.reply(other, element);
        self.start(end);
    }

    /// One of the elements that were announced.
    fn element(&mut self, reply: &Reply) {
        let outer = self.enter_place();
        self.reply(reply, true);
        self.place = outer;
    }

    fn constant_reply(&mut self, op: Opcode, bytes: &[u8]) {
        let constant = self.bytes_constant(bytes);
        self.push(Operation::new(op).with(Slot::Imm, constant));
    }

    fn value_reply(&mut self, op: Opcode, value: ValueId) {
        self.push(Operation::new(op).with(Slot::A, Operand::Value(value)));
    }

    fn header(&mut self, op: Opcode, len: usize) {
        let len = Operand::Number(i32::try_from(len).unwrap_or(i32::MAX));
        self.push(Operation::new(op).with(Slot::Imm, len));
    }

    fn value(&mut self, fallible: &Fallible, form: Form, nil: bool, element: bool) {
        if !nil {
            let value = self.fallible(fallible, None);
            self.formed(form, value);
            return;
        }
        let absent = if element { self.new_block() } else { self.exit(&Exit::Nil) };
        let value = if matches!(fallible.otherwise, Otherwise::Nil) {
            self.expr(&fallible.expr, None, Fail::To(absent))
        } else {
            self.fallible(fallible, None)
        };
        if fallible.expr.ty.optional {
            self.jump_on(Opcode::JumpAbsent, value, absent);
        }
        self.formed(form, value);
        if element {
            self.nil_instead(absent);
        }
    }

    fn formed(&mut self, form: Form, value: ValueId) {
        match form {
            Form::Integer => self.value_reply(Opcode::ReplyInteger, value),
            Form::Boolean => self.value_reply(Opcode::ReplyBoolean, value),
            Form::Bytes => self.value_reply(Opcode::ReplyBytes, value),
            Form::Double => self.value_reply(Opcode::ReplyDouble, value),
            Form::Digit => {
                let number = self.new_value(ValueType::INT);
                self.unary(Opcode::BoolToInt, value, number);
                self.value_reply(Opcode::ReplyInteger, number);
            }
        }
    }

    /// Lets a block reply nil beside what the current one has replied.
    fn nil_instead(&mut self, block: BlockId) {
        let end = self.new_block();
        self.jump(Opcode::Jump, end);
        self.start(block);
        self.push(Operation::new(Opcode::ReplyNil));
        self.start(end);
    }

    fn primitive(&mut self, fallible: &Fallible, element: bool) {
        let ExprKind::Call { primitive, args } = &fallible.expr.kind else { return };
        let ty = fallible.expr.ty;
        let (fail, absent) = match &fallible.otherwise {
            Otherwise::Exit(exit) => (Fail::To(self.exit(exit)), None),
            Otherwise::Skip => (self.skip.map_or(Fail::Usual, Fail::To), None),
            Otherwise::Nil if element => {
                let absent = self.new_block();
                (Fail::To(absent), Some(absent))
            }
            Otherwise::Nil => (Fail::To(self.exit(&Exit::Nil)), None),
            Otherwise::Usual | Otherwise::Value(_) => (Fail::Usual, None),
        };
        self.call(primitive, args, ty, None, fail);
        if let Some(absent) = absent {
            self.nil_instead(absent);
        }
    }

    fn aggregate(&mut self, map: bool, counted: bool, body: &[Statement]) {
        let hint = if counted {
            let hint = self.new_value(ValueType::INT);
            self.push(Operation::new(Opcode::ArgsCount).with(Slot::A, Operand::Value(hint)));
            hint
        } else {
            self.integer(0, None)
        };
        let aggregate = if map { Aggregate::Map } else { Aggregate::Array };
        self.push(
            Operation::new(Opcode::ReplyOpen)
                .with(Slot::A, Operand::Value(hint))
                .with(Slot::B, Operand::Number(aggregate as i32)),
        );
        let outer = self.enter_place();
        self.statements(body);
        self.place = outer;
        self.push(Operation::new(Opcode::ReplyClose));
    }
}
