//! The regions: what each holds, which to open next, and which has the most free room.
//!
//! A region is 256 KiB. Blocks tile it from its start to its `bump`; behind that, in the one
//! region that is open, lies room that no block has had since the region was opened.

use super::blocks::{UNIT_BYTES, UNITS_MAX};
use alloc::vec::Vec;

/// What the arena knows of a region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    /// Units in living blocks, up to [`REGION_UNITS`].
    pub(super) live: u16,
    /// Units from the region's begin to the end of its tiles, up to [`REGION_UNITS`].
    pub(super) bump: u16,
    /// What the region is used for.
    pub(super) role: Role,
    /// The list that the region is in: that of its free room, or none.
    list: u8,
    /// It is in no list up to this one: compaction has tried it with that much free room.
    tried: u8,
    /// The next region of its list, or of the stack of spare or returned ones.
    next: u32,
    /// The region before it in its list.
    previous: u32,
}

/// What a region is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// New blocks are cut from its untouched end.
    Open,
    /// It is tiled to its end.
    Closed,
    /// As closed, and being emptied by compaction.
    Victim,
    /// Empty; its pages are kept.
    Spare,
    /// Empty; its pages have been given back.
    Returned,
}

/// All regions that have been used, in the order of their addresses.
#[derive(Debug)]
pub(super) struct Regions {
    /// Its capacity is that of the whole reservation from the first, so that it never moves.
    all: Vec<Region>,
    regions_max: usize,
    /// Stacks of empty regions.
    spare: Stack,
    returned: Stack,
    /// Closed regions by their free room, in steps of [`STEP_UNITS`].
    lists: [u32; LISTS],
    /// A bit for each of them that is not empty.
    filled: u64,
}

impl Regions {
    /// A table for up to `regions_max` regions; `None` where there is no room for it.
    pub(super) fn new(regions_max: usize) -> Option<Self> {
        let mut all = Vec::new();
        all.try_reserve_exact(regions_max).ok()?;
        Some(Self {
            all,
            regions_max,
            spare: Stack::EMPTY,
            returned: Stack::EMPTY,
            lists: [NONE; LISTS],
            filled: 0,
        })
    }

