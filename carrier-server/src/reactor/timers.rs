//! What a thread does every so often.

use super::Reactor;
use crate::worker::Upkeep;
use std::time::Duration;

impl Reactor {
    /// What is done every so often: expiry, deferred destruction, another try at accepting.
    pub(super) fn run_timers(&mut self, now_ms: u64) {
        let elapsed = self.shared.clock.elapsed();
        if elapsed < self.timers_due {
            return;
        }
        let mut upkeep = Upkeep::Idle;
        // Keys that are due go in small pieces between requests, each half as long as these took:
        // soon, and nobody waits for long.
        let took = self.keys_due_since.map(|since| elapsed.saturating_sub(since));
        let slice = took.map_or(SLICE, |took| (took / 2).clamp(SLICE_DUE, SLICE));
        if let Some(worker) = &mut self.worker {
            loop {
                upkeep = worker.maintain(now_ms, &self.shared.budget);
                if upkeep == Upkeep::Idle || self.shared.clock.elapsed() >= elapsed + slice {
                    break;
                }
            }
        }
        self.keys_due_since = (upkeep == Upkeep::Due).then(|| self.shared.clock.elapsed());
        if let Some(listener) = &mut self.listener {
            listener.resume();
        }
        self.timers_due = elapsed
            + match upkeep {
                Upkeep::Idle => IDLE,
                Upkeep::Watching => WATCHING,
                Upkeep::Backlog => BUSY,
                Upkeep::Due => Duration::ZERO,
            };
    }
}

/// What one run of the timers takes at most: a fifth of the time while there is a backlog.
const SLICE: Duration = Duration::from_micros(200);
/// What it takes at least while many keys are due.
const SLICE_DUE: Duration = Duration::from_micros(20);
/// From one run of the timers to the next.
const IDLE: Duration = Duration::from_millis(100);
/// The same while there are keys that will expire.
const WATCHING: Duration = Duration::from_millis(20);
/// The same while there is a backlog, or while stopping.
pub(super) const BUSY: Duration = Duration::from_millis(1);
