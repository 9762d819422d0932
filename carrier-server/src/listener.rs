//! The listener role: takes connections in and says which thread each belongs to.

use crate::config::Terms;
use crate::socket::{Acceptor, Stream};
use std::io;

/// The listening sockets of the server.
#[derive(Debug)]
pub(crate) struct Listener {
    doors: Vec<Door>,
    /// Threads that take connections.
    threads: Vec<usize>,
    /// Which of them is next.
    next: usize,
    /// Whether accepting failed, mostly for want of file descriptors, so that it is tried again
    /// only when time has passed.
    paused: bool,
    /// Whether that was logged since a client was let in last.
    complained: bool,
}

#[derive(Debug)]
struct Door {
    acceptor: Acceptor,
    terms: Terms,
    /// Whether clients may be waiting.
    ready: bool,
}

/// A client that was let in.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Its socket.
    pub(crate) stream: Stream,
    /// What holds on its network.
    pub(crate) terms: Terms,
    /// The thread that it belongs to.
    pub(crate) thread: usize,
}

impl Listener {
    /// A listener at these sockets for these threads.
    pub(crate) fn new(sockets: Vec<(Acceptor, Terms)>, threads: Vec<usize>) -> Self {
        let doors = sockets
            .into_iter()
            .map(|(acceptor, terms)| Door { acceptor, terms, ready: true })
            .collect();
        Self { doors, threads, next: 0, paused: false, complained: false }
    }

    /// The sockets, for registration, in order.
    pub(crate) fn acceptors(&mut self) -> impl Iterator<Item = &mut Acceptor> {
        self.doors.iter_mut().map(|door| &mut door.acceptor)
    }

    /// Notes that clients wait at a socket.
    pub(crate) fn set_ready(&mut self, door: usize) {
        if let Some(door) = self.doors.get_mut(door) {
            door.ready = true;
        }
    }

    /// Whether clients may be let in at once.
    pub(crate) fn is_ready(&self) -> bool {
        !self.paused && self.doors.iter().any(|door| door.ready)
    }

    /// Tries again after a pause: called when some time has passed.
    pub(crate) const fn resume(&mut self) {
        self.paused = false;
    }

    /// Lets at most one client in.
    pub(crate) fn poll(&mut self) -> Option<Arrival> {
        if self.paused {
            return None;
        }
        for door in self.doors.iter_mut().filter(|door| door.ready) {
            match door.acceptor.accept() {
                Ok(stream) => {
                    let thread = self.threads[self.next % self.threads.len()];
                    self.next = self.next.wrapping_add(1);
                    self.complained = false;
                    return Some(Arrival { stream, terms: door.terms, thread });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => door.ready = false,
                // The client has gone again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    if !self.complained {
                        tracing::error!(%error, "clients have to wait: accepting pauses");
                    }
                    self.complained = true;
                    self.paused = true;
                    return None;
                }
            }
        }
        None
    }
}
