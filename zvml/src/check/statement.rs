//! Preconditions, statements, and where control goes.

use super::expr::Failures;
use super::{Check, Checker, Reported};
use crate::ast::{self, Block, Condition, Handler, HandlerKind, Name, Requirement, StatementKind};
use crate::typed::{
    self, Exit, Expr, ExprKind, Fallible, Head, Origin, Otherwise, Statement, ValueType,
};
use crate::{Code, Span};
use zvm::{ChoiceSet, Emit, Returns, Type};

impl<'s> Checker<'s, '_> {
    /// What `pre` asks for, into `out`.
    pub(super) fn requirements(
        &mut self,
        head: &Head,
        requirements: &[Requirement<'s>],
        out: &mut Vec<Statement>,
    ) {
        for requirement in requirements {
            match requirement {
                Requirement::Condition(condition) => {
                    out.extend(self.condition(head, condition).ok());
                }
                Requirement::Call(statement) => {
                    let reachable = self.statement(head, statement, out);
                    if matches!(reachable, Ok(false)) {
                        let message = "every path of this ends the command before its body";
                        self.report(Code::BadPrecondition, statement.span, message);
                    }
                }
            }
        }
    }

    fn condition(&mut self, head: &Head, condition: &Condition<'s>) -> Check<Statement> {
        let id = self.variable(condition.param.text, condition.param.span)?;
        let ty = self.scope.get(id).map_or(ValueType::INT, |variable| variable.ty);
        match (condition.verb.text, condition.args.as_slice(), &condition.range_end) {
            ("ensure_type", [kind], None) => {
                self.ensure(head, condition.param, kind, condition.handler.as_ref())
            }
            ("validate", [low], Some(high)) => {
                if ty.ty != Type::Int {
                    let message = "only an Integer can be validated";
                    return Err(self.report(Code::BadPrecondition, condition.param.span, message));
                }
                let (low, high) = (self.bound(low)?, self.bound(high)?);
                let error = match condition.handler.as_ref().map(|handler| &handler.kind) {
                    None => Box::from(OUT_OF_BOUNDS),
                    Some(HandlerKind::Error(text)) => self.error_argument(*text)?,
                    Some(_) => {
                        return Err(self.hinted(
                            Code::BadHandler,
                            condition.verb.span,
                            "a value out of bounds is an error",
                            "`or error(\"ERR ...\")` says which",
                        ));
                    }
                };
                Ok(Statement::Validate { value: id, low, high, error })
            }
            _ => Err(self.hinted(
                Code::BadPrecondition,
                condition.verb.span,
                "this is no precondition",
                "there are `ensure_type(KIND)` and `validate(low..high)`",
            )),
        }
    }

    fn bound(&mut self, expr: &ast::Expr<'s>) -> Check<i64> {
        match expr.kind {
            ast::ExprKind::Integer(value) => Ok(value),
            _ => Err(self.report(Code::TypeMismatch, expr.span, "a bound is an integer")),
        }
    }

    /// `ensure_type`, in `pre` or as a statement.
    fn ensure(
        &mut self,
        head: &Head,
        key: Name<'s>,
        kind: &ast::Expr<'s>,
        handler: Option<&Handler<'s>>,
    ) -> Check<Statement> {
        let id = self.variable(key.text, key.span)?;
        let ty = self.scope.get(id).map_or(ValueType::INT, |variable| variable.ty);
        if ty != ValueType::of(Type::Key) {
            let message = "only a Key has a type to ensure";
            return Err(self.report(Code::BadPrecondition, key.span, message));
        }
        let kind = self.choice(ChoiceSet::Kind, kind)?;
        let absent = match handler.map(|handler| (&handler.kind, handler)) {
            None | Some((HandlerKind::Create, _)) => None,
            Some((_, handler)) => Some(self.exit(head, handler)?),
        };
        Ok(Statement::Ensure { key: id, kind: u8::try_from(kind).unwrap_or(0), absent })
    }

    /// Checks a block into `out`; tells whether its end can be reached.
    pub(super) fn block(
        &mut self,
        head: &Head,
        block: &Block<'s>,
        out: &mut Vec<Statement>,
    ) -> bool {
        let mark = self.scope.enter();
        let mut reachable = true;
        for statement in &block.statements {
            if !reachable {
                self.hinted(
                    Code::Unreachable,
                    statement.span,
                    "this statement is never reached",
                    "every path before it has ended with `return`",
                );
                break;
            }
            // A `return` that failed has still ended its path, if it may stand here at all.
            reachable =
                !matches!(statement.kind, StatementKind::Return(_)) || !self.builders.is_empty();
            if let Ok(goes_on) = self.statement(head, statement, out) {
                reachable &= goes_on;
            }
        }
        self.scope.leave(mark);
        reachable
    }

    /// Checks a statement into `out`; tells whether what stands behind it can be reached.
    fn statement(
        &mut self,
        head: &Head,
        statement: &ast::Statement<'s>,
        out: &mut Vec<Statement>,
    ) -> Check<bool> {
        let (checked, goes_on) = match &statement.kind {
            StatementKind::Call(value) if self.called_meta(value).is_some() => {
                return self.meta_call(head, value, out);
            }
            StatementKind::Let { name, value } => self.let_statement(head, *name, value)?,
            StatementKind::Assign { name, value } => self.assign(head, *name, value)?,
            StatementKind::If { test, then, otherwise } => {
                self.if_statement(head, test, then, otherwise.as_ref())?
            }
            StatementKind::For { names, over, beside, body } => {
                self.for_statement(head, names, over, *beside, body)?
            }
            StatementKind::ForOptions { word, body } => self.for_options(head, *word, body)?,
            StatementKind::ForValues { from, span, body } => {
                self.for_values(head, *from, *span, body)?
            }
            StatementKind::Call(value) => (self.call_statement(head, value)?, true),
            StatementKind::Emit(reply) => {
                if self.builders.is_empty() {
                    return Err(self.hinted(
                        Code::MisplacedReply,
                        statement.span,
                        "`emit` adds an element, and no array or map is being built here",
                        "`return` gives the reply",
                    ));
                }
                (Statement::Emit(self.reply(head, reply, true)?), true)
            }
            StatementKind::Return(reply) => {
                if !self.builders.is_empty() && !matches!(reply.kind, ast::ReplyKind::Error(_)) {
                    return Err(self.hinted(
                        Code::MisplacedReply,
                        statement.span,
                        "a reply is being built here, so only an error can take its place",
                        "`emit` adds an element",
                    ));
                }
                (Statement::Return(self.reply(head, reply, false)?), false)
            }
        };
        out.push(checked);
        Ok(goes_on)
    }

    fn let_statement(
        &mut self,
        head: &Head,
        name: Name<'s>,
        value: &ast::Value<'s>,
    ) -> Check<(Statement, bool)> {
        let fresh = self.check_unknown_name(name);
        let checked = fresh.and_then(|()| self.fallible(head, value));
        let Ok(fallible) = checked else {
            self.scope.declare_broken(name.text);
            return Err(Reported);
        };
        let ty = result_type(&fallible);
        let id = self.scope.declare(name.text, ty, Origin::Let);
        Ok((Statement::Set(id, fallible), true))
    }

    fn assign(
        &mut self,
        head: &Head,
        name: Name<'s>,
        value: &ast::Value<'s>,
    ) -> Check<(Statement, bool)> {
        let id = self.variable(name.text, name.span)?;
        let Some(variable) = self.scope.get(id) else { return Err(Reported) };
        let (ty, origin) = (variable.ty, variable.origin);
        if origin != Origin::Let {
            return Err(self.hinted(
                Code::BadAssignment,
                name.span,
                format!("`{}` is not a variable declared with `let`", name.text),
                "parameters and loop variables keep their values",
            ));
        }
        let fallible = self.fallible(head, value)?;
        let found = result_type(&fallible);
        if found != ty {
            let message =
                format!("`{}` is {}, this is {}", name.text, ty.describe(), found.describe());
            return Err(self.report(Code::TypeMismatch, value.expr.span, message));
        }
        Ok((Statement::Set(id, fallible), true))
    }

    fn if_statement(
        &mut self,
        head: &Head,
        test: &ast::Test<'s>,
        then: &Block<'s>,
        otherwise: Option<&Block<'s>>,
    ) -> Check<(Statement, bool)> {
        let mark = self.scope.enter();
        let test = match test {
            ast::Test::Holds(expr) => {
                let checked = self.wanted(expr, ValueType::BOOL);
                checked.and_then(|expr_checked| {
                    self.no_unusual_failure(&expr_checked, expr.span)?;
                    Ok(typed::Test::Holds(expr_checked))
                })
            }
            ast::Test::Present(name, expr) => self.presence(*name, expr),
        };
        let mut then_out = Vec::new();
        let then_goes_on = self.block(head, then, &mut then_out);
        self.scope.leave(mark);
        let mut else_out = Vec::new();
        let else_goes_on = otherwise.is_none_or(|block| self.block(head, block, &mut else_out));
        let statement = Statement::If { test: test?, then: then_out, otherwise: else_out };
        Ok((statement, then_goes_on || else_goes_on))
    }

    fn presence(&mut self, name: Name<'s>, expr: &ast::Expr<'s>) -> Check<typed::Test> {
        let checked = self.check_unknown_name(name).and_then(|()| self.expr(expr));
        let checked = checked.and_then(|value| {
            if !value.ty.optional {
                let message = "this value is always there";
                return Err(self.report(Code::TypeMismatch, expr.span, message));
            }
            self.no_unusual_failure(&value, expr.span)?;
            Ok(value)
        });
        let Ok(value) = checked else {
            self.scope.declare_broken(name.text);
            return Err(Reported);
        };
        let id = self.scope.declare(name.text, value.ty.present(), self.origin_of(&value));
        Ok(typed::Test::Present(id, value))
    }

    /// A second name for a parameter is the parameter; one for a variable, which can change, is a
    /// variable of its own.
    fn origin_of(&self, value: &Expr) -> Origin {
        match value.kind {
            ExprKind::Variable(id) => match self.scope.get(id).map(|variable| variable.origin) {
                Some(Origin::Parameter(_)) => Origin::Present(id),
                _ => Origin::Let,
            },
            _ => Origin::Let,
        }
    }

    fn call_statement(&mut self, head: &Head, value: &ast::Value<'s>) -> Check<Statement> {
        let ast::ExprKind::Call { name, args } = &value.expr.kind else {
            let message = "a statement that is an expression is a call";
            return Err(self.report(Code::Unexpected, value.expr.span, message));
        };
        if name.text == "ensure_type" {
            return match args.as_slice() {
                [ast::Expr { kind: ast::ExprKind::Name(key), span }, kind] => {
                    let key = Name { text: key, span: *span };
                    self.ensure(head, key, kind, value.handler.as_ref())
                }
                _ => Err(self.hinted(
                    Code::ArgumentCount,
                    value.expr.span,
                    "`@ensure_type` takes a key and a kind",
                    "@ensure_type(key, STRING)",
                )),
            };
        }
        let expr = self.any_call(*name, args, value.expr.span)?;
        if let ExprKind::Call { primitive, .. } = &expr.kind
            && primitive.op.info().emit != Emit::None
        {
            return Err(self.hinted(
                Code::MisplacedReply,
                value.expr.span,
                format!("`@{}` replies by itself", name.text),
                "it stands behind `return` or `emit`",
            ));
        }
        let otherwise = self.otherwise(head, &expr, value, false)?;
        if matches!(otherwise, Otherwise::Value(_)) {
            return Err(self.bad_handler(value, "nothing uses the value of this call"));
        }
        Ok(Statement::Do(Fallible { expr, otherwise }))
    }

    /// A value and its handler.
    pub(super) fn fallible(&mut self, head: &Head, value: &ast::Value<'s>) -> Check<Fallible> {
        let expr = self.expr(&value.expr)?;
        let otherwise = self.otherwise(head, &expr, value, false)?;
        Ok(Fallible { expr, otherwise })
    }

    /// What `or` says about an expression; `nil` only where a reply is made of it.
    pub(super) fn otherwise(
        &mut self,
        head: &Head,
        expr: &Expr,
        value: &ast::Value<'s>,
        replied: bool,
    ) -> Check<Otherwise> {
        let failures = Failures::of(expr);
        let Some(handler) = &value.handler else {
            self.no_unusual_failure(expr, value.expr.span)?;
            return Ok(Otherwise::Usual);
        };
        if !failures.usual && !failures.unusual && !expr.absence_is_failure() {
            return Err(self.bad_handler(value, "this cannot fail"));
        }
        match &handler.kind {
            HandlerKind::Create => Err(self.bad_handler(value, "`create` is for `ensure_type`")),
            HandlerKind::Skip if self.builders.is_empty() || !replied => {
                Err(self.bad_handler(value, "`skip` leaves out an element, and none is added here"))
            }
            HandlerKind::Skip => Ok(Otherwise::Skip),
            HandlerKind::Nil if !replied => {
                Err(self.bad_handler(value, "`nil` is a reply, not a value"))
            }
            HandlerKind::Nil => Ok(Otherwise::Nil),
            HandlerKind::Value(other) => {
                let other = self.wanted(other, expr.ty.present())?;
                if other.ty.ty != expr.ty.ty {
                    let message = format!(
                        "expected {}, found {}",
                        expr.ty.present().describe(),
                        other.ty.describe()
                    );
                    return Err(self.report(Code::TypeMismatch, handler.span, message));
                }
                self.no_unusual_failure(&other, handler.span)?;
                Ok(Otherwise::Value(other))
            }
            _ => Ok(Otherwise::Exit(self.exit(head, handler)?)),
        }
    }

    /// A handler that ends the command.
    fn exit(&mut self, head: &Head, handler: &Handler<'s>) -> Check<Exit> {
        if let HandlerKind::Error(text) = handler.kind {
            return Ok(Exit::Error(self.error_argument(text)?));
        }
        if !self.builders.is_empty() {
            return Err(self.hinted(
                Code::MisplacedReply,
                handler.span,
                "a reply is being built here, so only an error can take its place",
                "`or skip` leaves the element out",
            ));
        }
        let integer = matches!(head.returns, Returns::Integer | Returns::Any);
        let exit = match handler.kind {
            HandlerKind::ReturnInteger(value) if integer => Exit::Integer(value),
            HandlerKind::ReturnNil if matches!(head.returns, Returns::Bytes | Returns::Any) => {
                Exit::Nil
            }
            HandlerKind::ReturnEmpty
                if matches!(head.returns, Returns::Array | Returns::Items | Returns::Any) =>
            {
                Exit::EmptyArray
            }
            HandlerKind::ReturnEmpty if head.returns == Returns::Map => Exit::EmptyMap,
            HandlerKind::Value(_) | HandlerKind::Nil | HandlerKind::Skip => {
                return Err(self.report(
                    Code::BadHandler,
                    handler.span,
                    "here the command ends: `return_nil`, `return 0`, `error(\"...\")`",
                ));
            }
            _ => return Err(self.wrong_return(head.returns, handler.span)),
        };
        Ok(exit)
    }

    /// Reports a primitive whose failure has no usual error and no handler.
    pub(super) fn no_unusual_failure(&mut self, expr: &Expr, span: Span) -> Check<()> {
        if !Failures::of(expr).unusual {
            return Ok(());
        }
        Err(self.hinted(
            Code::MaybeAbsent,
            span,
            "this can fail, and nothing says what then",
            "add `or`, on a `let` or reply of its own",
        ))
    }

    fn bad_handler(&mut self, value: &ast::Value<'s>, message: &'static str) -> Reported {
        let span = value.handler.as_ref().map_or(value.expr.span, |handler| handler.span);
        self.report(Code::BadHandler, span, message)
    }
}

/// What `validate` replies where the source does not say.
const OUT_OF_BOUNDS: &[u8] = b"ERR value is not an integer or out of range";

/// The type of a value whose failure is handled.
pub(super) fn result_type(fallible: &Fallible) -> ValueType {
    match fallible.otherwise {
        Otherwise::Usual => fallible.expr.ty,
        _ if fallible.expr.absence_is_failure() => fallible.expr.ty.present(),
        _ => fallible.expr.ty,
    }
}
