//! One client, and the table of a thread's clients.

use crate::config::{Limits, NetworkProtocol};
use crate::input::{BufferPool, Input, Received};
use crate::multi::Queue;
use crate::replies::Replies;
use crate::request::ConnectionKey;
use crate::session::SessionState;
use crate::socket::Stream;
use crate::watches::Watched;
use std::io::{self, Write as _};

/// What a connection speaks, with the state of its unfinished request.
#[derive(Debug)]
pub(crate) enum Protocol {
    /// Not told yet from the first bytes.
    Undecided,
    /// The Redis protocol.
    Resp(drp_parser::RequestParser),
    /// One of memcached's protocols.
    Memcached(dmp_parser::RequestParser),
}

impl Protocol {
    /// What is spoken on a network, with the server's limits.
    pub(crate) fn new(network: NetworkProtocol, limits: &Limits) -> Self {
        let bulk_len_max = limits.proto_max_bulk_len;
        match network {
            NetworkProtocol::Auto => Self::Undecided,
            NetworkProtocol::Drp => {
                let limits = drp_parser::Limits { bulk_len_max, ..drp_parser::Limits::default() };
                Self::Resp(drp_parser::RequestParser::new(limits))
            }
            NetworkProtocol::Dmp => {
                let item_len_max = limits.item_size_max;
                let limits = dmp_parser::Limits { item_len_max, ..dmp_parser::Limits::default() };
                Self::Memcached(dmp_parser::RequestParser::new(limits))
            }
        }
    }
}

/// How far a connection is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Requests are read and answered.
    Open,
    /// Nothing more is read; it closes when everything asked is answered and sent.
    Draining,
    /// It closes in this turn; what was not sent is dropped.
    Closing,
}

/// One client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The socket.
    pub(crate) stream: Stream,
    /// How often its place in the table was filled.
    generation: u32,
    /// What it speaks.
    pub(crate) protocol: Protocol,
    /// What arrived and is not consumed.
    pub(crate) input: Input,
    /// What was answered, in order.
    pub(crate) replies: Replies,
    /// What commands know and change of it.
    pub(crate) session: SessionState,
    /// Where it stands in its life.
    pub(crate) phase: Phase,
    /// Whether the socket may hold unread bytes.
    pub(crate) readable: bool,
    /// Whether the peer has closed its half, so that a short read does not mean "nothing left".
    pub(crate) half_closed: bool,
    /// Whether what it has sent by now is all that is read of it, since the server stops.
    pub(crate) ending: bool,
    /// Whether the socket takes bytes.
    pub(crate) writable: bool,
    /// Whether unconsumed input may hold a complete request.
    pub(crate) parseable: bool,
    /// Whether it is in the thread's queue of connections with work.
    pub(crate) queued: bool,
    /// How many of its requests have programs that go on in later turns: until they have ended,
    /// it is not parsed any further.
    pub(crate) unfinished: u32,
    /// How many of its transactions are not published: until they are, it is not parsed further.
    pub(crate) unpublished: u32,
    /// How many of its transactions are not answered.
    pub(crate) transactions: u32,
    /// Whether its next request must not run before they are.
    pub(crate) awaits_transactions: bool,
    /// What it has queued since MULTI.
    pub(crate) queue: Option<Box<Queue>>,
    /// The keys that it watches.
    pub(crate) watched: Vec<Watched>,
    /// How it was before its EXEC, which may yet have no effect.
    pub(crate) before_exec: Option<Box<SessionState>>,
    /// How many further bytes the unfinished request needs at least.
    pub(crate) needed: usize,
}

impl Connection {
    /// Reads once from the socket, where that may bring something.
    pub(crate) fn receive(&mut self, pool: &mut BufferPool) {
        // What is there is parsed first, so that a client that is slowed down is slowed down.
        if !self.readable || self.parseable || self.phase != Phase::Open {
            return;
        }
        match self.input.receive(&mut self.stream, self.needed, pool) {
            Ok(Received::More) => self.parseable = true,
            Ok(Received::Drained) => {
                self.parseable = true;
                self.readable = self.half_closed || self.ending;
            }
            Ok(Received::Nothing) => {
                self.readable = self.half_closed;
                if self.ending {
                    self.phase = Phase::Draining;
                }
            }
            Ok(Received::End) => {
                self.readable = false;
                self.parseable = true;
                self.phase = Phase::Draining;
            }
            Err(_) => self.phase = Phase::Closing,
        }
        // Where nothing came, nothing of this turn refers to the buffer.
        self.input.release(pool);
    }

