//! Expressions: names and types.

use super::scope::Binding;
use super::{Check, Checker};
use crate::ast::{self, BinaryOp};
use crate::typed::{Argument, Expr, ExprKind, ValueType, VariableId};
use crate::{Code, Span, near};
use zvm::{Opcode, Type};

impl<'s> Checker<'s, '_> {
    pub(super) fn expr(&mut self, expr: &ast::Expr<'s>) -> Check<Expr> {
        match &expr.kind {
            ast::ExprKind::Integer(value) => {
                Ok(Expr { ty: ValueType::INT, kind: ExprKind::Integer(*value) })
            }
            ast::ExprKind::Float(value) => {
                Ok(Expr { ty: ValueType::FLOAT, kind: ExprKind::Float(*value) })
            }
            ast::ExprKind::String(text) => {
                Ok(Expr { ty: ValueType::BYTES, kind: ExprKind::Bytes(self.bytes(*text)?) })
            }
            ast::ExprKind::Truth(value) => {
                Ok(Expr { ty: ValueType::BOOL, kind: ExprKind::Truth(*value) })
            }
            ast::ExprKind::Nil => Err(self.hinted(
                Code::MisplacedReply,
                expr.span,
                "`nil` is a reply, not a value",
                "whether a value is there, `if let` tells",
            )),
            ast::ExprKind::Name(name) => self.named(name, expr.span),
            ast::ExprKind::Not(inner) => {
                let inner = self.wanted(inner, ValueType::BOOL)?;
                Ok(Expr { ty: ValueType::BOOL, kind: ExprKind::Not(Box::new(inner)) })
            }
            ast::ExprKind::Negate(inner) => self.negate(inner),
            ast::ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ast::ExprKind::Call { name, args } => self.call(*name, args, expr.span),
        }
    }

    /// An expression of a type, or of one that serves as it.
    pub(super) fn wanted(&mut self, expr: &ast::Expr<'s>, wanted: ValueType) -> Check<Expr> {
        let checked = self.expr(expr)?;
        self.serves(&checked, wanted, expr.span)?;
        Ok(checked)
    }

    pub(super) fn serves(&mut self, expr: &Expr, wanted: ValueType, span: Span) -> Check<()> {
        if !expr.ty.ty.serves_as(wanted.ty) {
            let message = format!("expected {}, found {}", wanted.describe(), expr.ty.describe());
            return Err(self.report(Code::TypeMismatch, span, message));
        }
        if expr.ty.optional && !wanted.optional {
            return Err(self.hinted(
                Code::MaybeAbsent,
                span,
                "this value may be absent",
                "use it inside `if let name = ...`, or say what else with `or`",
            ));
        }
        Ok(())
    }

    /// The variable of a name.
    pub(super) fn variable(&mut self, name: &str, span: Span) -> Check<VariableId> {
        if let Some(id) = self.id(name) {
            return Ok(id);
        }
        if self.scope.is_variadic(name) {
            return Err(self.hinted(
                Code::TypeMismatch,
                span,
                format!("`{name}` is variadic: it has no value of its own"),
                format!("`for` goes over its values: `for value in {name}`"),
            ));
        }
        if self.scope.knows(name) {
            return Err(super::Reported);
        }
        let message = format!("there is nothing called `{name}` here");
        let hint =
            near::nearest(name, self.scope.names()).map(|near| format!("did you mean `{near}`?"));
        Err(match hint {
            Some(hint) => self.hinted(Code::UnknownName, span, message, hint),
            None => self.report(Code::UnknownName, span, message),
        })
    }

    fn named(&mut self, name: &str, span: Span) -> Check<Expr> {
        if let Some(Binding::Literal(literal)) = self.scope.binding(name)
            && !matches!(literal.kind, ast::ExprKind::Name(_))
        {
            let literal = ast::Expr { span, kind: literal.kind.clone() };
            return self.expr(&literal);
        }
        let id = self.variable(name, span)?;
        let ty = self.scope.get(id).map_or(ValueType::INT, |variable| variable.ty);
        if ty.ty == Type::List {
            return Err(self.hinted(
                Code::TypeMismatch,
                span,
                format!("`{name}` is a list: it has no value of its own"),
                format!("`with` goes over it beside the other list: `with number in {name}`"),
            ));
        }
        Ok(Expr { ty, kind: ExprKind::Variable(id) })
    }

    fn negate(&mut self, inner: &ast::Expr<'s>) -> Check<Expr> {
        let right = Box::new(self.expr(inner)?);
        let (ty, op, zero) = if right.ty.ty == Type::Float {
            (ValueType::FLOAT, Opcode::FloatSub, ExprKind::Float(0.0))
        } else {
            (ValueType::INT, Opcode::IntSub, ExprKind::Integer(0))
        };
        self.serves(&right, ty, inner.span)?;
        let left = Box::new(Expr { ty, kind: zero });
        Ok(Expr { ty, kind: ExprKind::Arithmetic { op, left, right } })
    }

    fn binary(&mut self, op: BinaryOp, left: &ast::Expr<'s>, right: &ast::Expr<'s>) -> Check<Expr> {
        // Both sides are looked at, so that both can be complained about.
        let spans = (left.span, right.span);
        let (left, right) = (self.expr(left), self.expr(right));
        let (left, right) = (Box::new(left?), Box::new(right?));
        let float = left.ty.ty == Type::Float || right.ty.ty == Type::Float;
        let bytes = [&left, &right].iter().any(|side| side.ty.ty != Type::Int);
        let wanted = match op {
            BinaryOp::Or | BinaryOp::And => ValueType::BOOL,
            _ if float => ValueType::FLOAT,
            BinaryOp::Equal | BinaryOp::NotEqual if bytes => ValueType::BYTES,
            _ => ValueType::INT,
        };
        let left_serves = self.side(&left, wanted, spans.0);
        self.side(&right, wanted, spans.1)?;
        left_serves?;
        let opcode = opcode(op, wanted.ty);
        let kind = match op {
            BinaryOp::Or => ExprKind::Either(left, right),
            BinaryOp::And => ExprKind::Both(left, right),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                let kind = ExprKind::Arithmetic { op: opcode, left, right };
                return Ok(Expr { ty: wanted, kind });
            }
            BinaryOp::Greater | BinaryOp::GreaterEqual => {
                ExprKind::Compare { op: opcode, negated: false, left: right, right: left }
            }
            _ => {
                let negated = op == BinaryOp::NotEqual;
                ExprKind::Compare { op: opcode, negated, left, right }
            }
        };
        Ok(Expr { ty: ValueType::BOOL, kind })
    }

    /// One side of an operator.
    fn side(&mut self, expr: &Expr, wanted: ValueType, span: Span) -> Check<()> {
        if wanted == ValueType::FLOAT && expr.ty == ValueType::INT {
            let hint = match expr.kind {
                ExprKind::Integer(value) => format!("{value}.0 is a Float"),
                _ => "`@float_from_int` makes a Float of an Integer".to_owned(),
            };
            let message = "expected Float, found Integer";
            return Err(self.hinted(Code::TypeMismatch, span, message, hint));
        }
        self.serves(expr, wanted, span)
    }
}

