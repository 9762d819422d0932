//! Stamps, by which a client knows whether a value has been written since it asked, and flushes
//! that are due later.
//!
//! A value has no stamp until one is asked for, so that only those who compare pay for it, and a
//! write leaves it without, so that no stamp given before matches.

use super::Shard;
use crate::{Key, Namespace};

impl Shard {
    /// Gives the value of a key a stamp that none of this shard has had, with `marks` in the bits
    /// above [`STAMP_BITS`](Self::STAMP_BITS). `None`: there is no such key, or the reservation is
    /// full to the last byte.
    pub fn give_stamp(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        marks: u64,
        now_ms: u64,
    ) -> Option<u64> {
        let stamp = self.last_stamp.wrapping_add(1) & (u64::MAX >> (u64::BITS - Self::STAMP_BITS));
        let word = marks | stamp;
        self.set_stamp_word(ns, key, word, now_ms).then(|| {
            self.last_stamp = stamp;
            stamp
        })
    }

    /// Sets the stamp of a key and the marks above it, as one word, and tells whether that was
    /// done.
    pub fn set_stamp_word(&mut self, ns: Namespace, key: Key<'_>, word: u64, now_ms: u64) -> bool {
        self.set_extras(ns, key, now_ms, |extras| extras.cas = word)
    }

    /// Removes every key of the namespace at a moment, in the place of what was said before.
    /// Whoever owns the shard calls [`flush_due`](Self::flush_due) before it does anything else.
    pub fn flush_at(&mut self, ns: Namespace, at_ms: u64) {
        self.flushes.retain(|(other, _)| *other != ns);
        self.flushes.push((ns, at_ms));
    }

    /// Flushes the namespaces for which it is time, and tells whether there were any.
    #[inline]
    pub fn flush_due(&mut self, now_ms: u64) -> bool {
        !self.flushes.is_empty() && self.flush_those_due(now_ms)
    }

    #[cold]
    fn flush_those_due(&mut self, now_ms: u64) -> bool {
        let before = self.flushes.len();
        while let Some(at) = self.flushes.iter().position(|(_, at_ms)| *at_ms <= now_ms) {
            let (ns, _) = self.flushes.swap_remove(at);
            self.flush(ns);
        }
        self.flushes.len() < before
    }

    /// How many bits of a stamp's word count the stamps.
    pub const STAMP_BITS: u32 = 62;
}
