//! What a run found out: figures, each of one measure of one row, with every sample.

use serde::{Deserialize, Serialize};

use crate::bench::rows::Goals;
use crate::bench::statistics::{lower_quartile, median};

/// What is measured.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// Run time of the server's threads a request.
    Cpu,
    /// Requests answered a second.
    Throughput,
    /// Latencies at a fixed rate.
    P50,
    P99,
    #[serde(rename = "p99.9")]
    P999,
    /// Replies later than a millisecond, of a million, while a table grows.
    Above,
    /// The latest reply while a table grows.
    Latest,
    /// Resident bytes of an item.
    Bytes,
    /// The most memory while loading over what it settled at, without what was there before.
    Peak,
    /// Memory before the first command.
    AtStart,
    /// Memory after most pairs were deleted over what those left need when loaded afresh.
    Left,
    /// Memory of an idle connection.
    Connection,
    /// The most memory over the budget.
    Budget,
    /// From the start of the program to its first reply.
    Startup,
    /// System calls a request.
    Syscalls,
    /// Instructions in user space a request.
    Instructions,
    /// What a request costs that another thread answers, where one that the same does costs 1.
    Remote,
    /// MSET of ten keys over two threads, over the same on one.
    Scattered,
    /// MULTI, five commands and EXEC, over the five commands pipelined.
    Transaction,
    /// Throughput alone over that beside unions.
    Kept,
    /// Time of a union beside a load over that alone.
    Slowdown,
    /// Objects that a cache had, of a hundred that it was asked for.
    Hits,
    /// Objects that it had, over what it has in memory.
    HitsPerGigabyte,
}

impl Measure {
    /// What it is called over a table.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU per request, all threads of the server",
            Self::Throughput => "Requests per second, closed loop",
            Self::P50 => "Latency at a fixed rate, median",
            Self::P99 => "Latency at a fixed rate, 99th percentile",
            Self::P999 => "Latency at a fixed rate, 99.9th percentile",
            Self::Above => "Growth: replies later than 1 ms, of a million",
            Self::Latest => "Growth: the latest reply",
            Self::Bytes => "Resident bytes per item",
            Self::Peak => "Peak of memory while loading, over settled",
            Self::AtStart => "Memory before the first command",
            Self::Left => "Memory after deleting 75 %, over the same pairs loaded afresh",
            Self::Connection => "Memory of an idle connection",
            Self::Budget => "Peak of memory over the budget",
            Self::Startup => "Start-up to the first reply",
            Self::Syscalls => "System calls per request",
            Self::Instructions => "Instructions per request, in user space",
            Self::Remote => "Cost of a remote request, that of a local one being 1",
            Self::Scattered => "CPU of MSET of ten keys over two threads, over one",
            Self::Transaction => "CPU of MULTI, five SETs and EXEC, over five SETs pipelined",
            Self::Kept => "Throughput alone over that beside unions",
            Self::Slowdown => "Time of a union beside a load over that alone",
            Self::Hits => "Hits of a hundred requests, at equal resident memory",
            Self::HitsPerGigabyte => "Hits of the run a GB of resident memory",
        }
    }

    /// The unit of its samples; empty for ratios and counts.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Cpu => "ns",
            Self::Throughput => "/s",
            Self::P50 | Self::P99 | Self::P999 => "us",
            Self::Latest | Self::Startup => "ms",
            Self::Bytes | Self::Connection => "bytes",
            Self::AtStart => "MiB",
            Self::Hits => "%",
            _ => "",
        }
    }

    /// Whether more is better.
    const fn is_gain(self) -> bool {
        matches!(self, Self::Throughput | Self::Hits | Self::HitsPerGigabyte)
    }
}

/// Which measurement a figure is of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Label {
    /// The name of the row, as `--rows` takes it.
    pub(crate) row: String,
    pub(crate) measure: Measure,
    /// The language that was spoken.
    pub(crate) protocol: Protocol,
    /// Requests that were sent together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pipeline: Option<usize>,
    /// Bytes of an item's key and value as the client sends them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<f64>,
}

/// The language that a server is spoken to in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    Resp,
    Memcached,
}

impl Protocol {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Resp, Self::Memcached];

    /// Its name on the command line of the load generator.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Resp => "resp",
            Self::Memcached => "memcached",
        }
    }
}

/// The samples of one server, in the order in which they were taken.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) server: String,
    pub(crate) median: Option<f64>,
    pub(crate) samples: Vec<f64>,
}

impl Series {
    /// The samples of a server.
    pub(crate) fn new(server: &str, samples: Vec<f64>) -> Self {
        Self { server: server.to_owned(), median: median(&samples), samples }
    }
}

/// One measure of one row: ours, and beside it the peers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    #[serde(flatten)]
    pub(crate) label: Label,
    pub(crate) unit: &'static str,
    pub(crate) ours: Series,
    pub(crate) peers: Vec<Compared>,
    /// What our own figure may be at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bound: Option<Goal>,
}

/// A peer's samples beside ours.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Compared {
    #[serde(flatten)]
    pub(crate) series: Series,
    /// Ratios of the samples that were taken beside each other; above 1, ours is better.
    pub(crate) ratios: Vec<f64>,
    pub(crate) ratio: Option<f64>,
    pub(crate) ratio_lower_quartile: Option<f64>,
    #[serde(flatten)]
    pub(crate) goal: Option<Goal>,
}

