//! The names that are visible at a place.

use crate::ast::{Expr, ExprKind, Literal};
use crate::typed::{Origin, ValueType, Variable, VariableId};
use std::borrow::Cow;

/// Variables of a command and which of them are visible.
#[derive(Debug, Default)]
pub(super) struct Scope<'s> {
    variables: Vec<Variable>,
    /// Visible names, innermost last.
    visible: Vec<(Cow<'s, str>, Binding<'s>)>,
    /// Names before this one are not visible: they belong to the caller of a meta.
    floor: usize,
    /// The names of the variadic parameter: itself, and what a group consists of.
    pub(super) variadic: Option<Variadic<'s>>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Binding<'s> {
    Variable(VariableId),
    /// Something whose declaration failed.
    Broken,
    /// A parameter of a meta that stands for a literal, or for a word that an operand chooses.
    Literal(Expr<'s>),
    /// A parameter of a meta that stands for the variadic parameter.
    Variadic,
}

/// The variadic parameter as loops see it.
#[derive(Debug, Clone)]
pub(super) struct Variadic<'s> {
    pub name: &'s str,
    /// The types of what a group consists of.
    pub group: Vec<ValueType>,
}

impl<'s> Scope<'s> {
    /// A mark to [`leave`](Self::leave) to.
    pub(super) const fn enter(&self) -> usize {
        self.visible.len()
    }

    /// Hides every name declared since the mark.
    pub(super) fn leave(&mut self, mark: usize) {
        self.visible.truncate(mark);
    }

    /// Hides every name visible so far, for the body of a meta; tells what [`restore`] needs.
    ///
    /// [`restore`]: Self::restore
    pub(super) const fn hide(&mut self) -> usize {
        std::mem::replace(&mut self.floor, self.visible.len())
    }

    /// Hides every name declared since [`hide`](Self::hide) and shows those before it.
    pub(super) fn restore(&mut self, floor: usize) {
        self.visible.truncate(self.floor);
        self.floor = floor;
    }

    /// Declares a variable and shows it.
    pub(super) fn declare(
        &mut self,
        name: impl Into<Cow<'s, str>>,
        ty: ValueType,
        origin: Origin,
    ) -> VariableId {
        let id = self.fresh(ty, origin);
        self.visible.push((name.into(), Binding::Variable(id)));
        id
    }

    /// A variable without a name.
    pub(super) fn fresh(&mut self, ty: ValueType, origin: Origin) -> VariableId {
        let id = VariableId(u32::try_from(self.variables.len()).unwrap_or(u32::MAX));
        self.variables.push(Variable { ty, origin });
        id
    }

    /// Shows a name for something that exists.
    pub(super) fn bind(&mut self, name: &'s str, binding: Binding<'s>) {
        self.visible.push((Cow::Borrowed(name), binding));
    }

    /// Shows a name whose declaration failed.
    pub(super) fn declare_broken(&mut self, name: impl Into<Cow<'s, str>>) {
        self.visible.push((name.into(), Binding::Broken));
    }

    /// Whether a name is taken here.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.binding(name).is_some() || self.is_variadic(name)
    }

    /// The variable of this name.
    pub(super) fn find(&self, name: &str) -> Option<VariableId> {
        match self.binding(name) {
            Some(Binding::Variable(id)) => Some(*id),
            _ => None,
        }
    }

    /// What a name stands for; the variadic parameter under its own name is not among them.
    pub(super) fn binding(&self, name: &str) -> Option<&Binding<'s>> {
        self.shown().iter().rev().find(|(shown, _)| shown == name).map(|(_, binding)| binding)
    }

    /// Whether this is a name of the variadic parameter.
    pub(super) fn is_variadic(&self, name: &str) -> bool {
        match self.binding(name) {
            Some(binding) => matches!(binding, Binding::Variadic),
            None => {
                self.floor == 0
                    && self.variadic.as_ref().is_some_and(|variadic| variadic.name == name)
            }
        }
    }

    /// The string that a parameter of a meta stands for.
    pub(super) fn literal(&self, name: &str) -> Option<Literal<'s>> {
        match self.binding(name) {
            Some(Binding::Literal(Expr { kind: ExprKind::String(text), .. })) => Some(*text),
            _ => None,
        }
    }

    /// The word that a name stands for where an operand chooses: itself, or what was given for a
    /// parameter of a meta.
    pub(super) fn word<'n>(&'n self, name: &'n str) -> &'n str {
        match self.binding(name) {
            Some(Binding::Literal(Expr { kind: ExprKind::Name(word), .. })) => word,
            _ => name,
        }
    }

    /// Every visible name.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.shown().iter().map(|(name, _)| &**name)
    }

    fn shown(&self) -> &[(Cow<'s, str>, Binding<'s>)] {
        self.visible.get(self.floor..).unwrap_or(&[])
    }

    /// A variable by its number.
    pub(super) fn get(&self, id: VariableId) -> Option<&Variable> {
        self.variables.get(id.0 as usize)
    }

    /// Every variable, in the order of declaration.
    pub(super) fn finish(&mut self) -> Vec<Variable> {
        std::mem::take(&mut self.variables)
    }
}
