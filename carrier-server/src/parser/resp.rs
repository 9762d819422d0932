//! Requests in the Redis protocol.

use super::exec::unwatch;
use super::{Bound, Parser, Stop, Turn, refuse, reply_to, starve};
use crate::connection::{Connection, Protocol};
use crate::dialect::Dialect;
use crate::request::{ConnectionKey, Source};
use drp_parser::{Encoder, Status};
use zvm::ArgRange;

impl Parser {
    /// Takes one request.
    pub(super) fn poll_resp(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
    ) -> Option<Stop> {
        let Protocol::Resp(parser) = &mut connection.protocol else { return None };
        let version = connection.session.version;
        self.resp_args.clear();
        let status = parser.parse(connection.input.bytes(), &mut self.resp_args);
        let (consumed, from) = match status {
            Ok(Status::Complete { consumed, source }) => (consumed, source),
            Ok(Status::Empty { consumed }) => {
                connection.input.consume(consumed);
                return None;
            }
            Ok(Status::Incomplete { needed }) => return Some(starve(connection, needed)),
            Err(error) => {
                let text = format!("ERR {error}");
                return Some(refuse(connection, |out| {
                    Encoder::new(out, version).error(text.as_bytes());
                }));
            }
        };
        let first = turn.local.ranges.len();
        let source = self.keep_args(turn, connection, from);
        connection.silence_unwanted();
        let range = first..turn.local.ranges.len();
        let args = turn.local.args(range, source, connection.input.buffer());
        let found = turn.catalog.find_resp(args).or_else(|error| match connection.queue {
            Some(_) => turn.catalog.find_uneven(error, args),
            None => Err(error),
        });
        match found {
            Ok(found) => {
                let bound = Bound {
                    command: found.command,
                    args: first + found.words..first + args.len(),
                    source,
                    dialect: Dialect::Resp(version),
                    quiet: false,
                };
                self.dispatch(turn, connection, key, &bound, consumed)
            }
            Err(error) => {
                let mut text = turn.catalog.bind_error(error, args);
                let sequence = connection.replies.assign();
                if turn.catalog.is_commit(error) {
                    text = [ABORTED, text.strip_prefix(b"ERR ").unwrap_or(&text)].concat();
                    connection.queue = None;
                    unwatch(turn, connection, reply_to(key, sequence));
                }
                connection.replies.reply(sequence, |out| Encoder::new(out, version).error(&text));
                connection.break_queue();
                turn.local.ranges.truncate(first);
                connection.input.consume(consumed);
                None
            }
        }
    }

    /// Notes where the arguments stand that were just parsed.
    #[inline]
    fn keep_args(
        &self,
        turn: &mut Turn<'_>,
        connection: &Connection,
        from: drp_parser::Source,
    ) -> Source {
        let Protocol::Resp(parser) = &connection.protocol else { return Source::Input };
        match from {
            drp_parser::Source::Input => {
                let base = u32::try_from(connection.input.start()).unwrap_or(u32::MAX);
                // Most requests have too few arguments for what `extend` sets up to pay.
                turn.local.ranges.reserve(self.resp_args.len());
                for range in &self.resp_args {
                    let range = ArgRange { start: range.start + base, len: range.len };
                    turn.local.ranges.push(range);
                }
                Source::Input
            }
            drp_parser::Source::Unescaped => {
                let bytes = parser.unescaped();
                turn.local.copy_args(self.resp_args.iter().map(|range| range.of(bytes)));
                Source::Batch
            }
        }
    }
}

/// How the reply to an EXEC begins that cannot be understood.
const ABORTED: &[u8] = b"EXECABORT Transaction discarded because of: ";
