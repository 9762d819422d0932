//! The one place that reads a clock. Everything below it takes time as an argument.
#![allow(clippy::disallowed_methods, reason = "this is where time enters the program")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall time and monotonic time, read together once a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
}

/// Processor time, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuSeconds {
    /// In the program itself.
    pub(crate) user: f64,
    /// In the system on its behalf.
    pub(crate) system: f64,
}

impl Clock {
    /// A clock whose monotonic time starts now.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// A clock whose monotonic time started so long ago, as far as that is known.
    #[cfg(test)]
    pub(crate) fn started_ago(time: Duration) -> Self {
        let now = Instant::now();
        Self { started: now.checked_sub(time).unwrap_or(now) }
    }

    /// Milliseconds since the Unix epoch; 0 for a clock set before it.
    pub(crate) fn unix_ms() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// Microseconds since the Unix epoch; 0 for a clock set before it.
    pub(crate) fn unix_us() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// The processor time that the process has taken, as far as the system tells.
    pub(crate) fn cpu_seconds() -> CpuSeconds {
        let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
        let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name of the process, in brackets, may have blanks in it.
        let fields = text.rsplit(')').next().unwrap_or("");
        let field = |at: usize| {
            fields.split_ascii_whitespace().nth(at).and_then(|text| text.parse::<f64>().ok())
        };
        CpuSeconds {
            user: field(11).unwrap_or(0.0) / ticks,
            system: field(12).unwrap_or(0.0) / ticks,
        }
    }

    /// Keeps the calling thread from its work, as an operator has asked for.
    pub(crate) fn sleep(time: Duration) {
        let begin = Instant::now();
        while let Some(left) = time.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
            std::thread::park_timeout(left);
        }
    }

    /// Time since the clock was started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
