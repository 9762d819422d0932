//! One phase on one thread: turns of waiting, reading, and writing.

use std::sync::atomic::Ordering;

use crate::composer::Composer;
use crate::connection::{Buffers, Connection};
use crate::error::Failure;
use crate::pacer::Pacer;
use crate::phase::Phase;
use crate::poller::Events;
use crate::schedule::Schedule;
use crate::tally::Tally;
use crate::worker::{Habits, Shared, Worker};

/// The loop of one phase.
#[derive(Debug)]
pub(crate) struct Turns<'a> {
    phase: &'a Phase,
    habits: &'a Habits<'a>,
    shared: &'a Shared,
    /// Requests that may still be sent.
    remaining: u64,
    /// Connections that wait for replies.
    busy: usize,
    /// When sending ends, in nanoseconds of the clock.
    end_ns: u64,
    /// Who sends when in an open loop.
    pacer: Option<Pacer>,
    /// Replies that the other threads have not been told of.
    untold: u64,
    tally: Tally,
}

impl<'a> Turns<'a> {
    /// The loop of a phase that began at `start_ns`, with so many requests for this thread.
    pub(crate) fn new(
        phase: &'a Phase,
        habits: &'a Habits<'a>,
        shared: &'a Shared,
        requests: u64,
        start_ns: u64,
        connections: &[Connection],
    ) -> Self {
        let end_ns = phase.limit_ns.map_or(u64::MAX, |limit| start_ns.saturating_add(limit));
        let pacer = phase.rate.map(|rate| {
            let schedule = Schedule::new(start_ns, rate, phase.pipeline as u64, phase.tick_ns);
            let numbers = connections.iter().map(|connection| connection.number as u64).collect();
            Pacer::new(schedule, habits.connections, numbers, end_ns)
        });
        let tally = Tally::new(phase.mix.templates().len(), habits.bounds_ns.len());
        Self {
            phase,
            habits,
            shared,
            remaining: requests,
            busy: 0,
            end_ns,
            pacer,
            untold: 0,
            tally,
        }
    }

    /// Runs until all that was to be sent is answered, or somebody wants an end.
    pub(crate) fn drive(
        mut self,
        worker: &mut Worker,
        composer: &mut Composer<'_>,
    ) -> Result<Tally, Failure> {
        let Worker { poller, buffers, connections, .. } = worker;
        let mut events = Events::new();
        let mut now_ns = self.habits.clock.now_ns();
        let mut looked_around_ns = now_ns;
        if self.pacer.is_none() {
            for connection in &mut *connections {
                self.launch(connection, composer, buffers, now_ns, now_ns)?;
            }
        }
        loop {
            self.launch_due(connections, composer, buffers, now_ns)?;
            self.tell();
            if self.is_done(now_ns) || self.is_ended() {
                break;
            }
            let timeout_ns = self.timeout_ns(now_ns);
            let waited = poller.wait(&mut events, timeout_ns);
            waited.map_err(|source| Failure::Io { doing: "wait for events", source })?;
            for ready in events.ready() {
                let Some(connection) = connections.get_mut(ready.index) else { continue };
                if ready.can_write {
                    connection.flush(composer, buffers)?;
                }
                if ready.can_read {
                    self.receive(ready.index, connection, composer, buffers)?;
                }
            }
            now_ns = self.habits.clock.now_ns();
            if now_ns.saturating_sub(looked_around_ns) > LOOK_AROUND_NS {
                looked_around_ns = now_ns;
                self.check_patience(connections, composer, now_ns)?;
            }
        }
        if let Some(pacer) = self.pacer.as_ref().filter(|_| self.remaining > 0) {
            self.tally.unsent = match self.tally.is_interrupted {
                true => 0,
                false => pacer.unsent() * self.phase.pipeline as u64,
            };
        }
        Ok(self.tally)
    }

    fn is_done(&self, now_ns: u64) -> bool {
        let is_sent = self.pacer.is_none() || self.remaining == 0 || now_ns >= self.end_ns;
        self.busy == 0 && is_sent
    }

    fn is_ended(&mut self) -> bool {
        self.tally.is_interrupted = self.habits.interrupt.load(Ordering::Relaxed);
        self.tally.is_interrupted || self.shared.is_over.load(Ordering::Relaxed)
    }

    /// How long to wait for events at most.
    fn timeout_ns(&self, now_ns: u64) -> u64 {
        let Some(pacer) = self.pacer.as_ref().filter(|_| self.remaining > 0) else {
            return LOOK_AROUND_NS;
        };
        let left_ns = match now_ns < self.end_ns {
            true => pacer.wake_ns().saturating_sub(now_ns),
            false => LOOK_AROUND_NS,
        };
        if self.habits.spins && left_ns < SPIN_NS_MAX { 0 } else { left_ns.min(LOOK_AROUND_NS) }
    }