/// A figure to reach, and whether it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Goal {
    pub(crate) gate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aim: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// How a figure stands to its goal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// The gate is not reached.
    Below,
    /// The gate is reached.
    Ok,
    /// The aim is reached, too.
    Aim,
}

impl Verdict {
    /// One word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Ok => "ok",
            Self::Aim => "aim",
        }
    }
}

impl Figure {
    /// Compares the first series, which is ours, with the others.
    pub(crate) fn new(label: Label, mut series: Vec<Series>, goals: &Goals) -> Self {
        let ours = series.remove(0);
        let peers = series.into_iter().map(|peer| Compared::new(&label, &ours, peer, goals));
        let bound = goals
            .of(&label, None)
            .zip(ours.median)
            .map(|((gate, aim), median)| Goal::judge(gate, aim, |goal| median <= goal));
        Self { unit: label.measure.unit(), peers: peers.collect(), bound, ours, label }
    }
}

impl Compared {
    fn new(label: &Label, ours: &Series, series: Series, goals: &Goals) -> Self {
        let ratio = |(&ours, &peer): (&f64, &f64)| {
            let (over, under) = if label.measure.is_gain() { (ours, peer) } else { (peer, ours) };
            (under > 0.0).then_some(over / under)
        };
        let pairs = ours.samples.iter().zip(&series.samples);
        let ratios: Vec<f64> = pairs.filter_map(ratio).collect();
        let middle = median(&ratios);
        let goal = goals
            .of(label, Some(&series.server))
            .zip(middle)
            .map(|((gate, aim), ratio)| Goal::judge(gate, aim, |goal| ratio >= goal));
        Self { ratio: middle, ratio_lower_quartile: lower_quartile(&ratios), ratios, goal, series }
    }
}

impl Goal {
    fn judge(gate: f64, aim: Option<f64>, reaches: impl Fn(f64) -> bool) -> Self {
        let verdict = match aim {
            Some(aim) if reaches(aim) => Verdict::Aim,
            _ if reaches(gate) => Verdict::Ok,
            _ => Verdict::Below,
        };
        Self { gate, aim, verdict }
    }
}

/// A row that a server does not know the command of.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Absent {
    pub(crate) row: String,
    pub(crate) measure: Measure,
    pub(crate) protocol: Protocol,
    pub(crate) server: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::rows::Rows;

    fn label(row: &str, measure: Measure, pipeline: usize) -> Label {
        let row = row.to_owned();
        let (protocol, pipeline) = (Protocol::Resp, Some(pipeline));
        Label { row, measure, protocol, pipeline, payload: None }
    }

    fn figure(label: Label, ours: &[f64], redis: &[f64]) -> Figure {
        let goals = Rows::load().expect("the table of rows").goals;
        let series =
            vec![Series::new("carrier", ours.to_vec()), Series::new("redis", redis.to_vec())];
        Figure::new(label, series, &goals)
    }

    #[test]
    fn ratios_are_of_the_samples_beside_each_other() {
        // The machine was twice as slow during the second pair.
        let cpu =
            figure(label("get", Measure::Cpu, 16), &[100.0, 200.0, 100.0], &[200.0, 400.0, 200.0]);
        assert_eq!(cpu.peers[0].ratios, [2.0, 2.0, 2.0]);
        assert_eq!(cpu.peers[0].ratio, Some(2.0));
        let goal = cpu.peers[0].goal.expect("GET has a goal");
        assert_eq!((goal.gate, goal.aim, goal.verdict), (1.9, Some(2.6), Verdict::Ok));
        assert_eq!(cpu.bound, None);
    }

    #[test]
    fn above_one_is_better_whatever_is_measured() {
        let more = figure(label("get", Measure::Throughput, 16), &[300.0], &[200.0]);
        assert_eq!(more.peers[0].ratio, Some(1.5));
        let less = figure(label("get", Measure::Cpu, 64), &[100.0], &[150.0]);
        assert_eq!(less.peers[0].goal.map(|goal| goal.verdict), Some(Verdict::Below));
        let none = figure(label("growth", Measure::Above, 1), &[0.0], &[3.0]);
        assert_eq!(none.peers[0].ratio, None);
    }

    #[test]
    fn our_own_figure_has_a_bound() {
        for (bytes, verdict) in [(36.1, Verdict::Below), (36.0, Verdict::Ok), (30.0, Verdict::Aim)]
        {
            let memory = figure(label("kv8", Measure::Bytes, 1), &[bytes], &[115.0]);
            assert_eq!(memory.bound.map(|bound| bound.verdict), Some(verdict));
        }
    }

    #[test]
    fn a_slower_get_and_a_fatter_entry_are_seen() {
        let cpu = figure(label("get", Measure::Cpu, 16), &[110.0; 5], &[100.0; 5]);
        assert!(cpu.peers[0].ratio.is_some_and(|ratio| ratio < 0.92));
        let bytes = figure(label("kv8", Measure::Bytes, 1), &[36.0], &[30.0]);
        assert!(bytes.peers[0].ratio.is_some_and(|ratio| ratio < 0.84));
    }
}
