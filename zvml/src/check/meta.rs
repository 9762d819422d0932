//! Metas: statements with a name, put in the place of their calls.
//!
//! A meta is checked anew at each call, with what the call gives it. Its body sees nothing of the
//! caller's names but through its parameters, and the caller sees nothing that it declares, so no
//! name means another thing than it seems to. A parameter stands for
//!
//! - the variable, parameter or loop variable that the argument names, assignments included;
//! - the literal or the word in capitals that the argument is;
//! - otherwise the argument's value, computed once, before the body.

use super::scope::Binding;
use super::{Check, Checker, Reported};
use crate::ast::{self, ExprKind, Meta, Name};
use crate::diagnostic::{Context, report};
use crate::typed::{Fallible, Head, Origin, Otherwise, Statement};
use crate::{Code, Diagnostic, Span};
use std::collections::HashMap;

/// The metas of a source, by name.
#[derive(Debug)]
pub(super) struct Metas<'m, 's> {
    list: &'m [Meta<'s>],
    by_name: HashMap<&'s str, &'m Meta<'s>>,
}

/// A call of a meta that is being expanded.
#[derive(Debug)]
pub(super) struct Call<'s> {
    name: &'s str,
    span: Span,
}

impl<'m, 's> Metas<'m, 's> {
    /// Reports metas that share a name with another or with a primitive.
    pub(super) fn new(metas: &'m [Meta<'s>], problems: &mut Vec<Diagnostic>) -> Self {
        let mut by_name = HashMap::with_capacity(metas.len());
        for meta in metas {
            let name = meta.name;
            let built_in = zvm::Primitive::find(name.text).is_some()
                || matches!(name.text, "ensure_type" | "error" | "status" | "for_values");
            if built_in {
                let message = format!("`@{}` exists already", name.text);
                report(problems, Diagnostic::new(Code::DuplicateDeclaration, name.span, message));
            } else if !std::ptr::eq(*by_name.entry(name.text).or_insert(meta), meta) {
                let message = format!("the meta `{}` is declared twice", name.text);
                report(problems, Diagnostic::new(Code::DuplicateDeclaration, name.span, message));
            }
        }
        Self { list: metas, by_name }
    }

    /// Their names, in the order of declaration.
    pub(super) fn names(&self) -> impl Iterator<Item = &'s str> {
        self.list.iter().map(|meta| meta.name.text)
    }

    fn find(&self, name: &str) -> Option<&'m Meta<'s>> {
        self.by_name.get(name).copied()
    }
}

impl<'s> Checker<'s, '_> {
    /// The meta that a statement calls.
    pub(super) fn called_meta(&self, value: &ast::Value<'s>) -> Option<&'_ Meta<'s>> {
        match &value.expr.kind {
            ExprKind::Call { name, .. } => self.metas.find(name.text),
            _ => None,
        }
    }

    /// Checks the body of the meta that a statement calls into `out`; tells whether its end can
    /// be reached.
    pub(super) fn meta_call(
        &mut self,
        head: &Head,
        value: &ast::Value<'s>,
        out: &mut Vec<Statement>,
    ) -> Check<bool> {
        let ExprKind::Call { name, args } = &value.expr.kind else { return Ok(true) };
        let Some(meta) = self.metas.find(name.text) else { return Ok(true) };
        if let Some(handler) = &value.handler {
            let message = "a meta handles its failures itself";
            return Err(self.report(Code::BadHandler, handler.span, message));
        }
        self.check_depth(*name)?;
        if meta.params.len() != args.len() {
            let names: Vec<&str> = meta.params.iter().map(|param| param.text).collect();
            let plural = if names.len() == 1 { "" } else { "s" };
            let (wanted, given) = (names.len(), args.len());
            let message = format!("`@{}` takes {wanted} argument{plural}, not {given}", name.text);
            let hint = format!("@{}({})", name.text, names.join(", "));
            return Err(self.hinted(Code::ArgumentCount, name.span, message, hint));
        }
        let bindings: Vec<Check<Binding<'s>>> =
            args.iter().map(|arg| self.meta_argument(arg, out)).collect();
        let bindings = bindings.into_iter().collect::<Check<Vec<Binding<'s>>>>()?;
        let floor = self.scope.hide();
        for (param, binding) in meta.params.iter().zip(bindings) {
            if self.check_unknown_name(*param).is_ok() {
                self.scope.bind(param.text, binding);
            }
        }
        self.calls.push(Call { name: meta.name.text, span: name.span });
        let reachable = self.block(head, &meta.body, out);
        self.calls.pop();
        self.scope.restore(floor);
        Ok(reachable)
    }

    /// The calls of metas that led to a place, innermost first.
    pub(super) fn context(&self) -> Vec<Context> {
        let context = |call: &Call<'s>| Context {
            what: format!("`@{}`, called", call.name).into(),
            span: call.span,
        };
        self.calls.iter().rev().map(context).collect()
    }

    fn check_depth(&mut self, name: Name<'s>) -> Check<()> {
        if let Some(start) = self.calls.iter().position(|call| call.name == name.text) {
            let chain: Vec<&str> = self.calls.iter().skip(start).map(|call| call.name).collect();
            let message = format!("`@{}` calls itself", name.text);
            let hint = format!("{} -> {}", chain.join(" -> "), name.text);
            return Err(self.hinted(Code::MetaCycle, name.span, message, hint));
        }
        if self.calls.len() >= META_DEPTH_MAX {
            let message = format!("metas call each other at most {META_DEPTH_MAX} deep");
            return Err(self.report(Code::MetaCycle, name.span, message));
        }
        self.expanded += 1;
        if self.expanded > META_CALLS_MAX + 1 {
            return Err(Reported);
        }
        if self.expanded > META_CALLS_MAX {
            let message = format!("a command calls metas at most {META_CALLS_MAX} times");
            return Err(self.report(Code::ExpansionTooLong, name.span, message));
        }
        Ok(())
    }

    /// What a parameter stands for.
    fn meta_argument(
        &mut self,
        arg: &ast::Expr<'s>,
        out: &mut Vec<Statement>,
    ) -> Check<Binding<'s>> {
        match &arg.kind {
            ExprKind::Name(name) if self.scope.is_variadic(name) => Ok(Binding::Variadic),
            ExprKind::Name(name) => match self.scope.binding(name) {
                Some(binding) => Ok(binding.clone()),
                None if name.bytes().any(|byte| byte.is_ascii_lowercase()) => {
                    self.variable(name, arg.span).map(Binding::Variable)
                }
                None => Ok(Binding::Literal(arg.clone())),
            },
            ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Truth(_) => Ok(Binding::Literal(arg.clone())),
            _ => {
                let expr = self.expr(arg)?;
                self.no_unusual_failure(&expr, arg.span)?;
                let id = self.scope.fresh(expr.ty, Origin::Let);
                out.push(Statement::Set(id, Fallible { expr, otherwise: Otherwise::Usual }));
                Ok(Binding::Variable(id))
            }
        }
    }
}

/// How deeply metas call each other.
const META_DEPTH_MAX: usize = 16;

/// How many calls of metas a command is expanded by.
const META_CALLS_MAX: usize = 1024;
