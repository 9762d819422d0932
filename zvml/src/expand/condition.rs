//! `@if_type {Type} in [SET_Q, SET_QN] { ... } @else { ... }`, decided where a template is
//! instantiated.
//!
//! What stands in the braces that are chosen becomes part of the template, without the braces: so
//! it may be commands, items, preconditions or statements, and a variable declared there is known
//! behind it. The rest is left out before anything looks at it.

use super::template::Writer;
use crate::lex::TokenKind;
use crate::{Code, Diagnostic};

impl Writer<'_, '_> {
    /// Writes what the condition at token `at` chooses; tells the token behind it.
    pub(super) fn conditional(&mut self, at: usize, end: usize) -> usize {
        let mut at = at;
        let mut chosen = false;
        loop {
            let Some(start) = self.token(at).map(|token| token.span.start) else { return end };
            self.copy_to(start);
            let behind_word = at.saturating_add(2);
            let Some((holds, open)) = self.test(at) else { return behind_word };
            let Some(close) = self.block_end(open, end) else { return behind_word };
            self.branch(open, close, holds && !chosen);
            chosen |= holds;
            at = close.saturating_add(1);
            if !self.is(at, TokenKind::At) || self.word(at.saturating_add(1)) != "else" {
                return at;
            }
            let behind = at.saturating_add(2);
            if self.is(behind, TokenKind::At) && self.word(behind.saturating_add(1)) == "if_type" {
                self.leave_out(at, behind);
                at = behind;
                continue;
            }
            let Some(close) = self.block_end(behind, end) else { return behind };
            self.leave_out(at, behind);
            self.branch(behind, close, !chosen);
            return close.saturating_add(1);
        }
    }

    /// Whether `@if_type` here holds, and the token of its brace.
    fn test(&mut self, at: usize) -> Option<(bool, usize)> {
        let (subject, at) = self.operand(at.saturating_add(2))?;
        let open = at.saturating_add(1);
        if self.word(at) != "in" || !self.is(open, TokenKind::BracketOpen) {
            self.malformed(at);
            return None;
        }
        let mut at = open.saturating_add(1);
        let mut holds = false;
        while !self.is(at, TokenKind::BracketClose) {
            let (candidate, next) = self.operand(at)?;
            holds |= candidate == subject;
            at = next;
            if self.is(at, TokenKind::Comma) {
                at = at.saturating_add(1);
            } else if !self.is(at, TokenKind::BracketClose) {
                self.malformed(at);
                return None;
            }
        }
        Some((holds, at.saturating_add(1)))
    }

    /// The word or placeholder at a token, and the token behind it.
    fn operand(&mut self, at: usize) -> Option<(String, usize)> {
        if self.is_placeholder(at) {
            let argument = self.argument(at)?.to_owned();
            return Some((argument, at.saturating_add(3)));
        }
        let token = self.token(at);
        let token = token.filter(|token| {
            matches!(
                token.kind,
                TokenKind::Word | TokenKind::Integer | TokenKind::Float | TokenKind::String
            )
        });
        let Some(token) = token else {
            self.malformed(at);
            return None;
        };
        Some((token.span.text(self.source).to_owned(), at.saturating_add(1)))
    }

    /// The token of the brace that closes the one at `open`.
    fn block_end(&mut self, open: usize, end: usize) -> Option<usize> {
        if !self.is(open, TokenKind::BraceOpen) {
            self.malformed(open);
            return None;
        }
        let mut depth = 0_usize;
        for at in open..end {
            match self.token(at)?.kind {
                TokenKind::BraceOpen => depth = depth.saturating_add(1),
                TokenKind::BraceClose => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        self.malformed(open);
        None
    }

    /// Writes what stands between two braces, or leaves it out with them.
    fn branch(&mut self, open: usize, close: usize, chosen: bool) {
        let Some((first, last)) = self.token(open).zip(self.token(close)) else { return };
        if chosen {
            self.skip_to(first.span.end);
            self.depth = self.depth.saturating_add(1);
            if self.depth > DEPTH_MAX {
                let message = format!("more than {DEPTH_MAX} levels of nesting");
                self.report(Diagnostic::new(Code::TooDeep, first.span, message));
            } else {
                self.write(open.saturating_add(1), close);
            }
            self.depth = self.depth.saturating_sub(1);
            self.copy_to(last.span.start);
        }
        self.skip_to(last.span.end);
    }

    fn leave_out(&mut self, from: usize, to: usize) {
        let Some((first, behind)) = self.token(from).zip(self.token(to)) else { return };
        self.copy_to(first.span.start);
        self.skip_to(behind.span.start);
    }

    fn malformed(&mut self, at: usize) {
        let token = self.token(at).or_else(|| self.tokens.last().copied());
        let span = token.map_or_else(crate::Span::default, |token| token.span);
        let problem = Diagnostic::new(Code::BadCondition, span, "this is no condition");
        self.report(problem.with_hint("@if_type {Type} in [A, B] { ... } @else { ... }"));
    }
}

/// How deeply conditions nest; it bounds the stack.
const DEPTH_MAX: usize = 48;
