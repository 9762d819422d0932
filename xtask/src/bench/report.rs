//! Everything that a run found out, and of what.

use serde::Serialize;

use crate::bench::figure::{Absent, Figure};
use crate::bench::machine::Machine;
use crate::bench::subject::Subject;

/// A whole run; as JSON, what `--json` writes.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Goes up when a field changes its meaning.
    pub(crate) format: u32,
    /// Whether it only shows that everything runs.
    pub(crate) quick: bool,
    pub(crate) date: String,
    pub(crate) commit: Option<String>,
    /// The words behind `cargo xtask`.
    pub(crate) arguments: Vec<String>,
    pub(crate) machine: Machine,
    /// Ours first.
    pub(crate) servers: Vec<ServerLine>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) absent: Vec<Absent>,
}

/// A server that was compared.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServerLine {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) command: String,
}

impl ServerLine {
    /// What is to be told of a server.
    pub(crate) fn of(subject: &Subject, threads: usize) -> Self {
        let (name, version) = (subject.name.clone(), subject.version.clone());
        Self { name, version, command: subject.shown(threads) }
    }
}

/// The form that is written now.
pub(crate) const FORMAT: u32 = 1;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bench::figure::{Label, Measure, Protocol, Series};
    use crate::bench::rows::Rows;

    /// A report with one figure of each kind.
    pub(crate) fn example() -> Report {
        let goals = Rows::load().expect("the table of rows").goals;
        let figure = |row: &str, measure, pipeline, ours: &[f64], redis: &[f64]| {
            let protocol = Protocol::Resp;
            let series =
                vec![Series::new("carrier", ours.to_vec()), Series::new("redis", redis.to_vec())];
            let payload = (measure == Measure::Bytes).then_some(24.0);
            let label = Label { row: row.to_owned(), measure, protocol, pipeline, payload };
            Figure::new(label, series, &goals)
        };
        let server = |name: &str| ServerLine {
            name: name.to_owned(),
            version: "1.0".to_owned(),
            command: format!("{name}-server --a \"<b>\""),
        };
        Report {
            format: FORMAT,
            quick: false,
            date: "2000-02-29T00:00:00Z".to_owned(),
            commit: Some("0123456789ab".to_owned()),
            arguments: vec!["bench".to_owned(), "--against".to_owned(), "redis".to_owned()],
            machine: Machine::default(),
            servers: vec![server("carrier"), server("redis")],
            figures: vec![
                figure("get", Measure::Cpu, Some(16), &[700.0, 710.0], &[1050.0, 1136.0]),
                figure("fresh", Measure::Cpu, Some(16), &[700.0, 800.0], &[900.0, 900.0]),
                figure("get", Measure::Throughput, Some(16), &[9e5, 9e5], &[6e5, 6e5]),
                figure("kv8", Measure::Bytes, None, &[47.1], &[115.5]),
                figure("growth", Measure::Above, Some(16), &[0.0], &[12.0]),
            ],
            absent: vec![Absent {
                row: "hset".to_owned(),
                measure: Measure::Cpu,
                protocol: Protocol::Resp,
                server: "carrier".to_owned(),
            }],
        }
    }

    #[test]
    fn the_json_holds_samples_ratios_and_verdicts() {
        let json = serde_json::json!(example());
        assert_eq!(json["format"], 1);
        let get = &json["figures"][0];
        assert_eq!((&get["row"], &get["measure"]), (&"get".into(), &"cpu".into()));
        assert_eq!((&get["pipeline"], &get["protocol"]), (&16.into(), &"resp".into()));
        assert_eq!(get["ours"]["samples"][1], 710.0);
        let redis = &get["peers"][0];
        assert_eq!((&redis["server"], &redis["ratio"]), (&"redis".into(), &1.55.into()));
        assert_eq!((&redis["gate"], &redis["verdict"]), (&1.9.into(), &"below".into()));
        assert_eq!(json["figures"][3]["bound"]["verdict"], "below");
        assert_eq!(json["absent"][0]["row"], "hset");
    }
}
