//! The parser role: from the bytes of a connection to bound requests.
//!
//! Parsing goes on until the local batch is full, a command needs what was batched before it to
//! have run, or the client's turn is over; the loop executes the batch and comes back.

mod detect;
mod memcached;
mod resp;

use crate::batch::Requests;
use crate::catalog::{Catalog, Command};
use crate::config::NetworkProtocol;
use crate::connection::{Connection, Phase, Protocol};
use crate::dialect::Dialect;
use crate::mesh::Mesh;
use crate::request::{ConnectionKey, Source};
use crate::router::Router;
use crate::session::SessionView;
use crate::shared::Shared;
use crate::sink::Sink;
use crate::stats::ThreadStats;
use detect::{Detected, detect, refusal};
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use zvm::{Frame, NoStore, Registers, RunWhere};

/// Why parsing of a connection stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No complete request is left.
    NeedsInput,
    /// The local batch must run first.
    BatchFirst,
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
    /// The server around the threads.
    pub(crate) shared: &'a Shared,
    /// This thread's counters.
    pub(crate) stats: &'a ThreadStats,
}

/// Takes requests from a thread's connections.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    router: Router,
    /// The argument ranges of one request, relative to its first byte.
    resp_args: Vec<drp_parser::ArgRange>,
    /// The same for memcached's protocol.
    memcached_args: Vec<dmp_parser::ArgRange>,
    /// For connection commands, which run here.
    registers: Registers,
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

impl Parser {
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
            let waits = connection.unfinished > 0;
            if *quota == 0 || waits || !connection.replies.has_room(pending_max) {
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
        if !connection.session.access.contains(bound.command.access()) {
            deny(connection, bound);
            turn.local.ranges.truncate(bound.args.start);
            connection.input.consume(consumed);
            return None;
        }
        if bound.command.run_where() == RunWhere::Connection {
            if !turn.local.list.is_empty() {
                // It may look at what the requests before it did to this thread's shard.
                turn.local.ranges.truncate(bound.args.start);
                return Some(Stop::BatchFirst);
            }
            let version = turn.shared.commands.version();
            self.run_here(turn, connection, bound);
            turn.local.clear();
            if version != turn.shared.commands.version() {
                // What follows is bound to the commands as they are from now on.
                connection.input.consume(consumed);
                turn.stats.commands.add(1);
                return Some(Stop::TurnOver);
            }
        } else {
            self.router.route(turn, connection, key, bound);
        }
        connection.input.consume(consumed);
        turn.stats.commands.add(1);
        None
    }

    /// Runs a connection command: it sees the connection and no data.
    fn run_here(&mut self, turn: &Turn<'_>, connection: &mut Connection, bound: &Bound<'_>) {
        let dialect = Cell::new(bound.dialect);
        let sequence = connection.replies.assign();
        let Connection { replies, session, input, .. } = connection;
        let mut view = SessionView::new(session, turn.shared, turn.catalog, &dialect);
        let args = turn.local.args(bound.args.clone(), bound.source, input.buffer());
        let program = bound.command.program();
        let frame = Frame::new(args);
        replies.reply(sequence, |out| {
            let start = out.len();
            let mut sink = Sink::of_request(out, &dialect, args, &[]);
            zvm::run(program, frame, &mut self.registers, &mut NoStore, &mut view, &mut sink);
            if bound.quiet {
                out.truncate(start);
            }
        });
        if view.is_closing() {
            connection.phase = Phase::Draining;
            connection.parseable = false;
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

/// Answers a request for which the connection's network gives no right.
#[cold]
fn deny(connection: &mut Connection, bound: &Bound<'_>) {
    let name = bound.command.name();
    let sequence = connection.replies.assign();
    connection.replies.reply(sequence, |out| match bound.dialect {
        Dialect::Resp(version) => {
            let text = format!("NOPERM this network gives no right to run the '{name}' command");
            drp_parser::Encoder::new(out, version).error(text.as_bytes());
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
