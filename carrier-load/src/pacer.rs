//! Which connection of a thread sends a batch next, and when it should have.
//!
//! Batch `n` of the schedule belongs to connection `n` modulo their number. A connection sends its
//! batches in order, one at a time; one that waits for replies sends its next batch late, and the
//! batch keeps the time at which it was due. No batch is left out or moved because the server is
//! slow: that is what keeps the latencies free of coordinated omission.
//!
//! Time is an argument and nothing is sent here, so that a simulated server shows it.

use crate::schedule::Schedule;

/// The open loop of one thread.
#[derive(Debug)]
pub(crate) struct Pacer {
    schedule: Schedule,
    /// Connections of all threads.
    all: u64,
    /// Number of each connection of this thread among all.
    numbers: Vec<u64>,
    /// How many batches each has sent.
    sent: Vec<u64>,
    /// Nothing is due from here on.
    end_ns: u64,
    /// The place of the schedule up to which each batch was looked at when it was due: how often
    /// all connections were, and the next of them.
    round: u64,
    next: usize,
}

impl Pacer {
    /// A pacer of these connections out of `all`.
    pub(crate) fn new(schedule: Schedule, all: usize, numbers: Vec<u64>, end_ns: u64) -> Self {
        let sent = vec![0; numbers.len()];
        Self { schedule, all: all as u64, numbers, sent, end_ns, round: 0, next: 0 }
    }

    /// When to look for due batches again, and no later than the end.
    pub(crate) fn wake_ns(&self) -> u64 {
        self.due_ns(self.next, self.round).min(self.end_ns)
    }

    /// The next connection that is idle and has a batch that is due, and when it was due.
    pub(crate) fn take(
        &mut self,
        now_ns: u64,
        is_idle: impl Fn(usize) -> bool,
    ) -> Option<(usize, u64)> {
        // Far behind, one look at each connection is enough for all rounds that are over.
        let over = self.schedule.due_before(now_ns.min(self.end_ns)) / self.all;
        if over > self.round + 1 {
            (self.round, self.next) = (over - 1, 0);
        }
        while self.next < self.numbers.len() {
            let due_ns = self.due_ns(self.next, self.round);
            if due_ns > now_ns || due_ns >= self.end_ns {
                break;
            }
            let index = self.next;
            self.next += 1;
            if self.next == self.numbers.len() {
                (self.round, self.next) = (self.round + 1, 0);
            }
            if is_idle(index)
                && let Some(due_ns) = self.follow(index, now_ns)
            {
                return Some((index, due_ns));
            }
        }
        None
    }

    /// Whether a connection that has become idle has a batch that is due, and when it was.
    pub(crate) fn follow(&mut self, index: usize, now_ns: u64) -> Option<u64> {
        let due_ns = self.due_ns(index, self.sent[index]);
        let is_due = due_ns <= now_ns && due_ns < self.end_ns;
        is_due.then(|| {
            self.sent[index] += 1;
            due_ns
        })
    }

    /// Batches that were due before the end and not sent, because replies were waited for.
    pub(crate) fn unsent(&self) -> u64 {
        let due = self.schedule.due_before(self.end_ns);
        let unsent = |(number, sent): (&u64, &u64)| {
            due.saturating_sub(*number).div_ceil(self.all).saturating_sub(*sent)
        };
        self.numbers.iter().zip(&self.sent).map(unsent).sum()
    }

    fn due_ns(&self, index: usize, round: u64) -> u64 {
        let number = self.numbers.get(index).copied().unwrap_or_default();
        self.schedule.due_ns(round * self.all + number)
    }
}

#[cfg(test)]
mod tests;
