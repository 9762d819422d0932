//! Scores of a run, each as its distance from the least, all as wide as the greatest distance.
//!
//! Whole numbers up to 2^53 are kept as integers; where one score is none, all are kept as their
//! bits, turned so that greater scores are greater numbers. Neighbours in a large set lie close
//! together, so that few bytes tell them apart either way.

use crate::packed::width_of;
use alloc::vec::Vec;

/// How the scores of a run are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Whether they are kept as their bits.
    pub(super) is_bits: bool,
    /// The number that distances are from: an integer, or turned bits.
    base: u64,
    /// Bytes a distance: 0 to 8.
    width: usize,
}

/// The scores of a run, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) form: Form,
    distances: &'a [u8],
}

impl Form {
    /// The narrowest form that has room for all of these scores.
    pub(super) fn of(scores: impl Iterator<Item = f64> + Clone) -> Self {
        let is_bits = !scores.clone().all(|score| integer(score).is_some());
        if is_bits {
            let numbers = scores.map(turned);
            let (least, greatest) =
                numbers.fold((u64::MAX, 0), |(low, high), one| (low.min(one), high.max(one)));
            return Self { is_bits, base: least, width: bytes_of(greatest.saturating_sub(least)) };
        }
        let numbers = scores.filter_map(integer);
        let (least, greatest) =
            numbers.fold((i64::MAX, i64::MIN), |(low, high), one| (low.min(one), high.max(one)));
        let width = bytes_of(greatest.saturating_sub(least).max(0).cast_unsigned());
        Self { is_bits, base: least.cast_unsigned(), width }
    }

    /// Whether there is room for this score too.
    pub(super) fn fits(&self, score: f64) -> bool {
        let room = if self.width == 8 { u64::MAX } else { (1 << (8 * self.width)) - 1 };
        if self.is_bits {
            return turned(score).checked_sub(self.base).is_some_and(|distance| distance <= room);
        }
        integer(score).is_some_and(|number| {
            let base = self.base.cast_signed();
            number >= base && number.wrapping_sub(base).cast_unsigned() <= room
        })
    }

    /// Writes the form: a byte with both widths, and the base.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let base_width =
            if self.is_bits { 8 } else { usize::from(width_of(self.base.cast_signed())) };
        out.push((base_width << 4 | self.width) as u8);
        out.extend_from_slice(&self.base.to_le_bytes()[..base_width]);
    }

    /// Writes a score for which there is room.
    pub(super) fn write_score(&self, score: f64, out: &mut Vec<u8>) {
        let number = if self.is_bits { turned(score) } else { (score as i64).cast_unsigned() };
        let distance = number.wrapping_sub(self.base);
        out.extend_from_slice(&distance.to_le_bytes()[..self.width]);
    }
}

impl<'a> Scores<'a> {
    pub(super) const EMPTY: Self =
        Self { form: Form { is_bits: false, base: 0, width: 0 }, distances: &[] };

    /// The scores of a run of `count`, whose form stands at the front of `bytes`, and what is
    /// behind them.
    #[inline]
    pub(super) fn read(is_bits: bool, count: usize, bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let (widths, rest) = (bytes[0], &bytes[1..]);
        let (base_width, width) = (usize::from(widths >> 4), usize::from(widths & 15));
        let (stored, rest) = rest.split_at(base_width);
        let mut wide = [0; 8];
        wide[8 - stored.len()..].copy_from_slice(stored);
        // The number stands in the high bytes; the shift brings it down with its sign.
        let base = (i64::from_le_bytes(wide) >> (64 - 8 * stored.len())).cast_unsigned();
        let (distances, behind) = rest.split_at(count * width);
        (Self { form: Form { is_bits, base, width }, distances }, behind)
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> f64 {
        let number = self.form.base.wrapping_add(self.distance(index));
        if self.form.is_bits { turned_back(number) } else { number.cast_signed() as f64 }
    }

    /// The stored bytes of some scores.
    pub(super) fn stored(&self, range: core::ops::Range<usize>) -> &'a [u8] {
        &self.distances[range.start * self.form.width..range.end * self.form.width]
    }

