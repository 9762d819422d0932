//! A named path and the table of all of them.

use std::fmt;

use crate::paths::{compiler, containers, memcached, programs, ring, shard, wire};

/// Something that clients or the server's start wait for, small enough to be run alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    /// What it is called on the command line and in `counts.toml`.
    pub(crate) name: &'static str,
    /// What its instructions are divided by.
    pub(crate) unit: &'static str,
    /// Sets up, runs the measured part, checks what came of it; returns the units that were run.
    pub(crate) run: fn() -> u64,
    /// The same for what does not belong to the path: its instructions per unit are taken off.
    pub(crate) without: Option<fn() -> u64>,
}

impl Path {
    /// The path of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PATHS.iter().find(|path| path.name == name)
    }

    const fn new(name: &'static str, unit: &'static str, run: fn() -> u64) -> Self {
        Self { name, unit, run, without: None }
    }

    const fn less(self, without: fn() -> u64) -> Self {
        Self { without: Some(without), ..self }
    }
}

/// As `cargo xtask counts` reads it: name, whether something is taken off, unit.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.without.is_some() { "less" } else { "whole" };
        write!(f, "{}\t{kind}\t{}", self.name, self.unit)
    }
}

/// Every path, by layers from below.
pub(crate) const PATHS: &[Path] = &[
    Path::new("ring-single", "item pushed and popped", ring::single),
    Path::new("ring-batch-8", "item pushed and popped in batches of 8", ring::batch_8),
    Path::new("resp-parse-set", "SET of 32 bytes, from 16 KB of them", wire::parse_set),
    Path::new("resp-bulk", "bulk reply of 32 bytes", wire::bulk),
    Path::new("memcached-parse-get", "get of one key, from 16 KB of them", memcached::parse_get),
    Path::new("memcached-parse-set", "set of 32 bytes, from 16 KB of them", memcached::parse_set),
    Path::new("map-get", "look-up among 100,000 keys", containers::map_get),
    Path::new("set-add-small", "integer added to a set of up to 50", containers::set_add_small),
    Path::new("set-add-large", "member added to a set of up to 20,000", containers::set_add_large),
    Path::new("shard-get-hit", "key found among 100,000", shard::get_hit),
    Path::new("shard-get-miss", "key not found among 100,000", shard::get_miss),
    Path::new("shard-overwrite", "value of the same length among 100,000", shard::overwrite),
    Path::new("shard-insert", "fresh key beyond 100,000", shard::insert),
    Path::new("shard-delete", "key removed from 100,000", shard::delete),
    Path::new("program-nine", "nine trivial operations", programs::nine),
    Path::new("program-get", "GET beyond its store", programs::get).less(programs::get_store),
    Path::new("program-set", "SET beyond its store", programs::set).less(programs::set_store),
    Path::new("program-incr", "INCR beyond its store", programs::incr).less(programs::incr_store),
    Path::new("program-sadd", "SADD beyond its store", programs::sadd).less(programs::sadd_store),
    Path::new("compile-command", "command of the size of INCR", compiler::command),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_one_path_and_fit_a_line() {
        for (index, path) in PATHS.iter().enumerate() {
            assert!(PATHS[..index].iter().all(|before| before.name != path.name), "{}", path.name);
            assert!(
                path.name.bytes().all(|b| b.is_ascii_lowercase() || b"-0123456789".contains(&b))
            );
            assert!(!path.unit.contains(['\t', '\n']), "{}", path.unit);
        }
    }

    #[test]
    fn every_path_runs_and_checks_itself() {
        for path in PATHS {
            let units = (path.run)();
            assert!(units >= 100, "{}: {units} units say little", path.name);
            assert!(path.without.is_none_or(|without| without() >= 100), "{}", path.name);
        }
    }
}
