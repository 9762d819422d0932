//! Where the bytes of an expansion came from, and what that means for diagnostics.

use super::{Expansion, Expansions};
use crate::diagnostic::Context;
use crate::{Diagnostic, Span};

/// A stretch of an expansion's text, up to where the next one begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Offset of its first byte in the text.
    pub at: u32,
    /// What of the source it stands for.
    pub source: Span,
    /// Whether it is that stretch of the source, byte for byte.
    pub verbatim: bool,
}

impl Expansions {
    /// Turns the places of diagnostics into places in the source, and drops what several
    /// instantiations have in common but for the first.
    pub(crate) fn locate(&self, problems: &mut Vec<Diagnostic>) {
        for problem in problems.iter_mut() {
            let (span, mut within) = self.origin(problem.span);
            problem.span = span;
            for context in &mut problem.context {
                let (span, expansion) = self.origin(context.span);
                context.span = span;
                within = within.or(expansion);
            }
            if let Some(expansion) = within {
                let what = format!("`{}`, instantiated", expansion.name).into_boxed_str();
                problem.context.push(Context { what, span: expansion.span });
            }
        }
        // At most as many as one source gets, so that the square does not matter.
        let mut index = 0;
        while let Some(problem) = problems.get(index) {
            let mut earlier = problems.iter().take(index);
            let repeated = earlier.any(|other| {
                other.span == problem.span
                    && other.code == problem.code
                    && other.message == problem.message
            });
            if repeated {
                problems.remove(index);
            } else {
                index = index.saturating_add(1);
            }
        }
    }

    /// The place in the source that a span stands for, and the expansion it is in.
    pub(crate) fn origin(&self, span: Span) -> (Span, Option<&Expansion>) {
        let after = self.list.partition_point(|expansion| expansion.base <= span.start);
        let expansion = after.checked_sub(1).and_then(|index| self.list.get(index));
        expansion.map_or((span, None), |it| (it.origin(span.less(it.base)), Some(it)))
    }
}

impl Expansion {
    /// The place in the source of a span that counts from the text's first byte.
    fn origin(&self, span: Span) -> Span {
        let start = self.piece(span.start).map_or(self.span.start, |(piece, into)| {
            piece.source.start.saturating_add(if piece.verbatim { into } else { 0 })
        });
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.piece(last).map_or(self.span.end, |(piece, into)| {
            let len = span.end.saturating_sub(last);
            let end = piece.source.start.saturating_add(into).saturating_add(len);
            if piece.verbatim { end.min(piece.source.end) } else { piece.source.end }
        });
        Span { start, end: end.max(start) }
    }

    /// The piece that holds an offset of the text, and how far into it that is.
    fn piece(&self, offset: u32) -> Option<(&Piece, u32)> {
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        let piece = self.pieces.get(after.checked_sub(1)?)?;
        Some((piece, offset.saturating_sub(piece.at)))
    }
}
