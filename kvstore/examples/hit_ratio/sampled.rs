//! Redis' eviction: the best of a pool of candidates that five sampled keys at a time are added
//! to, by the time since the last use or by a logarithmic counter of uses.

use crate::cache::{Cache, Capacity};
use crate::nodes::{Id, Nodes};
use crate::random::Random;

pub(crate) struct Sampled {
    capacity: Capacity,
    rank: Rank,
    nodes: Nodes<State>,
    /// All objects, to sample from.
    all: Vec<Id>,
    bytes: u64,
    /// Scores and keys of candidates, the best to evict last.
    pool: Vec<(u64, u64)>,
    random: Random,
    /// The number of the request: the clock.
    now: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Evicts what was not used for longest.
    Recency,
    /// Evicts what has the lowest counter.
    Frequency,
}

#[derive(Debug)]
struct State {
    /// Its place in the list of all.
    at: usize,
    used_at: u64,
    counter: u8,
}

impl Sampled {
    pub(crate) fn lru(capacity: Capacity) -> Self {
        Self::new(capacity, Rank::Recency)
    }

    pub(crate) fn lfu(capacity: Capacity) -> Self {
        Self::new(capacity, Rank::Frequency)
    }

    fn new(capacity: Capacity, rank: Rank) -> Self {
        Self {
            capacity,
            rank,
            nodes: Nodes::new(),
            all: Vec::new(),
            bytes: 0,
            pool: Vec::with_capacity(POOL + 1),
            random: Random::new(1),
            now: 0,
        }
    }

    fn touch(&mut self, id: Id) {
        let counter = self.counter(id);
        // The more uses were counted, the less likely the next one is.
        let chance = 1.0 / f64::from(u32::from(counter.saturating_sub(COUNTER_NEW)) * FACTOR + 1);
        let more = self.random.unit() < chance;
        let state = &mut self.nodes.get_mut(id).data;
        state.counter = counter.saturating_add(u8::from(more));
        state.used_at = self.now;
    }

    /// The counter less what it has lost since the last use.
    fn counter(&self, id: Id) -> u8 {
        let State { used_at, counter, .. } = self.nodes.get(id).data;
        let periods = (self.now - used_at) / DECAY_REQUESTS;
        counter.saturating_sub(u8::try_from(periods).unwrap_or(u8::MAX))
    }

    /// How good it would be to evict this.
    fn score(&self, id: Id) -> u64 {
        match self.rank {
            Rank::Recency => self.now - self.nodes.get(id).data.used_at,
            Rank::Frequency => u64::from(u8::MAX - self.counter(id)),
        }
    }

    fn evict(&mut self) {
        loop {
            for _ in 0..SAMPLES {
                let id = self.all[self.random.below(self.all.len())];
                let (score, key) = (self.score(id), self.nodes.get(id).key);
                if self.pool.iter().any(|&(_, known)| known == key) {
                    continue;
                }
                let at = self.pool.partition_point(|&(other, _)| other < score);
                self.pool.insert(at, (score, key));
                if self.pool.len() > POOL {
                    self.pool.remove(0);
                }
            }
            while let Some((_, key)) = self.pool.pop() {
                if let Some(id) = self.nodes.find(key) {
                    return self.remove(id);
                }
            }
        }
    }

    fn remove(&mut self, id: Id) {
        self.bytes -= u64::from(self.nodes.get(id).bytes);
        let at = self.nodes.get(id).data.at;
        self.all.swap_remove(at);
        if let Some(&moved) = self.all.get(at) {
            self.nodes.get_mut(moved).data.at = at;
        }
        self.nodes.remove(id);
    }
}

impl Cache for Sampled {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        self.now += 1;
        if let Some(id) = self.nodes.find(key) {
            self.touch(id);
            return true;
        }
        if u64::from(bytes) <= self.capacity.bytes {
            while self.bytes + u64::from(bytes) > self.capacity.bytes {
                self.evict();
            }
            let state = State { at: self.all.len(), used_at: self.now, counter: COUNTER_NEW };
            let id = self.nodes.insert(key, bytes, state);
            self.all.push(id);
            self.bytes += u64::from(bytes);
        }
        false
    }
}

/// Keys sampled for one eviction.
const SAMPLES: usize = 5;

/// Candidates that are remembered.
const POOL: usize = 16;

/// The counter of a new object.
const COUNTER_NEW: u8 = 5;

/// Redis' `lfu-log-factor`.
const FACTOR: u32 = 10;

/// Redis' `lfu-decay-time` is a minute: here, of a server that has a few thousand requests a
/// second.
const DECAY_REQUESTS: u64 = 250_000;
