//! A thread and its loop: it hosts roles and gives each its turn.
//!
//! ```text
//! wait -> read every ready socket -> parse a bounded batch, routing local and remote requests
//!      -> execute the local batch (again until nothing is left to parse)
//!      -> publish the open batches -> drain the own ring -> one slice of unfinished programs
//!      -> write each touched connection once -> timers
//! ```

mod leaving;
mod slow_requests;
mod timers;
mod transactions;

use crate::batch::Requests;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::config::{NetworkProtocol, Terms};
use crate::connection::{Connections, Phase};
use crate::coordinator::Coordinator;
use crate::input::BufferPool;
use crate::listener::{Arrival, Listener};
use crate::mesh::{Mesh, Message};
use crate::parser::{Parser, Stop, Turn};
use crate::replier::{Replier, Sent};
use crate::request::ConnectionKey;
use crate::session::SessionState;
use crate::shared::Shared;
use crate::socket::Stream;
use crate::worker::Worker;
use mio::event::Event;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

/// One thread's roles and what they share.
#[derive(Debug)]
pub(crate) struct Reactor {
    index: usize,
    shared: Arc<Shared>,
    catalog: Arc<Catalog>,
    /// Which version of the commands that is.
    version: u64,
    poll: Poll,
    mesh: Mesh,
    /// How often clients were told to go when this thread last looked for its own.
    kills: u64,
    listener: Option<Listener>,
    parser: Parser,
    coordinator: Coordinator,
    worker: Option<Worker>,
    replier: Replier,
    connections: Connections,
    /// Connections that have something to read or to parse.
    ready: VecDeque<ConnectionKey>,
    /// Connections that wait until requests for other threads can be taken again.
    stalled: Vec<ConnectionKey>,
    local: Requests,
    pool: BufferPool,
    /// When timers are due next, in time since the server started.
    timers_due: Duration,
    /// When they were run last, where keys were due and more are.
    keys_due_since: Option<Duration>,
    /// When this turn began, in time since the server started; told only while programs go on
    /// from turn to turn.
    turn_began: Duration,
    /// Whether this turn has had requests.
    served: bool,
    /// How far this thread has come since the server is stopping.
    stopping: Stopping,
}

/// A thread's way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    /// The server goes on.
    No,
    /// What was read is being answered, until this time since the server started.
    Until(Duration),
    /// Everything is answered; the thread still works for the others.
    Finished,
}

/// Which roles a thread hosts beside parser and replier, which are idle without connections.
#[derive(Debug)]
pub(crate) struct Roles {
    /// The listener, on one thread.
    pub(crate) listener: Option<Listener>,
    /// The worker, where the thread owns a shard.
    pub(crate) worker: Option<Worker>,
}

impl Reactor {
    /// The thread `index` of a server.
    pub(crate) fn new(
        index: usize,
        shared: Arc<Shared>,
        poll: Poll,
        mesh: Mesh,
        roles: Roles,
    ) -> io::Result<Self> {
        let mut listener = roles.listener;
        if let Some(listener) = &mut listener {
            for (door, acceptor) in listener.acceptors().enumerate() {
                poll.registry().register(acceptor, door_token(door), Interest::READABLE)?;
            }
        }
        let (catalog, version) = shared.commands.current();
        let coordinator =
            Coordinator::new(index, shared.stats.threads(), shared.config.test_switches);
        let clock = shared.clock;
        Ok(Self {
            index,
            shared,
            catalog,
            version,
            kills: 0,
            poll,
            mesh,
            listener,
            parser: Parser::new(clock),
            coordinator,
            worker: roles.worker,
            replier: Replier::default(),
            connections: Connections::default(),
            ready: VecDeque::new(),
            stalled: Vec::new(),
            local: Requests::default(),
            pool: BufferPool::default(),
            timers_due: Duration::ZERO,
            keys_due_since: None,
            turn_began: Duration::ZERO,
            served: false,
            stopping: Stopping::No,
        })
    }

