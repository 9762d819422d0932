//! Templates to text: each instantiation becomes a source of its own.
//!
//! A template is expanded token by token into a new text, which is lexed and parsed as any other;
//! so the stages behind know nothing of templates. The spans of that text count from an offset of
//! its own, behind the source's last byte and those of the expansions before it. An [`Expansion`]
//! knows where each of its pieces came from, and [`Expansions::locate`] turns the spans of
//! diagnostics back to places in the source, naming the instantiation.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod condition;
mod origin;
mod template;

use crate::ast::{Command, Instance, Module, Template};
use crate::diagnostic::report;
use crate::near::nearest;
use crate::parse::parse_expansion;
use crate::{Code, Diagnostic, Span};
use origin::Piece;
use std::collections::HashMap;

/// What the instantiations of a source were expanded to.
#[derive(Debug, Default)]
pub(crate) struct Expansions {
    list: Vec<Expansion>,
}

/// One instantiation's text.
#[derive(Debug)]
pub(crate) struct Expansion {
    /// As it was written: `SetOp<S, SET, set>`.
    pub name: String,
    /// Where it was written.
    span: Span,
    /// The template's body, with the arguments in it.
    pub text: String,
    /// The offset that the text's first byte counts as.
    base: u32,
    /// Where the text came from, in its order.
    pieces: Vec<Piece>,
}

/// Expands every instantiation of a module.
pub(crate) fn expand(
    source: &str,
    module: &Module<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Expansions {
    let mut expansions = Expansions::default();
    let templates = by_name(&module.templates, problems);
    let mut base = offset(source.len()).saturating_add(1);
    let (mut room, mut readable) = (EXPANDED_BYTES_MAX, READ_BYTES_MAX);
    for (index, instance) in module.instances.iter().enumerate() {
        if index >= INSTANCES_MAX {
            too_long(instance, problems);
            break;
        }
        let Some(template) = find(instance, &templates, problems) else { continue };
        let body = template.body.text(source);
        readable = readable.saturating_sub(body.len());
        let complaints = problems.len();
        let expansion = template::expand(source, template, instance, (base, room), problems);
        let len = expansion.as_ref().map_or(room, |expansion| expansion.text.len());
        room = room.saturating_sub(len);
        if room == 0 || readable == 0 {
            too_long(instance, problems);
            break;
        }
        base = base.saturating_add(offset(len)).saturating_add(1);
        // What is incomplete would only give rise to more complaints.
        if problems.len() == complaints {
            expansions.list.extend(expansion);
        }
    }
    expansions
}

impl Expansions {
    /// Parses the expansions; their commands stand behind the others.
    pub(crate) fn parse<'s>(
        &'s self,
        mut commands: Vec<Command<'s>>,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Command<'s>> {
        for expansion in &self.list {
            commands.extend(parse_expansion(&expansion.text, expansion.base, problems).commands);
        }
        commands
    }

    /// The expansions, in the order of the instantiations.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Expansion> {
        self.list.iter()
    }
}

/// The template that an instantiation names, if it takes as many arguments.
fn find<'m, 's>(
    instance: &Instance<'s>,
    templates: &HashMap<&'s str, &'m Template<'s>>,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'m Template<'s>> {
    let name = instance.template;
    let Some(template) = templates.get(name.text).copied() else {
        let message = format!("there is no template `{}` in this file", name.text);
        let mut problem = Diagnostic::new(Code::UnknownTemplate, name.span, message);
        // In their order, so that the same source gets the same hint.
        let mut names: Vec<&str> = templates.keys().copied().collect();
        names.sort_unstable();
        if let Some(near) = nearest(name.text, names) {
            problem = problem.with_hint(format!("did you mean `{near}`?"));
        }
        report(problems, problem);
        return None;
    };
    if template.params.len() == instance.args.len() {
        return Some(template);
    }
    let params: Vec<&str> = template.params.iter().map(|param| param.text).collect();
    let plural = if params.len() == 1 { "" } else { "s" };
    let args = instance.args.len();
    let message = format!("the template takes {} argument{plural}, not {args}", params.len());
    let hint = format!("{}<{}>", name.text, params.join(", "));
    report(problems, Diagnostic::new(Code::ArgumentCount, instance.span, message).with_hint(hint));
    None
}

/// The templates by their names; what is declared wrongly is reported.
fn by_name<'m, 's>(
    templates: &'m [Template<'s>],
    problems: &mut Vec<Diagnostic>,
) -> HashMap<&'s str, &'m Template<'s>> {
    let mut by_name = HashMap::with_capacity(templates.len());
    for template in templates {
        let first = *by_name.entry(template.name.text).or_insert(template);
        if !std::ptr::eq(first, template) {
            let message = format!("the template `{}` is declared twice", template.name.text);
            let span = template.name.span;
            report(problems, Diagnostic::new(Code::DuplicateDeclaration, span, message));
        }
        for (index, param) in template.params.iter().take(PARAMS_MAX).enumerate() {
            if template.params.iter().take(index).any(|other| other.text == param.text) {
                let message = format!("there is something called `{}` already", param.text);
                report(problems, Diagnostic::new(Code::DuplicateName, param.span, message));
            }
        }
        if let Some(extra) = template.params.get(PARAMS_MAX) {
            let message = format!("a template has at most {PARAMS_MAX} parameters");
            report(problems, Diagnostic::new(Code::ExpansionTooLong, extra.span, message));
        }
    }
    by_name
}

fn too_long(instance: &Instance<'_>, problems: &mut Vec<Diagnostic>) {
    let message = format!(
        "a source instantiates at most {INSTANCES_MAX} templates, of at most {READ_BYTES_MAX} \
         bytes together, which expand to at most {EXPANDED_BYTES_MAX}"
    );
    report(problems, Diagnostic::new(Code::ExpansionTooLong, instance.span, message));
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The longest text that all expansions of a source make together, in bytes; it bounds their
/// tokens.
const EXPANDED_BYTES_MAX: usize = 1 << 20;

/// How much of templates is read for all instantiations of a source, in bytes: what a condition
/// leaves out costs time, too.
const READ_BYTES_MAX: usize = 8 << 20;

/// The most parameters of a template.
const PARAMS_MAX: usize = 64;

/// The most instantiations in a source.
const INSTANCES_MAX: usize = 1024;
