//! A case: everything that is sent to two servers that start empty. It is plain data, so that it
//! can be made smaller.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::grammar::Checks;
use crate::request::{Form, Request};
use crate::word::{Role, Word};

/// Phases, one after the other, over some connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the case was drawn from, and what its pipelines are cut with.
    pub(crate) seed: u64,
    /// Whether pipelines are cut into pieces.
    pub(crate) is_cut: bool,
    /// The number of connections.
    pub(crate) connections: usize,
    pub(crate) phases: Vec<Phase>,
}

/// What is sent until all connections rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A pipeline for each connection, all at once: each touches keys that are its own.
    Together(Vec<Vec<Step>>),
    /// One request at a time, each by the connection of that number: they may share keys.
    InTurn(Vec<(usize, Step)>),
}

/// A request, and how its replies are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) words: Vec<Word>,
    pub(crate) form: Form,
    pub(crate) checks: Arc<Checks>,
}

impl Step {
    pub(crate) fn request(&self) -> Request {
        let words = self.words.iter().map(|word| word.bytes.clone()).collect();
        let request = Request { words, form: self.form };
        if request.fits_inline() { request } else { Request { form: Form::Multibulk, ..request } }
    }

    /// The first key.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.words.iter().find(|word| word.role == Role::Key).map(|word| word.bytes.as_slice())
    }

    /// Where a loop puts the cursor.
    pub(crate) fn cursor(&self) -> Option<usize> {
        self.words.iter().position(|word| word.role == Role::Cursor)
    }
}

impl Case {
    /// The number of requests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.phases
            .iter()
            .map(|phase| match phase {
                Phase::Together(pipelines) => pipelines.iter().map(Vec::len).sum(),
                Phase::InTurn(steps) => steps.len(),
            })
            .sum()
    }

    /// Whether the request of this number runs at once with those of other connections.
    pub(crate) fn is_at_once(&self, number: usize) -> bool {
        let mut left = number;
        for phase in &self.phases {
            let (len, at_once) = match phase {
                Phase::Together(pipelines) => (pipelines.iter().map(Vec::len).sum(), true),
                Phase::InTurn(steps) => (steps.len(), false),
            };
            if left < len {
                return at_once;
            }
            left -= len;
        }
        false
    }

    /// Whether nothing is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The listing: phases, connections, requests.
impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (number, phase) in self.phases.iter().enumerate() {
            match phase {
                Phase::Together(pipelines) => {
                    let together = pipelines.iter().filter(|list| !list.is_empty()).count() > 1;
                    let cut = if self.is_cut { ", cut into pieces" } else { "" };
                    for (of, steps) in pipelines.iter().enumerate().filter(|(_, s)| !s.is_empty()) {
                        let how = if together { "at once with others, " } else { "" };
                        writeln!(f, "phase {number}, {how}connection {of}, a pipeline{cut}:")?;
                        steps.iter().try_for_each(|step| writeln!(f, "  {:?}", step.request()))?;
                    }
                }
                Phase::InTurn(steps) if steps.is_empty() => {}
                Phase::InTurn(steps) => {
                    writeln!(f, "phase {number}, one request at a time:")?;
                    for (of, step) in steps {
                        writeln!(f, "  connection {of}: {:?}", step.request())?;
                    }
                }
            }
        }
        Ok(())
    }
}
