//! A meeting: one command of a transaction that needs what several shards hold.

use kvstore::Contents;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One command, and what the shards of its keys bring and take away.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// The step that it is.
    pub(crate) step: usize,
    /// The arguments, of the transaction's.
    pub(crate) args: Range<usize>,
    /// The hash of its first key.
    pub(crate) hash: u64,
    /// The databases that it may look into.
    pub(crate) databases: Range<u32>,
    /// What each shard brings.
    pub(crate) shares: Vec<Share>,
    /// Shards that have not come.
    missing: AtomicUsize,
    /// The reply, once the command has run.
    reply: Mutex<Vec<u8>>,
}

/// What one shard brings and takes away.
#[derive(Debug)]
pub(crate) struct Share {
    /// Which part of the transaction it is.
    pub(crate) part: usize,
    /// Its keys; none twice.
    pub(crate) keys: Vec<JointKey>,
    /// First what it contributes, in the order of the keys, then the entries that have changed.
    entries: Mutex<Vec<Entry>>,
}

/// What one database has at a key.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Which of the share's keys.
    pub(crate) place: usize,
    /// The database.
    pub(crate) database: u32,
    /// What is there.
    pub(crate) contents: Option<Contents>,
}

/// A key of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JointKey {
    /// Which of the transaction's arguments it is.
    pub(crate) argument: usize,
    /// Its hash.
    pub(crate) hash: u64,
}

impl Meeting {
    /// A meeting for a step with these arguments and databases, to which nobody comes yet.
    pub(crate) const fn new(step: usize, args: Range<usize>, databases: Range<u32>) -> Self {
        Self {
            step,
            args,
            hash: 0,
            databases,
            shares: Vec::new(),
            missing: AtomicUsize::new(0),
            reply: Mutex::new(Vec::new()),
        }
    }

    /// Adds a key of a part. One that is named twice may be added twice.
    pub(crate) fn add_key(&mut self, part: usize, key: JointKey) {
        match self.shares.iter_mut().find(|share| share.part == part) {
            Some(share) => share.keys.push(key),
            None => {
                self.shares.push(Share { part, keys: vec![key], entries: Mutex::default() });
                *self.missing.get_mut() += 1;
            }
        }
    }

    /// The parts that come.
    pub(crate) fn parts(&self) -> impl Iterator<Item = usize> {
        self.shares.iter().map(|share| share.part)
    }

    /// The share of a part.
    pub(crate) fn share(&self, part: usize) -> Option<&Share> {
        self.shares.iter().find(|share| share.part == part)
    }

    /// Counts a shard as come. True for the last one, who sees what all others did before.
    pub(crate) fn arrive(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The reply, for its owner of the moment.
    pub(crate) fn reply(&self) -> MutexGuard<'_, Vec<u8>> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Its entries, for their owner of the moment.
    pub(crate) fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
