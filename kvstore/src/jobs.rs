//! What was removed and is freed bit by bit.

use crate::Lent;
use crate::ledger::Ledger;
use crate::space::Space;
use databox::{Databox, Set};
use packed_map::Arena;
use std::collections::LinkedList;
use std::sync::Arc;

/// The queue of a shard's destructions, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    ///
    /// A list grows by one job whatever its length; an array of many jobs would have to move.
    queue: LinkedList<Job>,
    /// The bytes that the queued values and directories still hold.
    queued: u64,
    /// Others have a clone of it for each set that is out.
    loans: Arc<()>,
    /// At least the bytes that only lent sets hold still, as long as one is out.
    lent: u64,
}

#[derive(Debug)]
enum Job {
    Value(Databox),
    Space(Box<Space>),
    /// Its bytes are counted as lent.
    Home(Lent),
}

impl Jobs {
    /// What is freed in the course of the operation that removed it: a few pages at most.
    pub(crate) const AT_ONCE_MAX_BYTES: usize = 16 * 1024;

    /// What the queue takes for one job: the job, and the list's two pointers.
    pub(crate) const JOB_BYTES: u64 = (size_of::<Job>() + 2 * size_of::<usize>()) as u64;

    /// Destroys a value: here where that is quick, else later. The value is no longer counted
    /// anywhere else.
    pub(crate) fn destroy(&mut self, value: Databox) {
        let bytes = value.heap_bytes();
        if self.any_lent() {
            // It may be this one.
            self.lent += value.as_set().map_or(0, Set::heap_bytes) as u64;
        }
        if bytes > Self::AT_ONCE_MAX_BYTES {
            self.queued += bytes as u64;
            self.queue.push_back(Job::Value(value));
        }
    }

    /// Lends a clone of a set that the shard goes on writing.
    pub(crate) fn lend(&mut self, set: Set) -> Lent {
        if !self.any_lent() {
            self.lent = 0;
        }
        Lent::new(set, Arc::clone(&self.loans))
    }

    /// Notes that a lent set keeps `bytes` that its shard has written anew.
    pub(crate) fn note_copied(&mut self, bytes: usize) {
        if self.any_lent() {
            self.lent += bytes as u64;
        }
    }

    /// At least as many bytes as one write to a set can copy.
    pub(crate) fn copied_max(&self) -> usize {
        if self.any_lent() { COPIED_MAX_BYTES } else { 0 }
    }

    /// Frees what nobody but a lent set holds, later.
    pub(crate) fn take_home(&mut self, lent: Lent) {
        self.queue.push_back(Job::Home(lent));
    }

    fn any_lent(&self) -> bool {
        Arc::strong_count(&self.loans) > 1
    }

    /// Destroys a directory later.
    pub(crate) fn destroy_space(&mut self, space: Box<Space>) {
        self.queued += space.used();
        self.queue.push_back(Job::Space(space));
    }

    /// Frees up to `steps` pieces, each a page or a value without pages, and tells whether there
    /// is more.
    pub(crate) fn work(&mut self, arena: &mut Arena, steps: usize) -> bool {
        for _ in 0..steps {
            let Some(job) = self.queue.pop_front() else { break };
            self.step(arena, job);
        }
        !self.queue.is_empty()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger {
            queued: self.queued + if self.any_lent() { self.lent } else { 0 },
            tables: self.queue.len() as u64 * Self::JOB_BYTES,
            ..Ledger::default()
        }
    }

    /// The directories that are being freed.
    pub(crate) fn spaces_mut(&mut self) -> impl Iterator<Item = &mut Space> {
        self.queue.iter_mut().filter_map(|job| match job {
            Job::Value(_) | Job::Home(_) => None,
            Job::Space(space) => Some(&mut **space),
        })
    }

    /// [`ledger`](Self::ledger), counted again from nothing.
    pub(crate) fn recount(&self, arena: &Arena) -> Ledger {
        let bytes = |job: &Job| match job {
            Job::Value(value) => recount(value),
            Job::Space(space) => space.recount(arena).used(),
            Job::Home(_) => 0,
        };
        let lent = self.ledger().queued - self.queued;
        Ledger { queued: self.queue.iter().map(bytes).sum::<u64>() + lent, ..self.ledger() }
    }

    fn step(&mut self, arena: &mut Arena, job: Job) {
        match job {
            Job::Value(mut value) => {
                let before = value.heap_bytes();
                if value.free_step() {
                    self.queued -= (before - value.heap_bytes()) as u64;
                    self.queue.push_front(Job::Value(value));
                } else {
                    self.queued -= before as u64;
                }
            }
            Job::Home(mut lent) => {
                if lent.free_step() {
                    self.queue.push_front(Job::Home(lent));
                }
            }
            Job::Space(mut space) => {
                let before = space.used();
                let more = space.drain_page(arena, self);
                self.queued -= before - space.used();
                if more {
                    self.queue.push_front(Job::Space(space));
                } else {
                    self.queued -= space.used();
                }
            }
        }
    }
}

/// The bytes that a value has allocated, counted again from nothing.
pub(crate) fn recount(value: &Databox) -> u64 {
    value.recount_bytes() as u64
}

/// What a write to a lent set copies at most.
const COPIED_MAX_BYTES: usize = 64 * 1024;
