//! Clients that leave, or are made to.

use super::Reactor;
use crate::connection::Phase;
use crate::request::ConnectionKey;

impl Reactor {
    /// Ends the connections that some client wants to be ended.
    pub(super) fn end_killed(&mut self) {
        let kills = self.shared.clients.kills();
        if self.kills == kills {
            return;
        }
        self.kills = kills;
        let indexes: Vec<u32> = self.connections.indexes().collect();
        for index in indexes {
            let Some(key) = self.connections.key_at(index) else { continue };
            let Some(connection) = self.connections.at(index) else { continue };
            // The one that asked for its own end goes once it has its reply.
            if connection.session.client().is_killed() && connection.phase == Phase::Open {
                connection.phase = Phase::Closing;
                self.replier.touch(key);
            }
        }
    }

    /// Ends what goes on for a client that is gone.
    pub(super) fn abandon(&mut self, key: ConnectionKey) {
        if let Some(worker) = &mut self.worker {
            worker.cancel(None, key);
        }
        self.pass_on();
        self.mesh.send_gone(key);
    }
}