    #[inline]
    fn distance(&self, index: usize) -> u64 {
        let width = self.form.width;
        if width == 0 {
            return 0;
        }
        let at = index * width;
        if let Some(chunk) = self.distances[at..].first_chunk::<8>() {
            // Eight bytes in one go; those of the next distance are cut off.
            return u64::from_le_bytes(*chunk) & (u64::MAX >> (64 - 8 * width));
        }
        let mut wide = [0; 8];
        wide[..width].copy_from_slice(&self.distances[at..at + width]);
        u64::from_le_bytes(wide)
    }
}

/// The integer that a score is, if doubles tell it from its neighbours. Of the two zeros, the
/// positive one.
#[inline]
fn integer(score: f64) -> Option<i64> {
    let number = score as i64;
    let is_same = (number as f64).to_bits() == score.to_bits();
    (is_same && number.unsigned_abs() <= EXACT_MAX).then_some(number)
}

/// The bits of a score as a number that grows with it; the negative zero is just below the other.
#[inline]
const fn turned(score: f64) -> u64 {
    let bits = score.to_bits();
    if bits & SIGN != 0 { !bits } else { bits | SIGN }
}

#[inline]
const fn turned_back(number: u64) -> f64 {
    f64::from_bits(if number & SIGN != 0 { number ^ SIGN } else { !number })
}

/// How many bytes hold a distance.
const fn bytes_of(distance: u64) -> usize {
    (u64::BITS - distance.leading_zeros()).div_ceil(8) as usize
}

/// Up to here every integer is a double.
const EXACT_MAX: u64 = 1 << 53;

const SIGN: u64 = 1 << 63;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn back(scores: &[f64]) -> (Form, Vec<f64>) {
        let form = Form::of(scores.iter().copied());
        let mut bytes = Vec::new();
        form.write(&mut bytes);
        scores.iter().for_each(|&score| form.write_score(score, &mut bytes));
        bytes.extend([0xaa; 5]);
        let (read, behind) = Scores::read(form.is_bits, scores.len(), &bytes);
        assert_eq!((read.form, behind), (form, &[0xaa; 5][..]));
        (form, (0..scores.len()).map(|index| read.get(index)).collect())
    }

    #[test]
    fn scores_take_as_many_bytes_as_tell_them_apart() {
        assert_eq!(back(&[5.0, 5.0]).0.width, 0);
        assert_eq!(back(&[0.0, 999_999.0]).0.width, 3);
        assert_eq!(back(&[1e9, 1e9 + 200.0]).0.width, 1);
        assert_eq!(back(&[0.5, 0.5 + f64::EPSILON]).0.width, 1);
        assert_eq!(back(&[f64::NEG_INFINITY, f64::INFINITY]).0.width, 8);
        assert!(back(&[-0.0, 0.0]).0.is_bits);
        assert!(back(&[9_007_199_254_740_994.0]).0.is_bits);
    }

    fn score() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("a number", |score| !score.is_nan()),
            any::<i64>().prop_map(|number| number as f64),
            any::<i16>().prop_map(f64::from),
            prop::sample::select(&[0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1.5][..]),
        ]
    }

    proptest! {
        #[test]
        fn scores_come_back_bit_by_bit(scores in prop::collection::vec(score(), 1..20)) {
            let (form, read) = back(&scores);
            for (one, other) in scores.iter().zip(&read) {
                prop_assert_eq!(one.to_bits(), other.to_bits());
                prop_assert!(form.fits(*one));
            }
        }

        #[test]
        fn turned_bits_have_the_order_of_scores(one in score(), other in score()) {
            prop_assert_eq!(turned(one).cmp(&turned(other)), one.total_cmp(&other));
            prop_assert_eq!(turned_back(turned(one)).to_bits(), one.to_bits());
        }
    }
}
