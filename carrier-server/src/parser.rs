//! The parser role: from the bytes of a connection to bound requests.
//!
//! Parsing goes on until the local batch is full, a command needs what was batched before it to
//! have run, or the client's turn is over; the loop executes the batch and comes back.

mod detect;
mod exec;
mod memcached;
mod resp;

use crate::batch::Requests;
use crate::catalog::{Catalog, Command};
use crate::clients::Client;
use crate::clock::Clock;
use crate::config::NetworkProtocol;
use crate::connection::{Connection, Phase, Protocol};
use crate::coordinator::Coordinator;
use crate::dialect::Dialect;
use crate::mesh::Mesh;
use crate::request::{ConnectionKey, ReplyTo, Request, Source};
use crate::router::Router;
use crate::session::SessionView;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::slow_log::{Slow, Stopwatch};
use crate::stats::ThreadStats;
use detect::{Detected, detect, refusal};
use exec::unwatch;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use zvm::{Args, Frame, Multi, NoStore, Registers, ReplyMode, RunWhere};

/// Why parsing of a connection stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No complete request is left.
    NeedsInput,
    /// The local batch must run first.
    BatchFirst,
    /// A transaction must be published first.
    Publish,
    /// The client has had its turn, or does not keep up with its replies.
    TurnOver,
    /// Another thread does not keep up.
    NoRoom,
}

/// What of its thread a parser works with.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The commands in force.
    pub(crate) catalog: &'a Arc<Catalog>,
    /// Requests for this thread's own shard.
    pub(crate) local: &'a mut Requests,
    /// The way to the others'.
    pub(crate) mesh: &'a mut Mesh,
    /// What publishes transactions.
    pub(crate) coordinator: &'a mut Coordinator,
    /// When the turn began, in milliseconds since the Unix epoch.
    pub(crate) now_ms: u64,
    /// The server around the threads.
    pub(crate) shared: &'a Shared,
    /// This thread's counters.
    pub(crate) stats: &'a ThreadStats,
}

/// Takes requests from a thread's connections.
#[derive(Debug)]
pub(crate) struct Parser {
    router: Router,
    /// The argument ranges of one request, relative to its first byte.
    resp_args: Vec<drp_parser::ArgRange>,
    /// The same for memcached's protocol.
    memcached_args: Vec<dmp_parser::ArgRange>,
    /// For connection commands, which run here.
    registers: Registers,
    /// Times them.
    watch: Stopwatch,
}

/// A request bound to its command.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    /// The command.
    pub(crate) command: &'a Command,
    /// Its arguments in the local batch's list, the name not among them.
    pub(crate) args: Range<usize>,
    /// What they are offsets into.
    pub(crate) source: Source,
    /// What the reply is written in.
    pub(crate) dialect: Dialect,
    /// Whether the client wants no reply.
    pub(crate) quiet: bool,
}

impl Bound<'_> {
    /// The request as it goes to a shard.
    #[inline]
    pub(crate) fn request(&self, reply_to: ReplyTo, namespace: u32) -> Request {
        Request {
            reply_to,
            command: self.command.id(),
            namespace,
            dialect: self.dialect,
            quiet: self.quiet,
            hash: 0,
            args: self.args.clone(),
            source: self.source,
        }
    }
}

