//! The replier role: brings replies to their connections and sends them, one write a connection
//! a turn.

use crate::batch::Batch;
use crate::connection::{Connection, Connections, Phase};
use crate::input::BufferPool;
use crate::loan::Loan;
use crate::request::{ConnectionKey, ReplyTo};
use crate::unfinished::LateReply;

/// The connections of a thread that have something to send.
#[derive(Debug, Default)]
pub(crate) struct Replier {
    touched: Vec<ConnectionKey>,
}

impl Replier {
    /// Notes that a connection may have something to send this turn.
    pub(crate) fn touch(&mut self, key: ConnectionKey) {
        if self.touched.last() != Some(&key) {
            self.touched.push(key);
        }
    }

    /// Gives the replies of a batch that came home to their connections, those that still exist.
    pub(crate) fn deliver(
        &mut self,
        batch: &Batch,
        connections: &mut Connections,
        pool: &mut BufferPool,
    ) {
        for (number, (reply_to, reply)) in batch.answers().enumerate() {
            match reply {
                Some(reply) => {
                    let loans = batch.loans_of(number).collect();
                    self.reply(reply_to, reply, loans, connections, pool);
                }
                None => {
                    if let Some(connection) = connections.get(reply_to.connection) {
                        connection.unfinished += 1;
                    }
                }
            }
        }
    }

    /// Gives the reply of a program that took several turns to its connection, if that still
    /// exists.
    pub(crate) fn deliver_late(
        &mut self,
        late: &LateReply,
        connections: &mut Connections,
        pool: &mut BufferPool,
    ) {
        if let Some(connection) = connections.get(late.reply_to.connection) {
            connection.unfinished = connection.unfinished.saturating_sub(1);
        }
        self.reply(late.reply_to, &late.reply, late.loans.clone(), connections, pool);
    }

    fn reply(
        &mut self,
        reply_to: ReplyTo,
        reply: &[u8],
        mut loans: Vec<Loan>,
        connections: &mut Connections,
        pool: &mut BufferPool,
    ) {
        let Some(connection) = connections.get(reply_to.connection) else { return };
        connection.replies.borrow_buffer(pool);
        match reply_to.part {
            Some(part) => {
                connection.replies.reply_part(reply_to.sequence, part as usize, reply);
            }
            None => {
                connection.replies.reply_lending(reply_to.sequence, |out, borrowed| {
                    out.extend_from_slice(reply);
                    borrowed.append(&mut loans);
                });
            }
        }
        self.touch(reply_to.connection);
    }

    /// Sends what the touched connections have to send and hands each to `then`.
    pub(crate) fn poll(
        &mut self,
        connections: &mut Connections,
        output_max: usize,
        mut then: impl FnMut(ConnectionKey, &mut Connection, Sent),
    ) {
        for key in self.touched.drain(..) {
            let Some(connection) = connections.get(key) else { continue };
            connection.send();
            let overrun = connection.replies.pending_bytes() > output_max;
            if overrun {
                connection.phase = Phase::Closing;
            }
            then(key, connection, if overrun { Sent::Overrun } else { Sent::Fine });
        }
    }
}

/// How sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// As far as the socket takes it.
    Fine,
    /// The client has let too many bytes pile up and is disconnected.
    Overrun,
}