    /// Turns until the server has stopped.
    ///
    /// # Errors
    ///
    /// Those of waiting and waking, after which the server cannot go on.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            self.wait(&mut events)?;
            for event in &events {
                self.note(event);
            }
            if self.shared.is_stopping() && self.stop() {
                return Ok(());
            }
            let now_ms = Clock::unix_ms();
            if let Some(worker) = &mut self.worker {
                worker.set_slow_limit(self.shared.settings.slow_log_limit());
            }
            self.renew_commands();
            self.end_killed();
            self.accept();
            self.serve(now_ms)?;
            self.mesh.publish()?;
            self.drain(now_ms);
            self.go_on();
            self.coordinate(now_ms)?;
            self.mesh.publish()?;
            if self.mesh.has_room() {
                self.ready.extend(self.stalled.drain(..));
            }
            self.send();
            self.run_timers(now_ms);
            if let Some(worker) = &mut self.worker {
                worker.publish(self.shared.stats.thread(self.index));
            }
        }
    }

    /// Sleeps until something is to be done.
    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let unfinished = self.worker.as_ref().is_some_and(Worker::is_unfinished);
        let idle = self.ready.is_empty()
            && !unfinished
            && !self.listener.as_ref().is_some_and(Listener::is_ready);
        let timeout = if idle && self.mesh.park() && self.coordinator.may_sleep(&self.shared.order)
        {
            let until_due = self.timers_due.saturating_sub(self.shared.clock.elapsed());
            // Nobody tells when a full ring has room again.
            let late = self.worker.as_ref().is_some_and(Worker::has_late_replies);
            if late || self.mesh.is_stuck() { until_due.min(STUCK_PAUSE) } else { until_due }
        } else {
            Duration::ZERO
        };
        let outcome = self.poll.poll(events, Some(timeout));
        if idle {
            self.mesh.unpark();
        }
        self.served = false;
        if unfinished {
            self.turn_began = self.shared.clock.elapsed();
        }
        match outcome {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Notes what became possible at one socket.
    fn note(&mut self, event: &Event) {
        let Token(token) = event.token();
        if event.token() == WAKER {
            return;
        }
        if let Some(door) = door_of(event.token()) {
            if let Some(listener) = &mut self.listener {
                listener.set_ready(door);
            }
            return;
        }
        let Ok(index) = u32::try_from(token) else { return };
        let key = self.connections.key_at(index);
        let (Some(connection), Some(key)) = (self.connections.at(index), key) else { return };
        let ended = event.is_read_closed() || event.is_error();
        connection.half_closed |= ended;
        connection.readable |= event.is_readable() || ended;
        if event.is_writable() && !connection.writable {
            connection.writable = true;
            self.replier.touch(key);
        }
        if connection.readable && !connection.queued {
            connection.queued = true;
            self.ready.push_back(key);
        }
        // One that has closed its half may still read; one whose socket takes nothing does not.
        if (event.is_write_closed() || event.is_error()) && connection.replies.in_flight() > 0 {
            self.abandon(key);
        }
    }

    /// Takes on the commands in force where they have changed. Nothing is bound to the old ones
    /// but what is on its way to other threads, and that keeps them.
    fn renew_commands(&mut self) {
        if self.version != self.shared.commands.version() {
            (self.catalog, self.version) = self.shared.commands.current();
            self.mesh.close_batches();
        }
    }

    /// Lets waiting clients in, a bounded number a turn.
    fn accept(&mut self) {
        if self.shared.is_stopping() {
            return;
        }
        for _ in 0..ACCEPTS_MAX {
            let Some(listener) = &mut self.listener else { return };
            let Some(Arrival { stream, terms, thread }) = listener.poll() else { return };
            let stats = self.shared.stats.thread(self.index);
            if self.shared.stats.connections() >= self.shared.settings.maxclients() as u64 {
                stats.connections_refused.add(1);
                refuse(stream, terms.protocol);
                continue;
            }
            stats.connections_admitted.add(1);
            if thread == self.index {
                self.adopt(stream, terms);
            } else if let Err(stream) = self.mesh.send_connection(thread, stream, terms) {
                // That thread is behind; this one takes the client instead.
                self.adopt(stream, terms);
            }
        }
    }

    /// Makes a connection this thread's.
    fn adopt(&mut self, stream: Stream, terms: Terms) {
        let (shared, now_ms) = (&self.shared, Clock::unix_ms());
        let number = shared.number_connection();
        let registration = shared.clients.register(number, stream.addresses(), now_ms);
        let authenticated = shared.settings.password().is_none();
        let session = SessionState::new(registration, terms.access, authenticated);
        let registry = self.poll.registry();
        let limits = &self.shared.config.limits;
        let adopted =
            self.connections.insert(stream, terms.protocol, session, limits, |stream, key| {
                let interest = Interest::READABLE | Interest::WRITABLE;
                registry.register(stream, Token(key.index as usize), interest)
            });
        if let Err(error) = adopted {
            self.shared.stats.thread(self.index).connections_ended.add(1);
            tracing::warn!(%error, "a client could not be taken in");
        }
    }

    /// Reads from, parses and executes for the connections that have something, each once.
    fn serve(&mut self, now_ms: u64) -> io::Result<()> {
        for _ in 0..self.ready.len() {
            let Some(key) = self.ready.pop_front() else { break };
            let Some(connection) = self.connections.get(key) else { continue };
            connection.queued = false;
            connection.session.client().note(now_ms);
            if connection.replies.has_room(self.shared.config.limits.client_output_buffer_pause) {
                connection.receive(&mut self.pool);
            }
            connection.replies.borrow_buffer(&mut self.pool);
            let mut quota = QUOTA;
            let stop = self.parse(key, &mut quota, now_ms)?;
            self.replier.touch(key);
            if stop == Stop::NoRoom {
                self.stall(key);
            }
        }
        self.execute(now_ms);
        Ok(())
    }

    /// Lets a connection wait until requests for other threads can be taken again.
    fn stall(&mut self, key: ConnectionKey) {
        if let Some(connection) = self.connections.get(key) {
            // Out of the queue, yet not to be put into it by anyone else.
            connection.queued = true;
            self.stalled.push(key);
        }
    }

    /// Parses one connection's input, executing whenever the local batch is full.
    fn parse(&mut self, key: ConnectionKey, quota: &mut usize, now_ms: u64) -> io::Result<Stop> {
        loop {
            let Some(connection) = self.connections.get(key) else { return Ok(Stop::NeedsInput) };
            let mut turn = Turn {
                catalog: &self.catalog,
                local: &mut self.local,
                mesh: &mut self.mesh,
                coordinator: &mut self.coordinator,
                now_ms,
                shared: &self.shared,
                stats: self.shared.stats.thread(self.index),
            };
            let stop = self.parser.poll(&mut turn, connection, key, quota);
            if self.local.list.is_empty() {
                self.local.clear();
            }
            if stop != Stop::BatchFirst && stop != Stop::Publish {
                return Ok(stop);
            }
            self.execute(now_ms);
            if stop == Stop::Publish {
                self.coordinate(now_ms)?;
                if self.connections.get(key).is_some_and(|one| one.unpublished > 0) {
                    return Ok(Stop::TurnOver);
                }
                continue;
            }
            if let Some(worker) = &mut self.worker {
                // The command that waits for this may tell of it.
                worker.publish(self.shared.stats.thread(self.index));
            }
        }
    }

    /// Executes the local batch.
    fn execute(&mut self, now_ms: u64) {
        if self.local.list.is_empty() {
            return;
        }
        self.take_own_turns(now_ms);
        if let Some(worker) = &mut self.worker {
            self.served = true;
            let connections = &mut self.connections;
            worker.execute_local(&mut self.local, connections, &self.catalog, now_ms);
        }
        self.log_slow();
    }

    /// Takes messages from the own ring, a bounded number a turn.
    fn drain(&mut self, now_ms: u64) {
        for _ in 0..MESSAGES_MAX {
            let Some(message) = self.mesh.receive() else { return };
            self.take(message, now_ms);
        }
    }

    /// Does what a message asks for.
    fn take(&mut self, message: Message, now_ms: u64) {
        match message {
            Message::Work(mut batch) => {
                let stats = self.shared.stats.thread(self.index);
                if let Some(worker) = &mut self.worker {
                    self.served = true;
                    worker.execute_batch(&mut batch, now_ms, stats);
                }
                self.mesh.send_home(batch);
            }
            Message::Done(mut batch) => {
                self.log_slow_of(&mut batch);
                self.replier.deliver(&batch, &mut self.connections, &mut self.pool);
                self.mesh.recycle(batch);
            }
            Message::Late(mut late) => {
                if let Some(slow) = late.slow.take() {
                    self.log_slow_one(late.reply_to.connection, *slow);
                }
                self.replier.deliver_late(&late, &mut self.connections, &mut self.pool);
            }
            Message::Turn(transaction, part) => {
                self.served = true;
                if let Some(worker) = &mut self.worker {
                    worker.take_turn(transaction, part);
                }
                self.pass_on();
            }
            Message::GoOn(transaction, part) => {
                self.served = true;
                if let Some(worker) = &mut self.worker {
                    worker.go_on_part(transaction, part);
                }
                self.pass_on();
            }
            Message::Finished(transaction) => self.finish(&transaction),
            Message::Gone(home, key) => {
                if let Some(worker) = &mut self.worker {
                    worker.cancel(Some(home), key);
                }
                self.pass_on();
            }
            Message::Connection(stream, terms) => self.adopt(stream, terms),
        }
    }

    /// Gives programs that take long their slice of the turn, and brings home the replies of those
    /// that have come to their end, in it or before it.
    fn go_on(&mut self) {
        let wanted = |worker: &&mut Worker| worker.is_unfinished() || worker.has_late_replies();
        let Some(worker) = self.worker.as_mut().filter(wanted) else { return };
        let clock = self.shared.clock;
        let begin = clock.elapsed();
        // Where the turn had something else to do, that goes on soon: a fifth of the time.
        let spent = begin.saturating_sub(self.turn_began);
        let slice = if self.served { (spent / 4).min(SLICE_UNFINISHED) } else { SLICE_UNFINISHED };
        let reply_max = self.shared.settings.output_buffer_limit();
        worker.resume(reply_max, || clock.elapsed() >= begin + slice);
        self.pass_on();
        let Some(worker) = &mut self.worker else { return };
        let (mut stuck, mut slow) = (Vec::new(), Vec::new());
        for mut late in worker.late_replies() {
            if late.home.is_none() {
                slow.extend(late.slow.take().map(|slow| (late.reply_to.connection, slow)));
                self.replier.deliver_late(&late, &mut self.connections, &mut self.pool);
            } else {
                stuck.extend(self.mesh.send_late(late).err());
            }
        }
        stuck.into_iter().for_each(|late| worker.keep_late(late));
        slow.into_iter().for_each(|(key, slow)| self.log_slow_one(key, *slow));
    }

    /// Sends replies, closes what is finished, and requeues what has more to do.
    fn send(&mut self) {
        let output_max = self.shared.settings.output_buffer_limit();
        let pending_max = self.shared.config.limits.client_output_buffer_pause;
        let stats = self.shared.stats.thread(self.index);
        let mut closing = Vec::new();
        let (ready, pool) = (&mut self.ready, &mut self.pool);
        self.replier.poll(&mut self.connections, output_max, |key, connection, sent| {
            if sent == Sent::Overrun {
                stats.output_limit_closed.add(1);
            }
            if connection.is_finished() {
                closing.push(key.index);
                return;
            }
            connection.input.release(pool);
            connection.replies.release_buffer(pool);
            let more = !connection.is_held()
                && (connection.parseable
                    || (connection.readable && connection.phase == Phase::Open));
            let more = more && connection.replies.has_room(pending_max);
            let sending = connection.writable && !connection.replies.unsent().is_empty();
            if (more || sending) && !connection.queued {
                connection.queued = true;
                ready.push_back(key);
            }
        });
        for index in closing {
            if let Some(key) = self.connections.key_at(index)
                && self.connections.at(index).is_some_and(|one| one.replies.in_flight() > 0)
            {
                self.abandon(key);
            }
            let watched = self.connections.at(index).map(|one| std::mem::take(&mut one.watched));
            self.unwatch(watched.unwrap_or_default());
            // It may have been touched twice in the turn.
            if self.connections.remove(index) {
                self.shared.stats.thread(self.index).connections_ended.add(1);
            }
        }
    }

    /// Brings the thread to its end: what clients have sent so far is answered, nothing else is
    /// read. True when all threads have come that far.
    fn stop(&mut self) -> bool {
        self.listener = None;
        let elapsed = self.shared.clock.elapsed();
        if self.stopping == Stopping::No {
            self.stopping = Stopping::Until(elapsed + STOP_MAX);
        }
        let indexes: Vec<u32> = self.connections.indexes().collect();
        for index in indexes {
            let key = self.connections.key_at(index);
            let (Some(connection), Some(key)) = (self.connections.at(index), key) else { continue };
            if connection.phase == Phase::Open && !connection.ending {
                connection.ending = true;
                connection.readable = true;
                if !connection.queued {
                    connection.queued = true;
                    self.ready.push_back(key);
                }
            }
            self.replier.touch(key);
        }
        if let Stopping::Until(end) = self.stopping
            && (self.connections.len() == 0 || elapsed >= end)
        {
            self.stopping = Stopping::Finished;
            self.shared.finish_thread();
        }
        self.timers_due = self.timers_due.min(elapsed + timers::BUSY);
        self.shared.is_finished()
    }
}

