//! The one clock of a run.

use std::time::{Duration, Instant};

/// Time since the run's start.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Begins now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "when things happened is what a history records")]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// What has passed.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What has passed, in nanoseconds.
    #[must_use]
    pub fn ns(&self) -> u64 {
        u64::try_from(self.elapsed().as_nanos()).unwrap_or(u64::MAX - 1)
    }
}
