//! The coordinator role: publishes the transactions of a thread's connections, in their order.
//!
//! A transaction waits here, and its connection is not parsed further, until three things hold: the
//! batches with earlier requests are in their rings, fewer than [`out_max`] of the thread's
//! transactions are out, and nobody else is at the ordering point. Nothing waits in the loop: who
//! comes away without is woken (`order.rs`), or tries again when a transaction has come home or a
//! ring has room.

use crate::mesh::{Mesh, Message};
use crate::order::OrderingPoint;
use crate::planted::{Fault, is_planted};
use crate::transaction::{Transaction, out_max};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// The transactions that a thread has to publish, and those it has out.
#[derive(Debug)]
pub(crate) struct Coordinator {
    me: usize,
    waiting: VecDeque<Arc<Transaction>>,
    out: usize,
    out_max: usize,
    /// Whether the ordering point was taken when it was last tried.
    refused: bool,
}

impl Coordinator {
    /// That of thread `me`, of `threads`.
    pub(crate) const fn new(me: usize, threads: usize) -> Self {
        let out_max = out_max(threads);
        Self { me, waiting: VecDeque::new(), out: 0, out_max, refused: false }
    }

    /// Takes a transaction on, which is published in its turn.
    pub(crate) fn submit(&mut self, transaction: Transaction) {
        self.waiting.push_back(Arc::new(transaction));
    }

    /// Whether transactions wait to be published.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a wake-up will come for those that wait, so that the thread may sleep.
    pub(crate) fn may_sleep(&self, order: &OrderingPoint) -> bool {
        !self.refused || order.is_waiting(self.me)
    }

    /// A transaction of this thread has come home.
    pub(crate) const fn finished(&mut self) {
        self.out -= 1;
    }

    /// Publishes what can be, and hands `published` every transaction that was. One that touches
    /// no more than this thread's own shard is not sent: the caller has it run.
    ///
    /// # Errors
    ///
    /// Those of waking a thread.
    pub(crate) fn publish(
        &mut self,
        mesh: &mut Mesh,
        order: &OrderingPoint,
        mut published: impl FnMut(&Arc<Transaction>),
    ) -> io::Result<()> {
        self.refused = false;
        if self.waiting.is_empty() || !mesh.publish_all() {
            return Ok(());
        }
        let mut entered = false;
        while self.out < self.out_max
            && let Some(transaction) = self.waiting.front()
        {
            if transaction.parts.len() > 1 && !entered && !is_planted(Fault::Order) {
                entered = order.try_enter(self.me);
                if !entered {
                    self.refused = true;
                    break;
                }
            }
            let Some(transaction) = self.waiting.pop_front() else { break };
            self.out += 1;
            if !transaction.is_only_on(self.me) {
                for (part, own) in transaction.parts.iter().enumerate() {
                    let message = Message::Turn(Arc::clone(&transaction), part);
                    mesh.send_transaction(own.thread, message);
                }
            }
            published(&transaction);
        }
        let mut woken = Ok(());
        if entered {
            order.leave(|thread| {
                if let Err(error) = mesh.wake(thread) {
                    woken = Err(error);
                }
            });
        }
        woken
    }
}