/// Tells a client that there are too many already.
fn refuse(mut stream: Stream, protocol: NetworkProtocol) {
    let text: &[u8] = match protocol {
        NetworkProtocol::Dmp => b"ERROR Too many open connections\r\n",
        NetworkProtocol::Drp | NetworkProtocol::Auto => b"-ERR max number of clients reached\r\n",
    };
    // The client may be gone; then nobody misses the message.
    let _ = stream.write(text);
}

fn door_token(door: usize) -> Token {
    Token(WAKER.0 - 1 - door)
}

fn door_of(Token(token): Token) -> Option<usize> {
    (token > u32::MAX as usize).then(|| WAKER.0 - 1 - token)
}

/// The token of a thread's waker.
pub(crate) const WAKER: Token = Token(usize::MAX);
/// Events taken from the system at a time.
const EVENTS_MAX: usize = 1024;
/// Clients let in a turn.
const ACCEPTS_MAX: usize = 64;
/// Requests of one connection taken a turn.
const QUOTA: usize = 1024;
/// Messages taken from the ring a turn.
const MESSAGES_MAX: usize = 64;
/// Until a full ring is tried again.
const STUCK_PAUSE: Duration = Duration::from_millis(1);
/// How long clients that do not take their replies can delay the end.
const STOP_MAX: Duration = Duration::from_secs(3);
/// What all programs together that go on from turn to turn get of one turn at most, so that what
/// arrives meanwhile does not wait for longer.
const SLICE_UNFINISHED: Duration = Duration::from_micros(250);
