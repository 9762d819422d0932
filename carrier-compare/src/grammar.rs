//! What random requests look like: the lines of `*.gen` files, read.
//!
//! The format is in the crate's README. A grammar is read whole before anything is drawn from it:
//! every placeholder is known then, and no definition needs itself.

mod error;
mod lexer;
mod line;
mod parser;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub use error::GrammarError;
pub(crate) use line::{Checks, Choice, Line, Node, Part, Reader, Repair, Repeat};
pub(crate) use parser::parse_repair;

use crate::class::Class;
use crate::random::Random;

/// The lines of all files, the definitions they use, and how the content of keys is read.
#[derive(Debug, Clone, Default)]
pub struct Grammar {
    lines: Vec<Line>,
    definitions: BTreeMap<String, Choice>,
    readers: Vec<Reader>,
}

impl Grammar {
    /// Reads every `*.gen` file of a folder, in the order of their names.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or its first mistake.
    pub fn read(folder: &Path) -> Result<Self, GrammarError> {
        let fail = |source| GrammarError::file(folder, source);
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            paths.push(entry.map_err(fail)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "gen"));
        paths.sort();
        let mut grammar = Self::default();
        for path in &paths {
            let text =
                fs::read_to_string(path).map_err(|source| GrammarError::file(path, source))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            grammar.add(&name, &text)?;
        }
        grammar.check()?;
        Ok(grammar)
    }

    /// Reads a text; `name` is what mistakes are told with.
    ///
    /// # Errors
    ///
    /// The first mistake.
    pub fn parse(name: &str, text: &str) -> Result<Self, GrammarError> {
        let mut grammar = Self::default();
        grammar.add(name, text)?;
        grammar.check()?;
        Ok(grammar)
    }

    /// Leaves only the lines of some commands. A name without its second word means all
    /// subcommands.
    ///
    /// # Errors
    ///
    /// The first of the names that has no line.
    pub fn retain(&mut self, names: &[String]) -> Result<(), String> {
        let is_of = |line: &Line, name: &str| {
            let (line, name) = (line.name.to_ascii_uppercase(), name.to_ascii_uppercase());
            line == name || line.strip_prefix(&name).is_some_and(|rest| rest.starts_with(' '))
        };
        if let Some(name) = names.iter().find(|name| !self.lines.iter().any(|l| is_of(l, name))) {
            return Err(name.clone());
        }
        self.lines.retain(|line| names.iter().any(|name| is_of(line, name)));
        Ok(())
    }

    /// The name of every line's command, in the order of the lines.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.name.as_str())
    }

    /// Whether the content of keys of a kind is read; there are none of the kind `none`.
    pub(crate) fn has_reader(&self, kind: &str) -> bool {
        kind == "none" || self.readers.iter().any(|reader| reader.kind == kind)
    }

    /// How keys of a kind are read, what holds for all kinds first.
    pub(crate) fn readers(&self, kind: &str) -> Vec<&Reader> {
        let is_for = |reader: &&Reader| reader.kind == "any" || reader.kind == kind;
        self.readers.iter().filter(is_for).collect()
    }

    /// A line, by weight, of those that may (`alone`) or may not look at what is not their
    /// connection's own; none where there are none.
    pub(crate) fn pick(&self, alone: bool, random: &mut Random) -> Option<&Line> {
        self.pick_of(random, |line| line.is_alone() == alone)
    }

    /// A line, by weight, whose request can stand in a transaction; none where there are none.
    pub(crate) fn pick_queueable(&self, random: &mut Random) -> Option<&Line> {
        self.pick_of(random, Line::is_queueable)
    }

    fn pick_of(&self, random: &mut Random, is_right: impl Fn(&Line) -> bool) -> Option<&Line> {
        let of_kind = || self.lines.iter().filter(|line| is_right(line));
        let total: u32 = of_kind().map(|line| line.weight).sum();
        if total == 0 {
            return None;
        }
        let mut left = random.below(total as usize) as u32;
        of_kind().find(|line| {
            let found = left < line.weight;
            left = left.saturating_sub(line.weight);
            found
        })
    }

    pub(crate) fn definition(&self, name: &str) -> Option<&Choice> {
        self.definitions.get(name)
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), GrammarError> {
        for (at, line) in text.lines().enumerate() {
            match parser::parse(name, at + 1, line)? {
                parser::Item::Nothing => {}
                parser::Item::Line(line) => self.lines.push(line),
                parser::Item::Reader(reader) => self.readers.push(reader),
                parser::Item::Definition { name: defined, choice } => {
                    if Class::of_name(&defined).is_some()
                        || self.definitions.insert(defined, choice).is_some()
                    {
                        return Err(GrammarError::new(name, at + 1, 1, "a name that is new"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Every placeholder is a class or defined, in terms of others that do not lead back to it.
    fn check(&self) -> Result<(), GrammarError> {
        let parts = self.lines.iter().flat_map(|line| {
            line.parts.iter().map(|part| (&line.file, line.number, &part.sequence))
        });
        for (file, number, sequence) in parts {
            if !self.ends(sequence, 0) {
                return Err(GrammarError::new(
                    file,
                    number,
                    1,
                    "placeholders that are known and do not lead back to themselves",
                ));
            }
        }
        Ok(())
    }

    fn ends(&self, sequence: &[Node], depth: usize) -> bool {
        depth < DEPTH_MAX
            && sequence.iter().all(|node| match node {
                Node::Word(_) | Node::Class(_) | Node::Range(_) => true,
                Node::Defined(name) => self
                    .definitions
                    .get(name)
                    .is_some_and(|choice| choice.0.iter().all(|of| self.ends(of, depth + 1))),
                Node::Optional(choice) | Node::Group(choice, _) => {
                    choice.0.iter().all(|of| self.ends(of, depth + 1))
                }
            })
    }
}

const DEPTH_MAX: usize = 32;
