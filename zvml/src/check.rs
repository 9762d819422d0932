//! Syntax tree to checked tree: names, types, and the rules of commands.
//!
//! What fails is reported and left out, so that one mistake hides no other; a name whose
//! declaration failed is known without a type, and what uses it stays silent.

mod call;
mod expr;
mod head;
mod loops;
mod meta;
mod reply;
mod scope;
mod signature;
mod statement;

#[cfg(test)]
pub(crate) use signature::TYPES;

use crate::ast::{Command, ErrorText, ItemValue, Literal, Meta};
use crate::diagnostic::report;
use crate::expand::Expansions;
use crate::lex::unescape;
use crate::typed::{self, VariableId};
use crate::{Code, Diagnostic, Span};
use meta::{Call, Metas};
use scope::Scope;
use std::collections::HashSet;
use zvm::{Access, RunWhere};

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'t> {
    pub(crate) text: &'t str,
    /// Whether examples are looked at.
    pub(crate) examples: bool,
}

/// Checks the commands of one source; those with mistakes are left out.
pub(crate) fn check(
    source: Source<'_>,
    metas: &[Meta<'_>],
    commands: &[Command<'_>],
    expansions: &Expansions,
    problems: &mut Vec<Diagnostic>,
) -> Vec<typed::Command> {
    let metas = Metas::new(metas, problems);
    let mut names = HashSet::with_capacity(commands.len());
    let mut lines = Lines { source: source.text, offset: 0, line: 1 };
    let mut checked = Vec::with_capacity(commands.len());
    for command in commands {
        let complaints = problems.len();
        let line = lines.line_of(expansions.origin(command.name.span).0.start);
        let mut checker = Checker::new(&metas, source.examples, problems);
        let result = checker.command(line, command);
        if let Some(result) = result {
            if !names.insert((result.head.protocol as u8, result.head.name.clone())) {
                let message = format!("`{}` is declared twice", result.head.name);
                checker.report(Code::DuplicateCommand, command.name.span, message);
            }
            if problems.len() == complaints {
                checked.push(result);
            }
        }
    }
    checked
}

/// Reported; the caller leaves out what it was about.
#[derive(Debug)]
struct Reported;

type Check<T> = Result<T, Reported>;

struct Checker<'s, 'd> {
    problems: &'d mut Vec<Diagnostic>,
    metas: &'d Metas<'d, 's>,
    /// Whether examples are looked at.
    examples: bool,
    /// The calls of metas that led here, outermost first.
    calls: Vec<Call<'s>>,
    /// How many calls of metas the command has been expanded by.
    expanded: usize,
    scope: Scope<'s>,
    /// How many aggregates are being built here, and whether the innermost is a map.
    builders: Vec<bool>,
    /// How many loops are around this place, and whether one of them reads elements.
    loop_depth: usize,
    in_elements: bool,
    /// Whether the command runs at its connection, and not on a shard.
    on_connection: bool,
    may_write: bool,
}

impl<'s, 'd> Checker<'s, 'd> {
    fn new(metas: &'d Metas<'d, 's>, examples: bool, problems: &'d mut Vec<Diagnostic>) -> Self {
        Self {
            problems,
            metas,
            examples,
            calls: Vec::new(),
            expanded: 0,
            scope: Scope::default(),
            builders: Vec::new(),
            loop_depth: 0,
            in_elements: false,
            on_connection: false,
            may_write: false,
        }
    }

    fn command(&mut self, line: u32, command: &Command<'s>) -> Option<typed::Command> {
        let head = self.head(line, command);
        let pre = command.items.iter().find_map(|item| match &item.value {
            ItemValue::Pre(requirements) => Some(requirements),
            _ => None,
        });
        let block = command.items.iter().find_map(|item| match &item.value {
            ItemValue::Body(block) => Some(block),
            _ => None,
        })?;
        // Without a head nothing is known of parameters and replies, and complaints about the
        // body would be guesses.
        let head = head.ok()?;
        self.on_connection = head.run_where == RunWhere::Connection;
        self.may_write = head.access.contains(Access::WRITE);
        let mut body = Vec::new();
        self.requirements(&head, pre.map_or(&[][..], Vec::as_slice), &mut body);
        let reachable = self.block(&head, block, &mut body);
        if reachable {
            let end = Span { start: block.span.end.saturating_sub(1), end: block.span.end };
            self.hinted(
                Code::MissingReply,
                end,
                "a path reaches the end of the body without a reply",
                "every path ends with `return`",
            );
        }
        let variables = self.scope.finish();
        Some(typed::Command { head, variables, body })
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>) -> Reported {
        self.push(Diagnostic::new(code, span, message.into()))
    }

    fn hinted(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Reported {
        self.push(Diagnostic::new(code, span, message.into()).with_hint(hint.into()))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> Reported {
        let context = self.context();
        report(self.problems, Diagnostic { context, ..diagnostic });
        Reported
    }

    /// The bytes that a literal stands for.
    fn bytes(&mut self, literal: Literal<'_>) -> Check<Box<[u8]>> {
        unescape(literal.text).map(|bytes| bytes.into_owned().into_boxed_slice()).map_err(|error| {
            let start = literal.span.start.saturating_add(error.start);
            let end = literal.span.start.saturating_add(error.end).min(literal.span.end);
            self.hinted(
                Code::BadEscape,
                Span { start, end },
                "this escape means nothing",
                "the escapes are \\\\, \\\", \\n, \\r, \\t, \\0 and \\xNN",
            )
        })
    }

    /// The text that a literal stands for.
    fn text(&mut self, literal: Literal<'_>) -> Check<Box<str>> {
        let bytes = self.bytes(literal)?;
        String::from_utf8(bytes.into_vec())
            .map(String::into_boxed_str)
            .map_err(|_| self.report(Code::BadEscape, literal.span, "this text is not valid UTF-8"))
    }

    /// The text of an error reply: a code in capitals, a blank and a sentence without line ends.
    fn error_text(&mut self, literal: Literal<'_>) -> Check<Box<[u8]>> {
        let bytes = self.bytes(literal)?;
        let code = bytes.split(|byte| *byte == b' ').next().unwrap_or(&[]);
        let coded = !code.is_empty() && code.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
        if !coded || bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            return Err(self.hinted(
                Code::BadReplyText,
                literal.span,
                "an error is a code in capitals and a sentence, on one line",
                "for example \"ERR syntax error\"",
            ));
        }
        Ok(bytes)
    }

    /// The same where a parameter of a meta may stand for it.
    fn error_argument(&mut self, text: ErrorText<'_>) -> Check<Box<[u8]>> {
        match text {
            ErrorText::Literal(literal) => self.error_text(literal),
            ErrorText::Param(name) => match self.scope.literal(name.text) {
                Some(Literal { text, .. }) => self.error_text(Literal { text, span: name.span }),
                None => Err(self.hinted(
                    Code::BadReplyText,
                    name.span,
                    "the text of an error is a string",
                    "in a meta, a parameter may stand for one",
                )),
            },
        }
    }

    fn id(&self, name: &str) -> Option<VariableId> {
        self.scope.find(name)
    }
}

/// Counts lines, in one pass while offsets go up.
struct Lines<'s> {
    source: &'s str,
    offset: usize,
    line: u32,
}

impl Lines<'_> {
    fn line_of(&mut self, offset: u32) -> u32 {
        // Commands of templates do not come in the order of their places.
        if (offset as usize) < self.offset {
            (self.offset, self.line) = (0, 1);
        }
        let passed = self.source.as_bytes().get(self.offset..offset as usize).unwrap_or(&[]);
        let newlines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.offset = self.offset.max(offset as usize);
        self.line
    }
}
