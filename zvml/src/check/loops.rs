//! Loops: what they go over, and what they call what they meet.

use super::scope::Variadic;
use super::{Check, Checker};
use crate::ast::{self, Beside, Block, Name, Over};
use crate::typed::{self, Head, Origin, Statement, ValueType, VariableId};
use crate::{Code, Span, near};
use std::borrow::Cow;
use zvm::{Again, ChoiceSet, OptionSpec, Type};

impl<'s> Checker<'s, '_> {
    pub(super) fn for_statement(
        &mut self,
        head: &Head,
        names: &[Name<'s>],
        over: &Over<'s>,
        beside: Option<Beside<'s>>,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        if let (Some(beside), false) = (beside, matches!(over, Over::List(_))) {
            let message = "a counted operand stands beside the list among the parameters only";
            return Err(self.report(Code::BadLoop, beside.list.span, message));
        }
        match over {
            Over::List(list) => {
                let variadic = self.scope.variadic.clone();
                let Some(variadic) = variadic.filter(|_| self.scope.is_variadic(list.text)) else {
                    let message = format!("`{}` is no list among the parameters", list.text);
                    return Err(self.report(Code::BadLoop, list.span, message));
                };
                let group = Group { name: list.text, span: list.span, types: &variadic.group };
                let meets = self.group(names, &group)?;
                self.loop_over(head, meets, typed::Over::List, (list.span, beside), body)
            }
            Over::Range(low, high) => {
                let bounds = (self.range_end(low), self.range_end(high));
                let over = typed::Over::Range(bounds.0?, bounds.1?);
                let span = low.span.to(high.span);
                let group = Group { name: "a range", span, types: &[ValueType::INT] };
                let meets = self.group(names, &group)?;
                self.loop_over(head, meets, over, (span, None), body)
            }
            Over::Elements(call) => self.elements(head, names, call, body),
        }
    }

    /// `for_options(GET) { ... }`: over the options of the bracket in which the word stands.
    pub(super) fn for_options(
        &mut self,
        head: &Head,
        word: Name<'s>,
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        let is_meant =
            |option: &OptionSpec| option.words.first().is_some_and(|w| **w == *word.text);
        let groups = &head.signature.groups;
        let number = groups
            .iter()
            .position(|group| group.again == Again::Each && group.options.iter().any(is_meant));
        let Some((number, group)) = number.and_then(|at| Some((at, groups.get(at)?))) else {
            let message = format!("`{}` is no option of which each counts", word.text);
            let hint = "a bracket that begins with `each` holds them: `[each GET pattern: Bytes]`";
            return Err(self.hinted(Code::BadLoop, word.span, message, hint));
        };
        let meets = group.options.iter().flat_map(OptionSpec::registers);
        let meets = meets.map(|(name, ty, optional)| {
            (Cow::Owned(name.to_owned()), word.span, ValueType { ty, optional })
        });
        let over = typed::Over::Options(i32::try_from(number).unwrap_or(i32::MAX));
        self.loop_over(head, meets.collect(), over, (word.span, None), body)
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
        if self.in_elements {
            let message = "a loop over elements cannot stand in another one";
            return Err(self.report(Code::BadLoop, call.span, message));
        }
        let meets = self.group(names, &group)?;
        self.in_elements = true;
        let checked = self.loop_over(head, meets, over, (call.span, None), body);
        self.in_elements = false;
        checked
    }

    /// The names and types of what a loop meets in each round.
    fn group(&mut self, names: &[Name<'s>], group: &Group<'_>) -> Check<Vec<Met<'s>>> {
        if names.len() != group.types.len() {
            let message = format!("`{}` comes in groups of {}", group.name, group.types.len());
            let span = names.first().map_or(group.span, |name| name.span);
            return Err(self.report(Code::BadLoop, span, message));
        }
        let names = names.iter().map(|name| (Cow::Borrowed(name.text), name.span));
        Ok(names.zip(group.types).map(|((name, span), ty)| (name, span, *ty)).collect())
    }

    /// A loop that meets these; with where what it goes over is named, and what stands beside it.
    fn loop_over(
        &mut self,
        head: &Head,
        meets: Vec<Met<'s>>,
        over: typed::Over,
        (span, beside): (Span, Option<Beside<'s>>),
        body: &Block<'s>,
    ) -> Check<(Statement, bool)> {
        if self.loop_depth == LOOP_DEPTH_MAX {
            let message = format!("loops stand in each other to a depth of {LOOP_DEPTH_MAX}");
            return Err(self.report(Code::BadLoop, span, message));
        }
        let mark = self.scope.enter();
        let mut variables = Vec::with_capacity(meets.len());
        for (name, span, ty) in meets {
            if self.scope.knows(&name) {
                let message = format!("there is something called `{name}` already");
                self.report(Code::DuplicateName, span, message);
                self.scope.declare_broken(name);
            } else {
                variables.push(self.scope.declare(name, ty, Origin::Loop));
            }
        }
        let beside = beside.map(|beside| self.beside(beside)).transpose();
        self.loop_depth += 1;
        let mut out = Vec::new();
        let goes_on = self.block(head, body, &mut out);
        self.loop_depth -= 1;
        self.scope.leave(mark);
        let beside = beside?;
        if !goes_on {
            return Err(self.report(
                Code::BadLoop,
                body.span,
                "every path of this loop ends the command, so it never comes round",
            ));
        }
        Ok((Statement::For { over, variables, beside, body: out }, true))
    }

    /// `with weight in weights`
    fn beside(&mut self, beside: Beside<'s>) -> Check<(VariableId, VariableId)> {
        let list = self.variable(beside.list.text, beside.list.span)?;
        if self.scope.get(list).is_none_or(|variable| variable.ty.ty != Type::List) {
            let message = format!("`{}` is no counted operand of an option", beside.list.text);
            return Err(self.report(Code::BadLoop, beside.list.span, message));
        }
        self.check_unknown_name(beside.name)?;
        let ty = ValueType { ty: Type::Float, optional: true };
        Ok((self.scope.declare(beside.name.text, ty, Origin::Let), list))
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
        let meets = self.group(&[value], &group)?;
        self.loop_over(head, meets, typed::Over::List, (span, None), body)
    }
}

/// The name of a value that a loop meets, where it stands, and its type.
type Met<'s> = (Cow<'s, str>, Span, ValueType);

/// How many loops stand in each other: the verifier's bound.
const LOOP_DEPTH_MAX: usize = 4;

/// What a loop meets in each round.
struct Group<'g> {
    /// What it goes over, for complaints.
    name: &'g str,
    span: Span,
    types: &'g [ValueType],
}
