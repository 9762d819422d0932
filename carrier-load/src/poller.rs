//! Waiting for connections, and for a time to come, in one system call.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

/// What happened to a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    /// The number that it was added with.
    pub(crate) index: usize,
    pub(crate) can_read: bool,
    pub(crate) can_write: bool,
}

/// The readiness of a thread's connections (epoll(7), edge-triggered).
#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
}

impl Poller {
    /// A poller of nothing.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)? })
    }

    /// Looks at a connection from now on.
    pub(crate) fn add(&self, source: impl AsFd, index: usize) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.epoll, source, EventData::new_u64(index as u64), flags)?)
    }

    /// Waits for events, at most so long.
    pub(crate) fn wait(&self, events: &mut Events, timeout_ns: u64) -> io::Result<()> {
        let wait =
            |list: &mut [Event], nanos| epoll::wait(&self.epoll, list, Some(&timespec(nanos)));
        let mut result = wait(&mut events.list, timeout_ns);
        if result == Err(Errno::NOSYS) {
            // Before Linux 5.11 there are milliseconds only.
            result = wait(&mut events.list, timeout_ns.next_multiple_of(NANOS_A_MILLI));
        }
        events.len = match result {
            Ok(len) => len,
            Err(Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }
}

/// Room for what happened. It stays on its thread.
pub(crate) struct Events {
    list: Vec<Event>,
    len: usize,
}

impl Events {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let empty = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Self { list: vec![empty; EVENTS_MAX], len: 0 }
    }

    /// What happened to connections in the last wait.
    pub(crate) fn ready(&self) -> impl Iterator<Item = Ready> + '_ {
        self.list[..self.len].iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            let ends = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
            Ready {
                index: data.u64() as usize,
                can_read: flags.intersects(EventFlags::IN | ends),
                can_write: flags.intersects(EventFlags::OUT),
            }
        })
    }
}

impl Debug for Events {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("len", &self.len).finish_non_exhaustive()
    }
}

fn timespec(nanos: u64) -> Timespec {
    let seconds = i64::try_from(nanos / NANOS_A_SECOND).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: (nanos % NANOS_A_SECOND) as _ }
}

const NANOS_A_SECOND: u64 = 1_000_000_000;
const NANOS_A_MILLI: u64 = 1_000_000;
/// Events taken at once.
const EVENTS_MAX: usize = 1024;
