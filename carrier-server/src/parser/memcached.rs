//! Requests in memcached's text protocol.

use super::{Bound, Parser, Stop, Turn, refuse, starve};
use crate::connection::{Connection, Protocol};
use crate::dialect::Dialect;
use crate::request::{ConnectionKey, Source};
use dmp_parser::{Encoder, Request, RequestError, Status, Verb};

impl Parser {
    /// Takes one request.
    pub(super) fn poll_memcached(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
    ) -> Option<Stop> {
        let Protocol::Memcached(parser) = &mut connection.protocol else { return None };
        self.memcached_args.clear();
        let (consumed, request) =
            match parser.parse(connection.input.bytes(), &mut self.memcached_args) {
                Ok(Status::Complete { consumed, request }) => (consumed, request),
                Ok(Status::Swallowed { consumed }) => {
                    connection.input.consume(consumed);
                    return None;
                }
                Ok(Status::Incomplete { needed }) => return Some(starve(connection, needed)),
                Err(error) => return self.reject_memcached(turn, connection, key, error),
            };
        let first = turn.local.ranges.len();
        let input = connection.input.bytes();
        let keys = self.memcached_args.iter().map(|range| range.of(input));
        if request.verb == Verb::Set {
            let (mut flags, mut exptime) = (itoa::Buffer::new(), itoa::Buffer::new());
            let flags = flags.format(request.flags).as_bytes();
            let exptime = exptime.format(request.exptime).as_bytes();
            turn.local.copy_args(keys.chain([flags, exptime, request.data.of(input)]));
        } else {
            turn.local.copy_args(keys);
        }
        let args = first..turn.local.ranges.len();
        let Some(command) = turn.catalog.find_memcached(name(&request), args.len()) else {
            turn.local.ranges.truncate(first);
            let sequence = connection.replies.assign();
            connection.replies.reply(sequence, |out| Encoder::new(out).error());
            connection.input.consume(consumed);
            return None;
        };
        let bound = Bound {
            command,
            args,
            source: Source::Batch,
            dialect: Dialect::Memcached,
            quiet: request.noreply,
        };
        self.dispatch(turn, connection, key, &bound, consumed)
    }

    /// Tells the client what is wrong with its request, and goes on behind it where that is known.
    fn reject_memcached(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        error: RequestError,
    ) -> Option<Stop> {
        if error.is_fatal() {
            return Some(refuse(connection, |out| Encoder::new(out).refusal(&error)));
        }
        if let Some(range) = error.key()
            && let Some(command) = turn.catalog.find_memcached("delete", 1)
        {
            // An item that cannot be stored must not leave the one it was to replace.
            let old = range.of(connection.input.bytes());
            let args = turn.local.copy_args([old].into_iter());
            let (source, dialect) = (Source::Batch, Dialect::Memcached);
            let bound = Bound { command, args, source, dialect, quiet: true };
            self.dispatch(turn, connection, key, &bound, 0);
        }
        let sequence = connection.replies.assign();
        connection.replies.reply(sequence, |out| Encoder::new(out).refusal(&error));
        connection.input.consume(error.consumed());
        None
    }
}

/// The name of the command that serves a request.
const fn name(request: &Request) -> &'static str {
    match request.verb {
        Verb::Get => "get",
        Verb::Set => "set",
        Verb::Delete => "delete",
        Verb::Version => "version",
        Verb::Quit => "quit",
        _ => "",
    }
}
