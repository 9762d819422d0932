//! Replies, against what `returns` says.

use super::statement::result_type;
use super::{Check, Checker};
use crate::ast::{self, Aggregate, ReplyKind};
use crate::typed::{
    Argument, Expr, ExprKind, Fallible, Form, Head, Otherwise, Over, Reply, Statement, ValueType,
};
use crate::{Code, Span};
use zvm::{Emit, Opcode, Returns, Type};

impl<'s> Checker<'s, '_> {
    /// A reply; `element` where it is one of an aggregate, of which `returns` says nothing.
    pub(super) fn reply(
        &mut self,
        head: &Head,
        reply: &ast::Reply<'s>,
        element: bool,
    ) -> Check<Reply> {
        let returns = if element { Returns::Any } else { head.returns };
        if self.builders.last() == Some(&true)
            && element
            && !matches!(reply.kind, ReplyKind::Value(_) | ReplyKind::ByVersion(..))
        {
            return Err(self.not_a_pair(reply.span));
        }
        if self.builders.len() >= AGGREGATES_MAX {
            return Err(self.too_deep(reply));
        }
        match &reply.kind {
            ReplyKind::Ok => {
                self.returns(returns, &[Returns::Status], reply.span)?;
                Ok(Reply::Status(Box::from(*b"OK")))
            }
            ReplyKind::Status(text) => {
                self.returns(returns, &[Returns::Status], reply.span)?;
                self.status(text)
            }
            ReplyKind::Error(text) => Ok(Reply::Error(self.error_argument(*text)?)),
            ReplyKind::Nil => {
                self.returns(returns, &[Returns::Bytes], reply.span)?;
                Ok(Reply::Nil)
            }
            ReplyKind::NilArray => {
                self.returns(returns, &[Returns::Array], reply.span)?;
                Ok(Reply::NilArray)
            }
            ReplyKind::Value(value) => self.value_reply(head, value, returns, element),
            ReplyKind::Build(aggregate, block) => {
                let (map, lists) = (*aggregate == Aggregate::Map, [Returns::Array, Returns::Items]);
                self.returns(returns, if map { &[Returns::Map] } else { &lists }, reply.span)?;
                Ok(self.build(head, map, block))
            }
            ReplyKind::ByVersion(resp3, other) => {
                let resp3 = self.reply(head, resp3, element);
                let other = self.reply(head, other, element);
                Ok(Reply::ByVersion(Box::new(resp3?), Box::new(other?)))
            }
            ReplyKind::Array(elements) => {
                self.returns(returns, &[Returns::Array], reply.span)?;
                self.written_out(head, elements).map(Reply::Array)
            }
            ReplyKind::Set(elements) => {
                self.returns(returns, &[Returns::Set], reply.span)?;
                self.written_out(head, elements).map(Reply::Set)
            }
            ReplyKind::Verbatim(text) => {
                self.returns(returns, &[Returns::Bytes], reply.span)?;
                let checked = self.wanted(text, ValueType::BYTES)?;
                self.no_unusual_failure(&checked, text.span)?;
                Ok(Reply::Verbatim(checked))
            }
            ReplyKind::Map(pairs) => {
                self.returns(returns, &[Returns::Map], reply.span)?;
                let pairs: Vec<Check<(Reply, Reply)>> = pairs
                    .iter()
                    .map(|(key, value)| Ok((self.element(head, key)?, self.element(head, value)?)))
                    .collect();
                pairs.into_iter().collect::<Check<_>>().map(Reply::Map)
            }
        }
    }

    fn too_deep(&mut self, reply: &ast::Reply<'s>) -> super::Reported {
        let message = format!("replies nest at most {AGGREGATES_MAX} deep");
        self.report(Code::TooDeep, reply.span, message)
    }

    /// What is built by a block that emits its elements, or pairs.
    fn build(&mut self, head: &Head, map: bool, block: &ast::Block<'s>) -> Reply {
        let mut body = Vec::new();
        self.builders.push(map);
        self.block(head, block, &mut body);
        self.builders.pop();
        let counted = body.iter().any(|it| matches!(it, Statement::For { over: Over::List, .. }));
        Reply::Build { map, counted, body }
    }

    fn written_out(&mut self, head: &Head, elements: &[ast::Reply<'s>]) -> Check<Vec<Reply>> {
        let elements: Vec<Check<Reply>> =
            elements.iter().map(|element| self.element(head, element)).collect();
        elements.into_iter().collect()
    }

    /// An element written out in `[...]` or `{...}`: there, unlike among emitted ones, nothing
    /// can be left out, and no error can stand.
    fn element(&mut self, head: &Head, reply: &ast::Reply<'s>) -> Check<Reply> {
        self.builders.push(false);
        let checked = self.reply(head, reply, true);
        self.builders.pop();
        let checked = checked?;
        let skips = may_be_missing(&checked);
        if skips {
            let message = "a written-out element is always there";
            return Err(self.report(Code::MisplacedReply, reply.span, message));
        }
        Ok(checked)
    }

    fn status(&mut self, text: &ast::Expr<'s>) -> Check<Reply> {
        let checked = self.wanted(text, ValueType::BYTES)?;
        self.no_unusual_failure(&checked, text.span)?;
        let ExprKind::Bytes(bytes) = checked.kind else { return Ok(Reply::StatusOf(checked)) };
        if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            let message = "a status stands on one line";
            return Err(self.report(Code::BadReplyText, text.span, message));
        }
        Ok(Reply::Status(bytes))
    }

    fn value_reply(
        &mut self,
        head: &Head,
        value: &ast::Value<'s>,
        returns: Returns,
        element: bool,
    ) -> Check<Reply> {
        let span = value.expr.span;
        if let ast::ExprKind::Call { name, args } = &value.expr.kind
            && zvm::Primitive::find(name.text)
                .is_some_and(|primitive| primitive.op.info().emit != Emit::None)
        {
            let expr = self.any_call(*name, args, span)?;
            return self.primitive_reply(head, expr, value, (returns, element));
        }
        if element && self.builders.last() == Some(&true) {
            return Err(self.not_a_pair(span));
        }
        let expr = self.expr(&value.expr)?;
        let otherwise = self.otherwise(head, &expr, value, true)?;
        self.returns_value(returns, expr.ty.ty, span)?;
        let value = Fallible { expr, otherwise };
        let nil = matches!(value.otherwise, Otherwise::Nil) || result_type(&value).optional;
        if nil && !matches!(returns, Returns::Bytes | Returns::Any) {
            return Err(self.hinted(
                Code::MaybeAbsent,
                span,
                "this value may be absent",
                "say what else with `or`",
            ));
        }
        Ok(reply_of(value, returns, nil))
    }

    fn primitive_reply(
        &mut self,
        head: &Head,
        expr: Expr,
        value: &ast::Value<'s>,
        (returns, element): (Returns, bool),
    ) -> Check<Reply> {
        let span = value.expr.span;
        let ExprKind::Call { primitive, .. } = &expr.kind else { return Err(super::Reported) };
        let pair = primitive.op.info().emit == Emit::Pair;
        if pair != (element && self.builders.last() == Some(&true)) {
            return Err(if pair {
                let message = "this replies a pair, and no map is being built here";
                self.report(Code::MisplacedReply, span, message)
            } else {
                self.not_a_pair(span)
            });
        }
        if matches!(returns, Returns::Integer | Returns::Status | Returns::Boolean) {
            return Err(self.wrong_return(returns, span));
        }
        let otherwise = self.otherwise(head, &expr, value, true)?;
        if matches!(otherwise, Otherwise::Value(_)) {
            let message = "this replies by itself, so there is no other value to take";
            return Err(self.report(Code::BadHandler, span, message));
        }
        Ok(Reply::Primitive(Fallible { expr, otherwise }))
    }

    fn not_a_pair(&mut self, span: Span) -> super::Reported {
        self.report(Code::MisplacedReply, span, "a map is built of pairs, and this is none")
    }

    fn returns_value(&mut self, returns: Returns, ty: Type, span: Span) -> Check<()> {
        let as_what: &[Returns] = match ty {
            Type::Int => &[Returns::Integer, Returns::Bytes],
            Type::Bool => &[Returns::Integer, Returns::Boolean],
            Type::Bytes | Type::Key => &[Returns::Bytes],
            Type::Float => &[],
            _ => {
                let message = "a value of this type cannot be replied";
                return Err(self.report(Code::TypeMismatch, span, message));
            }
        };
        self.returns(returns, as_what, span)
    }

    fn returns(&mut self, returns: Returns, as_what: &[Returns], span: Span) -> Check<()> {
        if returns == Returns::Any || as_what.contains(&returns) {
            return Ok(());
        }
        Err(self.wrong_return(returns, span))
    }

    pub(super) fn wrong_return(&mut self, returns: Returns, span: Span) -> super::Reported {
        let message = format!("the command returns {returns:?}, this is something else");
        self.report(Code::WrongReturn, span, message)
    }
}

