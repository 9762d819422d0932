//! What a thread has counted and timed.

use hdrhistogram::Histogram;

use crate::keys::NextKeys;

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
    /// Of an open loop: from the sending of a batch to the reply, which is what a client sees that
    /// forgets how long it waited before it could send.
    pub(crate) service: Histogram<u64>,
    /// Of an open loop: how late batches were sent whose connection was free when they were due,
    /// for which the load generator alone is to blame.
    pub(crate) own_delay: Histogram<u64>,
    /// Replies that took longer than each bound.
    pub(crate) above: Vec<u64>,
    /// CPU time of the threads, in nanoseconds; `None` if the system does not tell.
    pub(crate) cpu_ns: Option<u64>,
    /// Whether the user ended the phase.
    pub(crate) is_interrupted: bool,
    /// Where counted orders of keys go on.
    pub(crate) next_keys: NextKeys,
}

impl Tally {
    /// Nothing yet, of so many templates and bounds.
    pub(crate) fn new(templates: usize, bounds: usize) -> Self {
        Self {
            latency: histogram(),
            service: histogram(),
            own_delay: histogram(),
            above: vec![0; bounds],
            cpu_ns: Some(0),
            is_interrupted: false,
            replies: 0,
            hits: 0,
            misses: 0,
            commands: vec![0; templates],
            unsent: 0,
            late_ns_max: 0,
            end_ns: 0,
            next_keys: NextKeys::default(),
        }
    }

    /// Adds another thread's.
    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds.
        let _ = self.latency.add(&other.latency);
        let _ = self.service.add(&other.service);
        let _ = self.own_delay.add(&other.own_delay);
        self.above.iter_mut().zip(&other.above).for_each(|(sum, count)| *sum += count);
        self.cpu_ns = self.cpu_ns.zip(other.cpu_ns).map(|(sum, cpu_ns)| sum + cpu_ns);
        self.is_interrupted |= other.is_interrupted;
        self.replies += other.replies;
        self.hits += other.hits;
        self.misses += other.misses;
        self.commands.iter_mut().zip(&other.commands).for_each(|(sum, count)| *sum += count);
        self.unsent += other.unsent;
        self.late_ns_max = self.late_ns_max.max(other.late_ns_max);
        self.end_ns = self.end_ns.max(other.end_ns);
        self.next_keys = self.next_keys.max(other.next_keys);
    }
}

fn histogram() -> Histogram<u64> {
    #[expect(clippy::expect_used, reason = "the bounds are constants that are in order")]
    Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("sound bounds")
}

/// Longer latencies count as this: an hour.
const LATENCY_NS_MAX: u64 = 3_600_000_000_000;
