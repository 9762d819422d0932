//! Blanks between the lexemes of a line.

use super::lexeme::Lexeme;
use crate::lex::{Lexer, TokenKind};

/// What decides about a blank beside the two lexemes themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// In a body, a precondition or a meta, where `-` and `*` are operators. Elsewhere `-` is part
    /// of a name, and `+` and `*` say how often a group stands.
    pub code: bool,
    /// In `template T<A>` or `instantiate T<A>`.
    pub angles: bool,
    /// Whether `before` is an operator with nothing on its left.
    pub unary: bool,
}

/// Whether a blank stands between two lexemes.
pub(super) fn blank(before: &Lexeme<'_>, lexeme: &Lexeme<'_>, place: Place) -> bool {
    wanted(before, lexeme, place) || would_merge(before, lexeme)
}

fn wanted(before: &Lexeme<'_>, lexeme: &Lexeme<'_>, place: Place) -> bool {
    use TokenKind as T;
    match (before.kind, lexeme.kind) {
        (T::ParenOpen | T::BracketOpen | T::At | T::Range | T::Not, _)
        | (
            _,
            T::Comma
            | T::ParenClose
            | T::BracketClose
            | T::Question
            | T::Colon
            | T::Range
            | T::Ellipsis,
        ) => false,
        (T::Word, T::ParenOpen) => LOOSE.contains(&before.text),
        (T::Minus, _) if place.unary => false,
        (T::Less, _) | (_, T::Less | T::Greater) if place.angles => false,
        (T::ParenClose, T::Plus | T::Star) if !place.code => false,
        (T::ParenClose, T::BracketOpen) if !place.code => false,
        (T::Word, T::BracketOpen) if !place.code => before.text == "in",
        (T::Word, T::Minus) | (T::Minus, T::Word) if !place.code => !lexeme.glued,
        _ => true,
    }
}

/// Whether two lexemes without a blank would be another one.
fn would_merge(before: &Lexeme<'_>, lexeme: &Lexeme<'_>) -> bool {
    if before.kind == TokenKind::Word {
        return false;
    }
    let both = format!("{}{}", before.text, lexeme.text);
    Lexer::new(&both).token().span.end as usize != before.text.len()
}

/// Words before a parenthesis that does not belong to them.
const LOOSE: &[&str] = &["let", "if", "else", "for", "in", "return", "emit", "or"];
