//! What a thread has counted and timed.

use hdrhistogram::Histogram;

/// Counts and latencies of a phase.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// Latencies in nanoseconds, three significant digits.
    pub(crate) latency: Histogram<u64>,
    pub(crate) replies: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// Replies by template.
    pub(crate) commands: Vec<u64>,
    /// Requests of an open loop that were due and not sent when its time was over.
    pub(crate) unsent: u64,
    /// How late a batch of an open loop was sent at most, in nanoseconds.
    pub(crate) late_ns_max: u64,
    /// When the last reply came, in nanoseconds of the run's clock.
    pub(crate) end_ns: u64,
    /// Above every fresh key.
    pub(crate) fresh_next: u64,
}

impl Tally {
    /// Nothing yet, of so many templates.
    pub(crate) fn new(templates: usize) -> Self {
        #[expect(clippy::expect_used, reason = "the bounds are constants that are in order")]
        let latency = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("sound bounds");
        Self {
            latency,
            replies: 0,
            hits: 0,
            misses: 0,
            commands: vec![0; templates],
            unsent: 0,
            late_ns_max: 0,
            end_ns: 0,
            fresh_next: 0,
        }
    }

    /// Adds another thread's.
    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.latency.add(&other.latency);
        self.replies += other.replies;
        self.hits += other.hits;
        self.misses += other.misses;
        self.commands.iter_mut().zip(&other.commands).for_each(|(sum, count)| *sum += count);
        self.unsent += other.unsent;
        self.late_ns_max = self.late_ns_max.max(other.late_ns_max);
        self.end_ns = self.end_ns.max(other.end_ns);
        self.fresh_next = self.fresh_next.max(other.fresh_next);
    }
}

/// Longer latencies count as this: an hour.
const LATENCY_NS_MAX: u64 = 3_600_000_000_000;