/// What an operator does with values of a type; `>` is `<` with its sides exchanged, and `&&` and
/// `||` are jumps.
const fn opcode(op: BinaryOp, ty: Type) -> Opcode {
    let (int, float) = match op {
        BinaryOp::Add => (Opcode::IntAdd, Opcode::FloatAdd),
        BinaryOp::Subtract => (Opcode::IntSub, Opcode::FloatSub),
        BinaryOp::Multiply => (Opcode::IntMul, Opcode::FloatMul),
        BinaryOp::Divide => (Opcode::IntDiv, Opcode::FloatDiv),
        BinaryOp::Less | BinaryOp::Greater => (Opcode::IntLess, Opcode::FloatLess),
        BinaryOp::LessEqual | BinaryOp::GreaterEqual => {
            (Opcode::IntLessEqual, Opcode::FloatLessEqual)
        }
        _ => (Opcode::IntEqual, Opcode::FloatEqual),
    };
    match ty {
        Type::Int => int,
        Type::Float => float,
        _ => Opcode::BytesEqual,
    }
}

/// Ways in which evaluating an expression can come to no value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Failures {
    /// Arithmetic, or a primitive whose failure has a usual error.
    pub usual: bool,
    /// A primitive whose failure must be handled.
    pub unusual: bool,
}

impl Failures {
    /// Those of an expression.
    pub(super) fn of(expr: &Expr) -> Self {
        let mut failures = Self::default();
        failures.add(expr);
        failures
    }

    fn add(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Variable(_)
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::Bytes(_)
            | ExprKind::Truth(_) => {}
            ExprKind::Not(inner) => self.add(inner),
            ExprKind::Both(left, right)
            | ExprKind::Either(left, right)
            | ExprKind::Compare { left, right, .. } => {
                self.add(left);
                self.add(right);
            }
            ExprKind::Arithmetic { left, right, .. } => {
                self.usual = true;
                self.add(left);
                self.add(right);
            }
            ExprKind::Call { primitive, args } => {
                if let Some(branch) = primitive.otherwise {
                    let usual = crate::ir::usual_error(branch).is_some();
                    self.usual |= usual;
                    self.unusual |= !usual;
                }
                for arg in args {
                    if let Argument::Value(value) = arg {
                        self.add(value);
                    }
                }
            }
        }
    }
}
