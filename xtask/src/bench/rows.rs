//! The table of rows and goals, which is data: `rows.toml`.

use serde::Deserialize;

use crate::bench::figure::{Label, Measure, Protocol};

/// What can be measured, and the figures to reach.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    pub(crate) cpu: Vec<CpuRow>,
    pub(crate) memory: Vec<Shape>,
    pub(crate) goals: Goals,
}

impl Rows {
    /// The table that this program was built with.
    pub(crate) fn load() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("rows.toml"))
    }

    /// The names of all rows, those that are measured by programs of their own included.
    pub(crate) fn names(&self) -> Vec<&str> {
        let cpu = self.cpu.iter().map(|row| row.row.as_str());
        let memory = self.memory.iter().map(|shape| shape.row.as_str());
        let special = SPECIAL.iter().map(|(name, _)| *name);
        cpu.chain(memory).chain(special).collect()
    }
}

/// A command whose cost is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CpuRow {
    pub(crate) row: String,
    pub(crate) resp: Option<String>,
    pub(crate) memcached: Option<String>,
    #[serde(default = "sixteen")]
    pub(crate) pipelines: Vec<usize>,
    #[serde(default = "thirty_two")]
    pub(crate) value: String,
    #[serde(default = "yes")]
    pub(crate) loads: bool,
    #[serde(default = "yes")]
    pub(crate) keeps: bool,
    #[serde(default)]
    pub(crate) fresh: bool,
    #[serde(default)]
    pub(crate) once: bool,
    #[serde(default)]
    pub(crate) varies: bool,
    #[serde(default)]
    pub(crate) setup: Vec<String>,
    /// Where the command is no built-in one: what makes it.
    pub(crate) example: Option<Example>,
    pub(crate) requests: Option<u64>,
    #[serde(default)]
    pub(crate) rare: bool,
}

/// A command of `zvml/examples`, and the script that does the same elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    /// The file without its ending.
    pub(crate) source: String,
    /// The script of `zvml/examples/lua` without its ending.
    pub(crate) script: String,
}

impl CpuRow {
    /// A row for a command of the command line, in Redis' protocol.
    pub(crate) fn ad_hoc(command: &str, is_fresh: bool) -> Self {
        Self {
            row: "command".to_owned(),
            resp: Some(command.to_owned()),
            memcached: None,
            pipelines: vec![16],
            value: thirty_two(),
            loads: true,
            keeps: false,
            fresh: is_fresh,
            once: false,
            varies: false,
            setup: Vec::new(),
            example: None,
            requests: None,
            rare: false,
        }
    }

    /// The command in a protocol.
    pub(crate) fn command(&self, protocol: Protocol) -> Option<&str> {
        match protocol {
            Protocol::Resp => self.resp.as_deref(),
            Protocol::Memcached => self.memcached.as_deref(),
        }
    }
}

/// Data whose memory is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    pub(crate) row: String,
    pub(crate) resp: Option<String>,
    pub(crate) memcached: Option<String>,
    #[serde(default = "one")]
    pub(crate) each: u64,
    pub(crate) payload: f64,
    pub(crate) check: Option<String>,
    #[serde(default)]
    pub(crate) arguments: String,
    pub(crate) items: Option<u64>,
    #[serde(default)]
    pub(crate) rare: bool,
}

impl Shape {
    /// The command in a protocol.
    pub(crate) fn command(&self, protocol: Protocol) -> Option<&str> {
        match protocol {
            Protocol::Resp => self.resp.as_deref(),
            Protocol::Memcached => self.memcached.as_deref(),
        }
    }
}

/// The figures to reach.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Goals(Vec<GoalRow>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalRow {
    row: String,
    #[serde(default = "cpu")]
    of: Measure,
    pipeline: Option<usize>,
    peer: Option<String>,
    gate: f64,
    aim: Option<f64>,
}

impl Goals {
    /// Gate and aim of a figure: its ratio to a peer, or where there is none, itself.
    pub(crate) fn of(&self, label: &Label, peer: Option<&str>) -> Option<(f64, Option<f64>)> {
        let row = self.0.iter().find(|goal| {
            goal.of == label.measure
                && (goal.row == label.row || goal.row == "*")
                && (goal.pipeline.is_none() || goal.pipeline == label.pipeline)
                && goal.peer.as_deref() == peer
        })?;
        Some((row.gate, row.aim))
    }
}

fn sixteen() -> Vec<usize> {
    vec![16]
}

fn thirty_two() -> String {
    "32".to_owned()
}

const fn yes() -> bool {
    true
}

const fn one() -> u64 {
    1
}

const fn cpu() -> Measure {
    Measure::Cpu
}

/// Rows that are no command and no shape, and whether only `--all` or their name selects them.
pub(crate) const SPECIAL: &[(&str, bool)] = &[
    ("delete", true),
    ("connection", false),
    ("budget", true),
    ("latency", false),
    ("growth", false),
    ("remote", true),
    ("scattered", true),
    ("exec", true),
    ("union", true),
    ("startup", false),
    ("syscalls", false),
    ("instructions", false),
    ("cache-zipf", true),
    ("cache-scans", true),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        Rows::load().expect("the table of rows")
    }

    #[test]
    fn every_row_has_a_name_of_its_own_and_something_to_send() {
        let rows = rows();
        let mut names = rows.names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rows.names().len());
        assert!(rows.cpu.iter().all(|row| row.resp.is_some() && !row.pipelines.is_empty()));
        assert!(rows.memory.iter().all(|shape| shape.resp.is_some() && shape.each > 0));
    }

    #[test]
    fn every_goal_is_of_a_row_and_within_reach_of_its_aim() {
        let rows = rows();
        for goal in &rows.goals.0 {
            let is_row = goal.row == "*" || rows.names().contains(&goal.row.as_str());
            assert!(is_row, "{goal:?}");
            let Some(aim) = goal.aim else { continue };
            let is_further = if goal.peer.is_some() { aim >= goal.gate } else { aim <= goal.gate };
            assert!(is_further, "{goal:?}");
        }
    }

    #[test]
    fn a_goal_is_found_by_row_pipeline_measure_and_peer() {
        let rows = rows();
        let label = |row: &str, measure, pipeline| Label {
            row: row.to_owned(),
            measure,
            protocol: Protocol::Resp,
            pipeline,
            payload: None,
        };
        let goal =
            |row, measure, pipeline, peer| rows.goals.of(&label(row, measure, pipeline), peer);
        let (cpu, peak) = (Measure::Cpu, Measure::Peak);
        assert_eq!(goal("get", cpu, Some(16), Some("redis")), Some((1.9, Some(2.6))));
        assert_eq!(goal("get", cpu, Some(16), Some("memcached")), Some((1.5, None)));
        assert_eq!(goal("get", cpu, Some(16), Some("valkey")), None);
        assert_eq!(goal("get", cpu, Some(2), Some("redis")), None);
        assert_eq!(goal("get", Measure::Throughput, Some(16), Some("redis")), None);
        assert_eq!(goal("bitop", cpu, Some(16), Some("redis")), Some((1.6, Some(2.4))));
        assert_eq!(goal("kv8", peak, None, None), Some((1.15, None)));
        assert_eq!(goal("kv8", peak, None, Some("redis")), None);
    }
}
