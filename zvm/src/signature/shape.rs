//! How arguments are counted: what follows from a signature alone, computed once.

use super::{Multiplicity, Param, Signature, VariadicSpan};

/// How many arguments a request has, and where the list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The least number of arguments.
    minimum: usize,
    /// The greatest.
    maximum: usize,
    /// How many arguments are not the list's, where that follows from their number.
    fixed: usize,
    /// Where the list's groups begin, if nothing before them moves.
    start: usize,
    /// Arguments in a group; 0 without a list.
    stride: usize,
    /// Whether places depend on what arguments say, so that a [`Layout`](super::Layout) is needed.
    moves: bool,
    /// The item of the first group that is the first key of a request.
    first_key_in_group: Option<usize>,
}

impl Shape {
    #[inline]
    pub(crate) const fn first_key_in_group(self) -> Option<usize> {
        self.first_key_in_group
    }

    #[inline]
    pub(crate) const fn moves(self) -> bool {
        self.moves
    }

    #[inline]
    pub(crate) const fn accepts(self, argc: usize) -> bool {
        let counts = argc >= self.minimum && argc <= self.maximum;
        // Most strides are 0 or 1, which spares a division. What moves is counted as it is read.
        counts
            && (self.stride < 2
                || self.moves
                || argc.saturating_sub(self.fixed).is_multiple_of(self.stride))
    }

    /// Where the list stands in a request of so many arguments, if nothing moves.
    #[inline]
    pub(crate) const fn list_span(self, argc: usize) -> Option<VariadicSpan> {
        if self.stride == 0 {
            return None;
        }
        let in_groups = argc.saturating_sub(self.fixed);
        let count = if self.stride == 1 { in_groups } else { in_groups / self.stride };
        Some(VariadicSpan { start: self.start, stride: self.stride, count })
    }
}

impl Signature {
    /// What of it counts arguments.
    pub(crate) fn shape(&self) -> Shape {
        let start = self.params.iter().position(|param| param.multiplicity.is_list());
        let stride = |start: &usize| self.params.get(*start).map_or(1, |p| p.items.len().max(1));
        let stride = start.as_ref().map_or(0, stride);
        let exact = stride == 0 && self.groups.is_empty();
        let several = |param: &Param| !param.multiplicity.is_list() && param.items.len() > 1;
        let counted = |param: &Param| matches!(param.multiplicity, Multiplicity::Counted(_));
        Shape {
            minimum: self.minimum(),
            maximum: if exact { self.param_registers() } else { usize::MAX },
            fixed: self.params.len() - usize::from(start.is_some()),
            start: start.unwrap_or(0),
            stride,
            moves: self.options_before.is_some()
                || self.params.iter().any(|param| several(param) || counted(param)),
            first_key_in_group: self.first_key_in_group(),
        }
    }
}