/// A value as a reply. The string at a key goes there without a copy.
fn reply_of(value: Fallible, returns: Returns, nil: bool) -> Reply {
    let Fallible { expr: Expr { ty, kind }, otherwise } = value;
    match kind {
        ExprKind::Bytes(bytes) => Reply::Literal(bytes),
        ExprKind::Call { primitive, mut args } if primitive.op == Opcode::StringGet && nil => {
            match args.pop() {
                Some(Argument::Value(key)) => Reply::StringAt(key),
                _ => Reply::Nil,
            }
        }
        kind => {
            let form = match (ty.ty, returns) {
                (Type::Int, Returns::Bytes) => Form::Bytes,
                (Type::Int, _) => Form::Integer,
                (Type::Bool, Returns::Integer) => Form::Digit,
                (Type::Bool, _) => Form::Boolean,
                (Type::Float, _) => Form::Double,
                _ => Form::Bytes,
            };
            let value = Fallible { expr: Expr { ty, kind }, otherwise };
            Reply::Value { value, form, nil }
        }
    }
}

/// Whether an element may be left out, or an error may stand for it.
fn may_be_missing(reply: &Reply) -> bool {
    match reply {
        Reply::Value { value, .. } | Reply::Primitive(value) => {
            matches!(value.otherwise, Otherwise::Skip)
        }
        Reply::Error(_) => true,
        Reply::ByVersion(resp3, other) => may_be_missing(resp3) || may_be_missing(other),
        _ => false,
    }
}

/// How deep replies nest, which keeps them within the verifier's bounds.
const AGGREGATES_MAX: usize = 4;
