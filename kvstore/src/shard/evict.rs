//! Making room: removing keys that the policy chooses, a bounded piece at a time.
//!
//! Pages are visited in the order of a Weyl sequence over the hashes (multiples of the golden
//! ratio): evenly, by their share of the hashes and not of the directory, and without a random
//! number. Entries of a page that were appended later came later, so a page tells much of the
//! order among its own; what it does not tell, random replacement within a level loses nothing
//! of worth by (under independent requests FIFO and RANDOM hit equally often: Gelenbe 1973).

use super::{ExpiryObserver, Shard};
use crate::departures::Cause;
use crate::hash::HashKey;
use crate::policy::Policy;
use crate::recent::Recent;
use crate::shard::sweep::SpaceSweeper;
use crate::space::Space;
use crate::{Namespace, Text};
use packed_map::{Choice, LEVELS_MAX};
use std::collections::HashMap;

/// What a shard knows for its policy.
#[derive(Debug, Default)]
pub(super) struct Eviction {
    pub(super) policy: Policy,
    pub(super) recent: Recent,
    /// The namespace that is visited.
    space: u32,
    /// Visits to it before the next one's turn.
    visits_left: u64,
    /// Visits in a row that removed nothing.
    fruitless: u32,
    /// Those of them since another key than this one was kept from going, which may be all there
    /// was to remove.
    in_vain: u32,
    kept: Option<u64>,
    /// Keys removed.
    pub(super) evicted: u64,
}

impl Shard {
    /// What may be used at most: the budget but for what is set aside, and with a policy that
    /// removes keys a little more.
    pub(super) fn limit(&self) -> u64 {
        let limit = match self.eviction.policy {
            Policy::Refuse => self.budget_bytes,
            _ => self.budget_bytes.saturating_add(self.budget_bytes / SLACK_SHARE),
        };
        if self.budget_bytes == u64::MAX { limit } else { limit.saturating_sub(self.aside_bytes) }
    }

    /// What happens when the budget is used up.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.eviction.policy
    }

    /// Changes what happens when the budget is used up. What an earlier policy knew of keys is
    /// forgotten bit by bit.
    ///
    /// # Complexity
    ///
    /// Linear in the number of namespaces.
    pub fn set_policy(&mut self, policy: Policy) {
        let evicted = self.eviction.evicted;
        self.eviction = Eviction { evicted, ..Eviction::new(policy) };
        self.spaces.iter_mut().for_each(|space| space.map.keep_levels(policy.levels()));
    }

    /// How many keys were removed, since the shard was made, to make room.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.eviction.evicted
    }

    /// Removes up to `keys` keys of the policy's choice, whether there is room or not, and returns
    /// how many it removed: fewer where there are no more, or hardly any may go.
    ///
    /// # Complexity
    ///
    /// A page or two for each key.
    pub fn evict(&mut self, keys: usize) -> usize {
        let before = self.eviction.evicted;
        self.eviction.in_vain = 0;
        while self.eviction.evicted - before < keys as u64 && self.visit(None).is_some() {}
        (self.eviction.evicted - before) as usize
    }

    /// Keeps the keys with this hash, in all namespaces, from making room until they are
    /// [unpinned](Self::unpin) as often as they were pinned: for whoever holds on to one longer
    /// than an operation.
    pub fn pin(&mut self, hash: u64) {
        *self.pins.entry(hash).or_default() += 1;
    }

    /// Takes back one [`pin`](Self::pin).
    pub fn unpin(&mut self, hash: u64) {
        if let Some(count) = self.pins.get_mut(&hash) {
            *count -= 1;
            if *count == 0 {
                self.pins.remove(&hash);
            }
        }
    }

    /// Keeps all keys from making room until [`unpin_all`](Self::unpin_all) is called as often.
    pub const fn pin_all(&mut self) {
        self.all_pinned += 1;
    }

    /// Takes back one [`pin_all`](Self::pin_all).
    pub const fn unpin_all(&mut self) {
        self.all_pinned = self.all_pinned.saturating_sub(1);
    }

    /// One step towards the budget, for whoever has time: large values that were removed are freed
    /// a piece further, or a few pages are visited. Tells whether there is more to do.
    pub fn stay_under(&mut self) -> bool {
        self.is_over() && self.make_room(None)
    }

    /// Whether keys have to go.
    pub(super) fn is_over(&self) -> bool {
        self.eviction.policy != Policy::Refuse && self.spent() > self.budget_bytes
    }

    /// One step towards less; `None` and `false` where nothing can go. A key with the hash `own`
    /// stays.
    pub(super) fn make_room(&mut self, own: Option<u64>) -> bool {
        if self.jobs.ledger().queued > 0 {
            self.work(WORK_STEPS);
            return true;
        }
        (0..VISITS_A_STEP).all(|_| self.visit(own).is_some())
    }

    /// Notes that a key with this hash was asked for again, and tells whether that was known.
    pub(super) fn note_recent(&mut self, index: usize, hash: u64) -> bool {
        let keys = self.spaces.at(index).map.len() as u64;
        let known = self.eviction.recent.knows(hash as u32);
        self.eviction.recent.note(hash as u32, keys);
        known
    }

    /// Visits a page and removes one key of it, if the policy finds one there. `None` where
    /// nothing was found for so long that there is nothing to find.
    fn visit(&mut self, own: Option<u64>) -> Option<()> {
        if self.eviction.kept != own {
            (self.eviction.kept, self.eviction.in_vain) = (own, 0);
        }
        if self.eviction.policy == Policy::Refuse || self.eviction.in_vain >= FRUITLESS_MAX {
            self.eviction.in_vain = 0;
            return None;
        }
        if self.all_pinned > 0 {
            return None;
        }
        let ns = self.next_visited()?;
        let index = self.spaces.find(ns.0)?;
        self.hint = None;
        let Self {
            spaces, arena, jobs, ledger, eviction, departures, hash_key, pins, steps, ..
        } = self;
        let mut observer = Evictor { own, pins, hash_key };
        let before = arena.allocated();
        let gone = ledger.follow(spaces.at_mut(index), |space| {
            let knows = |hash| eviction.recent.knows(hash);
            let (point, choice) = choose(eviction, space, &knows);
            let value_bytes = &mut space.value_bytes;
            let cause = Cause::Evicted;
            let mut sweeper =
                SpaceSweeper { ns, observer: &mut observer, jobs, value_bytes, departures, cause };
            space.map.evict(arena, point, choice, &mut sweeper).gone
        });
        steps.note(before, arena.allocated());
        eviction.visits_left = eviction.visits_left.saturating_sub(1);
        eviction.evicted += gone as u64;
        eviction.fruitless = if gone > 0 { 0 } else { eviction.fruitless.saturating_add(1) };
        eviction.in_vain = if gone > 0 { 0 } else { eviction.in_vain + 1 };
        Some(())
    }

    /// The namespace whose turn it is: each has as many visits as it has pages, a sixteenth of them
    /// at a time.
    fn next_visited(&mut self) -> Option<Namespace> {
        let next = if self.eviction.visits_left > 0 {
            self.eviction.space
        } else {
            self.eviction.space.wrapping_add(1)
        };
        let id = self.spaces.next(next).or_else(|| self.spaces.next(0))?;
        if self.eviction.visits_left == 0 || id != self.eviction.space {
            let pages = self.spaces.get(id)?.map.buckets();
            self.eviction.space = id;
            self.eviction.visits_left = pages.div_ceil(TURNS);
        }
        Some(Namespace(id))
    }
}