impl Parser {
    /// A parser that times what it runs by this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            router: Router::default(),
            resp_args: Vec::new(),
            memcached_args: Vec::new(),
            registers: Registers::default(),
            watch: Stopwatch::new(clock),
        }
    }

    /// Takes requests from one connection until there is a reason to stop. `quota` counts down
    /// what the connection may still ask for in this turn.
    pub(crate) fn poll(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        quota: &mut usize,
    ) -> Stop {
        while connection.parseable && connection.phase != Phase::Closing {
            let pending_max = turn.shared.config.limits.client_output_buffer_pause;
            if connection.unpublished > 0 {
                return Stop::Publish;
            }
            if *quota == 0 || connection.is_held() || !connection.replies.has_room(pending_max) {
                return Stop::TurnOver;
            }
            if turn.local.list.len() >= LOCAL_BATCH_MAX {
                return Stop::BatchFirst;
            }
            turn.mesh.publish_large();
            if !turn.mesh.has_room() {
                return Stop::NoRoom;
            }
            let stop = match &connection.protocol {
                Protocol::Undecided => decide(turn, connection),
                Protocol::Resp(_) => self.poll_resp(turn, connection, key),
                Protocol::Memcached(_) => self.poll_memcached(turn, connection, key),
            };
            if let Some(stop) = stop {
                return stop;
            }
            *quota -= 1;
        }
        Stop::NeedsInput
    }

    /// Sends a bound request on its way and consumes its `consumed` bytes of input.
    fn dispatch(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        bound: &Bound<'_>,
        consumed: usize,
    ) -> Option<Stop> {
        connection.session.client().asks(bound.command.id().0);
        if !connection.session.access.contains(bound.command.access()) {
            deny(connection, bound);
            connection.break_queue();
            turn.local.ranges.truncate(bound.args.start);
            connection.input.consume(consumed);
            return None;
        }
        let here = bound.command.run_where() == RunWhere::Connection;
        if here && !connection.session.authenticated && !bound.command.comes_before_login() {
            deny(connection, bound);
            turn.local.ranges.truncate(bound.args.start);
            connection.input.consume(consumed);
            return None;
        }
        if connection.queue.is_some() && !bound.command.is_immediate() {
            queue(turn, connection, bound);
        } else if here {
            if !turn.local.list.is_empty() {
                // It may look at what the requests before it did to this thread's shard.
                turn.local.ranges.truncate(bound.args.start);
                return Some(Stop::BatchFirst);
            }
            let version = turn.shared.commands.version();
            self.run_here(turn, connection, key, bound);
            turn.local.clear();
            if version != turn.shared.commands.version() {
                // What follows is bound to the commands as they are from now on.
                connection.input.consume(consumed);
                turn.stats.commands.add(1);
                return Some(Stop::TurnOver);
            }
        } else if connection.transactions > 0 && !bound.command.has_key() {
            // It would not queue behind them, as it has no keys.
            turn.local.ranges.truncate(bound.args.start);
            connection.awaits_transactions = true;
            return Some(Stop::TurnOver);
        } else {
            self.router.route(turn, connection, key, bound);
        }
        connection.input.consume(consumed);
        turn.stats.commands.add(1);
        None
    }

    /// Runs a connection command: it sees the connection and no data.
    fn run_here(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        bound: &Bound<'_>,
    ) {
        let dialect = Cell::new(bound.dialect);
        let sequence = connection.replies.assign();
        let Connection { replies, session, input, queue, .. } = connection;
        let silent = !bound.command.controls_transactions() && replies.speak(sequence);
        let mut view =
            SessionView::new(session, turn.shared, turn.catalog, &dialect, queue.is_some());
        let args = turn.local.args(bound.args.clone(), bound.source, input.buffer());
        let program = bound.command.program();
        let frame = Frame::new(args);
        self.watch.set_limit(turn.shared.settings.slow_log_limit());
        self.watch.begin();
        let mut run = |out: &mut Vec<u8>| {
            let start = out.len();
            let mut sink = Sink::of_request(out, &dialect, args);
            zvm::run(program, &frame, &mut self.registers, &mut NoStore, &mut view, &mut sink);
            // CLIENT REPLY ON is answered, while OFF and SKIP are not.
            let hushed = matches!(view.replies(), Some(ReplyMode::Off | ReplyMode::Skip));
            if bound.quiet || hushed || (silent && view.replies().is_none()) {
                out.truncate(start);
            }
        };
        if bound.command.controls_transactions() {
            let mut reply = Vec::new();
            run(&mut reply);
            let wishes = view.take_wishes();
            if wishes.0 != Some(Multi::Commit) {
                self.log_slow(turn.shared, session.client(), (bound.command, args), &[]);
            }
            self.control(
                turn,
                connection,
                bound.request(reply_to(key, sequence), 0),
                wishes,
                reply,
            );
            return;
        }
        replies.reply(sequence, run);
        let (closing, mode, is_new) = (view.is_closing(), view.replies(), view.is_reset());
        let secrets = view.take_secrets();
        session.replies = mode.unwrap_or(session.replies);
        session.publish();
        self.log_slow(turn.shared, session.client(), (bound.command, args), &secrets);
        if is_new {
            connection.queue = None;
            unwatch(turn, connection, reply_to(key, sequence));
        }
        if closing {
            connection.phase = Phase::Draining;
            connection.parseable = false;
        }
    }
}

