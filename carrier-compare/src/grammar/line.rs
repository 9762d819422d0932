//! What a line of a grammar says.

use std::sync::Arc;

use crate::class::Class;
use crate::rule::Rule;

/// Something that requests are drawn from.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) file: String,
    /// From 1.
    pub(crate) number: usize,
    /// How often it is drawn, beside those of other lines.
    pub(crate) weight: u32,
    /// The words that the first request begins with.
    pub(crate) name: String,
    /// The requests, which one connection sends one after the other.
    pub(crate) parts: Vec<Part>,
}

impl Line {
    /// Whether it looks at, or changes, what other connections have.
    pub(crate) fn is_alone(&self) -> bool {
        self.parts.iter().any(|part| part.checks.alone)
    }

    /// Whether its request may be queued: it is one, and nothing is to be done about its reply but
    /// to compare it.
    pub(crate) fn is_queueable(&self) -> bool {
        let [Part { checks, .. }] = self.parts.as_slice() else { return false };
        let acts = checks.alone || checks.closes || checks.repair.is_some();
        !acts && !checks.rule.is_loop() && checks.rule != Rule::Settles
    }
}

/// One request of a line.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// It stands for some random requests of other lines, and has nothing of its own.
    pub(crate) is_random: bool,
    pub(crate) sequence: Vec<Node>,
    pub(crate) name_words: usize,
    pub(crate) checks: Arc<Checks>,
}

/// What follows an arrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checks {
    /// How replies are compared.
    pub(crate) rule: Rule,
    /// Runs only while the other connections rest.
    pub(crate) alone: bool,
    /// The server closes the connection after it has answered without an error.
    pub(crate) closes: bool,
    /// What makes both sides equal again after each has answered in its own way.
    pub(crate) repair: Option<Repair>,
}

/// A request that takes what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repair(pub(crate) Vec<RepairWord>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RepairWord {
    Word(Vec<u8>),
    /// The first key of the request.
    Key,
    /// Everything that either side answered with.
    Reply,
}

impl Repair {
    /// The request; none where a reply that it needs holds nothing.
    pub(crate) fn words(&self, key: Option<&[u8]>, replies: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        let mut words = Vec::new();
        for word in &self.0 {
            match word {
                RepairWord::Word(word) => words.push(word.clone()),
                RepairWord::Key => words.push(key?.to_vec()),
                RepairWord::Reply if replies.is_empty() => return None,
                RepairWord::Reply => words.extend(replies.iter().cloned()),
            }
        }
        Some(words)
    }
}

/// How the content of keys of a kind is read, when all has been sent.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// What TYPE says, or `any`.
    pub(crate) kind: String,
    pub(crate) request: Repair,
    pub(crate) rule: Rule,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Word(Vec<u8>),
    Class(&'static Class),
    Range(Range),
    Defined(String),
    Optional(Choice),
    Group(Choice, Repeat),
}

/// Integers between two, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// One of these.
#[derive(Debug, Clone)]
pub(crate) struct Choice(pub(crate) Vec<Vec<Node>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Once,
    /// `+`
    Some,
    /// `*`
    Any,
}
