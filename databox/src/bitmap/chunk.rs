//! A chunk of 2^16 bits in the form that suits it: places, runs, or the bits themselves.
//!
//! What the forms are good for stands here and nowhere else: places as long as there are at most
//! [`PLACES_MAX`] of them, runs where these take less, bytes otherwise. A single write leaves the
//! form but where it does not hold any more; what is written in bulk chooses anew.

use super::kernel;
use super::view::ChunkView;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use packed_map::Shared;

/// The bits of a chunk, of which others may have some.
#[derive(Debug, Clone, Default)]
pub(super) enum Chunk {
    /// No bit is set.
    #[default]
    Empty,
    /// The places of set bits, in ascending order; behind the first `len`, which is 1 at least,
    /// there is room for more.
    Places { len: u16, places: Shared<u16> },
    /// Runs of set bits, in ascending order and apart from each other; at least one.
    Runs(Shared<Run>),
    /// The bits themselves, [`CHUNK_BYTES`].
    Bytes { ones: Ones, bytes: Shared<u8> },
}

/// Neighbouring bits that are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first: u16,
    /// Not before `first`.
    pub(crate) last: u16,
}

impl Run {
    pub(crate) fn len(self) -> u32 {
        u32::from(self.last - self.first) + 1
    }
}

/// How many bits are set, where that was counted. Counting is left until somebody asks, who may
/// have the bits only to read.
#[derive(Debug)]
pub(super) struct Ones(AtomicU32);

impl Ones {
    pub(super) const fn unknown() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }

    pub(super) const fn known(count: u32) -> Self {
        Self(AtomicU32::new(count))
    }

    pub(super) fn get(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&count| count < u32::MAX)
    }

    /// Keeps what was counted; two that count at a time come to the same.
    pub(super) fn keep(&self, count: u32) {
        self.0.store(count, Ordering::Relaxed);
    }

    pub(super) fn get_or_count(&self, count: impl FnOnce() -> u32) -> u32 {
        self.get().unwrap_or_else(|| {
            let count = count();
            self.keep(count);
            count
        })
    }
}

impl Clone for Ones {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }
}

impl Chunk {
    /// The bits with these places, which ascend, at most [`PLACES_MAX`].
    pub(super) fn of_places(places: &[u16]) -> Self {
        debug_assert!(places.len() <= PLACES_MAX);
        match u16::try_from(places.len()) {
            Ok(0) | Err(_) => Self::Empty,
            Ok(len) => Self::Places { len, places: roomy(places) },
        }
    }

    pub(super) fn of_runs(runs: &[Run]) -> Self {
        if runs.is_empty() { Self::Empty } else { Self::Runs(Shared::copy_of(runs)) }
    }

    /// The bits of these runs in their smallest form.
    pub(super) fn best_of_runs(runs: &[Run]) -> Self {
        let ones: u32 = runs.iter().map(|run| run.len()).sum();
        match Form::of(ones, runs.len() as u32) {
            Form::Empty => Self::Empty,
            Form::Runs => Self::of_runs(runs),
            _ => Self::of_bytes(&ChunkView::Runs(runs).to_bits()),
        }
    }

    /// The bits themselves, without a look at them.
    pub(super) fn of_dense(bytes: &Bits, ones: Ones) -> Self {
        Self::Bytes { ones, bytes: Shared::copy_of(bytes) }
    }

    /// These bits in their smallest form.
    pub(super) fn of_bytes(bytes: &Bits) -> Self {
        let ones = kernel::count_ones(bytes) as u32;
        match Form::of(ones, kernel::count_runs(bytes) as u32) {
            Form::Empty => Self::Empty,
            Form::Places => {
                let mut places = Vec::with_capacity(ones as usize);
                ChunkView::Bytes(bytes).for_each_run(|run| places.extend(run.first..=run.last));
                Self::of_places(&places)
            }
            Form::Runs => {
                let mut runs = Vec::new();
                ChunkView::Bytes(bytes).for_each_run(|run| runs.push(run));
                Self::of_runs(&runs)
            }
            Form::Bytes => Self::of_dense(bytes, Ones::known(ones)),
        }
    }

