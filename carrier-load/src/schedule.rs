//! When requests are meant to be sent in an open loop: at even intervals, whatever the server does.
//!
//! The latency of a request counts from here, not from when it could be sent: a server that stalls
//! makes all requests late that were meant for the time of the stall (the fault that Gil Tene named
//! coordinated omission is to leave them out).

/// A fixed rate over all connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// Time of the first batch in nanoseconds of the run's clock.
    start_ns: u64,
    /// Requests a second, of all connections together; at least 1.
    rate: u64,
    /// Requests that are sent together.
    batch: u64,
    /// Batches are due at multiples of this from the start, the earlier one; at least 1.
    tick_ns: u64,
}

impl Schedule {
    /// A schedule that begins at `start_ns`.
    pub(crate) fn new(start_ns: u64, rate: u64, batch: u64, tick_ns: u64) -> Self {
        Self { start_ns, rate: rate.max(1), batch, tick_ns: tick_ns.max(1) }
    }

    /// When batch number `number` is due. Computed from the start, so that no error adds up.
    pub(crate) fn due_ns(&self, number: u64) -> u64 {
        let nanos = u128::from(number) * u128::from(self.batch) * 1_000_000_000;
        let offset = u64::try_from(nanos / u128::from(self.rate)).unwrap_or(u64::MAX);
        self.start_ns.saturating_add(offset - offset % self.tick_ns)
    }

    /// How many batches are due before `time_ns`.
    pub(crate) fn due_before(&self, time_ns: u64) -> u64 {
        let ticks = time_ns.saturating_sub(self.start_ns).div_ceil(self.tick_ns);
        let elapsed = u128::from(ticks) * u128::from(self.tick_ns);
        let batches =
            (elapsed * u128::from(self.rate)).div_ceil(u128::from(self.batch) * 1_000_000_000);
        u64::try_from(batches).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_even_and_do_not_drift() {
        let schedule = Schedule::new(1_000, 3, 1, 1);
        assert_eq!(
            [0, 1, 2, 3].map(|n| schedule.due_ns(n)),
            [1_000, 333_334_333, 666_667_666, 1_000_001_000]
        );
        let hours = 3 * 3600 * 1_000;
        assert_eq!(schedule.due_ns(hours), 1_000 + hours / 3 * 1_000_000_000);
    }

    #[test]
    fn a_batch_takes_the_time_of_its_requests() {
        let schedule = Schedule::new(0, 160_000, 16, 1);
        assert_eq!(schedule.due_ns(1), 100_000);
        assert_eq!(schedule.due_ns(10_000), 1_000_000_000);
    }

    #[test]
    fn what_is_due_before_a_time() {
        for tick_ns in [1, 1_000, 1_000_000] {
            let schedule = Schedule::new(50, 7_777, 3, tick_ns);
            for number in [0, 1, 2, 10, 12_345] {
                let due = schedule.due_ns(number);
                assert!(schedule.due_before(due) <= number, "{number}");
                let all = schedule.due_before(due + 1);
                assert!(all > number && schedule.due_ns(all - 1) == due, "{number}");
                assert!(schedule.due_ns(all) > due, "{number}");
            }
            assert_eq!(schedule.due_before(0), 0);
        }
    }

    #[test]
    fn batches_of_a_tick_are_due_at_its_beginning() {
        let schedule = Schedule::new(7, 100_000, 1, 50_000);
        let due = [0, 4, 5, 9, 10].map(|number| schedule.due_ns(number));
        assert_eq!(due, [7, 7, 50_007, 50_007, 100_007]);
    }
}
