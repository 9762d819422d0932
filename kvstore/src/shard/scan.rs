//! Walking the keys of a namespace while others write.

use super::Shard;
use crate::{Item, Namespace};
use databox::Text;

impl Shard {
    /// Visits some keys of a namespace from `cursor` on, at least `count` of them unless it comes
    /// to the end, and returns the cursor to go on from; 0 starts and ends.
    ///
    /// Whatever is written between two calls, a key that exists from the first call to the last
    /// is visited at least once; others may be, and any may be visited twice. Cursors are below
    /// 2^40; a number that no call returned starts somewhere and harms nothing.
    ///
    /// # Complexity
    ///
    /// About `count` keys, and at most ten pages for each of them where pages are empty.
    pub fn scan(
        &self,
        ns: Namespace,
        cursor: u64,
        count: u64,
        now_ms: u64,
        mut visit: impl FnMut(Text<'_>, Item<'_>),
    ) -> u64 {
        let Some(space) = self.space(ns) else { return 0 };
        let mut next = cursor;
        let mut visited = 0;
        for _ in 0..count.max(1).saturating_mul(PAGES_A_KEY) {
            next = space.map.scan(&self.arena, next, |entry| {
                if entry.expires_at_ms().is_none_or(|at| at > now_ms) {
                    visited += 1;
                    visit(entry.key(), Item::new(entry));
                }
            });
            if next == 0 || visited >= count {
                break;
            }
        }
        next
    }
}

/// Pages that may be looked at for each key asked for.
const PAGES_A_KEY: u64 = 10;