impl Parser {
    /// Logs a command that was run here since the clock was last looked at, if that took long; its
    /// secrets are not shown.
    fn log_slow(
        &mut self,
        shared: &Shared,
        client: &Client,
        (command, args): (&Command, Args<'_>),
        secrets: &[Box<[u8]>],
    ) {
        let took = self.watch.read();
        // It may have changed that.
        self.watch.set_limit(shared.settings.slow_log_limit());
        if self.watch.is_slow(took) {
            let args = (0..args.len()).map(|index| match args.get(index) {
                secret if secrets.iter().any(|one| **one == *secret) => b"(redacted)",
                arg => arg,
            });
            let slow = Slow::new(took, &command.name(), args);
            shared.slow_log.add(slow, Some(client), shared.settings.slow_log_len());
        }
    }
}

/// Tells the protocol of a connection from its first bytes.
fn decide(turn: &Turn<'_>, connection: &mut Connection) -> Option<Stop> {
    let network = match detect(connection.input.bytes()) {
        Detected::Resp => NetworkProtocol::Drp,
        Detected::Memcached => NetworkProtocol::Dmp,
        Detected::Unknown => return Some(starve(connection, 1)),
        foreign @ (Detected::Tls | Detected::Http) => {
            return Some(refuse(connection, |out| out.extend_from_slice(refusal(foreign))));
        }
    };
    connection.protocol = Protocol::new(network, &turn.shared.config.limits);
    None
}

/// Notes that the connection has no complete request: `needed` more bytes at least must come.
fn starve(connection: &mut Connection, needed: usize) -> Stop {
    connection.parseable = false;
    connection.needed = needed;
    Stop::NeedsInput
}

/// Queues a request between MULTI and EXEC.
fn queue(turn: &mut Turn<'_>, connection: &mut Connection, bound: &Bound<'_>) {
    let Connection { queue: Some(queue), replies, input, .. } = connection else { return };
    let args = turn.local.args(bound.args.clone(), bound.source, input.buffer());
    let reply: &[u8] = if bound.command.stops_server() {
        queue.is_broken = true;
        b"-ERR Command not allowed inside a transaction\r\n"
    } else if queue.push(turn.catalog, bound.command.id(), args) {
        b"+QUEUED\r\n"
    } else {
        b"-ERR the transaction is too large, or the commands have changed\r\n"
    };
    let sequence = replies.assign();
    replies.reply(sequence, |out| out.extend_from_slice(reply));
    turn.local.ranges.truncate(bound.args.start);
}

const fn reply_to(connection: ConnectionKey, sequence: u64) -> ReplyTo {
    ReplyTo { connection, sequence, part: None }
}

/// Answers a request for which the connection's network gives no right.
#[cold]
fn deny(connection: &mut Connection, bound: &Bound<'_>) {
    let name = bound.command.name();
    let sequence = connection.replies.assign();
    let authenticated = connection.session.authenticated;
    connection.replies.reply(sequence, |out| match bound.dialect {
        Dialect::Resp(version) if !authenticated => {
            drp_parser::Encoder::new(out, version).error(b"NOAUTH Authentication required.");
        }
        Dialect::Resp(version) => {
            let text = format!("NOPERM this network gives no right to run the '{name}' command");
            drp_parser::Encoder::new(out, version).error(text.as_bytes());
        }
        Dialect::Memcached | Dialect::Meta { .. } if !authenticated => {
            dmp_parser::Encoder::new(out).client_error(b"unauthenticated");
        }
        Dialect::Memcached if bound.quiet => {}
        Dialect::Memcached | Dialect::Meta { .. } => {
            let text = format!("this network gives no right to run the '{name}' command");
            dmp_parser::Encoder::new(out).client_error(text.as_bytes());
        }
        Dialect::Binary { opcode, opaque } => {
            let encoder = dmp_parser::BinaryEncoder { opcode, opaque };
            encoder.error(out, dmp_parser::BinaryStatus::AuthError);
        }
    });
}

/// Answers what cannot be understood, and closes once that is sent: where the next request would
/// begin is not known.
fn refuse(connection: &mut Connection, write: impl FnOnce(&mut Vec<u8>)) -> Stop {
    let sequence = connection.replies.assign();
    connection.replies.reply(sequence, write);
    connection.phase = Phase::Draining;
    connection.parseable = false;
    Stop::NeedsInput
}

/// Requests that are prefetched and executed together.
const LOCAL_BATCH_MAX: usize = 32;
