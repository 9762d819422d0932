//! A thread and its connections, which live as long as the run.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::clock::Clock;
use crate::composer::Composer;
use crate::connection::{Buffers, Connection};
use crate::error::Failure;
use crate::keys::Share;
use crate::phase::Phase;
use crate::poller::Poller;
use crate::tally::Tally;
use crate::target::Stream;
use crate::template::World;
use crate::turns::Turns;

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
pub(crate) struct Habits<'a> {
    pub(crate) clock: Clock,
    /// How many threads there are.
    pub(crate) threads: usize,
    /// Connections of all threads.
    pub(crate) connections: usize,
    pub(crate) seed: u64,
    /// How long a request may be without a sign of its reply.
    pub(crate) patience_ns: u64,
    /// Whether to ask for events instead of waiting for the next due batch.
    pub(crate) spins: bool,
    /// Latencies above these are counted.
    pub(crate) bounds_ns: &'a [u64],
    /// Whether the user wants an end.
    pub(crate) interrupt: &'a AtomicBool,
}

/// A thread's connections.
#[derive(Debug)]
pub(crate) struct Worker {
    /// The number of the thread.
    number: usize,
    pub(crate) poller: Poller,
    pub(crate) buffers: Buffers,
    pub(crate) connections: Vec<Connection>,
}

impl Worker {
    /// The worker of these connections.
    pub(crate) fn new(number: usize, streams: Vec<(usize, Stream)>) -> io::Result<Self> {
        let poller = Poller::new()?;
        let mut connections = Vec::with_capacity(streams.len());
        for (index, (number, stream)) in streams.into_iter().enumerate() {
            stream.set_nonblocking()?;
            poller.add(&stream, index)?;
            connections.push(Connection::new(number, stream));
        }
        Ok(Self { number, poller, buffers: Buffers::new(), connections })
    }

    /// Runs one phase, from `start_ns` of the clock on.
    pub(crate) fn run(
        &mut self,
        world: &World,
        phase: &Phase,
        habits: &Habits<'_>,
        shared: &Shared,
        start_ns: u64,
    ) -> Result<Tally, Failure> {
        let (first, stride) = (self.number as u64, habits.threads as u64);
        let share = Share { first, stride, from: phase.from };
        let mut composer = Composer::new(world, phase, share, habits.connections, habits.seed);
        let requests = phase
            .requests
            .map_or(u64::MAX, |requests| requests / stride + u64::from(first < requests % stride));
        self.connections.iter_mut().for_each(|connection| connection.own_next = 0);
        let before_ns = Clock::thread_cpu_ns();
        let turns = Turns::new(phase, habits, shared, requests, start_ns, &self.connections);
        let mut tally = turns.drive(self, &mut composer)?;
        tally.next_keys = composer.next_keys();
        tally.cpu_ns = Clock::thread_cpu_ns().zip(before_ns).map(|(now, before)| now - before);
        Ok(tally)
    }
}
