//! A line that may be too long.
//!
//! Where it is, it goes on in the next one, further in. The place is chosen by how loosely things
//! belong together there: outside of parentheses before inside, `or` and the brackets of options
//! before operators, operators that bind loosely before those that bind tightly; of several such
//! places the last one that fits.

use super::lexeme::Lexeme;
use crate::lex::TokenKind;

/// A lexeme in its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'s> {
    pub text: &'s str,
    /// Whether a blank stands before it, where it does not begin a line.
    pub blank: bool,
    /// How much the line would rather not end before it; `None` where it must not.
    pub tightness: Option<u8>,
    /// How many parentheses and brackets are open around it.
    pub depth: usize,
}

/// Writes a line, `level` times four blanks in.
pub(super) fn write(out: &mut String, level: usize, pieces: &[Piece<'_>]) {
    let mut rest = pieces;
    let mut indent = level;
    while let Some((head, tail)) = split(rest, indent) {
        push(out, indent, head);
        let depth = tail.first().map_or(0, |piece| piece.depth);
        indent = level.saturating_add(1).saturating_add(depth.min(DEEPER_MAX));
        rest = tail;
    }
    push(out, indent, rest);
}

/// Where a line that does not fit ends, and what goes on in the next one.
fn split<'p, 's>(
    pieces: &'p [Piece<'s>],
    indent: usize,
) -> Option<(&'p [Piece<'s>], &'p [Piece<'s>])> {
    let mut column = indent.saturating_mul(INDENT);
    let mut best: Option<(usize, u8, usize)> = None;
    for (index, piece) in pieces.iter().enumerate() {
        if let Some(tightness) = piece.tightness.filter(|_| index > 0) {
            let better =
                best.is_none_or(|(depth, other, _)| (piece.depth, tightness) <= (depth, other));
            let fits = column <= COLUMNS_MAX;
            if !fits && best.is_some() {
                break;
            }
            if (fits && better) || (!fits && best.is_none()) {
                best = Some((piece.depth, tightness, index));
            }
        }
        let blank = usize::from(piece.blank && index > 0);
        column = column.saturating_add(piece.text.chars().count()).saturating_add(blank);
    }
    let (_, _, index) = best.filter(|_| column > COLUMNS_MAX)?;
    pieces.split_at_checked(index)
}

fn push(out: &mut String, indent: usize, pieces: &[Piece<'_>]) {
    if pieces.is_empty() {
        return;
    }
    out.extend(std::iter::repeat_n(' ', indent.saturating_mul(INDENT)));
    for (index, piece) in pieces.iter().enumerate() {
        if piece.blank && index > 0 {
            out.push(' ');
        }
        out.push_str(piece.text);
    }
    out.push('\n');
}

/// How much a line would rather not end before a lexeme; small is best. In a list of parameters or
/// options (`listed`) an error belongs to what stands before it more than that to its neighbours.
pub(super) fn tightness(
    before: &Lexeme<'_>,
    lexeme: &Lexeme<'_>,
    unary: bool,
    listed: bool,
) -> Option<u8> {
    use TokenKind as T;
    Some(match lexeme.kind {
        T::Word if listed && ["or", "none", "beyond"].contains(&lexeme.text) => 3,
        T::Word if lexeme.text == "or" => 0,
        T::Arrow => 0,
        T::BracketOpen if matches!(before.kind, T::BracketClose | T::Colon) => 1,
        T::Bar => 2,
        _ if before.kind == T::Comma => 2,
        T::Either => 3,
        T::And => 4,
        T::Equal | T::NotEqual | T::Less | T::LessEqual | T::Greater | T::GreaterEqual => 5,
        T::Plus => 6,
        T::Minus if !unary => 6,
        T::Star | T::Slash => 7,
        _ => return None,
    })
}

/// Blanks a level.
const INDENT: usize = 4;

/// The longest line, where it can be made as short.
const COLUMNS_MAX: usize = 100;

/// How much further in than the second line a later one may begin, in levels.
const DEEPER_MAX: usize = 2;
