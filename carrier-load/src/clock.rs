//! The one place that reads a clock. Everything else takes time as an argument.
#![allow(clippy::disallowed_methods, reason = "this is where time enters the program")]

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Monotonic time, in nanoseconds since the clock was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that shows 0 now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Nanoseconds since the start; enough for 584 years.
    pub(crate) fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// CPU time that all threads of this process have used, in nanoseconds.
    pub(crate) fn cpu_ns() -> u64 {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
    }
}
