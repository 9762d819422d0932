//! `cargo xtask counts`: instructions of named paths, compared with those in the tree.
//!
//! A path of the crate `carrier-counts` runs under callgrind by itself; a path of the server is the
//! difference of two runs of the server. Counts do not depend on the load of the machine, so they
//! are compared with a tolerance that no measurement of time could keep.

mod callgrind;
mod record;
mod server;
mod subject;

pub(crate) use callgrind::total_in;
pub(crate) use record::TOLERANCE;

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use crate::counts::callgrind::Callgrind;
use crate::counts::record::{Comparison, Record};
use crate::counts::subject::Subject;
use crate::error::Error;
use crate::workspace::Workspace;

/// Which paths to count.
#[derive(Args, Debug)]
pub(crate) struct Counts {
    /// Paths; all of them where absent.
    paths: Vec<String>,
    /// Write what was counted into the record.
    #[arg(long)]
    update: bool,
}

impl Counts {
    /// All paths, compared with the record.
    pub(crate) const ALL: Self = Self { paths: Vec::new(), update: false };

    /// Counts, prints, and compares or writes.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let callgrind = Callgrind::build(workspace)?;
        let all = Subject::all(&callgrind)?;
        let chosen = self.choose(&all)?;
        let counted = count(&callgrind, &chosen)?;
        let mut record = Record::read(workspace)?;
        let mut comparison = Comparison::default();
        for (subject, instructions) in chosen.iter().zip(counted) {
            comparison.add(&record, subject, instructions);
        }
        if self.paths.is_empty() {
            comparison.add_gone(&record, &all);
        }
        print!("{comparison}");
        if self.update {
            record.update(&comparison);
            return record.write(workspace, &all);
        }
        comparison.verdict()
    }

    fn choose<'a>(&self, all: &'a [Subject]) -> Result<Vec<&'a Subject>, Error> {
        let known = || all.iter().map(|subject| subject.name.clone()).collect();
        if let Some(name) = self.paths.iter().find(|name| all.iter().all(|s| s.name != **name)) {
            return Err(Error::Unknown { what: "path", name: name.clone(), known: known() });
        }
        let is_chosen = |s: &&Subject| self.paths.is_empty() || self.paths.contains(&s.name);
        Ok(all.iter().filter(is_chosen).collect())
    }
}

/// Instructions per unit of each subject, as many at a time as there are cores.
fn count(callgrind: &Callgrind, subjects: &[&Subject]) -> Result<Vec<f64>, Error> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut counted = Vec::new();
        while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            counted.push((subject.name.as_str(), subject.count(callgrind)));
        }
        counted
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut counted: Vec<(&str, Result<f64, Error>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|e| resume_unwind(e))).collect()
    });
    let place = |name: &str| subjects.iter().position(|subject| subject.name == name);
    counted.sort_by_key(|(name, _)| place(name));
    counted.into_iter().map(|(_, instructions)| instructions).collect()
}
