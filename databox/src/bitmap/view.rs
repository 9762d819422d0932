//! Bits to be read, whatever form they have: those of a bitmap, or of a string.

use super::Bitmap;
use super::chunk::{Bits, CHUNK_BITS, CHUNK_BYTES, Chunk, Form, Run};
use super::kernel;
use alloc::vec::Vec;

/// The bits of a string, borrowed: bit 0 is the top bit of byte 0.
///
/// What may take long goes in steps: a method whose name ends in `step` looks at a bounded part,
/// some 64 KiB, and tells where to go on.
#[derive(Debug, Clone, Copy)]
pub enum BitsView<'a> {
    /// The bits of these bytes.
    Bytes(&'a [u8]),
    /// A bitmap.
    Bitmap(&'a Bitmap),
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// At this bit, which was looked for.
    At(u64),
    /// Before this bit, from where to go on.
    Before(u64),
    /// Everywhere.
    Nowhere,
}

impl<'a> BitsView<'a> {
    /// The length of the string.
    #[must_use]
    pub const fn len_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Bitmap(bitmap) => bitmap.len_bytes(),
        }
    }

    /// The number of bits.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len_bytes() * 8
    }

    /// Whether there are no bits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len_bytes() == 0
    }

    /// Whether a bit is set; beyond the end none is.
    #[must_use]
    pub fn get(&self, bit: u64) -> bool {
        let (chunk, place) = split(bit);
        self.chunk(chunk).get(place)
    }

    /// Appends up to `count` bytes from `from` on to `out`.
    ///
    /// # Complexity
    ///
    /// Linear in the bytes.
    pub fn copy_bytes(&self, from: u64, count: usize, out: &mut Vec<u8>) {
        let count = self.len_bytes().saturating_sub(from).min(count as u64) as usize;
        if count == 0 {
            return;
        }
        if let Self::Bytes(bytes) = self {
            out.extend_from_slice(&bytes[from as usize..from as usize + count]);
            return;
        }
        let (end, mut at) = (from + count as u64, from);
        while at < end {
            let (chunk, start) = (at / CHUNK_BYTES as u64, (at % CHUNK_BYTES as u64) as usize);
            let taken = (CHUNK_BYTES - start).min((end - at) as usize);
            match self.chunk(chunk) {
                ChunkView::Empty => out.resize(out.len() + taken, 0),
                ChunkView::Bytes(bytes) => out.extend_from_slice(&bytes[start..start + taken]),
                view => out.extend_from_slice(&view.to_bits()[start..start + taken]),
            }
            at += taken as u64;
        }
    }

    /// How many of the bits from `first` to before `end` are set, as far as the step came, and
    /// where to go on: at `end` there is no more.
    #[must_use]
    pub fn count_step(&self, first: u64, end: u64) -> (u64, u64) {
        let end = end.min(self.len());
        let (mut at, mut count, mut work) = (first, 0, 0);
        while at < end && work < STEP_WORK {
            let (chunk, place) = split(at);
            let behind = (chunk + 1) * u64::from(CHUNK_BITS);
            if let Some((ones, behind)) = self.counted(chunk).filter(|_| place == 0)
                && behind <= end
            {
                (count, at, work) = (count + ones, behind, work + 1);
                continue;
            }
            let stop = behind.min(end);
            if place == 0 && stop == behind {
                let (ones, cost) = self.count_chunk(chunk);
                (count, work) = (count + u64::from(ones), work + cost);
            } else {
                let view = self.chunk(chunk);
                count += view.count_range(place.into(), place as usize + (stop - at) as usize);
                work += view.work();
            }
            at = stop;
        }
        (count, if at >= end { end.max(first) } else { at })
    }

    /// The first bit from `first` to before `end` that is as wanted. Beyond the end of the string
    /// there is none.
    #[must_use]
    pub fn find_step(&self, wanted: bool, first: u64, end: u64) -> Found {
        let end = end.min(self.len());
        let (mut at, mut work) = (first, 0);
        while at < end {
            if work >= STEP_WORK {
                return Found::Before(at);
            }
            let (chunk, place) = split(at);
            let start = chunk * u64::from(CHUNK_BITS);
            if wanted && let Some(behind) = self.gap(chunk) {
                (at, work) = (behind, work + 1);
                continue;
            }
            let view = self.chunk(chunk);
            let stop = (end - start).min(u64::from(CHUNK_BITS)) as usize;
            if let Some(found) = view.find(wanted, place.into(), stop) {
                return Found::At(start + found as u64);
            }
            (at, work) = (start + stop as u64, work + view.work());
        }
        Found::Nowhere
    }

    /// The last set bit before `end`; [`Found::Before`] is where to go on, downwards.
    #[must_use]
    pub fn find_last_step(&self, end: u64) -> Found {
        let (mut at, mut work) = (end.min(self.len()), 0);
        while at > 0 {
            if work >= STEP_WORK {
                return Found::Before(at);
            }
            let (chunk, place) = split(at - 1);
            let start = chunk * u64::from(CHUNK_BITS);
            let view = self.chunk(chunk);
            if let Some(found) = view.find_last(usize::from(place) + 1) {
                return Found::At(start + found as u64);
            }
            (at, work) = (self.gap_before(chunk), work + view.work());
        }
        Found::Nowhere
    }

    /// The set bit from `first` on before which there are `rank` others from there on; where the
    /// step ends before it, what is left of the rank.
    #[must_use]
    pub fn select_step(&self, first: u64, rank: u64) -> (Found, u64) {
        let (mut at, mut left, mut work) = (first, rank, 0);
        while at < self.len() {
            if work >= STEP_WORK {
                return (Found::Before(at), left);
            }
            let (chunk, _) = split(at);
            if let Some((ones, behind)) = self.counted(chunk)
                && ones <= left
            {
                (left, at, work) = (left - ones, behind, work + 1);
                continue;
            }
            let (ones, cost) = self.count_chunk(chunk);
            if left < u64::from(ones) {
                let found = self.chunk(chunk).select(left);
                let start = chunk * u64::from(CHUNK_BITS);
                return (found.map_or(Found::Nowhere, |at| Found::At(start + at as u64)), left);
            }
            (left, work) = (left - u64::from(ones), work + cost);
            at = (chunk + 1) * u64::from(CHUNK_BITS);
        }
        (Found::Nowhere, left)
    }

    /// How many bits both strings have set, as [`count_step`](Self::count_step) counts from the
    /// chunk `from` on; where to go on, or `None` at the end.
    #[must_use]
    pub fn common_step(&self, other: &BitsView<'_>, from: u64) -> (u64, Option<u64>) {
        let end = self.chunks().min(other.chunks());
        let (mut at, mut count, mut work) = (from, 0, 0);
        while at < end && work < STEP_WORK {
            let (one, two) = (self.chunk(at), other.chunk(at));
            count += Chunk::common(one, two);
            (at, work) = (at + 1, work + one.work().min(two.work()));
        }
        (count, (at < end).then_some(at))
    }

    /// How many chunks the string reaches into.
    #[must_use]
    pub(crate) const fn chunks(&self) -> u64 {
        self.len_bytes().div_ceil(CHUNK_BYTES as u64)
    }

    /// The bits of one chunk.
    #[inline]
    pub(crate) fn chunk(&self, chunk: u64) -> ChunkView<'a> {
        match self {
            Self::Bitmap(bitmap) => bitmap.chunk(chunk),
            Self::Bytes(bytes) => {
                let start = usize::try_from(chunk).unwrap_or(usize::MAX);
                let start = start.saturating_mul(CHUNK_BYTES);
                match bytes.get(start..).unwrap_or(&[]) {
                    [] => ChunkView::Empty,
                    rest => ChunkView::Bytes(&rest[..rest.len().min(CHUNK_BYTES)]),
                }
            }
        }
    }

    /// How many bits of a chunk are set, and what it took to count them.
    fn count_chunk(&self, chunk: u64) -> (u32, u32) {
        match self {
            Self::Bitmap(bitmap) => bitmap.count_chunk(chunk),
            Self::Bytes(_) => {
                let view = self.chunk(chunk);
                (view.ones(), view.work())
            }
        }
    }

    /// How many bits are set from a chunk on to where, if more than a chunk's are known together.
    fn counted(&self, chunk: u64) -> Option<(u64, u64)> {
        match self {
            Self::Bitmap(bitmap) => bitmap.counted_segment(chunk),
            Self::Bytes(_) => None,
        }
    }

    /// To before which bit none is set from a chunk on, if several chunks are known to be empty.
    fn gap(&self, chunk: u64) -> Option<u64> {
        self.counted(chunk).filter(|&(ones, _)| ones == 0).map(|(_, behind)| behind)
    }

    /// The bit from which on none is set to the end of a chunk that is known to be empty.
    fn gap_before(&self, chunk: u64) -> u64 {
        match self {
            Self::Bitmap(bitmap) => bitmap.gap_before(chunk) * u64::from(CHUNK_BITS),
            Self::Bytes(_) => chunk * u64::from(CHUNK_BITS),
        }
    }
}

