//! A look at all of an arena, for tests.

use super::header::{self, Header, Links};
use super::region::{REGION_UNITS, Regions, Role};
use super::{Arena, poison};

impl Arena {
    /// Panics unless the arena's invariants hold.
    ///
    /// # Complexity
    ///
    /// Every block of every region in use is looked at.
    pub fn check(&self) {
        let mut total = Tally::default();
        for region in 0..self.regions.len() {
            match self.regions.get(region).role {
                Role::Spare | Role::Returned => {
                    assert_eq!(self.regions.get(region).live, 0);
                    assert_ne!(self.open, Some(region));
                }
                role => total.add(self.check_region(region, role)),
            }
        }
        assert_eq!((total.live, total.free), (self.live_units, self.free_units), "units");
        assert_eq!(total.listed, self.check_free_lists(), "listed blocks");
        self.regions.check_lists();
    }

    /// A5 to A8, A10 and A11 in one region.
    fn check_region(&self, region: usize, role: Role) -> Tally {
        let mut tally = Tally::default();
        let (mut at, bump) = (Regions::start(region), self.regions.bump(region));
        let mut left_free = false;
        let cursor = self.cursor(region);
        let mut met_cursor = cursor.is_none() || cursor == Some(bump);
        while at < bump {
            let own = Header::read(self.memory.unit(at));
            met_cursor |= cursor == Some(at);
            assert!(own.units > 0 && at + own.units <= bump, "a tile over the edge at {at}");
            assert!(!(own.is_free() && left_free), "free neighbours at {at}");
            if own.is_free() {
                assert_eq!(header::footer(self.memory.unit(at + own.units - 1)), own.units);
                poison::assert_intact(&self.memory, at, own.units);
                tally.free += own.units;
                tally.listed += usize::from(!self.is_sealed(at));
            } else {
                assert_eq!(own.left_free, left_free, "the mark at {at}");
                tally.live += own.units;
            }
            left_free = own.is_free();
            at += own.units;
        }
        assert!(met_cursor, "a cursor inside a block");
        assert_eq!(usize::from(self.regions.get(region).live), tally.live);
        assert_eq!(self.regions.free_units(region), tally.free);
        match role {
            Role::Open => {
                assert_eq!(self.open, Some(region));
                assert!(!left_free, "a free block at the bump");
            }
            _ => {
                assert_eq!(bump, (region + 1) * REGION_UNITS);
                assert!(tally.live > 0, "an empty region in use");
                assert_eq!(role == Role::Victim, self.is_victim(region));
            }
        }
        tally
    }

    /// A9 from the lists' side: how many blocks they hold.
    fn check_free_lists(&self) -> usize {
        self.free_lists.check_bitmap();
        let (mut count, mut units) = (0, 0);
        while let Some(size) = self.free_lists.next_size(units) {
            units = size;
            let (mut at, mut before) = (self.free_lists.first(units), 0);
            while let Some(unit) = at {
                let own = Header::read(self.memory.unit(unit));
                assert!(own.is_free() && own.units == units && !self.is_sealed(unit));
                let Links { next, previous } = Links::read(self.memory.unit(unit));
                assert_eq!(previous as usize, before);
                (before, at) = (unit, (next != 0).then_some(next as usize));
                count += 1;
            }
        }
        count
    }
}

#[derive(Default)]
struct Tally {
    live: usize,
    free: usize,
    /// Free blocks that must be in a list.
    listed: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.live += other.live;
        self.free += other.free;
        self.listed += other.listed;
    }
}
