//! How many threads a server runs and which roles each hosts.
//!
//! *Fused*: every thread parses and replies for its own connections and owns one shard; rings
//! carry only what is another shard's. *Staged*: some threads parse and reply, others own a shard
//! each, so everything crosses a ring. The thread that parses for a connection also writes its
//! replies: what parser and replier share of it never crosses threads.

use crate::config::{Config, Layout};

/// The roles of each thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In the order of the threads.
    pub(crate) threads: Vec<Hosted>,
}

/// What one thread hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hosted {
    /// Whether it parses and replies for connections.
    pub(crate) front: bool,
    /// The shard whose worker it hosts.
    pub(crate) shard: Option<usize>,
}

impl Plan {
    /// The plan that a configuration asks for on a machine with `cores` cores.
    ///
    /// `auto` is fused: the staged layout has not measured better anywhere yet.
    pub(crate) fn new(config: &Config, cores: usize) -> Self {
        let threads = match config.layout {
            Layout::Auto | Layout::Fused => {
                (0..config.threads).map(|i| Hosted { front: true, shard: Some(i) }).collect()
            }
            Layout::Staged => {
                let (parsers, workers) = staged_counts(cores);
                let parsers = config.parsers.unwrap_or(parsers);
                let workers = config.workers.unwrap_or(workers);
                let fronts = (0..parsers).map(|_| Hosted { front: true, shard: None });
                let backs = (0..workers).map(|i| Hosted { front: false, shard: Some(i) });
                fronts.chain(backs).collect()
            }
        };
        Self { threads }
    }

    /// How many shards there are.
    pub(crate) fn shards(&self) -> usize {
        self.threads.iter().filter(|thread| thread.shard.is_some()).count()
    }

    /// The threads that take connections.
    pub(crate) fn fronts(&self) -> Vec<usize> {
        (0..self.threads.len()).filter(|&index| self.threads[index].front).collect()
    }

    /// The thread of each shard.
    pub(crate) fn hosts(&self) -> Vec<usize> {
        (0..self.threads.len()).filter(|&index| self.threads[index].shard.is_some()).collect()
    }
}

/// Parsing and working threads on a number of cores: rows of the table below, and between them
/// by linear interpolation.
fn staged_counts(cores: usize) -> (usize, usize) {
    let below = STAGED.iter().rev().find(|row| row.0 <= cores).unwrap_or(&(0, 0, 0));
    let above = STAGED.iter().find(|row| row.0 >= cores).unwrap_or(&STAGED[STAGED.len() - 1]);
    let between = |low: usize, high: usize| {
        let span = (above.0.max(below.0 + 1) - below.0) as f64;
        let share = cores.min(above.0).saturating_sub(below.0) as f64 / span;
        (low as f64 + (high as f64 - low as f64) * share).round().max(1.0) as usize
    };
    (between(below.1, above.1), between(below.2, above.2))
}

/// Cores, parsing threads, working threads.
const STAGED: &[(usize, usize, usize)] =
    &[(4, 2, 3), (16, 4, 13), (32, 5, 27), (64, 6, 54), (128, 16, 108), (256, 20, 220)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_follows_its_table() {
        for &(cores, parsers, workers) in STAGED {
            assert_eq!(staged_counts(cores), (parsers, workers), "{cores}");
        }
        assert_eq!(staged_counts(1), (1, 1));
        assert_eq!(staged_counts(10), (3, 8));
        assert_eq!(staged_counts(512), (20, 220));
    }

    #[test]
    fn fused_threads_host_everything() {
        let config = Config { threads: 3, layout: Layout::Fused, ..Config::default() };
        let plan = Plan::new(&config, 2);
        assert_eq!((plan.shards(), plan.fronts(), plan.hosts()), (3, vec![0, 1, 2], vec![0, 1, 2]));
    }

    #[test]
    fn staged_threads_are_apart() {
        let config = Config {
            layout: Layout::Staged,
            parsers: Some(2),
            workers: Some(3),
            ..Config::default()
        };
        let plan = Plan::new(&config, 64);
        assert_eq!((plan.shards(), plan.fronts(), plan.hosts()), (3, vec![0, 1], vec![2, 3, 4]));
    }
}