/// The bits of one chunk, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChunkView<'a> {
    Empty,
    Places(&'a [u16]),
    Runs(&'a [Run]),
    /// At most [`CHUNK_BYTES`]; what is missing is zeros.
    Bytes(&'a [u8]),
}

impl ChunkView<'_> {
    /// Whether it is known that no bit is set.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(super) fn get(&self, place: u16) -> bool {
        match self {
            Self::Empty => false,
            Self::Places(places) => places.binary_search(&place).is_ok(),
            Self::Runs(runs) => {
                let at = runs.partition_point(|run| run.last < place);
                runs.get(at).is_some_and(|run| run.first <= place)
            }
            Self::Bytes(bytes) => {
                let byte = bytes.get(usize::from(place / 8));
                byte.is_some_and(|byte| byte & (0x80 >> (place % 8)) != 0)
            }
        }
    }

    pub(super) fn ones(&self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Places(places) => places.len() as u32,
            Self::Runs(runs) => runs.iter().map(|run| run.len()).sum(),
            Self::Bytes(bytes) => kernel::count_ones(bytes) as u32,
        }
    }

    /// What it takes to go over the bits, against [`STEP_WORK`].
    pub(super) const fn work(&self) -> u32 {
        match self {
            Self::Empty => 1,
            Self::Places(places) if places.len() < 64 => 1,
            Self::Runs(runs) if runs.len() < 64 => 1,
            Self::Places(_) | Self::Runs(_) | Self::Bytes(_) => 8,
        }
    }

    fn count_range(&self, first: usize, end: usize) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Places(places) => {
                let before = |end: usize| places.partition_point(|&place| usize::from(place) < end);
                before(end).saturating_sub(before(first)) as u64
            }
            Self::Runs(runs) => {
                let within = |run: &Run| {
                    let (from, to) = (usize::from(run.first), usize::from(run.last) + 1);
                    to.min(end).saturating_sub(from.max(first)) as u64
                };
                runs.iter().map(within).sum()
            }
            Self::Bytes(bytes) => kernel::count_range(bytes, first, end.min(bytes.len() * 8)),
        }
    }

    fn find(&self, wanted: bool, first: usize, end: usize) -> Option<usize> {
        let found = match (self, wanted) {
            (Self::Empty, true) => None,
            (Self::Empty, false) => Some(first),
            (Self::Bytes(bytes), _) => {
                let len = bytes.len() * 8;
                let found = kernel::find(bytes, wanted, first, end.min(len));
                found.or_else(|| (!wanted && end > len).then_some(first.max(len)))
            }
            (Self::Places(places), true) => {
                let at = places.partition_point(|&place| usize::from(place) < first);
                places.get(at).map(|&place| place.into())
            }
            (Self::Places(places), false) => {
                let at = places.partition_point(|&place| usize::from(place) < first);
                let behind = places[at..].iter().zip(first..);
                Some(first + behind.take_while(|(place, at)| usize::from(**place) == *at).count())
            }
            (Self::Runs(runs), _) => {
                let at = runs.partition_point(|run| usize::from(run.last) < first);
                let run = runs.get(at).map(|run| (usize::from(run.first), usize::from(run.last)));
                match run {
                    Some((from, _)) if wanted => Some(from.max(first)),
                    Some((from, to)) if from <= first => Some(to + 1),
                    _ if wanted => None,
                    _ => Some(first),
                }
            }
        };
        found.filter(|&found| found < end)
    }

    fn find_last(&self, end: usize) -> Option<usize> {
        match self {
            Self::Empty => None,
            Self::Places(places) => {
                let at = places.partition_point(|&place| usize::from(place) < end);
                places[..at].last().map(|&place| place.into())
            }
            Self::Runs(runs) => {
                let at = runs.partition_point(|run| usize::from(run.first) < end);
                runs[..at].last().map(|run| usize::from(run.last).min(end - 1))
            }
            Self::Bytes(bytes) => kernel::find_last(bytes, end.min(bytes.len() * 8)),
        }
    }

    fn select(&self, rank: u64) -> Option<usize> {
        match self {
            Self::Empty => None,
            Self::Places(places) => places.get(rank as usize).map(|&place| place.into()),
            Self::Runs(runs) => {
                let mut left = rank;
                for run in *runs {
                    let len = u64::from(run.len());
                    if left < len {
                        return Some(usize::from(run.first) + left as usize);
                    }
                    left -= len;
                }
                None
            }
            Self::Bytes(bytes) => kernel::select(bytes, rank),
        }
    }

    /// The last set bit.
    pub(crate) fn find_last_place(&self) -> Option<u64> {
        self.find_last(CHUNK_BITS as usize).map(|place| place as u64)
    }

    /// The form in which the bits take least.
    pub(crate) fn smallest_form(&self) -> Form {
        let mut runs = 0;
        self.for_each_run(|_| runs += 1);
        Form::of(self.ones(), runs)
    }

    /// The bits one by one.
    pub(crate) fn to_bits(self) -> Bits {
        let mut bits = [0; CHUNK_BYTES];
        match self {
            Self::Empty => {}
            Self::Places(places) => {
                places.iter().for_each(|place| bits[usize::from(place / 8)] |= 0x80 >> (place % 8));
            }
            Self::Runs(runs) => runs.iter().for_each(|run| {
                kernel::fill(&mut bits, run.first.into(), run.last.into(), true);
            }),
            Self::Bytes(bytes) => bits[..bytes.len()].copy_from_slice(bytes),
        }
        bits
    }

    /// Visits the runs of set bits.
    pub(crate) fn for_each_run(&self, mut visit: impl FnMut(Run)) {
        match self {
            Self::Empty => {}
            Self::Places(places) => {
                let neighbours = |one: &u16, two: &u16| u32::from(*one) + 1 == u32::from(*two);
                for run in places.chunk_by(neighbours) {
                    visit(Run { first: run[0], last: run[run.len() - 1] });
                }
            }
            Self::Runs(runs) => runs.iter().for_each(|run| visit(*run)),
            Self::Bytes(bytes) => {
                let (end, mut at) = (bytes.len() * 8, 0);
                while let Some(first) = kernel::find(bytes, true, at, end) {
                    at = kernel::find(bytes, false, first, end).unwrap_or(end);
                    // The chunk has 2^16 bits at most.
                    visit(Run { first: first as u16, last: (at - 1) as u16 });
                }
            }
        }
    }
}

/// The chunk of a bit and its place there.
pub(super) const fn split(bit: u64) -> (u64, u16) {
    (bit / CHUNK_BITS as u64, (bit % CHUNK_BITS as u64) as u16)
}

/// What a step may take: 64 small chunks, or 8 of 8 KiB.
pub(super) const STEP_WORK: u32 = 64;
