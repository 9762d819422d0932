//! What is wrong with a source, where, and what to do about it.

mod code;
mod render;

pub use code::Code;

use crate::Span;
use std::borrow::Cow;

/// One complaint about a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of complaint it is. Codes are stable: their meaning never changes.
    pub code: Code,
    /// What it is about.
    pub span: Span,
    /// One sentence for people, without the place.
    pub message: Cow<'static, str>,
    /// The templates and metas that brought it there, innermost first.
    pub context: Vec<Context>,
    /// What would help, where that is known.
    pub hint: Option<Cow<'static, str>>,
}

/// Why the compiler looked at a place: a template was instantiated, a meta called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// What happened: "`SetOp<S, SET, set>`, instantiated".
    pub what: Box<str>,
    /// Where.
    pub span: Span,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Span, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, span, message: message.into(), context: Vec::new(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Adds a complaint to those about a source, unless there are enough of them.
pub(crate) fn report(problems: &mut Vec<Diagnostic>, problem: Diagnostic) {
    if problems.len() < DIAGNOSTICS_MAX {
        problems.push(problem);
    }
}

/// How many diagnostics one source gets; what follows is rarely worth reading.
const DIAGNOSTICS_MAX: usize = 64;

/// Everything that is wrong with one source, in the order of places.
///
/// `Display` renders each with `file:line:col`, the source line, a caret and the hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    file: Box<str>,
    source: Box<str>,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(crate) fn new(file: &str, source: &str, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.code));
        Self { file: file.into(), source: source.into(), list }
    }

    /// The complaints, at least one.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// Each complaint as `Display` renders it.
    pub fn rendered(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|diagnostic| render::text(&self.file, &self.source, diagnostic))
    }

    /// The file's name, as it was given to the compiler.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The source they are about.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl std::error::Error for Diagnostics {}
