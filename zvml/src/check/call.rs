//! Calls of primitives, against the signatures of the opcode table.

use super::{Check, Checker, Reported};
use crate::ast::{self, Name};
use crate::typed::{Argument, Expr, ExprKind, ValueType};
use crate::{Code, Span, near};
use zvm::{ChoiceSet, Domain, Emit, OperandKind, Pattern, Primitive, PrimitiveParam, Type};

impl<'s> Checker<'s, '_> {
    /// A call that is read for its result.
    pub(super) fn call(
        &mut self,
        name: Name<'s>,
        args: &[ast::Expr<'s>],
        span: Span,
    ) -> Check<Expr> {
        let call = self.any_call(name, args, span)?;
        if let ExprKind::Call { primitive, .. } = &call.kind {
            if primitive.op.info().emit != Emit::None {
                return Err(self.hinted(
                    Code::MisplacedReply,
                    span,
                    format!("`@{}` replies by itself", name.text),
                    "it stands behind `return` or `emit`",
                ));
            }
            if primitive.result.is_none() {
                let message = format!("`@{}` has no result", name.text);
                return Err(self.report(Code::TypeMismatch, span, message));
            }
        }
        Ok(call)
    }

    /// A call of any primitive.
    pub(super) fn any_call(
        &mut self,
        name: Name<'s>,
        args: &[ast::Expr<'s>],
        span: Span,
    ) -> Check<Expr> {
        let Some(primitive) = Primitive::find(name.text) else {
            return Err(self.unknown_primitive(name, args, span));
        };
        self.domain(primitive, name)?;
        if args.len() != primitive.params.len() {
            let names: Vec<&str> = primitive.params.iter().map(|param| param.name).collect();
            let message = format!(
                "`@{}` takes {} argument{}, not {}",
                name.text,
                names.len(),
                if names.len() == 1 { "" } else { "s" },
                args.len()
            );
            let hint = format!("@{}({})", name.text, names.join(", "));
            return Err(self.hinted(Code::ArgumentCount, name.span, message, hint));
        }
        let checked: Vec<Check<Argument>> = primitive
            .params
            .iter()
            .zip(args)
            .map(|(param, arg)| self.argument(param, arg))
            .collect();
        let args = checked.into_iter().collect::<Check<Vec<Argument>>>()?;
        let ty = primitive.result.map_or(ValueType::INT, |result| ValueType {
            ty: result.ty,
            optional: result.optional,
        });
        Ok(Expr { ty, kind: ExprKind::Call { primitive, args } })
    }

    fn unknown_primitive(
        &mut self,
        name: Name<'s>,
        args: &[ast::Expr<'s>],
        span: Span,
    ) -> Reported {
        if let ("error", [ast::Expr { kind: ast::ExprKind::String(text), .. }]) = (name.text, args)
        {
            return match self.text(*text) {
                Ok(message) => self.report(Code::Refused, span, message),
                Err(reported) => reported,
            };
        }
        if self.metas.names().any(|meta| meta == name.text) {
            let message = format!("`@{}` is a meta: it is a statement, not a value", name.text);
            return self.report(Code::BadMeta, name.span, message);
        }
        let message = format!("there is no primitive `@{}`", name.text);
        let names = zvm::PRIMITIVES.iter().map(|primitive| primitive.name);
        let near = near::nearest(name.text, names.clone().chain(self.metas.names()));
        let family = name.text.split('_').next().unwrap_or("");
        let relatives: Vec<String> = names
            .filter(|other| other.split('_').next() == Some(family))
            .map(|other| format!("`@{other}`"))
            .collect();
        let hint = match near {
            Some(near) => format!("did you mean `@{near}`?"),
            None if relatives.is_empty() => {
                "the primitives are listed in zvml's PRIMITIVES.md".to_owned()
            }
            None => format!("there are {}", relatives.join(", ")),
        };
        self.hinted(Code::UnknownPrimitive, name.span, message, hint)
    }

    /// Store and connection do not mix, and only who may write writes.
    fn domain(&mut self, primitive: &Primitive, name: Name<'s>) -> Check<()> {
        let info = primitive.op.info();
        let connection = self.on_connection;
        let wrong = match info.domain {
            Domain::Store => connection,
            Domain::Session => !connection,
            Domain::Pure => false,
        };
        if wrong {
            let (kind, place) = if connection {
                ("the store", "a command that runs at its connection")
            } else {
                ("the connection", "a command that runs on a shard")
            };
            let message = format!("`@{}` needs {kind}, this is {place}", name.text);
            return Err(self.report(Code::WrongDomain, name.span, message));
        }
        if info.writes && !self.may_write {
            let message = format!("`@{}` writes, but the command has no WRITE access", name.text);
            return Err(self.report(Code::WriteWithoutAccess, name.span, message));
        }
        if primitive.op == zvm::Opcode::ArgsCount && self.scope.variadic.is_none() {
            let message = "the command has no variadic parameter to count";
            return Err(self.report(Code::BadLoop, name.span, message));
        }
        Ok(())
    }

    fn argument(&mut self, param: &PrimitiveParam, arg: &ast::Expr<'s>) -> Check<Argument> {
        match param.kind {
            OperandKind::Choice(set) => self.choice(set, arg).map(Argument::Choice),
            OperandKind::In(Pattern::Is(ty)) => {
                self.wanted(arg, ValueType::of(ty)).map(Argument::Value)
            }
            OperandKind::In(Pattern::Maybe(ty)) => {
                self.wanted(arg, ValueType { ty, optional: true }).map(Argument::Value)
            }
            _ => self.wanted(arg, ValueType::of(Type::Int)).map(Argument::Value),
        }
    }

    /// The number of a name that an operand chooses from.
    pub(super) fn choice(&mut self, set: ChoiceSet, arg: &ast::Expr<'s>) -> Check<i32> {
        let names = set.names();
        let found = match &arg.kind {
            ast::ExprKind::Name(text) => {
                let text = self.scope.word(text);
                let text = if set == ChoiceSet::Kind && text == "SET_MAP" { "SET" } else { text };
                names.iter().position(|name| is_capitals_of(text, name))
            }
            _ => None,
        };
        found.and_then(|index| i32::try_from(index).ok()).ok_or_else(|| {
            let all: Vec<String> = names.iter().map(|name| name.to_ascii_uppercase()).collect();
            let message = "here stands one of a few names";
            let hint = format!("it is one of {}", all.join(", "));
            self.hinted(Code::UnknownWord, arg.span, message, hint)
        })
    }
}

fn is_capitals_of(text: &str, name: &str) -> bool {
    text.len() == name.len()
        && text.bytes().zip(name.bytes()).all(|(upper, lower)| upper == lower.to_ascii_uppercase())
}
