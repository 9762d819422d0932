//! What MULTI, EXEC, DISCARD, WATCH and UNWATCH ask for, done.

use super::{Parser, Turn};
use crate::catalog::{BindError, Command};
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::multi::Queue;
use crate::request::{ReplyTo, Request, Source};
use crate::router::{Planner, submit};
use crate::session::SessionView;
use crate::sink::Sink;
use crate::transaction::Purpose;
use drp_parser::Encoder;
use std::cell::Cell;
use std::sync::Arc;
use zvm::{Args, Frame, Multi, NoStore, RunWhere};

impl Parser {
    /// Does what a command asked for about the connection's transaction.
    pub(super) fn control(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        request: Request,
        (wish, watch): (Option<Multi>, Vec<Box<[u8]>>),
        reply: Vec<u8>,
    ) {
        if !watch.is_empty() {
            let mut planner = Planner::new(turn.shared);
            planner.begin_watch(connection.session.database, &watch);
            planner.add_reply(&request, reply);
            let (plan, catalog) = (planner.finish(turn.mesh), Arc::clone(turn.catalog));
            submit(turn, connection, (request.reply_to, Purpose::Watch), catalog, plan);
            connection.awaits_transactions = true;
            return;
        }
        match wish {
            Some(Multi::Commit) => {
                if let Some(queue) = connection.queue.take() {
                    self.commit(turn, connection, &request, &queue);
                }
                return;
            }
            Some(Multi::Begin) => connection.queue = Some(Box::new(Queue::new(turn.catalog))),
            Some(Multi::Discard) => {
                connection.queue = None;
                unwatch(turn, connection, request.reply_to);
            }
            Some(Multi::Unwatch) => unwatch(turn, connection, request.reply_to),
            _ => {}
        }
        let sequence = request.reply_to.sequence;
        connection.replies.reply(sequence, |out| out.extend_from_slice(&reply));
    }

    /// Runs what was queued.
    fn commit(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        exec: &Request,
        queue: &Queue,
    ) {
        if queue.is_broken {
            unwatch(turn, connection, exec.reply_to);
            connection.replies.reply(exec.reply_to.sequence, |out| out.extend_from_slice(ABORTED));
            return;
        }
        let mut planner = Planner::new(turn.shared);
        let own_shard = turn.mesh.own_shard().unwrap_or(0);
        let before = connection.session.clone();
        for queued in &queue.requests {
            let Some(command) = queue.catalog.command(queued.command) else { continue };
            let args = queue.args(queued);
            let request = Request {
                command: queued.command,
                namespace: connection.session.database,
                dialect: Dialect::Resp(connection.session.version),
                source: Source::Batch,
                ..exec.clone()
            };
            if !command.program().accepts(args.len()) {
                let error = BindError::WrongArity(queued.command);
                let (text, mut reply) = (queue.catalog.bind_error(error, args), Vec::new());
                Encoder::new(&mut reply, connection.session.version).error(&text);
                planner.add_reply(&request, reply);
                continue;
            }
            if command.run_where() == RunWhere::Connection {
                let reply = self.run_queued(turn, connection, command, args, request.dialect);
                planner.add_reply(&request, reply);
                connection.before_exec.get_or_insert_with(|| Box::new(before.clone()));
                continue;
            }
            let spread = self.router.spreader.spread(turn.shared, own_shard, command, args);
            planner.add(&request, command, args, &spread, self.router.spreader.targets());
        }
        for watched in connection.watched.drain(..) {
            planner.watch(watched);
        }
        let purpose = Purpose::Exec(exec.dialect);
        let plan = planner.finish(turn.mesh);
        submit(turn, connection, (exec.reply_to, purpose), Arc::clone(&queue.catalog), plan);
        connection.awaits_transactions = true;
    }

    /// Runs a queued connection command, before the transaction: it sees no data.
    fn run_queued(
        &mut self,
        turn: &Turn<'_>,
        connection: &mut Connection,
        command: &Command,
        args: Args<'_>,
        dialect: Dialect,
    ) -> Vec<u8> {
        let dialect = Cell::new(dialect);
        let (session, shared) = (&mut connection.session, turn.shared);
        let mut view = SessionView::new(session, shared, turn.catalog, &dialect, true);
        let mut reply = Vec::new();
        let mut sink = Sink::new(&mut reply, &dialect);
        let (program, registers) = (command.program(), &mut self.registers);
        zvm::run(program, &Frame::new(args), registers, &mut NoStore, &mut view, &mut sink);
        reply
    }
}

/// Forgets the keys that a connection watches.
pub(super) fn unwatch(turn: &mut Turn<'_>, connection: &mut Connection, reply_to: ReplyTo) {
    if connection.watched.is_empty() {
        return;
    }
    let mut planner = Planner::new(turn.shared);
    connection.watched.drain(..).for_each(|watched| planner.watch(watched));
    let plan = planner.finish(turn.mesh);
    let catalog = Arc::clone(turn.catalog);
    submit(turn, connection, (reply_to, Purpose::Unwatch), catalog, plan);
}

/// The reply to EXEC where a request was refused before.
const ABORTED: &[u8] = b"-EXECABORT Transaction discarded because of previous errors.\r\n";
