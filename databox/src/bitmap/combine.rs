//! What two chunks make of each other.
//!
//! Places are merged as places; all else meets as bytes. Of bytes that come of bytes nothing is
//! counted: a result that is only stored, or combined again, would be looked at for nothing. That
//! they are all zeros is seen on the way.

use super::chunk::{Bits, CHUNK_BYTES, Chunk, Ones, PLACES_MAX, Run};
use super::kernel;
use super::view::ChunkView;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// How the bits of two strings make those of a third; the shorter string is as if zeros followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Combination {
    /// Bits of both.
    And,
    /// Bits of either.
    Or,
    /// Bits of one of them.
    Xor,
    /// Bits of the first that are not of the second.
    AndNot,
}

impl Combination {
    const fn apply(self, one: u64, two: u64) -> u64 {
        match self {
            Self::And => one & two,
            Self::Or => one | two,
            Self::Xor => one ^ two,
            Self::AndNot => one & !two,
        }
    }

    /// Whether a place stays that is in the first, in both, or in the second.
    const fn keeps(self, order: Ordering) -> bool {
        match order {
            Ordering::Less => !matches!(self, Self::And),
            Ordering::Equal => matches!(self, Self::And | Self::Or),
            Ordering::Greater => matches!(self, Self::Or | Self::Xor),
        }
    }

    /// What comes of one alone, where the other one has no bit: whether the first, and whether the
    /// second stays.
    const fn keeps_alone(self) -> (bool, bool) {
        (self.keeps(Ordering::Less), self.keeps(Ordering::Greater))
    }
}

impl Chunk {
    /// What two chunks make.
    pub(super) fn combined(how: Combination, one: ChunkView<'_>, two: ChunkView<'_>) -> Self {
        let (first_stays, second_stays) = how.keeps_alone();
        match (one, two) {
            (ChunkView::Empty, other) if second_stays => Self::copy_of(other),
            (other, ChunkView::Empty) if first_stays => Self::copy_of(other),
            (ChunkView::Empty, _) | (_, ChunkView::Empty) => Self::Empty,
            (ChunkView::Places(one), ChunkView::Places(two)) => merged(how, one, two),
            (ChunkView::Places(places), other) if !second_stays => {
                let stays = how == Combination::And;
                filtered(places, |place| other.get(place) == stays)
            }
            (other, ChunkView::Places(places)) if how == Combination::And => {
                filtered(places, |place| other.get(place))
            }
            (ChunkView::Bytes(one), ChunkView::Bytes(two)) => combined_bytes(how, one, two),
            (one, two) => {
                let (one, two) = (one.to_bits(), two.to_bits());
                let mut bits = [0; CHUNK_BYTES];
                zip(how, &mut bits, &one, &two);
                Self::of_bytes(&bits)
            }
        }
    }

    /// The same bits once more.
    pub(super) fn copy_of(view: ChunkView<'_>) -> Self {
        match view {
            ChunkView::Empty => Self::Empty,
            ChunkView::Places(places) => Self::of_places(places),
            ChunkView::Runs(runs) => Self::of_runs(runs),
            ChunkView::Bytes(bytes) if bytes.iter().all(|&byte| byte == 0) => Self::Empty,
            ChunkView::Bytes(bytes) => match bytes.first_chunk() {
                Some(bits) => Self::of_dense(bits, Ones::unknown()),
                None => Self::of_bytes(&view.to_bits()),
            },
        }
    }

    /// The bits that a chunk does not have, up to `last`.
    pub(super) fn inverted(view: ChunkView<'_>, last: u16) -> Self {
        if let ChunkView::Bytes(_) = view {
            let mut bits = view.to_bits();
            bits.iter_mut().for_each(|byte| *byte = !*byte);
            if last < u16::MAX {
                kernel::fill(&mut bits, usize::from(last) + 1, usize::from(u16::MAX), false);
            }
            return Self::copy_of(ChunkView::Bytes(&bits));
        }
        let mut gaps = Vec::new();
        let mut next = 0_u32;
        view.for_each_run(|run| {
            if next < u32::from(run.first) {
                gaps.push(Run { first: next as u16, last: run.first - 1 });
            }
            next = u32::from(run.last) + 1;
        });
        if next <= u32::from(last) {
            gaps.push(Run { first: next as u16, last });
        }
        Self::best_of_runs(&gaps)
    }

