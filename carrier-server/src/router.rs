//! Which shard runs a request, or which shards run parts of it.

mod planner;
mod spread;

pub(crate) use planner::Planner;
pub(crate) use spread::{Groups, Spread, Spreader};

use crate::catalog::{Catalog, Command};
use crate::connection::Connection;
use crate::gather::Gather;
use crate::parser::{Bound, Turn};
use crate::request::{ConnectionKey, ReplyTo, Request, Source};
use crate::transaction::{Plan, Purpose, Transaction};
use std::sync::Arc;
use zvm::RunWhere;

/// Sends bound requests into the local batch or the open batches of other threads, and hands
/// those that span shards to the coordinator.
#[derive(Debug, Default)]
pub(crate) struct Router {
    pub(crate) spreader: Spreader,
}

impl Router {
    /// Routes one request. Requests of a connection for one shard keep their order: the local
    /// batch, an open batch and a ring are each first in, first out.
    pub(crate) fn route(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        bound: &Bound<'_>,
    ) {
        let sequence = connection.replies.assign();
        let reply_to = ReplyTo { connection: key, sequence, part: None };
        let Some(index) = bound.command.only_key().filter(|&index| index < bound.args.len()) else {
            return self.route_spread(turn, connection, reply_to, bound);
        };
        let place = bound.args.start + index;
        let hash = turn.shared.hash(turn.local.arg(place, bound.source, connection.input.buffer()));
        let shard = turn.shared.shard_of(hash);
        let request = Request { hash, ..bound.request(reply_to, connection.session.database) };
        send(turn, connection, request, shard);
    }

    /// Routes one that has not exactly one key.
    #[inline(never)]
    fn route_spread(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        reply_to: ReplyTo,
        bound: &Bound<'_>,
    ) {
        let sequence = reply_to.sequence;
        let request = bound.request(reply_to, connection.session.database);
        let args = turn.local.args(bound.args.clone(), bound.source, connection.input.buffer());
        let own_shard = turn.mesh.own_shard().unwrap_or(0);
        match self.spreader.spread(turn.shared, own_shard, bound.command, args) {
            Spread::Shard { shard, hash } => {
                send(turn, connection, Request { hash, ..request }, shard);
            }
            Spread::Groups(groups) if bound.command.run_where() == RunWhere::Each => {
                self.send_each(turn, connection, &request, bound.command, groups);
            }
            Spread::Everywhere if !bound.command.writes() => {
                let shards = turn.shared.shards;
                let gather = Gather::new(bound.command.returns(), bound.dialect, shards);
                connection.replies.gather(sequence, gather);
                for shard in 0..shards {
                    send(turn, connection, part(&request, shard), shard);
                }
            }
            spread => {
                let mut planner = Planner::new(turn.shared);
                planner.add(&request, bound.command, args, &spread, self.spreader.targets());
                let (plan, catalog) = (planner.finish(turn.mesh), Arc::clone(turn.catalog));
                submit(turn, connection, (reply_to, Purpose::Command), catalog, plan);
            }
        }
    }

    /// Sends each group to its shard, with the arguments around the groups.
    fn send_each(
        &self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        request: &Request,
        command: &Command,
        groups: Groups,
    ) {
        let gather = Gather::new(command.returns(), request.dialect, groups.count);
        connection.replies.gather(request.reply_to.sequence, gather);
        for (group, &(shard, hash)) in self.spreader.targets().iter().enumerate() {
            let args = {
                let input = connection.input.buffer();
                let args = turn.local.args(request.args.clone(), request.source, input);
                let own = groups.args_of(args, std::iter::once(group), "1");
                own.map(<[u8]>::to_vec).collect::<Vec<_>>()
            };
            let args = turn.local.copy_args(args.iter().map(Vec::as_slice));
            let part = Request { hash, args, source: Source::Batch, ..part(request, group) };
            send(turn, connection, part, shard);
        }
    }
}

/// Hands a transaction to the coordinator; the connection waits until it is published.
pub(crate) fn submit(
    turn: &mut Turn<'_>,
    connection: &mut Connection,
    (reply_to, purpose): (ReplyTo, Purpose),
    catalog: Arc<Catalog>,
    plan: Plan,
) {
    let home = turn.mesh.thread();
    let transaction = Transaction::new(home, reply_to, turn.now_ms, catalog, purpose, plan);
    turn.coordinator.submit(transaction);
    connection.unpublished += 1;
    connection.transactions += 1;
}

/// One part of a scattered request.
fn part(request: &Request, index: usize) -> Request {
    let part = u32::try_from(index).ok();
    Request { reply_to: ReplyTo { part, ..request.reply_to }, ..request.clone() }
}

/// Puts a request whose argument ranges are in the local list where its shard takes it from.
#[inline]
fn send(turn: &mut Turn<'_>, connection: &Connection, request: Request, shard: usize) {
    if turn.mesh.is_remote(shard) {
        send_away(turn, connection, request, shard);
    } else {
        turn.local.list.push(request);
    }
}

/// Copies a request into the open batch of the thread that has its shard.
#[inline(never)]
fn send_away(turn: &mut Turn<'_>, connection: &Connection, request: Request, shard: usize) {
    let input = connection.input.buffer();
    let args = turn.local.args(request.args.clone(), request.source, input);
    let batch = turn.mesh.batch_for(shard, turn.catalog);
    let copied = batch.requests.copy_args((0..args.len()).map(|index| args.get(index)));
    if request.dialect.ranges_behind() > 0 {
        batch.requests.copy_args(std::iter::once(turn.local.args_of(&request, input).behind()));
    }
    batch.requests.list.push(Request { args: copied, source: Source::Batch, ..request });
}
