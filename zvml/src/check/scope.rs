//! The names that are visible at a place.

use crate::typed::{Origin, ValueType, Variable, VariableId};
use std::borrow::Cow;

/// Variables of a command and which of them are visible.
#[derive(Debug, Default)]
pub(super) struct Scope<'s> {
    variables: Vec<Variable>,
    /// Visible names, innermost last; `None` for a name whose declaration failed.
    visible: Vec<(Cow<'s, str>, Option<VariableId>)>,
    /// The names of the variadic parameter: itself, and what a group consists of.
    pub(super) variadic: Option<Variadic<'s>>,
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

    /// Declares a variable and shows it.
    pub(super) fn declare(
        &mut self,
        name: impl Into<Cow<'s, str>>,
        ty: ValueType,
        origin: Origin,
    ) -> VariableId {
        let name = name.into();
        let id = VariableId(u32::try_from(self.variables.len()).unwrap_or(u32::MAX));
        self.variables.push(Variable { ty, origin });
        self.visible.push((name, Some(id)));
        id
    }

    /// Shows a name whose declaration failed.
    pub(super) fn declare_broken(&mut self, name: &'s str) {
        self.visible.push((Cow::Borrowed(name), None));
    }

    /// Whether a name is taken here.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.visible.iter().any(|(visible, _)| visible == name)
            || self.variadic.as_ref().is_some_and(|variadic| variadic.name == name)
    }

    /// The variable of this name.
    pub(super) fn find(&self, name: &str) -> Option<VariableId> {
        self.visible.iter().rev().find(|(visible, _)| visible == name).and_then(|(_, id)| *id)
    }

    /// Every visible name.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.visible.iter().map(|(name, _)| &**name)
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
