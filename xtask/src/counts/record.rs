//! What was counted before, in `carrier-counts/counts.toml`, and the comparison with it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::counts::subject::Subject;
use crate::error::Error;
use crate::workspace::Workspace;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Record {
    entries: BTreeMap<String, Entry>,
}

/// One path in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// What is counted once.
    unit: String,
    /// Instructions per unit, to a tenth.
    instructions: f64,
    /// What they should come down to, where that has been said; kept by an update.
    target: Option<f64>,
}

impl Record {
    /// Reads the file; one that is not there is empty.
    pub(super) fn read(workspace: &Workspace) -> Result<Self, Error> {
        let path = path(workspace);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path)
            .map_err(|source| Error::File { path: path.clone(), source })?;
        toml::from_str(&text).map_err(|source| Error::Toml { path, source })
    }

    /// Takes over what was counted, and leaves the rest of the entry.
    pub(super) fn update(&mut self, comparison: &Comparison) {
        for row in &comparison.rows {
            let Some(now) = row.now else {
                self.entries.remove(&row.name);
                continue;
            };
            let target = self.entries.get(&row.name).and_then(|entry| entry.target);
            let instructions = (now * 10.0).round() / 10.0;
            let entry = Entry { unit: row.unit.clone(), instructions, target };
            self.entries.insert(row.name.clone(), entry);
        }
    }

    /// Writes the file, in the order of the subjects.
    pub(super) fn write(&self, workspace: &Workspace, all: &[Subject]) -> Result<(), Error> {
        let path = path(workspace);
        fs::write(&path, self.text(all)).map_err(|source| Error::File { path, source })
    }

    fn text(&self, all: &[Subject]) -> String {
        let mut text = HEAD.to_owned();
        for name in all.iter().map(|subject| &subject.name) {
            let Some(Entry { unit, instructions, target }) = self.entries.get(name) else {
                continue;
            };
            let _ = write!(text, "\n[{name}]\nunit = {unit:?}\ninstructions = {instructions:.1}\n");
            if let Some(target) = target {
                let _ = writeln!(text, "target = {target}");
            }
        }
        text
    }
}

/// What was counted beside what is recorded.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    unit: String,
    recorded: Option<f64>,
    target: Option<f64>,
    /// `None`: the path is not there any more.
    now: Option<f64>,
}

impl Comparison {
    /// Adds a path that was counted.
    pub(super) fn add(&mut self, record: &Record, subject: &Subject, now: f64) {
        let entry = record.entries.get(&subject.name);
        self.rows.push(Row {
            name: subject.name.clone(),
            unit: subject.unit.clone(),
            recorded: entry.map(|entry| entry.instructions),
            target: entry.and_then(|entry| entry.target),
            now: Some(now),
        });
    }

    /// Adds what is recorded and cannot be counted any more.
    pub(super) fn add_gone(&mut self, record: &Record, all: &[Subject]) {
        for (name, entry) in &record.entries {
            if all.iter().all(|subject| subject.name != *name) {
                self.rows.push(Row {
                    name: name.clone(),
                    unit: entry.unit.clone(),
                    recorded: Some(entry.instructions),
                    target: entry.target,
                    now: None,
                });
            }
        }
    }

    /// # Errors
    ///
    /// The paths whose counts are not those recorded.
    pub(super) fn verdict(&self) -> Result<(), Error> {
        let differing: Vec<String> = self
            .rows
            .iter()
            .filter(|row| row.state() != State::Same)
            .map(|row| row.name.clone())
            .collect();
        if differing.is_empty() { Ok(()) } else { Err(Error::Counts { differing }) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Same,
    More,
    Fewer,
    New,
    Gone,
}

impl Row {
    /// The change against the record; 0.01 is one percent more.
    fn change(&self) -> Option<f64> {
        let recorded = self.recorded?;
        Some((self.now? - recorded) / recorded)
    }

    fn state(&self) -> State {
        match (self.recorded, self.now, self.change()) {
            (_, None, _) => State::Gone,
            (None, _, _) => State::New,
            (_, _, Some(change)) if change > TOLERANCE => State::More,
            (_, _, Some(change)) if change < -TOLERANCE => State::Fewer,
            _ => State::Same,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} {:>9} {:>9} {:>8} {:>7}  unit",
            "path", "recorded", "now", "change", "target"
        )?;
        for row in &self.rows {
            let shown = |number: Option<f64>, digits: usize| {
                number.map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
            };
            let change = row.change();
            let change = change.map_or_else(String::new, |c| format!("{:+.1} %", c * 100.0));
            let state = match row.state() {
                State::Same => "",
                State::More => "  MORE",
                State::Fewer => "  FEWER",
                State::New => "  NEW",
                State::Gone => "  GONE",
            };
            let (recorded, now) = (shown(row.recorded, 1), shown(row.now, 1));
            let (target, unit) = (shown(row.target, 0), &row.unit);
            let name = &row.name;
            writeln!(
                f,
                "{name:<20} {recorded:>9} {now:>9} {change:>8} {target:>7}  {unit}{state}"
            )?;
        }
        Ok(())
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.root.join("carrier-counts").join("counts.toml")
}

/// Beyond this share, up or down, a count is not the recorded one.
pub(crate) const TOLERANCE: f64 = 0.03;

const HEAD: &str = "\
# Instructions per unit, in user space, as callgrind counts them in the release build.
# `cargo xtask counts --update` writes this file; a target is written by hand and stays.
";

#[cfg(test)]
mod tests;
