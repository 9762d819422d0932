//! What all measurements share: the servers, the load generator, how much to do, and the results.

use std::path::PathBuf;

use carrier_peers::Launch;

use crate::bench::error::BenchError;
use crate::bench::figure::{Absent, Figure, Label, Measure, Protocol, Series};
use crate::bench::load::Loader;
use crate::bench::rows::Goals;
use crate::bench::subject::{Server, Subject};

/// Where measurements happen.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Ours first.
    pub(crate) subjects: Vec<Subject>,
    pub(crate) loader: Loader,
    pub(crate) settings: Settings,
    pub(crate) goals: Goals,
    /// For files that pass between programs.
    pub(crate) folder: PathBuf,
    /// The workspace.
    pub(crate) root: PathBuf,
}

/// How much to do, and where.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) pairs: Option<usize>,
    pub(crate) pipelines: Option<Vec<usize>>,
    pub(crate) keys: u64,
    pub(crate) items: Option<u64>,
    pub(crate) requests: Option<u64>,
    pub(crate) threads: usize,
    pub(crate) server_cpus: String,
    pub(crate) client_cpus: String,
    pub(crate) is_whole: bool,
    pub(crate) is_quick: bool,
}

impl Settings {
    /// Pairs to load before a measurement.
    pub(crate) fn keys(&self) -> u64 {
        if self.is_quick { self.keys.min(10_000) } else { self.keys }
    }

    /// Items of a row about memory or growth, of which some have a number of their own in a whole
    /// run.
    pub(crate) fn items(&self, whole: Option<u64>) -> u64 {
        match (self.items, whole) {
            (Some(items), _) => items,
            (None, _) if self.is_quick => 20_000,
            (None, Some(whole)) if self.is_whole => whole,
            (None, _) => 1_000_000,
        }
    }

    /// How often each server has its turn.
    pub(crate) fn pairs(&self, pipeline: usize) -> usize {
        let usual = match pipeline {
            _ if self.is_quick => 1,
            1 => 9,
            _ => 5,
        };
        self.pairs.unwrap_or(usual).max(1)
    }

    /// Requests of a shot, of which a row allows so many at most.
    pub(crate) fn requests(&self, pipeline: usize, at_most: Option<u64>) -> u64 {
        let usual = match pipeline {
            _ if self.is_quick => 5_000,
            0..4 => 200_000,
            4..32 => 1_000_000,
            _ => 2_000_000,
        };
        self.requests.unwrap_or_else(|| usual.min(at_most.unwrap_or(usual)))
    }

    /// The pipeline depths of a row.
    pub(crate) fn pipelines(&self, own: &[usize]) -> Vec<usize> {
        self.pipelines.clone().unwrap_or_else(|| own.to_vec())
    }

    /// Seconds of a shot at a fixed rate.
    pub(crate) fn seconds(&self) -> f64 {
        if self.is_quick { 0.3 } else { 2.0 }
    }
}

/// What has been measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) figures: Vec<Figure>,
    pub(crate) absent: Vec<Absent>,
}

/// Servers that are compared in one language, ours first.
#[derive(Debug)]
pub(crate) struct Lineup<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) subjects: Vec<&'a Subject>,
}

impl Stage {
    /// How a server is started for a measurement.
    pub(crate) fn launch(&self, subject: &Subject) -> Launch {
        subject.launch(self.settings.threads, &self.settings.server_cpus)
    }

    /// Starts the servers of a line-up.
    pub(crate) fn start(&self, lineup: &Lineup<'_>) -> Result<Vec<Server>, BenchError> {
        let subjects = lineup.subjects.iter();
        subjects
            .map(|subject| Server::start(subject, lineup.protocol, &self.launch(subject)))
            .collect()
    }

    /// For each language in which there is a peer, the servers that speak it and know the command
    /// in it; those that do not are noted. Without ours there is nothing to compare.
    pub(crate) fn lineups<'c>(
        &self,
        row: &str,
        measure: Measure,
        command: impl Fn(Protocol) -> Option<&'c str>,
        results: &mut Results,
    ) -> Result<Vec<Lineup<'_>>, BenchError> {
        let mut lineups = Vec::new();
        for protocol in Protocol::ALL {
            let Some(command) = command(protocol) else { continue };
            let speakers: Vec<&Subject> =
                self.subjects.iter().filter(|subject| subject.speaks(protocol)).collect();
            if speakers.len() < 2 {
                continue;
            }
            let mut lineup = Lineup { protocol, subjects: Vec::new() };
            let mut has_ours = false;
            for (number, subject) in speakers.into_iter().enumerate() {
                if self.knows(subject, protocol, command)? {
                    has_ours |= number == 0;
                    lineup.subjects.push(subject);
                } else {
                    let (row, server) = (row.to_owned(), subject.name.clone());
                    results.absent.push(Absent { row, measure, protocol, server });
                }
            }
            if has_ours {
                lineups.push(lineup);
            }
        }
        Ok(lineups)
    }

    /// The servers of each language in which there is a peer, for a row without a command.
    pub(crate) fn speakers(&self) -> Vec<Lineup<'_>> {
        let lineup = |protocol| Lineup {
            protocol,
            subjects: self.subjects.iter().filter(|one| one.speaks(protocol)).collect(),
        };
        Protocol::ALL.map(lineup).into_iter().filter(|lineup| lineup.subjects.len() > 1).collect()
    }

    /// Adds a figure; ours is the first series.
    pub(crate) fn add(
        &self,
        results: &mut Results,
        (row, measure): (&str, Measure),
        (protocol, pipeline): (Protocol, Option<usize>),
        series: Vec<Series>,
    ) {
        let label = Label { row: row.to_owned(), measure, protocol, pipeline, payload: None };
        results.figures.push(Figure::new(label, series, &self.goals));
    }

    /// Says what is being done.
    pub(crate) fn announce(&self, row: &str, lineup: &Lineup<'_>, pipeline: Option<usize>) {
        let names: Vec<&str> = lineup.subjects.iter().map(|one| one.name.as_str()).collect();
        let depth = pipeline.map_or_else(String::new, |depth| format!(", pipeline {depth}"));
        eprintln!("{row}{depth}, {}: {}", lineup.protocol.name(), names.join(" "));
    }

    /// Whether a server knows a command; a server of its own is asked.
    pub(crate) fn knows(
        &self,
        subject: &Subject,
        protocol: Protocol,
        command: &str,
    ) -> Result<bool, BenchError> {
        let server = Server::start(subject, protocol, &self.launch(subject))?;
        self.loader.knows(&server, command)
    }
}
