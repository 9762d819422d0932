//! Counters that one thread writes and any may read.
//!
//! Each thread has its own block on cache lines of its own and adds with plain loads and stores:
//! no read-modify-write (invariant 1). Readers sum over the threads.

use crate::session::DATABASES;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter with one writer.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds; only the owning thread may.
    pub(crate) fn add(&self, count: u64) {
        self.set(self.get().wrapping_add(count));
    }

    /// Sets; only the owning thread may.
    pub(crate) fn set(&self, value: u64) {
        // Relaxed: a counter orders nothing but itself.
        self.0.store(value, Ordering::Relaxed);
    }

    /// Reads, from any thread.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one thread counts.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct ThreadStats {
    /// Connections ever let in, counted where they are let in.
    pub(crate) connections_admitted: Counter,
    /// Connections that have ended, counted where they were served.
    pub(crate) connections_ended: Counter,
    /// Connections refused for `maxclients`.
    pub(crate) connections_refused: Counter,
    /// Connections closed for too many unsent replies.
    pub(crate) output_limit_closed: Counter,
    /// Requests of the thread's connections that were run, here or elsewhere.
    pub(crate) commands: Counter,
    /// Requests, or parts of requests, that came to the thread's shard over a ring.
    pub(crate) remote_requests: Counter,
    /// Bytes that the shard's ledger counts.
    pub(crate) used_bytes: Counter,
    /// Bytes of the shard's keys and values alone.
    pub(crate) payload_bytes: Counter,
    /// Bytes of free blocks between the shard's pages.
    pub(crate) free_bytes: Counter,
    /// Bytes of the shard's arena that may be backed by memory.
    pub(crate) committed_bytes: Counter,
    /// Bytes that the shard has moved to keep its pages together.
    pub(crate) moved_bytes: Counter,
    /// Pages and other blocks that the shard's largest step has made, and their bytes.
    pub(crate) step_blocks: Counter,
    pub(crate) step_bytes: Counter,
    /// Bytes that the largest step of keeping pages together has moved.
    pub(crate) step_moved_bytes: Counter,
    /// Steps that were larger than is promised.
    pub(crate) steps_beyond: Counter,
    /// Keys gone because their time had come.
    pub(crate) expired_keys: Counter,
    /// Keys that memcached's protocols asked for.
    pub(crate) cache_gets: Counter,
    /// Items that they got.
    pub(crate) cache_hits: Counter,
    /// Items that they stored or tried to.
    pub(crate) cache_sets: Counter,
    /// Lifetimes that they changed or tried to.
    pub(crate) cache_touches: Counter,
    /// How often they flushed.
    pub(crate) cache_flushes: Counter,
    /// Meta commands among all of these.
    pub(crate) cache_metas: Counter,
    /// Keys gone to make room.
    pub(crate) evicted_keys: Counter,
    /// Keys in each database.
    pub(crate) keys: [Counter; DATABASES as usize],
    /// Keys with an expiry in each database.
    pub(crate) expiring: [Counter; DATABASES as usize],
}

/// The counters of all threads.
#[derive(Debug)]
pub(crate) struct Stats {
    threads: Box<[ThreadStats]>,
    /// What was counted when CONFIG RESETSTAT came last, in the order of [`FORGOTTEN`].
    forgotten: [AtomicU64; FORGOTTEN.len()],
}

/// The counters of which CONFIG RESETSTAT forgets what they had counted.
const FORGOTTEN: [fn(&ThreadStats) -> &Counter; 5] = [
    |thread| &thread.connections_admitted,
    |thread| &thread.connections_refused,
    |thread| &thread.commands,
    |thread| &thread.remote_requests,
    |thread| &thread.expired_keys,
];

impl Stats {
    /// Counters for `threads` threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            threads: (0..threads).map(|_| ThreadStats::default()).collect(),
            forgotten: Default::default(),
        }
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// The block of one thread.
    pub(crate) fn thread(&self, index: usize) -> &ThreadStats {
        &self.threads[index]
    }

    /// How many connections are open, or on their way to their thread.
    pub(crate) fn connections(&self) -> u64 {
        let admitted = self.sum(|thread| &thread.connections_admitted);
        admitted.saturating_sub(self.sum(|thread| &thread.connections_ended))
    }

    /// Lets [`since_forgotten`](Self::since_forgotten) begin anew.
    pub(crate) fn forget(&self) {
        for (base, counter) in self.forgotten.iter().zip(FORGOTTEN) {
            base.store(self.sum(counter), Ordering::Relaxed);
        }
    }

    /// What INFO shows of what is counted over time: connections let in and refused, commands,
    /// requests from other threads, expired keys.
    pub(crate) fn since_forgotten(&self) -> [u64; FORGOTTEN.len()] {
        let mut counts = [0; FORGOTTEN.len()];
        for ((count, base), counter) in counts.iter_mut().zip(&self.forgotten).zip(FORGOTTEN) {
            *count = self.sum(counter).saturating_sub(base.load(Ordering::Relaxed));
        }
        counts
    }

    /// The sum of a counter over all threads.
    pub(crate) fn sum(&self, counter: impl Fn(&ThreadStats) -> &Counter) -> u64 {
        self.threads.iter().map(|thread| counter(thread).get()).sum()
    }

    /// The largest of a counter over all threads.
    pub(crate) fn max(&self, counter: impl Fn(&ThreadStats) -> &Counter) -> u64 {
        self.threads.iter().map(|thread| counter(thread).get()).max().unwrap_or_default()
    }
}
