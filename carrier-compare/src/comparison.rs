//! Case after case, on one configuration of Carrier after the other.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use carrier_peers::Error;

use crate::case::Case;
use crate::channel::Pair;
use crate::differences::Differences;
use crate::generate::generate;
use crate::grammar::Grammar;
use crate::mismatch::Mismatch;
use crate::run::run;
use crate::servers::Server;
use crate::shrink::shrink;
use crate::tally::Tally;

/// Everything that a comparison needs.
#[derive(Debug)]
pub struct Comparison {
    /// What requests look like.
    pub grammar: Grammar,
    /// What may differ.
    pub differences: Differences,
    /// Configurations of Carrier.
    pub ours: Vec<Server>,
    /// The server they are compared with.
    pub theirs: Server,
    /// How long a reply may take.
    pub patience: Duration,
}

/// A case that failed, made small.
#[derive(Debug)]
pub struct Failure {
    /// Which configuration of Carrier.
    pub server: String,
    /// The seed of the case.
    pub seed: u64,
    /// How the case fails now.
    pub mismatch: Box<Mismatch>,
    /// How the whole case failed first, where it was made small.
    pub first: Option<Box<Mismatch>>,
    /// What is left of it.
    pub case: Case,
    /// How many requests it had.
    pub requests: usize,
    /// How often smaller cases were tried; none where it failed only once, and was not made
    /// smaller.
    pub attempts: Option<usize>,
    /// What the server wrote, if it ended by itself.
    pub log: Option<String>,
}

impl Comparison {
    /// Runs the case of a seed on the configuration of that number, which wraps around. One that
    /// fails is made small.
    ///
    /// # Errors
    ///
    /// A server cannot be started anew.
    pub fn check(&mut self, seed: u64, number: usize) -> Result<Result<Tally, Failure>, Error> {
        let number = number % self.ours.len();
        let case = generate(&self.grammar, seed);
        let mismatch = match self.attempt(&case, number) {
            Ok(tally) => return Ok(Ok(tally)),
            Err(mismatch) => mismatch,
        };
        let log = self.ours[number].has_ended().then(|| self.ours[number].log());
        let requests = case.len();
        let mut failure = Failure {
            server: self.ours[number].label.clone(),
            seed,
            mismatch,
            first: None,
            case,
            requests,
            attempts: None,
            log,
        };
        self.shrink(&mut failure, number)?;
        self.renew(number)?;
        Ok(Err(failure))
    }

    /// Runs a case once.
    ///
    /// # Errors
    ///
    /// The first mismatch.
    pub fn attempt(&self, case: &Case, number: usize) -> Result<Tally, Box<Mismatch>> {
        let pair = Pair {
            ours: self.ours[number].address(),
            theirs: self.theirs.address(),
            differences: &self.differences,
            patience: self.patience,
        };
        run(case, &self.grammar, pair)
    }

    fn shrink(&mut self, failure: &mut Failure, number: usize) -> Result<(), Error> {
        let mut broken = None;
        let mut attempt = |case: &Case| {
            if let Err(error) = self.renew(number) {
                broken.get_or_insert(error);
                return None;
            }
            self.attempt(case, number).err()
        };
        // What depends on how threads meet may need several attempts to be seen again.
        let again = (0..REPETITIONS_MAX).find_map(|_| attempt(&failure.case));
        if let Some(mismatch) = again {
            let (case, mismatch, attempts) = shrink(failure.case.clone(), mismatch, &mut attempt);
            failure.first = Some(std::mem::replace(&mut failure.mismatch, mismatch));
            (failure.case, failure.attempts) = (case, Some(attempts));
        }
        broken.map_or(Ok(()), Err)
    }

    /// Ours starts anew, as the failure may have ended or changed it; theirs if it is gone.
    fn renew(&mut self, number: usize) -> Result<(), Error> {
        self.ours[number].restart()?;
        if self.theirs.has_ended() { self.theirs.restart() } else { Ok(()) }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}: the servers differ", self.server, self.seed)?;
        writeln!(f, "{}", self.mismatch)?;
        if let Some(first) = &self.first {
            writeln!(f, "as first seen: {first}")?;
        }
        match self.attempts {
            Some(attempts) => writeln!(
                f,
                "{} of {} requests are left after {attempts} attempts to leave some out:",
                self.case.len(),
                self.requests
            )?,
            None => writeln!(f, "it did not fail again; all {} requests:", self.requests)?,
        }
        write!(f, "{}", self.case)?;
        if let Some(log) = &self.log {
            write!(f, "the server ended by itself; it wrote:\n{}", log.trim_end())?;
        }
        Ok(())
    }
}

const REPETITIONS_MAX: usize = 8;
