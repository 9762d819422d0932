//! Requests that took long, on their way into the log: what they were is known where they ran, who
//! asked for it is known here.

use super::Reactor;
use crate::batch::Batch;
use crate::request::ConnectionKey;
use crate::slow_log::Slow;

impl Reactor {
    /// Logs those of this thread's that its own shard has run.
    pub(super) fn log_slow(&mut self) {
        let Some(worker) = &mut self.worker else { return };
        let len_max = self.shared.settings.slow_log_len();
        for (key, slow) in worker.slow_requests() {
            let client = self.connections.get(key).map(|one| one.session.client());
            self.shared.slow_log.add(slow, client, len_max);
        }
    }

    /// Logs those of a batch that came home.
    pub(super) fn log_slow_of(&mut self, batch: &Batch) {
        for (number, slow) in &batch.slow {
            if let Some(request) = batch.requests.list.get(*number) {
                self.log_slow_one(request.reply_to.connection, Some(slow.clone()));
            }
        }
    }

    /// Logs one.
    pub(super) fn log_slow_one(&mut self, key: ConnectionKey, slow: Option<Box<Slow>>) {
        let Some(slow) = slow else { return };
        let client = self.connections.get(key).map(|one| one.session.client());
        self.shared.slow_log.add(slow, client, self.shared.settings.slow_log_len());
    }
}
