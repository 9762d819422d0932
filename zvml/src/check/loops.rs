//! Loops: what they go over, and what they call what they meet.

use super::scope::Variadic;
use super::{Check, Checker};
use crate::ast::{self, Block, Name, Over};
use crate::typed::{self, Head, Origin, Statement, ValueType};
use crate::{Code, Span, near};
use zvm::{ChoiceSet, Type};

impl<'s> Checker<'s, '_> {
    pub(super) fn for_statement(
        &mut self,
        head: &Head,
        names: &[Name<'s>],
        over: &Over<'s>,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        match over {
            Over::List(list) => {
                let variadic = self.scope.variadic.clone();
                let Some(variadic) = variadic.filter(|_| self.scope.is_variadic(list.text)) else {
                    let message = format!("`{}` is no list among the parameters", list.text);
                    return Err(self.report(Code::BadLoop, list.span, message));
                };
                let group = Group { name: list.text, span: list.span, types: &variadic.group };
                self.loop_over(head, names, typed::Over::List, &group, body)
            }
            Over::Range(low, high) => {
                let bounds = (self.range_end(low), self.range_end(high));
                let over = typed::Over::Range(bounds.0?, bounds.1?);
                let span = low.span.to(high.span);
                let group = Group { name: "a range", span, types: &[ValueType::INT] };
                self.loop_over(head, names, over, &group, body)
            }
            Over::Elements(call) => self.elements(head, names, call, body),
        }
    }

    /// An end of a range.
    fn range_end(&mut self, bound: &ast::Expr<'s>) -> Check<typed::Expr> {
        let value = self.wanted(bound, ValueType::INT)?;
        self.no_unusual_failure(&value, bound.span)?;
        Ok(value)
    }

    /// `for member in @set_members(key) { }`
    fn elements(
        &mut self,
        head: &Head,
        names: &[Name<'s>],
        call: &ast::Expr<'s>,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        let ast::ExprKind::Call { name, args } = &call.kind else {
            let message = "a loop goes over something of which there is an end";
            return Err(self.report(Code::BadLoop, call.span, message));
        };
        let all = ChoiceSet::Elements.names();
        let Some(number) = all.iter().position(|known| *known == name.text) else {
            let message = format!("`@{}` is nothing that a loop goes over", name.text);
            let hint = near::nearest(name.text, all.iter().copied()).map_or_else(
                || format!("loops go over @{}(key)", all.join("(key), @")),
                |near| format!("did you mean `@{near}`?"),
            );
            return Err(self.hinted(Code::BadLoop, name.span, message, hint));
        };
        if self.on_connection {
            let message = format!(
                "`@{}` needs the store, this is a command that runs at its connection",
                name.text
            );
            return Err(self.report(Code::WrongDomain, name.span, message));
        }
        let [key] = args.as_slice() else {
            let message = format!("`@{}` takes 1 argument, not {}", name.text, args.len());
            return Err(self.report(Code::ArgumentCount, name.span, message));
        };
        let key = self.wanted(key, ValueType::of(Type::Key))?;
        let yields = ChoiceSet::Elements.yields().get(number).copied().unwrap_or(&[]);
        let types: Vec<ValueType> = yields.iter().map(|ty| ValueType::of(*ty)).collect();
        let group = Group { name: name.text, span: call.span, types: &types };
        let over = typed::Over::Elements(key, i32::try_from(number).unwrap_or(i32::MAX));
        self.loop_over(head, names, over, &group, body)
    }

    fn loop_over(
        &mut self,
        head: &Head,
        names: &[Name<'s>],
        over: typed::Over,
        group: &Group<'_>,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        if self.in_loop {
            let message = "a loop cannot stand in another";
            return Err(self.report(Code::BadLoop, group.span, message));
        }
        if names.len() != group.types.len() {
            let message = format!("`{}` comes in groups of {}", group.name, group.types.len());
            let span = names.first().map_or(group.span, |name| name.span);
            return Err(self.report(Code::BadLoop, span, message));
        }
        let mark = self.scope.enter();
        let mut variables = Vec::with_capacity(names.len());
        for (name, ty) in names.iter().zip(group.types) {
            if self.check_unknown_name(*name).is_ok() {
                variables.push(self.scope.declare(name.text, *ty, Origin::Loop));
            } else {
                self.scope.declare_broken(name.text);
            }
        }
        self.in_loop = true;
        let mut out = Vec::new();
        let goes_on = self.block(head, body, &mut out);
        self.in_loop = false;
        self.scope.leave(mark);
        if !goes_on {
            return Err(self.report(
                Code::BadLoop,
                body.span,
                "every path of this loop ends the command, so it never comes round",
            ));
        }
        Ok((Statement::For { over, variables, body: out }, true))
    }

    /// `for_values(n)`: the loop over the variadic parameter that begins at argument n, its value
    /// under the name `value`.
    pub(super) fn for_values(
        &mut self,
        head: &Head,
        from: i64,
        span: Span,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        let params = &head.signature.params;
        let start = params.iter().position(|param| param.multiplicity.is_variadic());
        let Some((start, Variadic { name, group })) = start.zip(self.scope.variadic.clone()) else {
            let message = "the command has no variadic parameter to go over";
            return Err(self.report(Code::BadLoop, span, message));
        };
        if usize::try_from(from).ok() != Some(start) {
            let message = format!("`{name}` begins at argument {start}, not {from}");
            let hint = format!("for_values({start}), or `for value in {name}`");
            return Err(self.hinted(Code::BadLoop, span, message, hint));
        }
        let value = Name { text: "value", span };
        let group = Group { name, span, types: &group };
        self.loop_over(head, &[value], typed::Over::List, &group, body)
    }
}

/// What a loop meets in each round.
struct Group<'g> {
    /// What it goes over, for complaints.
    name: &'g str,
    span: Span,
    types: &'g [ValueType],
}
