//! Which shard runs a request, or which shards run parts of it.

use crate::catalog::{Command, Route};
use crate::connection::Connection;
use crate::gather::Gather;
use crate::parser::{Bound, Turn};
use crate::request::{ConnectionKey, ReplyTo, Request, Source};
use std::ops::Range;
use zvm::{Multiplicity, Returns, VariadicSpan};

/// Sends bound requests into the local batch or the open batches of other threads.
#[derive(Debug, Default)]
pub(crate) struct Router {
    /// The shard and hash of each key group of one request.
    targets: Vec<(usize, u64)>,
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
        let request = Request {
            reply_to,
            command: bound.command.id(),
            namespace: connection.session.database,
            dialect: bound.dialect,
            quiet: bound.quiet,
            hash: 0,
            args: bound.args.clone(),
            source: bound.source,
        };
        let shards = turn.shared.shards;
        let args = turn.local.args(bound.args.clone(), bound.source, connection.input.buffer());
        match bound.command.route() {
            Route::Anywhere => {
                let shard = turn.mesh.own_shard().unwrap_or(0);
                send(turn, connection, request, shard);
            }
            Route::Key(index) => {
                let hash = turn.shared.hash(args.get(index));
                let shard = turn.shared.shard_of(hash);
                send(turn, connection, Request { hash, ..request }, shard);
            }
            Route::Cursor(index) => {
                let shard = cursor_shard(args.get(index), shards);
                send(turn, connection, request, shard);
            }
            Route::Groups { start, stride, key_offset } => {
                let count = args.len().saturating_sub(start) / stride;
                self.targets.clear();
                self.targets.extend((0..count).map(|group| {
                    let hash = turn.shared.hash(args.get(start + group * stride + key_offset));
                    (turn.shared.shard_of(hash), hash)
                }));
                self.send_groups(turn, connection, request, start, stride);
            }
            Route::List { key_offset } => {
                let span = bound.command.signature().list_span(args);
                self.targets.clear();
                // Without a span the request is wrong, and any shard says how.
                let groups = span.map_or(0..0, |span| 0..span.count);
                self.targets.extend(groups.map(|group| {
                    let at = span.map_or(0, |span| span.start + group * span.stride);
                    let hash = turn.shared.hash(args.get(at + key_offset));
                    (turn.shared.shard_of(hash), hash)
                }));
                self.send_list(turn, connection, request, span);
            }
            Route::Everywhere if shards == 1 => send(turn, connection, request, 0),
            Route::Everywhere => {
                let gather = Gather::new(bound.command.returns(), bound.dialect, shards);
                connection.replies.gather(sequence, gather);
                for shard in 0..shards {
                    send(turn, connection, part(&request, shard), shard);
                }
            }
        }
    }

    /// Sends a request whose list may stand anywhere: whole where one shard has all of its keys,
    /// else each group to its shard, with the arguments around the list and a count of one.
    fn send_list(
        &self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        request: Request,
        span: Option<VariadicSpan>,
    ) {
        let &(shard, hash) = self.targets.first().unwrap_or(&(0, 0));
        let Some(span) = span.filter(|_| self.targets.iter().any(|&(other, _)| other != shard))
        else {
            send(turn, connection, Request { hash, ..request }, shard);
            return;
        };
        let command = turn.catalog.command(request.command);
        let returns = command.map_or(Returns::Any, Command::returns);
        let counter = command.and_then(|command| match &command.signature().list()?.multiplicity {
            Multiplicity::Counted(counted) => Some(usize::from(counted.by)),
            _ => None,
        });
        let gather = Gather::new(returns, request.dialect, self.targets.len());
        connection.replies.gather(request.reply_to.sequence, gather);
        let input = connection.input.buffer();
        let args = turn.local.args(request.args.clone(), request.source, input);
        let owned: Vec<Vec<u8>> = (0..args.len())
            .map(
                |index| if Some(index) == counter { b"1".to_vec() } else { args.get(index).into() },
            )
            .collect();
        let behind = span.start + span.count * span.stride;
        for (group, &(shard, hash)) in self.targets.iter().enumerate() {
            let at = span.start + group * span.stride;
            let own = (0..span.start).chain(at..at + span.stride).chain(behind..owned.len());
            let own = own.filter_map(|index| owned.get(index).map(Vec::as_slice));
            let args = turn.local.copy_args(own);
            let part = Request { hash, args, source: Source::Batch, ..part(&request, group) };
            send(turn, connection, part, shard);
        }
    }

    /// Sends a request over several keys whole where one shard has them all, else each group to
    /// its shard.
    fn send_groups(
        &self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        request: Request,
        start: usize,
        stride: usize,
    ) {
        let &(shard, hash) = self.targets.first().unwrap_or(&(0, 0));
        if self.targets.iter().all(|&(other, _)| other == shard) {
            send(turn, connection, Request { hash, ..request }, shard);
            return;
        }
        let returns = turn.catalog.command(request.command).map(|command| command.returns());
        let gather =
            Gather::new(returns.unwrap_or(Returns::Any), request.dialect, self.targets.len());
        connection.replies.gather(request.reply_to.sequence, gather);
        let fixed = request.args.start..request.args.start + start;
        for (group, &(shard, hash)) in self.targets.iter().enumerate() {
            let at = fixed.end + group * stride;
            let args = group_args(turn, &fixed, at..at + stride);
            send(turn, connection, Request { hash, args, ..part(&request, group) }, shard);
        }
    }
}

/// The argument list of one key group: what stands before the groups, and the group.
fn group_args(turn: &mut Turn<'_>, fixed: &Range<usize>, group: Range<usize>) -> Range<usize> {
    if fixed.is_empty() {
        return group;
    }
    let first = turn.local.ranges.len();
    turn.local.ranges.extend_from_within(fixed.clone());
    turn.local.ranges.extend_from_within(group);
    first..turn.local.ranges.len()
}

/// One part of a scattered request.
fn part(request: &Request, index: usize) -> Request {
    let part = u32::try_from(index).ok();
    Request { reply_to: ReplyTo { part, ..request.reply_to }, ..request.clone() }
}

/// Puts a request whose argument ranges are in the local list where its shard takes it from.
fn send(turn: &mut Turn<'_>, connection: &Connection, request: Request, shard: usize) {
    if !turn.mesh.is_remote(shard) {
        turn.local.list.push(request);
        return;
    }
    let input = connection.input.buffer();
    let args = turn.local.args(request.args.clone(), request.source, input);
    let batch = turn.mesh.batch_for(shard, turn.catalog);
    let copied = batch.requests.copy_args((0..args.len()).map(|index| args.get(index)));
    if request.dialect.ranges_behind() > 0 {
        batch.requests.copy_args(std::iter::once(turn.local.behind(&request, input)));
    }
    batch.requests.list.push(Request { args: copied, source: Source::Batch, ..request });
}

/// The shard that a scan's cursor is in; what is no cursor goes anywhere to get its error.
fn cursor_shard(cursor: &[u8], shards: usize) -> usize {
    let number = std::str::from_utf8(cursor).ok().and_then(|text| text.parse::<u64>().ok());
    number.map_or(0, |number| crate::shard_store::cursor_parts(number, shards).0)
}
