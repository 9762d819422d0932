//! One style for all sources.
//!
//! The formatter walks over the tokens, with the comments between them, and decides where lines
//! begin; it never adds, drops or reorders a token, but for the comma behind the last pair of a
//! map. A language without separators makes that simple: a new item or statement begins where
//! something that ends an operand is followed by something that begins one, outside of
//! parentheses. Template bodies, which are no syntax tree until they are instantiated, are
//! formatted in the same way.
//!
//! - [`lexeme`]: tokens with the comments before them; `{Prefix}CARD` is one.
//! - [`layout`]: where lines begin, and how far in.
//! - [`spacing`]: where blanks stand within a line.
//! - [`line`]: how a line that is too long goes on in the next one.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod layout;
mod lexeme;
mod line;
mod spacing;
#[cfg(test)]
mod tests;

use crate::lex::TokenKind;
use crate::{Code, Diagnostic, Diagnostics, parse};
use layout::Layout;

/// Writes a source in the canonical style: four blanks a level, one item or statement a line,
/// lines of at most 100 columns where that is possible, one empty line between declarations.
/// Comments and single empty lines between statements are kept.
///
/// Formatting what was formatted changes nothing, and both mean the same.
///
/// # Errors
///
/// What is wrong with the syntax; names and types are not looked at.
///
/// # Complexity
///
/// O(source).
///
/// # Examples
///
/// ```
/// let text = zvml::format("a.zvml", "command A{params:(key:Key) body{return  1+2}}")?;
/// assert_eq!(text, "\
/// command A {
///     params: (key: Key)
///     body {
///         return 1 + 2
///     }
/// }
/// ");
/// # Ok::<(), zvml::Diagnostics>(())
/// ```
pub fn format(file: &str, source: &str) -> Result<String, Diagnostics> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    parse::parse(source, &mut problems);
    let lexemes = lexeme::read(source);
    for lexeme in &lexemes.list {
        let message = match lexeme.kind {
            TokenKind::Unknown => "this starts nothing",
            TokenKind::OpenString => "this string has no closing `\"` on its line",
            _ => continue,
        };
        if problems.is_empty() {
            problems.push(Diagnostic::new(Code::Unexpected, lexeme.span, message));
        }
    }
    if problems.is_empty() {
        Ok(Layout::new(&lexemes).format())
    } else {
        Err(Diagnostics::new(file, source, problems))
    }
}