    pub(super) fn view(&self) -> ChunkView<'_> {
        match self {
            Self::Empty => ChunkView::Empty,
            Self::Places { len, places } => ChunkView::Places(&places[..usize::from(*len)]),
            Self::Runs(runs) => ChunkView::Runs(runs),
            Self::Bytes { bytes, .. } => ChunkView::Bytes(bytes),
        }
    }

    /// How many bits are set.
    pub(super) fn ones(&self) -> u32 {
        match self {
            Self::Bytes { ones, bytes } => ones.get_or_count(|| kernel::count_ones(bytes) as u32),
            _ => self.view().ones(),
        }
    }

    /// The same, where that takes no counting.
    pub(super) fn known_ones(&self) -> Option<u32> {
        match self {
            Self::Bytes { ones, .. } => ones.get(),
            _ => Some(self.view().ones()),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The bytes of the allocation.
    pub(super) const fn heap_bytes(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Places { places, .. } => places.bytes(),
            Self::Runs(runs) => runs.bytes(),
            Self::Bytes { bytes, .. } => bytes.bytes(),
        }
    }

    /// The bytes that a write has to copy because others have them too.
    pub(super) fn shared_bytes(&self) -> usize {
        let is_alone = match self {
            Self::Empty => true,
            Self::Places { places, .. } => places.is_alone(),
            Self::Runs(runs) => runs.is_alone(),
            Self::Bytes { bytes, .. } => bytes.is_alone(),
        };
        if is_alone { 0 } else { self.heap_bytes() }
    }

    /// Sets or clears a bit and tells what it was.
    pub(super) fn set(&mut self, place: u16, value: bool) -> bool {
        match self {
            Self::Empty if value => *self = Self::of_places(&[place]),
            Self::Empty => {}
            Self::Places { .. } => return self.set_place(place, value),
            Self::Runs(_) => return self.set_in_runs(place, value),
            Self::Bytes { ones, bytes } => {
                let (at, mask) = (usize::from(place / 8), 0x80 >> (place % 8));
                let before = bytes[at] & mask != 0;
                if before == value {
                    return before;
                }
                bytes.make_mut()[at] ^= mask;
                if let Some(count) = ones.get() {
                    let count = if value { count + 1 } else { count - 1 };
                    ones.keep(count);
                    self.leave_bytes(count);
                }
                return before;
            }
        }
        false
    }

    /// Takes another form where so few or so many bits are set that it is far smaller.
    fn leave_bytes(&mut self, ones: u32) {
        if ones == CHUNK_BITS || ones < PLACES_MAX as u32 / 2 {
            *self = Self::of_bytes(&self.view().to_bits());
        }
    }

    fn set_place(&mut self, place: u16, value: bool) -> bool {
        let Self::Places { len, places } = self else { return false };
        let count = usize::from(*len);
        match (places[..count].binary_search(&place), value) {
            (Ok(_), true) => return true,
            (Err(_), false) => return false,
            (Ok(at), false) => {
                if count == 1 {
                    *self = Self::Empty;
                } else if room(count - 1) * 2 <= places.len() {
                    let kept = [&places[..at], &places[at + 1..count]].concat();
                    *self = Self::of_places(&kept);
                } else {
                    places.make_mut().copy_within(at + 1..count, at);
                    *len -= 1;
                }
                return true;
            }
            (Err(_), true) if count == PLACES_MAX => {
                let mut bits = self.view().to_bits();
                kernel::fill(&mut bits, place.into(), place.into(), true);
                *self = Self::of_bytes(&bits);
            }
            (Err(at), true) if count == places.len() => {
                let more = [&places[..at], &[place], &places[at..]].concat();
                *self = Self::of_places(&more);
            }
            (Err(at), true) => {
                let places = places.make_mut();
                places.copy_within(at..count, at + 1);
                places[at] = place;
                *len += 1;
            }
        }
        false
    }

    fn set_in_runs(&mut self, place: u16, value: bool) -> bool {
        let Self::Runs(runs) = self else { return false };
        // The first run that does not end before the place.
        let at = runs.partition_point(|run| run.last < place);
        let within = runs.get(at).copied().filter(|run| run.first <= place);
        if within.is_some() == value {
            return value;
        }
        let (before, behind) = runs.split_at(at);
        let mut changed = Vec::with_capacity(runs.len() + 1);
        changed.extend_from_slice(before);
        if let Some(run) = within {
            if run.first < place {
                changed.push(Run { first: run.first, last: place - 1 });
            }
            if run.last > place {
                changed.push(Run { first: place + 1, last: run.last });
            }
            changed.extend_from_slice(&behind[1..]);
        } else {
            match changed.last_mut() {
                Some(run) if u32::from(run.last) + 1 == u32::from(place) => run.last = place,
                _ => changed.push(Run { first: place, last: place }),
            }
            let mut behind = behind.iter().copied();
            if let Some(next) = behind.next() {
                match changed.last_mut() {
                    Some(run) if u32::from(run.last) + 1 == u32::from(next.first) => {
                        run.last = next.last;
                    }
                    _ => changed.push(next),
                }
            }
            changed.extend(behind);
        }
        *self = Self::best_of_runs(&changed);
        !value
    }

    /// Panics where the chunk contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn check(&self) {
        match self {
            Self::Empty => {}
            Self::Places { len, places } => {
                let len = usize::from(*len);
                assert!(len > 0 && len <= PLACES_MAX && len <= places.len());
                assert!(places[..len].is_sorted_by(|one, two| one < two));
                assert!(places.len() <= room(len).max(room(len + 1) * 2), "too much room");
            }
            Self::Runs(runs) => {
                assert!(!runs.is_empty() && runs.len() <= RUNS_MAX);
                assert!(runs.iter().all(|run| run.first <= run.last));
                let apart = |one: &Run, two: &Run| u32::from(one.last) + 1 < u32::from(two.first);
                assert!(runs.is_sorted_by(apart));
            }
            Self::Bytes { ones, bytes } => {
                assert_eq!(bytes.len(), CHUNK_BYTES);
                let counted = kernel::count_ones(bytes) as u32;
                assert_eq!(ones.get().unwrap_or(counted), counted);
            }
        }
    }
}