    /// How many bits two chunks have in common.
    pub(super) fn common(one: ChunkView<'_>, two: ChunkView<'_>) -> u64 {
        match (one, two) {
            (ChunkView::Empty, _) | (_, ChunkView::Empty) => 0,
            (ChunkView::Places(places), other) | (other, ChunkView::Places(places)) => {
                places.iter().filter(|&&place| other.get(place)).count() as u64
            }
            (ChunkView::Bytes(one), ChunkView::Bytes(two)) => {
                let mut bits = [0; CHUNK_BYTES];
                let len = one.len().min(two.len());
                let both = |(out, (one, two)): (&mut u8, (&u8, &u8))| *out = one & two;
                bits[..len].iter_mut().zip(one.iter().zip(two)).for_each(both);
                kernel::count_ones(&bits[..len])
            }
            (one, two) => {
                let both = (one.to_bits(), two.to_bits());
                Self::common(ChunkView::Bytes(&both.0), ChunkView::Bytes(&both.1))
            }
        }
    }
}

/// Both in ascending order.
fn merged(how: Combination, one: &[u16], two: &[u16]) -> Chunk {
    let mut out = Vec::with_capacity(one.len() + two.len());
    let (mut ones, mut twos) = (one.iter().peekable(), two.iter().peekable());
    loop {
        let order = match (ones.peek(), twos.peek()) {
            (None, None) => break,
            (Some(one), Some(two)) => one.cmp(two),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let place = match order {
            Ordering::Less => ones.next(),
            Ordering::Greater => twos.next(),
            Ordering::Equal => ones.next().and_then(|_| twos.next()),
        };
        if how.keeps(order) {
            out.extend(place);
        }
    }
    if out.len() <= PLACES_MAX {
        return Chunk::of_places(&out);
    }
    Chunk::of_bytes(&places_to_bits(&out))
}

fn places_to_bits(places: &[u16]) -> Bits {
    ChunkView::Places(places).to_bits()
}

fn filtered(places: &[u16], stays: impl Fn(u16) -> bool) -> Chunk {
    let kept: Vec<u16> = places.iter().copied().filter(|&place| stays(place)).collect();
    Chunk::of_places(&kept)
}

fn combined_bytes(how: Combination, one: &[u8], two: &[u8]) -> Chunk {
    let whole = (one.first_chunk::<CHUNK_BYTES>(), two.first_chunk::<CHUNK_BYTES>());
    let mut bits = [0; CHUNK_BYTES];
    let any = match whole {
        (Some(one), Some(two)) => zip(how, &mut bits, one, two),
        _ => {
            let bits_of = |bytes| ChunkView::Bytes(bytes).to_bits();
            zip(how, &mut bits, &bits_of(one), &bits_of(two))
        }
    };
    if any { Chunk::of_dense(&bits, Ones::unknown()) } else { Chunk::Empty }
}

/// Each combination in a loop of its own.
fn zip(how: Combination, out: &mut Bits, one: &Bits, two: &Bits) -> bool {
    match how {
        Combination::And => kernel::zip(out, one, two, |one, two| Combination::And.apply(one, two)),
        Combination::Or => kernel::zip(out, one, two, |one, two| Combination::Or.apply(one, two)),
        Combination::Xor => kernel::zip(out, one, two, |one, two| Combination::Xor.apply(one, two)),
        Combination::AndNot => {
            kernel::zip(out, one, two, |one, two| Combination::AndNot.apply(one, two))
        }
    }
}
