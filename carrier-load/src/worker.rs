//! A thread and its connections: one loop over events, in turns of one read and one write.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::clock::Clock;
use crate::composer::Composer;
use crate::connection::Connection;
use crate::error::Failure;
use crate::keys::Share;
use crate::phase::Phase;
use crate::schedule::Schedule;
use crate::tally::Tally;
use crate::target::Stream;
use crate::template::World;

/// What the threads of a run tell each other.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Somebody failed: no more turns.
    pub(crate) is_over: AtomicBool,
    /// Replies so far in this phase.
    pub(crate) replies: AtomicU64,
}

/// What holds for all threads and phases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) clock: Clock,
    /// How many threads there are.
    pub(crate) threads: usize,
    /// Connections of all threads.
    pub(crate) connections: usize,
    pub(crate) seed: u64,
    pub(crate) fresh_from: u64,
    /// How long a request may be without a sign of its reply.
    pub(crate) patience_ns: u64,
    /// Whether to ask for events instead of waiting for the next due batch.
    pub(crate) spins: bool,
}

/// A thread's connections.
#[derive(Debug)]
pub(crate) struct Worker {
    /// The number of the thread.
    number: usize,
    poll: Poll,
    timer: OwnedFd,
    /// What the timer was last set for, in nanoseconds of the clock; 0 before.
    armed_ns: u64,
    pub(crate) connections: Vec<Connection>,
}

impl Worker {
    /// The worker of these connections.
    pub(crate) fn new(number: usize, streams: Vec<(usize, Stream)>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let source = timer.as_raw_fd();
        poll.registry().register(&mut SourceFd(&source), TIMER, Interest::READABLE)?;
        let mut connections = Vec::with_capacity(streams.len());
        for (index, (number, mut stream)) in streams.into_iter().enumerate() {
            stream.register(poll.registry(), Token(index))?;
            connections.push(Connection::new(number, stream));
        }
        Ok(Self { number, poll, timer, armed_ns: 0, connections })
    }

    /// Runs one phase, from `start_ns` of the clock on.
    pub(crate) fn run(
        &mut self,
        world: &World,
        phase: &Phase,
        habits: &Habits,
        shared: &Shared,
        start_ns: u64,
    ) -> Result<Tally, Failure> {
        let share = Share {
            first: self.number as u64,
            stride: habits.threads as u64,
            fresh_from: habits.fresh_from,
        };
        let mut composer = Composer::new(world, phase, share, habits.connections, habits.seed);
        let (threads, number) = (habits.threads as u64, self.number as u64);
        let requests = phase.requests.map_or(u64::MAX, |requests| {
            requests / threads + u64::from(number < requests % threads)
        });
        for connection in &mut self.connections {
            (connection.batches, connection.own_next) = (0, 0);
        }
        let mut turns = Turns {
            phase,
            habits,
            shared,
            remaining: requests,
            busy: 0,
            end_ns: phase.limit_ns.map_or(u64::MAX, |limit| start_ns.saturating_add(limit)),
            schedule: phase.rate.map(|rate| Schedule::new(start_ns, rate, phase.pipeline as u64)),
            round: 0,
            next: 0,
            tally: Tally::new(phase.mix.templates().len()),
        };
        turns.drive(self, &mut composer)?;
        turns.tally.fresh_next = composer.fresh_next();
        Ok(turns.tally)
    }

    fn wait(&mut self, events: &mut Events, timeout: Duration) -> Result<(), Failure> {
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result.map_err(|source| Failure::Io { doing: "wait for events", source }),
        }
    }

    /// Makes the timer wake the worker at `due_ns`, unless it will. Setting it also takes back an
    /// expiry that was not read.
    fn arm(&mut self, due_ns: u64, now_ns: u64) -> Result<(), Failure> {
        if due_ns == self.armed_ns && due_ns > now_ns {
            return Ok(());
        }
        self.armed_ns = due_ns;
        let delay = due_ns.saturating_sub(now_ns).max(1);
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec {
            tv_sec: i64::try_from(delay / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: (delay % 1_000_000_000) as _,
        };
        let spec = Itimerspec { it_interval: zero, it_value: value };
        match timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Io { doing: "set a timer", source: error.into() }),
        }
    }
}