    /// How many regions have ever been used.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn spare(&self) -> usize {
        self.spare.len
    }

    pub(super) fn returned(&self) -> usize {
        self.returned.len
    }

    /// The bytes of the table.
    pub(super) fn table_bytes(&self) -> usize {
        self.all.capacity() * size_of::<Region>()
    }

    #[inline]
    pub(super) fn get(&self, region: usize) -> &Region {
        &self.all[region]
    }

    /// The first unit that a block of the region may have.
    #[inline]
    pub(super) fn start(region: usize) -> usize {
        // The handle 0 is none, so no block begins there.
        if region == 0 { 1 } else { region * REGION_UNITS }
    }

    /// The unit behind the last tile of the region.
    #[inline]
    pub(super) fn bump(&self, region: usize) -> usize {
        region * REGION_UNITS + usize::from(self.all[region].bump)
    }

    #[inline]
    pub(super) fn set_bump(&mut self, region: usize, unit: usize) {
        self.all[region].bump = (unit - region * REGION_UNITS) as u16;
    }

    /// The units of free blocks in the region.
    #[inline]
    pub(super) fn free_units(&self, region: usize) -> usize {
        let Region { live, bump, .. } = self.all[region];
        usize::from(bump) - usize::from(live) - usize::from(region == 0)
    }

    /// Counts units that became living.
    #[inline]
    pub(super) fn add_live(&mut self, region: usize, units: usize) {
        let before = self.free_units(region) / STEP_UNITS;
        self.all[region].live += units as u16;
        self.relist(region, before);
    }

    /// Counts units that became free, and says whether any living ones remain.
    #[inline]
    pub(super) fn remove_live(&mut self, region: usize, units: usize) -> bool {
        let before = self.free_units(region) / STEP_UNITS;
        let own = &mut self.all[region];
        own.live -= units as u16;
        let remain = own.live != 0;
        if remain {
            self.relist(region, before);
        }
        remain
    }

    /// Opens an empty region: a spare one, else one whose pages have been given back, else a
    /// fresh one.
    pub(super) fn open(&mut self) -> Option<usize> {
        let spare = self.spare.pop(&mut self.all);
        let empty = spare.or_else(|| self.returned.pop(&mut self.all));
        let region = match empty {
            Some(region) => region,
            None => self.push_fresh()?,
        };
        self.all[region].role = Role::Open;
        self.set_bump(region, Self::start(region));
        Some(region)
    }

    /// Closes the open region, whose tiles reach its end.
    pub(super) fn close(&mut self, region: usize) {
        debug_assert_eq!(usize::from(self.all[region].bump), REGION_UNITS);
        self.all[region].role = Role::Closed;
        self.enlist(region);
    }

    /// Makes an empty region a spare one, unless there are enough of them. Says whether it is.
    pub(super) fn retire(&mut self, region: usize) -> bool {
        self.delist(region);
        (self.all[region].bump, self.all[region].tried) = (0, 0);
        let in_use = self.all.len() - self.returned.len;
        let keeps = self.spare.len < SPARE_MIN + in_use / SPARE_SHARE;
        let (stack, role) = if keeps {
            (&mut self.spare, Role::Spare)
        } else {
            (&mut self.returned, Role::Returned)
        };
        self.all[region].role = role;
        stack.push(&mut self.all, region);
        keeps
    }

    /// Makes the region that would be opened next a spare one, where there are fewer of them.
    pub(super) fn prepare(&mut self, spare_max: usize) -> Option<usize> {
        if self.spare.len >= spare_max {
            return None;
        }
        let returned = self.returned.pop(&mut self.all);
        let region = match returned {
            Some(region) => region,
            None => self.push_fresh()?,
        };
        self.all[region].role = Role::Spare;
        self.spare.push(&mut self.all, region);
        Some(region)
    }

    /// Whether a region can be opened.
    pub(super) fn has_empty(&self) -> bool {
        self.spare.len + self.returned.len > 0 || self.all.len() < self.regions_max
    }

    /// Takes the closed region with the most free room, but for those that compaction has tried
    /// in vain.
    pub(super) fn choose_victim(&mut self) -> Option<usize> {
        let list = self.filled.checked_ilog2()? as usize;
        let region = self.lists[list] as usize;
        self.delist(region);
        self.all[region].role = Role::Victim;
        Some(region)
    }

    /// Ends the emptying of a region that is not empty. It is not chosen again until it has a
    /// step more of free room, or has been full.
    pub(super) fn give_up_victim(&mut self, region: usize) {
        self.all[region].role = Role::Closed;
        self.all[region].tried = (self.free_units(region) / STEP_UNITS) as u8;
    }

    /// Panics unless the lists and stacks hold what they should.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check_lists(&self) {
        let mut listed = 0;
        for list in 0..LISTS {
            assert_eq!(self.filled >> list & 1 == 1, self.lists[list] != NONE);
            let (mut at, mut before) = (self.lists[list], NONE);
            while at != NONE {
                let region = &self.all[at as usize];
                assert_eq!((region.role, region.previous), (Role::Closed, before));
                assert_eq!(usize::from(region.list), list);
                assert_eq!(self.free_units(at as usize) / STEP_UNITS, list);
                (before, at) = (at, region.next);
                listed += 1;
            }
        }
        let count = |wanted: fn(&Region) -> bool| self.all.iter().filter(|r| wanted(r)).count();
        assert_eq!(count(|region| region.list != NO_LIST), listed);
        assert_eq!(count(|region| region.role == Role::Spare), self.spare.len);
        assert_eq!(count(|region| region.role == Role::Returned), self.returned.len);
    }

    fn push_fresh(&mut self) -> Option<usize> {
        let region = self.all.len();
        if region == self.regions_max {
            return None;
        }
        self.all.push(Region {
            live: 0,
            bump: 0,
            role: Role::Spare,
            list: NO_LIST,
            tried: 0,
            next: NONE,
            previous: NONE,
        });
        Some(region)
    }

    /// Moves a closed region to the list of its free room, where that is another than before.
    #[inline]
    fn relist(&mut self, region: usize, before: usize) {
        let changed = self.free_units(region) / STEP_UNITS != before;
        if changed && self.all[region].role == Role::Closed {
            self.delist(region);
            self.enlist(region);
        }
    }

    fn enlist(&mut self, region: usize) {
        let list = self.free_units(region) / STEP_UNITS;
        if list == 0 {
            self.all[region].tried = 0;
        }
        if list <= usize::from(self.all[region].tried) {
            return;
        }
        let next = self.lists[list];
        if next != NONE {
            self.all[next as usize].previous = region as u32;
        }
        let own = &mut self.all[region];
        (own.list, own.next, own.previous) = (list as u8, next, NONE);
        self.lists[list] = region as u32;
        self.filled |= 1 << list;
    }

    fn delist(&mut self, region: usize) {
        let Region { list, next, previous, .. } = self.all[region];
        if list == NO_LIST {
            return;
        }
        self.all[region].list = NO_LIST;
        if next != NONE {
            self.all[next as usize].previous = previous;
        }
        if previous != NONE {
            self.all[previous as usize].next = next;
            return;
        }
        self.lists[usize::from(list)] = next;
        if next == NONE {
            self.filled &= !(1 << list);
        }
    }
}

/// Regions on top of each other.
#[derive(Debug)]
struct Stack {
    top: u32,
    len: usize,
}

impl Stack {
    const EMPTY: Self = Self { top: NONE, len: 0 };

    fn push(&mut self, all: &mut [Region], region: usize) {
        all[region].next = self.top;
        self.top = region as u32;
        self.len += 1;
    }

    fn pop(&mut self, all: &mut [Region]) -> Option<usize> {
        let region = self.top;
        if region == NONE {
            return None;
        }
        self.top = all[region as usize].next;
        self.len -= 1;
        Some(region as usize)
    }
}

/// The units of a region.
pub(super) const REGION_UNITS: usize = 1 << 14;

/// The bytes of a region.
pub(super) const REGION_BYTES: usize = REGION_UNITS * UNIT_BYTES;

/// How many empty regions keep their pages, whatever the size of the arena ...
const SPARE_MIN: usize = 4;

/// ... and one more for each so many regions in use.
const SPARE_SHARE: usize = 256;

/// By how many free units the lists of closed regions differ.
const STEP_UNITS: usize = 256;

/// The lists; the first, of regions that are as good as full, stays empty.
const LISTS: usize = REGION_UNITS / STEP_UNITS;

/// No region.
const NONE: u32 = u32::MAX;

/// No list.
const NO_LIST: u8 = u8::MAX;

const _: () = assert!(LISTS <= u64::BITS as usize && LISTS < NO_LIST as usize);
const _: () = assert!(UNITS_MAX < REGION_UNITS && REGION_UNITS <= u16::MAX as usize);
