//! Expressions: values, and conditions that jump.

use super::build::{Builder, Fail};
use super::{BlockId, Operand, Operation, ValueId, usual_error};
use crate::typed::{Argument, Exit, Expr, ExprKind, Fallible, Otherwise, ValueType};
use zvm::{Branch, Constant, Opcode, OperandKind, Primitive, Slot, Type};

impl Builder<'_> {
    /// Evaluates an expression and does what its handler says where it fails.
    pub(super) fn fallible(&mut self, fallible: &Fallible, into: Option<ValueId>) -> ValueId {
        let expr = &fallible.expr;
        let target = match &fallible.otherwise {
            Otherwise::Usual | Otherwise::Nil => return self.expr(expr, into, Fail::Usual),
            Otherwise::Value(other) => return self.value_or(expr, other, into),
            Otherwise::Exit(exit) => self.exit(exit),
            Otherwise::Skip => match self.skip {
                Some(block) => block,
                None => return self.expr(expr, into, Fail::Usual),
            },
        };
        let value = self.expr(expr, into, Fail::To(target));
        if expr.absence_is_failure() {
            self.jump_on(Opcode::JumpAbsent, value, target);
        }
        value
    }

    fn value_or(&mut self, expr: &Expr, other: &Expr, into: Option<ValueId>) -> ValueId {
        let (handler, end) = (self.new_block(), self.new_block());
        let into = into.unwrap_or_else(|| self.new_value(expr.ty));
        self.expr(expr, Some(into), Fail::To(handler));
        if expr.absence_is_failure() {
            self.jump_on(Opcode::JumpAbsent, into, handler);
        }
        self.jump(Opcode::Jump, end);
        self.start(handler);
        self.expr(other, Some(into), Fail::Usual);
        self.start(end);
        into
    }

    /// The value of an expression, in `into` if that is given.
    pub(super) fn expr(&mut self, expr: &Expr, into: Option<ValueId>, fail: Fail) -> ValueId {
        match &expr.kind {
            ExprKind::Variable(id) => {
                let value = self.variable(*id);
                match into {
                    Some(into) if into != value => self.unary(Opcode::Copy, value, into),
                    _ => value,
                }
            }
            ExprKind::Integer(value) => self.integer(*value, into),
            ExprKind::Float(value) => {
                let bits = Constant::Integer(value.to_bits().cast_signed());
                let bits = Operand::Constant(self.function.constant(bits));
                let load = Operation::new(Opcode::FloatConst).with(Slot::Imm, bits);
                self.load(load, expr.ty, into)
            }
            ExprKind::Bytes(bytes) => {
                let constant = self.bytes_constant(bytes);
                let load = Operation::new(Opcode::BytesConst).with(Slot::Imm, constant);
                self.load(load, expr.ty, into)
            }
            ExprKind::Truth(value) => self.truth(*value, into),
            ExprKind::Not(inner) => {
                let value = self.expr(inner, None, fail);
                let into = into.unwrap_or_else(|| self.new_value(ValueType::BOOL));
                self.unary(Opcode::BoolNot, value, into)
            }
            ExprKind::Both(..) | ExprKind::Either(..) => self.materialize(expr, into, fail),
            ExprKind::Compare { op, negated, left, right } => {
                let into = into.unwrap_or_else(|| self.new_value(ValueType::BOOL));
                self.binary(*op, left, right, into, fail);
                if *negated { self.unary(Opcode::BoolNot, into, into) } else { into }
            }
            ExprKind::Arithmetic { op, left, right } => {
                let into = into.unwrap_or_else(|| self.new_value(expr.ty));
                self.binary(*op, left, right, into, fail)
            }
            ExprKind::Call { primitive, args } => self.call(primitive, args, expr.ty, into, fail),
        }
    }

    pub(super) fn integer(&mut self, value: i64, into: Option<ValueId>) -> ValueId {
        let load = self.function.load_integer(value);
        self.load(load, ValueType::INT, into)
    }

    fn truth(&mut self, value: bool, into: Option<ValueId>) -> ValueId {
        let number = Operand::Number(i32::from(value));
        let load = Operation::new(Opcode::BoolConst).with(Slot::B, number);
        self.load(load, ValueType::BOOL, into)
    }

    pub(super) fn unary(&mut self, op: Opcode, from: ValueId, into: ValueId) -> ValueId {
        let operation = Operation::new(op).with(Slot::A, Operand::Value(into));
        self.push(operation.with(Slot::B, Operand::Value(from)));
        into
    }

    fn binary(
        &mut self,
        op: Opcode,
        left: &Expr,
        right: &Expr,
        into: ValueId,
        fail: Fail,
    ) -> ValueId {
        let left = self.expr(left, None, fail);
        let right = self.expr(right, None, fail);
        let operation = Operation::new(op)
            .with(Slot::A, Operand::Value(into))
            .with(Slot::B, Operand::Value(left))
            .with(Slot::C, Operand::Value(right));
        let [.., imm] = op.info().operands;
        let operation = match imm.kind {
            OperandKind::Jump(branch) => {
                let target = self.failure(branch, fail);
                operation.with(Slot::Imm, Operand::Block(target))
            }
            _ => operation,
        };
        self.push(operation);
        into
    }

    /// A condition as a value.
    fn materialize(&mut self, expr: &Expr, into: Option<ValueId>, fail: Fail) -> ValueId {
        let (no, end) = (self.new_block(), self.new_block());
        let into = into.unwrap_or_else(|| self.new_value(ValueType::BOOL));
        self.branch_or(expr, false, no, fail);
        self.truth(true, Some(into));
        self.jump(Opcode::Jump, end);
        self.start(no);
        self.truth(false, Some(into));
        self.start(end);
        into
    }

    /// A call; primitives that reply have no value, and what is returned means nothing.
    pub(super) fn call(
        &mut self,
        primitive: &Primitive,
        args: &[Argument],
        ty: ValueType,
        into: Option<ValueId>,
        fail: Fail,
    ) -> ValueId {
        let mut operation = Operation::new(primitive.op);
        for (param, arg) in primitive.params.iter().zip(args) {
            let operand = match arg {
                Argument::Value(expr) => Operand::Value(self.expr(expr, None, fail)),
                Argument::Choice(number) => Operand::Number(*number),
            };
            operation =
                operation.with(param.slot, self.argument(primitive.op, param.slot, operand));
        }
        if let Some(slot) = primitive.cursor {
            let cursor = self.new_value(ValueType::of(Type::Cursor));
            self.push(Operation::new(Opcode::CursorStart).with(Slot::A, Operand::Value(cursor)));
            operation = operation.with(slot, Operand::Value(cursor));
        }
        if let Some(branch) = primitive.otherwise {
            let target = self.failure(branch, fail);
            operation = operation.with(Slot::Imm, Operand::Block(target));
        }
        let Some(result) = primitive.result else {
            self.push(operation);
            return ValueId(0);
        };
        let into = into.unwrap_or_else(|| self.new_value(ty));
        self.push(operation.with(result.slot, Operand::Value(into)));
        into
    }

    /// An argument as an operand. What the opcode changes in place is a copy of the value.
    fn argument(&mut self, op: Opcode, slot: Slot, operand: Operand) -> Operand {
        match (op.info().operands[slot as usize].kind, operand) {
            (OperandKind::Change(_), Operand::Value(value)) => {
                let ty =
                    self.function.values.get(value.0 as usize).map_or(ValueType::INT, |v| v.ty);
                let copy = self.new_value(ty);
                Operand::Value(self.unary(Opcode::Copy, value, copy))
            }
            _ => operand,
        }
    }

    fn failure(&mut self, branch: Branch, fail: Fail) -> BlockId {
        match fail {
            Fail::To(block) => block,
            Fail::Usual => {
                let text = usual_error(branch).unwrap_or(b"ERR no such value");
                self.exit(&Exit::Error(text.into()))
            }
        }
    }

    /// Jumps to `target` where a condition is `when`; goes on behind it otherwise.
    pub(super) fn branch(&mut self, expr: &Expr, when: bool, target: BlockId) {
        self.branch_or(expr, when, target, Fail::Usual);
    }

    fn branch_or(&mut self, expr: &Expr, when: bool, target: BlockId, fail: Fail) {
        match &expr.kind {
            ExprKind::Not(inner) => self.branch_or(inner, !when, target, fail),
            ExprKind::Truth(value) if *value == when => self.jump_here(target),
            ExprKind::Truth(_) => {}
            ExprKind::Both(left, right) | ExprKind::Either(left, right) => {
                // One side alone decides `&&` where it is false, and `||` where it is true.
                let deciding = matches!(expr.kind, ExprKind::Either(..));
                if when == deciding {
                    self.branch_or(left, when, target, fail);
                    self.branch_or(right, when, target, fail);
                } else {
                    let behind = self.new_block();
                    self.branch_or(left, !when, behind, fail);
                    self.branch_or(right, when, target, fail);
                    self.start(behind);
                }
            }
            ExprKind::Compare { op, negated, left, right } => {
                let value = self.new_value(ValueType::BOOL);
                self.binary(*op, left, right, value, fail);
                self.jump_on(conditional(when != *negated), value, target);
            }
            _ => {
                let value = self.expr(expr, None, fail);
                self.jump_on(conditional(when), value, target);
            }
        }
    }

    /// A jump that is always taken, and a block for what stands behind it.
    fn jump_here(&mut self, target: BlockId) {
        self.jump(Opcode::Jump, target);
        let behind = self.new_block();
        self.start(behind);
    }
}

const fn conditional(when: bool) -> Opcode {
    if when { Opcode::JumpIf } else { Opcode::JumpUnless }
}
