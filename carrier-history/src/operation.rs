//! What a client did at one time, and what it saw.

use std::fmt;

use crate::command::{Command, Outcome};

/// Commands that take effect as one: a single one, or those between MULTI and EXEC.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Who asked.
    pub client: usize,
    /// What, in order.
    pub commands: Vec<Command>,
    /// What was answered, one for each command; none where the reply was lost, so that nobody
    /// knows whether it took effect.
    pub outcomes: Option<Vec<Outcome>>,
    /// When it was sent, in nanoseconds since the run's start.
    pub invoked_ns: u64,
    /// When the reply was there; `u64::MAX` where it was lost.
    pub completed_ns: u64,
}

impl Operation {
    /// Whether it was over before the other began, so that every order has to keep them so.
    #[must_use]
    pub fn precedes(&self, other: &Self) -> bool {
        self.completed_ns < other.invoked_ns
    }

    /// The commands, each with its outcome, if there is one.
    pub fn results(&self) -> impl Iterator<Item = (&Command, Option<&Outcome>)> {
        let outcome = |at| self.outcomes.as_ref().and_then(|outcomes| outcomes.get(at));
        self.commands.iter().enumerate().map(move |(at, command)| (command, outcome(at)))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {} at {}..", self.client, micros(self.invoked_ns))?;
        match self.completed_ns {
            u64::MAX => f.write_str("? us:")?,
            end => write!(f, "{} us:", micros(end))?,
        }
        for (at, (command, outcome)) in self.results().enumerate() {
            let mark = if at == 0 { "" } else { ";" };
            write!(f, "{mark} {command}")?;
            if let Some(outcome) = outcome {
                write!(f, " -> {outcome}")?;
            }
        }
        Ok(())
    }
}

fn micros(ns: u64) -> f64 {
    (ns / 100) as f64 / 10.0
}
