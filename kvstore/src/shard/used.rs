//! Whether a key was used before, as far as what the policy notes of uses tells.

use super::Shard;
use crate::Policy;

impl Shard {
    /// Whether the key that was found last, or that was [left alone](Self::expiry) last, had been
    /// asked for before that, since it was written or since the policy last lowered it. False where
    /// the policy notes nothing of uses, and where something was written since.
    #[must_use]
    pub fn was_used(&self) -> bool {
        let Some(hint) = self.hint else { return false };
        hint.was_used.unwrap_or_else(|| match self.eviction.policy {
            Policy::Snlru { .. } => self
                .space(hint.ns)
                .is_some_and(|space| space.map.level(&self.arena, hint.position) > 0),
            Policy::RandomMemory => self.eviction.recent.knows(hint.hash as u32),
            _ => false,
        })
    }

    /// Lets the next look-up of the key that was found last be one more use of it: a look-up right
    /// behind another of the same key counts as the same use otherwise.
    pub const fn end_use(&mut self) {
        self.hint = None;
    }
}
