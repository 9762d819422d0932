//! EXEC where all keys are on one shard, and that is the connection's own: it needs no transaction
//! over threads, and is one request of the local batch, whose commands run one after the other.

use super::Worker;
use super::programs::{Held, ProgramTurn};
use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::intents::{Mark, Marks, Ticket, of_connection};
use crate::multi::{Queue, Queued};
use crate::planted::{Fault, is_planted};
use crate::request::Request;
use crate::unfinished::LateReply;
use drp_parser::Encoder;

/// An EXEC that waits for keys that others hold.
#[derive(Debug)]
pub(super) struct DeferredExec {
    request: Request,
    queue: Box<Queue>,
    now_ms: u64,
}

impl Worker {
    /// Executes an EXEC of an own connection, or lets it wait where others hold its keys. The queue
    /// comes back when it is needed no longer.
    pub(super) fn execute_exec(
        &mut self,
        request: &Request,
        mut queue: Box<Queue>,
        connection: &mut Connection,
        now_ms: u64,
    ) -> Option<Box<Queue>> {
        if !self.intents.is_empty() {
            let marks = self.marks_of_exec(request, &queue, now_ms);
            if self.intents.is_blocked(&marks) {
                self.pin(&marks);
                let request = request.clone();
                let held = Held::Exec(Box::new(DeferredExec { request, queue, now_ms }));
                let (_, first) = self.intents.enter(marks, held);
                debug_assert!(first.is_none(), "it is blocked");
                connection.unfinished += 1;
                return None;
            }
        }
        let sequence = request.reply_to.sequence;
        connection.replies.reply(sequence, |out| self.run_exec(request, &mut queue, now_ms, out));
        Some(queue)
    }

    /// Runs one that had to wait.
    pub(super) fn run_deferred_exec(&mut self, ticket: Ticket, deferred: DeferredExec) {
        let DeferredExec { request, mut queue, now_ms } = deferred;
        let mut reply = Vec::new();
        self.run_exec(&request, &mut queue, now_ms, &mut reply);
        let (reply_to, loans) = (request.reply_to, Vec::new());
        self.late.push(LateReply { home: None, reply_to, reply, loans, slow: None });
        self.leave(ticket);
    }

    /// All of it, at this moment.
    fn run_exec(&mut self, request: &Request, queue: &mut Queue, now_ms: u64, out: &mut Vec<u8>) {
        let Dialect::Resp(version) = request.dialect else { return };
        let has_changed = self.has_changed(&queue.watched, now_ms) && !is_planted(Fault::Watch);
        self.unwatch(&queue.watched);
        queue.watched.clear();
        if has_changed {
            Encoder::new(out, version).nil_array();
            return;
        }
        Encoder::new(out, version).array(queue.requests.len());
        for queued in &queue.requests {
            let Some(turn) = turn_of(request, queue, queued, now_ms) else { continue };
            let slow = self.run_timed(&turn, false, out);
            self.slow.extend(slow.map(|slow| (request.reply_to.connection, slow)));
        }
    }

    /// What it wants of the shard.
    fn marks_of_exec(&self, request: &Request, queue: &Queue, now_ms: u64) -> Marks {
        let mut all: Vec<Mark> = queue.watched.iter().map(|watched| watched.mark.1).collect();
        all.push(of_connection(None, request.reply_to.connection));
        for queued in &queue.requests {
            let Some(turn) = turn_of(request, queue, queued, now_ms) else { continue };
            match turn.marks(|key| self.shard.hash(key)) {
                Marks::Keys(keys) => all.extend_from_slice(&keys),
                Marks::All => return Marks::All,
            }
        }
        Marks::of(all)
    }
}

/// The turn of one of its commands.
fn turn_of<'a>(
    request: &Request,
    queue: &'a Queue,
    queued: &Queued,
    now_ms: u64,
) -> Option<ProgramTurn<'a>> {
    let command = queue.catalog.command(queued.command)?;
    let turn = ProgramTurn::of(request, command, queue.args(queued), now_ms);
    // Its reply is one of several, so that nothing of it is lent.
    Some(ProgramTurn { hash: queued.hash, whole: false, ..turn })
}