impl Eviction {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }
}

/// The hash whose page is next in this namespace, and what is to go there.
fn choose<'a>(
    eviction: &Eviction,
    space: &mut Space,
    knows: &'a dyn Fn(u32) -> bool,
) -> (u64, Choice<'a>) {
    let visit = space.visits;
    space.visits += 1;
    let point = visit.wrapping_mul(GOLDEN);
    let nth = (point >> 16) as usize & 0xffff;
    let choice = match eviction.policy {
        Policy::Snlru { .. } => Choice::Lowest {
            lower: lower(space),
            ages: (visit / space.map.buckets().max(1)).is_multiple_of(ROUNDS_A_YEAR),
            level_max: if eviction.fruitless < FRUITLESS_LEVEL { 0 } else { LEVELS_MAX },
        },
        Policy::RandomMemory => Choice::Unknown(nth, knows),
        Policy::Random | Policy::Refuse => Choice::Nth(nth),
    };
    (point.reverse_bits(), choice)
}

/// How many keys of a page each level but the lowest has too many of: level `l` of `n` may have
/// `l + 1` parts of `1 + 2 + .. + n`.
fn lower(space: &Space) -> [usize; LEVELS_MAX - 1] {
    let (lens, levels) = (space.map.level_lens(), space.map.levels());
    let keys = space.map.len().max(1);
    let parts = (levels * (levels + 1) / 2).max(1);
    core::array::from_fn(|index| {
        let share = keys * (index + 2) / parts;
        let beyond = lens[index + 1].saturating_sub(share);
        (beyond * PAGE_KEYS).div_ceil(keys).min(LOWER_MAX)
    })
}

/// Holds back the key that a write is about, and those that are pinned.
struct Evictor<'a> {
    own: Option<u64>,
    pins: &'a HashMap<u64, u32>,
    hash_key: &'a HashKey,
}

impl ExpiryObserver for Evictor<'_> {
    fn holds(&mut self, _: Namespace, key: Text<'_>) -> bool {
        if self.own.is_none() && self.pins.is_empty() {
            return false;
        }
        let mut digits = databox::decimal::Buffer::new();
        let hash = self.hash_key.hash(key.bytes(&mut digits));
        self.own == Some(hash) || self.pins.contains_key(&hash)
    }

    fn expired(&mut self, _: Namespace, _: Text<'_>) {}
}

/// The odd number nearest to 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The part of the budget that it may be exceeded by, for as long as it takes to make room.
const SLACK_SHARE: u64 = 32;

/// Keys of a page, about.
const PAGE_KEYS: usize = 16;

/// Keys of one level that one visit lowers at most.
const LOWER_MAX: usize = 4;

/// Keys grow older in one round of so many over all pages.
const ROUNDS_A_YEAR: u64 = 16;

/// Visits in a row that found no key of the lowest level, after which any level will do.
const FRUITLESS_LEVEL: u32 = 4;

/// Visits in a row that removed nothing, after which there is nothing to remove.
const FRUITLESS_MAX: u32 = 64;

/// Visits of one step; each changes a page, and at times merges two.
const VISITS_A_STEP: usize = 2;

/// Pieces of removed values that one step frees.
const WORK_STEPS: usize = 8;

/// Turns of a namespace in which each of its pages is visited once.
const TURNS: u64 = 16;
