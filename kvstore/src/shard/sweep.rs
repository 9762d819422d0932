//! Removing the keys whose moment has come, a bounded piece at a time.

use super::Shard;
use crate::Namespace;
use crate::departures::{Cause, Departures};
use crate::jobs::Jobs;
use databox::{Databox, Text};
use packed_map::{Displaced, Sweeper};

/// What one call of [`Shard::sweep`] may do.
#[derive(Debug, Clone, Copy)]
pub struct SweepLimits {
    /// Pages looked at, a namespace without expiring keys counting as one.
    pub pages_max: usize,
    /// Keys found due; looked at between pages, so exceeded by at most one page's keys.
    pub keys_max: usize,
}

/// What one call of [`Shard::sweep`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepReport {
    /// Keys whose moment had come.
    pub due: u64,
    /// Those of them that were removed.
    pub swept: u64,
    /// Those of them that the observer kept for now.
    pub skipped: u64,
    /// Names of maps that were removed.
    pub names: u64,
}

/// Is told of the keys that a sweep removes, and may hold some back.
///
/// A closure over the namespace and the key is one that holds none back.
pub trait ExpiryObserver {
    /// Whether the key must stay for now, because a transaction is using it.
    fn holds(&mut self, _ns: Namespace, _key: Text<'_>) -> bool {
        false
    }

    /// The key is being removed.
    fn expired(&mut self, ns: Namespace, key: Text<'_>);
}

impl<F: FnMut(Namespace, Text<'_>)> ExpiryObserver for F {
    fn expired(&mut self, ns: Namespace, key: Text<'_>) {
        self(ns, key);
    }
}

impl Shard {
    /// Looks at some pages, going on where the last call stopped, and removes the keys whose
    /// moment is at or before `now_ms`.
    ///
    /// Names of maps that have expired go too, up to some 64 a call and in a step of their own.
    ///
    /// Every key is looked at once a round, a round being as many calls as it takes to pass all
    /// pages of all namespaces. Pages on which nothing is due cost one comparison.
    pub fn sweep(
        &mut self,
        now_ms: u64,
        limits: SweepLimits,
        observer: &mut impl ExpiryObserver,
    ) -> SweepReport {
        let mut report = SweepReport::default();
        let mut pages_left = limits.pages_max;
        let start = self.sweep_next;
        let mut wrapped = false;
        while pages_left > 0 && report.due < limits.keys_max as u64 {
            let next = self.spaces.next(self.sweep_next);
            let id = match next {
                Some(id) if !wrapped || id < start => id,
                None if !wrapped => {
                    (wrapped, self.sweep_next) = (true, 0);
                    continue;
                }
                _ => break,
            };
            let keys_left = limits.keys_max - report.due as usize;
            let (pages, complete) =
                self.sweep_space(id, now_ms, (pages_left, keys_left), observer, &mut report);
            pages_left -= pages.clamp(1, pages_left);
            self.sweep_next = if complete { id.wrapping_add(1) } else { id };
        }
        self.sweep_names(now_ms, observer, &mut report);
        report
    }

    /// Sweeps in one namespace; returns the pages looked at and whether its round is complete.
    fn sweep_space(
        &mut self,
        id: u32,
        now_ms: u64,
        (pages_max, keys_max): (usize, usize),
        observer: &mut impl ExpiryObserver,
        report: &mut SweepReport,
    ) -> (usize, bool) {
        let ns = Namespace(id);
        let Some(index) = self.spaces.find(id) else { return (0, true) };
        self.hint = None;
        let Self { arena, spaces, jobs, ledger, departures, steps, .. } = self;
        let before = arena.allocated();
        let swept = ledger.follow(spaces.at_mut(index), |space| {
            if space.map.expiring() == 0 {
                space.sweep_cursor = 0;
                return packed_map::Swept::default();
            }
            let value_bytes = &mut space.value_bytes;
            let cause = Cause::Expired;
            let mut sweeper = SpaceSweeper { ns, observer, jobs, value_bytes, departures, cause };
            let (map, limits) = (&mut space.map, (pages_max, keys_max));
            let swept = map.sweep(arena, space.sweep_cursor, now_ms, limits, &mut sweeper);
            space.sweep_cursor = swept.cursor;
            swept
        });
        steps.note(before, arena.allocated());
        let gone = (swept.due - swept.kept) as u64;
        report.due += swept.due as u64;
        report.skipped += swept.kept as u64;
        report.swept += gone;
        self.expired += gone;
        (swept.pages, swept.cursor == 0)
    }
}

/// Passes a map's sweep on to the observer, and values to their destruction.
pub(super) struct SpaceSweeper<'a, O> {
    pub(super) ns: Namespace,
    pub(super) observer: &'a mut O,
    pub(super) jobs: &'a mut Jobs,
    pub(super) value_bytes: &'a mut u64,
    pub(super) departures: &'a mut Departures,
    /// Why keys go.
    pub(super) cause: Cause,
}

impl<O: ExpiryObserver> Sweeper<Databox> for SpaceSweeper<'_, O> {
    fn expire(&mut self, key: Text<'_>) -> bool {
        let goes = !self.observer.holds(self.ns, key);
        if goes {
            self.observer.expired(self.ns, key);
            self.departures.note(self.ns, key, self.cause);
        }
        goes
    }

    fn displaced(&mut self, old: Displaced<Databox>) {
        if let Some(value) = old.boxed() {
            *self.value_bytes -= value.heap_bytes() as u64;
            self.jobs.destroy(value);
        }
    }
}
