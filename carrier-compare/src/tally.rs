//! What a run compared.

use std::collections::BTreeMap;

/// Counts of one case or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases that were run.
    pub cases: u64,
    /// Replies by command: how many were compared, and how many of them were no errors.
    pub commands: BTreeMap<String, (u64, u64)>,
    /// Keys whose content was compared in the end.
    pub keys: u64,
    /// How often each deliberate difference occurred, in the order of their file.
    pub differences: Vec<u64>,
}

impl Tally {
    /// Adds what another run counted.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.keys += other.keys;
        for (name, (all, right)) in &other.commands {
            let counts = self.commands.entry(name.clone()).or_default();
            *counts = (counts.0 + all, counts.1 + right);
        }
        for (at, count) in other.differences.iter().enumerate() {
            self.count_differences(at, *count);
        }
    }

    /// All replies.
    #[must_use]
    pub fn replies(&self) -> u64 {
        self.commands.values().map(|counts| counts.0).sum()
    }

    pub(crate) fn count_reply(&mut self, name: &str, is_error: bool) {
        let counts = match self.commands.get_mut(name) {
            Some(counts) => counts,
            None => self.commands.entry(name.to_owned()).or_default(),
        };
        counts.0 += 1;
        counts.1 += u64::from(!is_error);
    }

    pub(crate) fn count_differences(&mut self, number: usize, count: u64) {
        if self.differences.len() <= number {
            self.differences.resize(number + 1, 0);
        }
        self.differences[number] += count;
    }
}