    /// Lets the request that is numbered next have no reply, where the client wants none.
    pub(crate) fn silence_unwanted(&mut self) {
        if self.session.is_quiet() {
            self.replies.silence_next();
        }
    }

    /// Sends what is to be sent, with one write where the socket takes it all.
    pub(crate) fn send(&mut self) {
        let mut pieces = 0;
        while self.writable && !self.replies.unsent().is_empty() && pieces < PIECES_A_TURN {
            match self.stream.write(self.replies.unsent()) {
                Ok(count) => {
                    let all = count == self.replies.unsent().len();
                    self.replies.mark_sent(count);
                    // What is unsent now was lent, and is produced piece by piece.
                    pieces += usize::from(all);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.phase = Phase::Closing,
            }
            if self.phase == Phase::Closing {
                return;
            }
        }
    }

    /// Notes that a request between MULTI and EXEC was refused: EXEC will be, too.
    pub(crate) fn break_queue(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.is_broken = true;
        }
    }

    /// Whether its next request has to wait for those before it.
    pub(crate) const fn is_held(&self) -> bool {
        self.unfinished > 0 || self.unpublished > 0 || self.awaits_transactions
    }

    /// Whether nothing is left to do before it can close.
    pub(crate) fn is_finished(&self) -> bool {
        match self.phase {
            Phase::Open => false,
            Phase::Draining => {
                !self.parseable && self.replies.in_flight() == 0 && self.replies.unsent().is_empty()
            }
            Phase::Closing => true,
        }
    }
}

/// Pieces of a lent string that a connection is sent before others have their turn.
const PIECES_A_TURN: usize = 4;

/// The connections of one thread.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    places: Vec<Place>,
    free: Vec<u32>,
    len: usize,
}

#[derive(Debug, Default)]
struct Place {
    generation: u32,
    connection: Option<Box<Connection>>,
}

impl Connections {
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Takes in a connection; `register` is told its key before it becomes visible.
    ///
    /// # Errors
    ///
    /// Those of `register`; the connection is dropped then.
    pub(crate) fn insert(
        &mut self,
        mut stream: Stream,
        network: NetworkProtocol,
        session: SessionState,
        limits: &Limits,
        register: impl FnOnce(&mut Stream, ConnectionKey) -> io::Result<()>,
    ) -> io::Result<()> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let place = &mut self.places[index as usize];
        place.generation = place.generation.wrapping_add(1);
        let key = ConnectionKey { index, generation: place.generation };
        if let Err(error) = register(&mut stream, key) {
            self.free.push(index);
            return Err(error);
        }
        place.connection = Some(Box::new(Connection {
            stream,
            generation: key.generation,
            protocol: Protocol::new(network, limits),
            input: Input::default(),
            replies: Replies::default(),
            session,
            phase: Phase::Open,
            readable: false,
            half_closed: false,
            ending: false,
            writable: true,
            parseable: false,
            queued: false,
            unfinished: 0,
            unpublished: 0,
            transactions: 0,
            awaits_transactions: false,
            queue: None,
            watched: Vec::new(),
            before_exec: None,
            needed: 0,
        }));
        self.len += 1;
        Ok(())
    }

    /// The connection at a place, whichever it is.
    pub(crate) fn at(&mut self, index: u32) -> Option<&mut Connection> {
        self.places.get_mut(index as usize)?.connection.as_deref_mut()
    }

    /// The connection with a key, where it still exists.
    pub(crate) fn get(&mut self, key: ConnectionKey) -> Option<&mut Connection> {
        self.at(key.index).filter(|connection| connection.generation == key.generation)
    }

    /// The key of the connection at a place.
    pub(crate) fn key_at(&self, index: u32) -> Option<ConnectionKey> {
        let connection = self.places.get(index as usize)?.connection.as_ref()?;
        Some(ConnectionKey { index, generation: connection.generation })
    }

    /// Removes the connection at a place, which closes its socket; false where there is none.
    pub(crate) fn remove(&mut self, index: u32) -> bool {
        let place = self.places.get_mut(index as usize);
        let was_there = place.is_some_and(|place| place.connection.take().is_some());
        if was_there {
            self.free.push(index);
            self.len -= 1;
        }
        was_there
    }

    /// The places that are filled.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.places).filter(|(_, place)| place.connection.is_some()).map(|(i, _)| i)
    }
}
