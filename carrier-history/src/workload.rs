//! What clients do to a server, and how it is judged.

mod append;
mod bank;
mod progress;
mod registers;

use std::fmt;
use std::net::SocketAddr;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use carrier_compare::Random;
use clap::ValueEnum;

use crate::clock::Clock;
use crate::session::{Session, SessionError};

/// A way to use a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Transactions of appends and reads, long histories, a graph of what depends on what
    Append,
    /// Any commands over seven keys, short histories, a search for an order
    Registers,
    /// Transfers between accounts and sets while connections break: the sum never changes
    Bank,
    /// 64 clients over eight keys: all get on, counted in replies
    Progress,
}

/// One run of a workload against one server.
#[derive(Debug, Clone)]
pub struct Run {
    /// Where the server is. It is emptied.
    pub address: SocketAddr,
    /// What determines all that is random in the clients.
    pub seed: u64,
    /// The clock of the run.
    pub clock: Clock,
    /// How long to go on.
    pub time: Duration,
    /// How long a client waits for a reply before that is a finding.
    pub patience: Duration,
    /// How many clients; each workload has its own number where none is given.
    pub clients: Option<usize>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Operations that were judged.
    pub operations: u64,
    /// Histories that were explained.
    pub segments: u64,
    /// Histories that allow too many orders to be searched.
    pub undecided: u64,
    /// Connections that were cut.
    pub cut: u64,
    /// The most replies that others got while a client waited for one.
    pub gap: u64,
}

/// What is wrong, explained.
#[derive(Debug)]
pub struct Finding {
    /// The history it was found in, counted from 0, where the workload has several.
    pub segment: Option<u64>,
    text: String,
}

impl Workload {
    /// Runs it: what was done, or what was found to be wrong.
    ///
    /// # Errors
    ///
    /// The server cannot be used as the workload needs it.
    ///
    /// # Panics
    ///
    /// A thread of a client does.
    pub fn run(self, run: &Run) -> Result<Result<Tally, Finding>, SessionError> {
        let outcome = match self {
            Self::Append => append::run(run),
            Self::Registers => registers::run(run),
            Self::Bank => bank::run(run),
            Self::Progress => progress::run(run),
        };
        match outcome {
            // A server that does not answer is a finding like any other.
            Err(silence @ SessionError::Silence(..)) => Ok(Err(Finding::new(None, &silence))),
            other => other,
        }
    }

    /// Commands of those it cannot do without that the server does not know.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub fn missing(self, run: &Run) -> Result<Vec<&'static str>, SessionError> {
        let needed: &[&'static str] = match self {
            Self::Append => &["APPEND", "GET", "MULTI", "EXEC", "WATCH", "FLUSHALL"],
            Self::Registers => &["GET", "MGET", "MSET"],
            Self::Bank => &["GET", "INCRBY", "MGET", "MSET", "MULTI", "EXEC", "WATCH", "FLUSHALL"],
            Self::Progress => &["MGET", "MSET", "FLUSHALL"],
        };
        let known = run.session(0)?.known(needed)?;
        Ok(needed.iter().filter(|name| !known.contains(*name)).copied().collect())
    }

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Registers => "registers",
            Self::Bank => "bank",
            Self::Progress => "progress",
        }
    }
}

/// What all clients did, or the first error; if several wait in vain, what all of them wait for.
fn joined<T>(
    clients: Vec<ScopedJoinHandle<'_, Result<T, SessionError>>>,
) -> Result<Vec<T>, SessionError> {
    let (mut parts, mut error) = (Vec::new(), None);
    for client in clients {
        match client.join().expect("a client panicked") {
            Ok(part) => parts.push(part),
            Err(SessionError::Silence(number, words)) => match &mut error {
                Some(SessionError::Silence(_, all)) => {
                    all.push_str(&format!("\nand client {number}: {words}"));
                }
                _ => error = Some(SessionError::Silence(number, words)),
            },
            Err(other) => error = error.or(Some(other)),
        }
    }
    error.map_or(Ok(parts), Err)
}

impl Run {
    fn is_over(&self) -> bool {
        self.clock.elapsed() >= self.time
    }

    fn session(&self, number: usize) -> Result<Session, SessionError> {
        Session::connect(self.address, number, self.clock, self.patience)
    }

    /// So many clients.
    fn sessions(&self, count: usize) -> Result<Vec<Session>, SessionError> {
        (0..count).map(|number| self.session(number)).collect()
    }

    /// What a client draws from in a segment.
    fn random(&self, segment: u64, client: usize) -> Random {
        let mut random = Random::new(self.seed ^ segment.rotate_left(32) ^ client as u64);
        // Neighbouring seeds begin alike otherwise.
        Random::new(random.number())
    }
}

impl Finding {
    fn new(segment: Option<u64>, what: &dyn fmt::Display) -> Self {
        Self { segment, text: what.to_string() }
    }
}

impl Tally {
    /// Adds what another did.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            operations: self.operations + other.operations,
            segments: self.segments + other.segments,
            undecided: self.undecided + other.undecided,
            cut: self.cut + other.cut,
            gap: self.gap.max(other.gap),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} operations", self.operations)?;
        if self.segments + self.undecided > 0 {
            write!(f, ", {} histories explained", self.segments)?;
        }
        if self.undecided > 0 {
            write!(f, ", {} undecided", self.undecided)?;
        }
        if self.cut > 0 {
            write!(f, ", {} connections cut", self.cut)?;
        }
        if self.gap > 0 {
            write!(f, ", at most {} replies to others between two to one client", self.gap)?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(segment) = self.segment {
            write!(f, "in history {segment}:")?;
        }
        write!(f, "\n{}", self.text)
    }
}
