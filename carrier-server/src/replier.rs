//! The replier role: brings replies to their connections and sends them, one write a connection
//! a turn.

use crate::batch::Batch;
use crate::connection::{Connection, Connections, Phase};
use crate::input::BufferPool;
use crate::request::ConnectionKey;

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
        for (reply_to, reply) in batch.answers() {
            let Some(connection) = connections.get(reply_to.connection) else { continue };
            connection.replies.borrow_buffer(pool);
            match reply_to.part {
                Some(part) => {
                    connection.replies.reply_part(reply_to.sequence, part as usize, reply);
                }
                None => {
                    connection.replies.reply(reply_to.sequence, |out| out.extend_from_slice(reply));
                }
            }
            self.touch(reply_to.connection);
        }
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