    /// Launches, in the order of the schedule, what is due on connections that are idle. The
    /// others look for themselves once they are.
    fn launch_due(
        &mut self,
        connections: &mut [Connection],
        composer: &mut Composer<'_>,
        buffers: &mut Buffers,
        now_ns: u64,
    ) -> Result<(), Failure> {
        while let Some(pacer) = &mut self.pacer
            && let Some((index, due_ns)) = pacer.take(now_ns, |index| connections[index].is_idle())
        {
            if self.remaining > 0 {
                let delay_ns = now_ns - due_ns;
                self.tally.own_delay.saturating_record(delay_ns);
                self.tally.late_ns_max = self.tally.late_ns_max.max(delay_ns);
            }
            self.launch(&mut connections[index], composer, buffers, due_ns, now_ns)?;
        }
        Ok(())
    }

    #[inline]
    fn launch(
        &mut self,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        buffers: &mut Buffers,
        intended_ns: u64,
        now_ns: u64,
    ) -> Result<(), Failure> {
        if now_ns >= self.end_ns || self.remaining == 0 {
            return Ok(());
        }
        let count = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(self.phase.pipeline);
        let count = self.phase.mix.whole(count);
        if count == 0 {
            self.remaining = 0;
            return Ok(());
        }
        let sent = connection.launch(composer, buffers, count, intended_ns, now_ns)?;
        self.remaining -= sent as u64;
        self.busy += usize::from(sent > 0);
        Ok(())
    }

    #[inline]
    fn receive(
        &mut self,
        index: usize,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Failure> {
        let was_idle = connection.is_idle();
        loop {
            let received = connection.receive(composer, buffers, &mut self.tally.commands)?;
            if received.len > 0 {
                let now_ns = self.habits.clock.now_ns();
                connection.batch.progress_ns = now_ns;
                let checked = received.checked;
                if checked.replies > 0 {
                    self.record(connection, checked.replies, now_ns);
                    self.tally.hits += checked.hits;
                    self.tally.misses += checked.misses;
                }
                if connection.is_idle() && !was_idle {
                    self.busy -= 1;
                    return self.launch_next(index, connection, composer, buffers, now_ns);
                }
            }
            if !received.is_more {
                return Ok(());
            }
        }
    }

    #[inline]
    fn record(&mut self, connection: &Connection, replies: u64, now_ns: u64) {
        let latency_ns = now_ns.saturating_sub(connection.batch.intended_ns);
        self.tally.latency.saturating_record_n(latency_ns, replies);
        self.tally.replies += replies;
        self.untold += replies;
        self.tally.end_ns = now_ns;
        for (bound_ns, above) in self.habits.bounds_ns.iter().zip(&mut self.tally.above) {
            *above += if latency_ns > *bound_ns { replies } else { 0 };
        }
        if self.pacer.is_some() {
            let service_ns = now_ns.saturating_sub(connection.batch.sent_ns);
            self.tally.service.saturating_record_n(service_ns, replies);
        }
    }

    #[inline]
    fn launch_next(
        &mut self,
        index: usize,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        buffers: &mut Buffers,
        now_ns: u64,
    ) -> Result<(), Failure> {
        let Some(pacer) = &mut self.pacer else {
            return self.launch(connection, composer, buffers, now_ns, now_ns);
        };
        let Some(due_ns) = pacer.follow(index, now_ns) else { return Ok(()) };
        if self.remaining > 0 {
            self.tally.late_ns_max = self.tally.late_ns_max.max(now_ns - due_ns);
        }
        self.launch(connection, composer, buffers, due_ns, now_ns)
    }

    /// Tells the progress line what has come.
    fn tell(&mut self) {
        if self.untold > 0 {
            self.shared.replies.fetch_add(self.untold, Ordering::Relaxed);
            self.untold = 0;
        }
    }

    fn check_patience(
        &self,
        connections: &[Connection],
        composer: &Composer<'_>,
        now_ns: u64,
    ) -> Result<(), Failure> {
        let owes = |connection: &&Connection| {
            let silent_ns = now_ns.saturating_sub(connection.batch.progress_ns);
            !connection.is_idle() && silent_ns > self.habits.patience_ns
        };
        match connections.iter().find(owes) {
            Some(connection) => Err(connection.missing(composer)),
            None => Ok(()),
        }
    }
}

/// How often a worker looks at the time and at the other threads at least.
const LOOK_AROUND_NS: u64 = 100_000_000;
/// A spinning worker sleeps if the next batch is not due for so long.
const SPIN_NS_MAX: u64 = 2_000_000;