/// A form of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Empty,
    Places,
    Runs,
    Bytes,
}

impl Form {
    /// The smallest form of so many bits in so many runs.
    pub(crate) const fn of(ones: u32, runs: u32) -> Self {
        let (places_bytes, runs_bytes) = (2 * ones, 4 * runs);
        if ones == 0 {
            Self::Empty
        } else if runs_bytes < places_bytes && runs as usize <= RUNS_MAX {
            Self::Runs
        } else if ones as usize <= PLACES_MAX {
            Self::Places
        } else {
            Self::Bytes
        }
    }
}

/// Places and the room behind them.
fn roomy(places: &[u16]) -> Shared<u16> {
    let room = room(places.len());
    let items = |at: usize| places.get(at).copied().unwrap_or(0);
    Shared::from_items((0..room).map(items))
}

/// How many places there is room for where so many are kept: an allocation of whole sixteen bytes,
/// and for many an eighth more.
const fn room(len: usize) -> usize {
    let bytes = Shared::<u16>::bytes_of(len);
    let step = if bytes < 128 { 16 } else { (bytes.next_power_of_two() / 16).next_multiple_of(16) };
    let room = (bytes.next_multiple_of(step) - Shared::<u16>::bytes_of(0)) / size_of::<u16>();
    if room > PLACES_MAX { PLACES_MAX } else { room }
}

/// The bits of a chunk one by one.
pub(crate) type Bits = [u8; CHUNK_BYTES];

/// How many bits a chunk has.
pub(crate) const CHUNK_BITS: u32 = 1 << 16;
/// The bytes of as many bits.
pub(crate) const CHUNK_BYTES: usize = CHUNK_BITS as usize / 8;
/// The most places: beyond, the bits themselves are as short.
pub(super) const PLACES_MAX: usize = 4096;
/// The most runs: beyond, the bits themselves are as short.
pub(super) const RUNS_MAX: usize = 2047;

const _: () = assert!(size_of::<Chunk>() == 24);