/// The loop of one phase.
struct Turns<'a> {
    phase: &'a Phase,
    habits: &'a Habits,
    shared: &'a Shared,
    /// Requests that may still be sent.
    remaining: u64,
    /// Connections that wait for replies.
    busy: usize,
    /// When sending ends, in nanoseconds of the clock.
    end_ns: u64,
    schedule: Option<Schedule>,
    /// The next connection to look at when its batch is due, and how often all were.
    round: u64,
    next: usize,
    tally: Tally,
}

impl Turns<'_> {
    fn drive(&mut self, worker: &mut Worker, composer: &mut Composer<'_>) -> Result<(), Failure> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut now_ns = self.habits.clock.now_ns();
        let mut patience_checked_ns = now_ns;
        if self.schedule.is_none() {
            for connection in &mut worker.connections {
                self.launch(connection, composer, now_ns, now_ns)?;
            }
        }
        loop {
            self.launch_due(worker, composer, now_ns)?;
            if self.is_done(now_ns) || self.shared.is_over.load(Ordering::Relaxed) {
                break;
            }
            let timeout = self.prepare_wait(worker, now_ns)?;
            worker.wait(&mut events, timeout)?;
            for event in &events {
                let Some(connection) = worker.connections.get_mut(event.token().0) else {
                    continue;
                };
                if event.is_writable() {
                    connection.flush()?;
                }
                if event.is_readable() || event.is_read_closed() || event.is_error() {
                    self.receive(connection, composer)?;
                }
            }
            now_ns = self.habits.clock.now_ns();
            if now_ns.saturating_sub(patience_checked_ns) > LOOK_AROUND_NS {
                patience_checked_ns = now_ns;
                self.check_patience(worker, composer, now_ns)?;
            }
        }
        self.tally.unsent = self.unsent(worker);
        Ok(())
    }

    fn is_done(&self, now_ns: u64) -> bool {
        let is_sent = self.schedule.is_none() || self.remaining == 0 || now_ns >= self.end_ns;
        self.busy == 0 && is_sent
    }

    /// Until when to wait; arms the timer if a batch is due before.
    fn prepare_wait(&self, worker: &mut Worker, now_ns: u64) -> Result<Duration, Failure> {
        let idle = Duration::from_nanos(LOOK_AROUND_NS);
        let Some(due_ns) = self.next_due_ns(worker) else { return Ok(idle) };
        let due_ns = due_ns.min(self.end_ns);
        if self.habits.spins && due_ns.saturating_sub(now_ns) < SPIN_NS_MAX {
            return Ok(Duration::ZERO);
        }
        if now_ns < self.end_ns && self.remaining > 0 {
            worker.arm(due_ns, now_ns)?;
        }
        Ok(idle)
    }

    fn next_due_ns(&self, worker: &Worker) -> Option<u64> {
        let connection = worker.connections.get(self.next)?;
        Some(self.schedule?.due_ns(self.batch_number(self.round, connection)))
    }

    /// Batches are dealt to the connections of all threads in turn.
    fn batch_number(&self, round: u64, connection: &Connection) -> u64 {
        round * self.habits.connections as u64 + connection.number as u64
    }

    /// Launches, in the order of the schedule, what is due on connections that are idle. The
    /// others look for themselves once they are.
    fn launch_due(
        &mut self,
        worker: &mut Worker,
        composer: &mut Composer<'_>,
        now_ns: u64,
    ) -> Result<(), Failure> {
        let Some(schedule) = self.schedule else { return Ok(()) };
        // Far behind, one look at each connection is enough for all rounds that are over.
        let over = schedule.due_before(now_ns.min(self.end_ns)) / self.habits.connections as u64;
        if over > self.round + 1 {
            for connection in &mut worker.connections {
                self.launch_if_due(connection, composer, now_ns)?;
            }
            (self.round, self.next) = (over, 0);
        }
        while self.next_due_ns(worker).is_some_and(|due| due <= now_ns && due < self.end_ns) {
            self.launch_if_due(&mut worker.connections[self.next], composer, now_ns)?;
            self.next += 1;
            if self.next == worker.connections.len() {
                self.next = 0;
                self.round += 1;
            }
        }
        Ok(())
    }

    fn launch_if_due(
        &mut self,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        now_ns: u64,
    ) -> Result<(), Failure> {
        let Some(schedule) = self.schedule else { return Ok(()) };
        let due_ns = schedule.due_ns(self.batch_number(connection.batches, connection));
        if connection.is_idle() && due_ns <= now_ns && due_ns < self.end_ns {
            self.tally.late_ns_max = self.tally.late_ns_max.max(now_ns - due_ns);
            connection.batches += 1;
            self.launch(connection, composer, due_ns, now_ns)?;
        }
        Ok(())
    }

    #[inline]
    fn launch(
        &mut self,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        intended_ns: u64,
        now_ns: u64,
    ) -> Result<(), Failure> {
        if now_ns >= self.end_ns || self.remaining == 0 {
            return Ok(());
        }
        let count = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(self.phase.pipeline);
        let sent = connection.launch(composer, count, intended_ns, now_ns)?;
        self.remaining -= sent as u64;
        self.busy += usize::from(sent > 0);
        Ok(())
    }

    #[inline]
    fn receive(
        &mut self,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
    ) -> Result<(), Failure> {
        let was_idle = connection.is_idle();
        loop {
            let is_more = connection.read(composer)?;
            let checked = connection.check(composer, &mut self.tally.commands)?;
            if checked.replies > 0 {
                let now_ns = self.habits.clock.now_ns();
                let latency_ns = now_ns.saturating_sub(connection.batch.intended_ns);
                self.tally.latency.saturating_record_n(latency_ns, checked.replies);
                self.tally.replies += checked.replies;
                self.tally.hits += checked.hits;
                self.tally.misses += checked.misses;
                self.tally.end_ns = now_ns;
                connection.batch.progress_ns = now_ns;
                self.shared.replies.fetch_add(checked.replies, Ordering::Relaxed);
                if connection.is_idle() && !was_idle {
                    self.busy -= 1;
                    return self.launch_next(connection, composer, now_ns);
                }
            }
            if !is_more {
                return Ok(());
            }
        }
    }

    #[inline]
    fn launch_next(
        &mut self,
        connection: &mut Connection,
        composer: &mut Composer<'_>,
        now_ns: u64,
    ) -> Result<(), Failure> {
        match self.schedule {
            None => self.launch(connection, composer, now_ns, now_ns),
            Some(_) => self.launch_if_due(connection, composer, now_ns),
        }
    }

    fn check_patience(
        &self,
        worker: &Worker,
        composer: &Composer<'_>,
        now_ns: u64,
    ) -> Result<(), Failure> {
        let owes = |connection: &&Connection| {
            let silent_ns = now_ns.saturating_sub(connection.batch.progress_ns);
            !connection.is_idle() && silent_ns > self.habits.patience_ns
        };
        match worker.connections.iter().find(owes) {
            Some(connection) => Err(connection.missing(composer)),
            None => Ok(()),
        }
    }

    /// Requests that were due before the end and not sent, because replies were waited for.
    fn unsent(&self, worker: &Worker) -> u64 {
        let Some(schedule) = self.schedule.filter(|_| self.remaining > 0) else { return 0 };
        let due = schedule.due_before(self.end_ns);
        let all = self.habits.connections as u64;
        let batches: u64 = worker
            .connections
            .iter()
            .map(|connection| {
                let own = due.saturating_sub(connection.number as u64).div_ceil(all);
                own.saturating_sub(connection.batches)
            })
            .sum();
        batches * self.phase.pipeline as u64
    }
}

const TIMER: Token = Token(usize::MAX);
/// Events taken at once.
const EVENTS_MAX: usize = 1024;
/// How often a worker looks at the time and at the other threads at least.
const LOOK_AROUND_NS: u64 = 100_000_000;
/// A spinning worker sleeps if the next batch is not due for so long.
const SPIN_NS_MAX: u64 = 2_000_000;
