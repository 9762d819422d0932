//! Diagnostics as text: place, source line, caret, hint.

use super::{Diagnostic, Diagnostics};
use std::fmt;

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            render(f, &self.file, &self.source, diagnostic)?;
        }
        Ok(())
    }
}

/// One diagnostic as text.
pub(super) fn text(file: &str, source: &str, diagnostic: &Diagnostic) -> String {
    struct Rendered<'a>(&'a str, &'a str, &'a Diagnostic);
    impl fmt::Display for Rendered<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            render(f, self.0, self.1, self.2)
        }
    }
    Rendered(file, source, diagnostic).to_string()
}

fn render(
    f: &mut fmt::Formatter<'_>,
    file: &str,
    source: &str,
    diagnostic: &Diagnostic,
) -> fmt::Result {
    let place = Place::of(source, diagnostic.span.start);
    let text = visible(place.text);
    let len = diagnostic.span.end.saturating_sub(diagnostic.span.start) as usize;
    let marked = place.text.get(place.column_bytes..).unwrap_or("");
    let marked = marked.get(..len).unwrap_or(marked);
    let carets = "^".repeat(marked.trim_end().chars().count().max(1));
    let gutter = " ".repeat(place.line.to_string().len());
    writeln!(f, "error[{}]: {}", diagnostic.code, diagnostic.message)?;
    writeln!(f, "{gutter}--> {file}:{}:{}", place.line, place.column)?;
    writeln!(f, "{gutter} |")?;
    writeln!(f, "{} | {text}", place.line)?;
    writeln!(f, "{gutter} | {}{carets}", " ".repeat(place.column.saturating_sub(1)))?;
    for context in &diagnostic.context {
        let place = Place::of(source, context.span.start);
        let (line, column) = (place.line, place.column);
        writeln!(f, "{gutter} = in {} at {file}:{line}:{column}", context.what)?;
    }
    if let Some(hint) = &diagnostic.hint {
        writeln!(f, "{gutter} = hint: {hint}")?;
    }
    Ok(())
}

/// A place in a source as people count: lines and columns from 1, columns in characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'s> {
    pub line: usize,
    pub column: usize,
    column_bytes: usize,
    text: &'s str,
}

impl<'s> Place<'s> {
    pub(super) fn of(source: &'s str, offset: u32) -> Self {
        let mut offset = (offset as usize).min(source.len());
        while !source.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        let (before, after) = source.split_at(offset);
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let line_end = after.find('\n').map_or(source.len(), |at| offset.saturating_add(at));
        let head = before.get(line_start..).unwrap_or("");
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1),
            column: head.chars().count().saturating_add(1),
            column_bytes: head.len(),
            text: source.get(line_start..line_end).unwrap_or(""),
        }
    }
}

/// A line with every control character as one blank, so that carets stand where they should and
/// no source can drive the terminal.
fn visible(line: &str) -> String {
    line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = "ab\n\u{e9}x";
        let place = Place::of(source, 5);
        assert_eq!((place.line, place.column, place.text), (2, 2, "\u{e9}x"));
        assert_eq!(Place::of(source, 99).column, 3);
    }
}
