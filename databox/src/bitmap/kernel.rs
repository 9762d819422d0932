//! Bit kernels over bytes: bit 0 is the top bit of byte 0, as Redis counts them.
//!
//! Counting adds up eight lanes of 32 bytes in carry-save adders before it counts bits, so that
//! one count serves 256 bytes; on lanes of four words the compiler uses what vectors there are.

/// How many bits are set.
pub(crate) fn count_ones(bytes: &[u8]) -> u64 {
    let mut total = 0;
    let (mut ones, mut twos, mut fours) = (Lane::default(), Lane::default(), Lane::default());
    let mut blocks = bytes.chunks_exact(BLOCK_BYTES);
    for block in &mut blocks {
        let lane = |at: usize| load(&block[at * LANE_BYTES..]);
        let twos_a = add(&mut ones, lane(0), lane(1));
        let twos_b = add(&mut ones, lane(2), lane(3));
        let fours_a = add(&mut twos, twos_a, twos_b);
        let twos_a = add(&mut ones, lane(4), lane(5));
        let twos_b = add(&mut ones, lane(6), lane(7));
        let fours_b = add(&mut twos, twos_a, twos_b);
        let eights = add(&mut fours, fours_a, fours_b);
        total += 8 * count(eights);
    }
    total += 4 * count(fours) + 2 * count(twos) + count(ones);
    let mut words = blocks.remainder().chunks_exact(8);
    total += words.by_ref().map(|word| u64::from(load_word(word).count_ones())).sum::<u64>();
    total + words.remainder().iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

/// How many of the bits from `first` to before `end` are set; `end` is at most the number of bits.
pub(crate) fn count_range(bytes: &[u8], first: usize, end: usize) -> u64 {
    if first >= end {
        return 0;
    }
    let (head, tail) = (first / 8, (end - 1) / 8);
    let (head_mask, tail_mask) = (0xff_u8 >> (first % 8), 0xff_u8 << (7 - (end - 1) % 8));
    if head == tail {
        return (bytes[head] & head_mask & tail_mask).count_ones().into();
    }
    let ends = (bytes[head] & head_mask).count_ones() + (bytes[tail] & tail_mask).count_ones();
    u64::from(ends) + count_ones(&bytes[head + 1..tail])
}

/// The first bit from `first` to before `end` that is as wanted.
pub(crate) fn find(bytes: &[u8], wanted: bool, first: usize, end: usize) -> Option<usize> {
    if first >= end {
        return None;
    }
    let flip = if wanted { 0 } else { 0xff };
    let (head, tail) = (first / 8, (end - 1) / 8);
    let found = |at: usize, byte: u8| (byte != 0).then(|| at * 8 + byte.leading_zeros() as usize);
    let in_head = found(head, (bytes[head] ^ flip) & (0xff >> (first % 8)));
    in_head
        .or_else(|| {
            let inner = bytes.get(head + 1..=tail).unwrap_or(&[]);
            let at = head + 1 + skip(inner, flip);
            (at <= tail).then(|| found(at, bytes[at] ^ flip)).flatten()
        })
        .filter(|&bit| bit < end)
}

/// How many bytes that are `dull` there are before the first one that is not.
fn skip(bytes: &[u8], dull: u8) -> usize {
    let word = u64::from_le_bytes([dull; 8]);
    let words = bytes.chunks_exact(8).take_while(|bytes| load_word(bytes) == word).count() * 8;
    words + bytes[words..].iter().take_while(|&&byte| byte == dull).count()
}

/// The last set bit before `end`.
pub(crate) fn find_last(bytes: &[u8], end: usize) -> Option<usize> {
    let last = end.checked_sub(1)?;
    let found =
        |at: usize, byte: u8| (byte != 0).then(|| at * 8 + 7 - byte.trailing_zeros() as usize);
    found(last / 8, bytes[last / 8] & (0xff << (7 - last % 8))).or_else(|| {
        let before = &bytes[..last / 8];
        before.iter().rposition(|&byte| byte != 0).and_then(|at| found(at, before[at]))
    })
}

/// The place of the set bit before which there are `rank` others.
pub(crate) fn select(bytes: &[u8], rank: u64) -> Option<usize> {
    let mut left = rank;
    for (block, piece) in bytes.chunks(SELECTED_BYTES).enumerate() {
        let ones = count_ones(piece);
        if left >= ones {
            left -= ones;
            continue;
        }
        for (at, byte) in piece.iter().enumerate() {
            let ones = u64::from(byte.count_ones());
            if left < ones {
                let mut bits = (0..8).filter(|bit| byte & (0x80 >> bit) != 0);
                let bit = bits.nth(left as usize)?;
                return Some((block * SELECTED_BYTES + at) * 8 + bit);
            }
            left -= ones;
        }
    }
    None
}

/// How many runs of set bits there are.
pub(crate) fn count_runs(bytes: &[u8]) -> u64 {
    let (mut runs, mut carry) = (0, 0);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = load_word(word).swap_bytes();
        runs += u64::from((word & !(word >> 1 | carry)).count_ones());
        carry = word << 63;
    }
    for &byte in words.remainder() {
        let before = if carry == 0 { 0 } else { 0x80 };
        runs += u64::from((byte & !(byte >> 1 | before)).count_ones());
        carry = u64::from(byte) << 63;
    }
    runs
}

/// Sets or clears the bits from `first` to `last`.
pub(crate) fn fill(bytes: &mut [u8], first: usize, last: usize, value: bool) {
    let (head, tail) = (first / 8, last / 8);
    let (head_mask, tail_mask) = (0xff_u8 >> (first % 8), 0xff_u8 << (7 - last % 8));
    let mut put = |at: usize, mask: u8| {
        bytes[at] = if value { bytes[at] | mask } else { bytes[at] & !mask };
    };
    if head == tail {
        put(head, head_mask & tail_mask);
        return;
    }
    put(head, head_mask);
    put(tail, tail_mask);
    bytes[head + 1..tail].fill(if value { 0xff } else { 0 });
}

/// Writes `combine` of each two bytes and tells whether any bit is set.
#[inline]
pub(crate) fn zip(
    out: &mut [u8],
    one: &[u8],
    two: &[u8],
    combine: impl Fn(u64, u64) -> u64 + Copy,
) -> bool {
    let mut any = 0;
    let words = out.chunks_exact_mut(8).zip(one.chunks_exact(8)).zip(two.chunks_exact(8));
    for ((out, one), two) in words {
        let word = combine(load_word(one), load_word(two));
        out.copy_from_slice(&word.to_le_bytes());
        any |= word;
    }
    any != 0
}

/// What [`add`] adds up.
type Lane = [u64; 4];

/// Adds two lanes to the ones, bit by bit, and returns what is carried.
#[inline]
fn add(ones: &mut Lane, one: Lane, two: Lane) -> Lane {
    let mut carried = Lane::default();
    for at in 0..ones.len() {
        let sum = ones[at] ^ one[at];
        carried[at] = ones[at] & one[at] | sum & two[at];
        ones[at] = sum ^ two[at];
    }
    carried
}

fn count(lane: Lane) -> u64 {
    lane.iter().map(|word| u64::from(word.count_ones())).sum()
}

#[inline]
fn load(bytes: &[u8]) -> Lane {
    let mut lane = Lane::default();
    for (word, bytes) in lane.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = load_word(bytes);
    }
    lane
}

#[inline]
fn load_word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

const LANE_BYTES: usize = size_of::<Lane>();
/// What one count of bits serves.
const BLOCK_BYTES: usize = 8 * LANE_BYTES;
/// What is counted before single bytes are looked at.
const SELECTED_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(bytes: &[u8]) -> Vec<bool> {
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0)).collect()
    }

    proptest! {
        #[test]
        fn kernels_do_as_single_bits_do(
            sparse in proptest::collection::vec(
                prop_oneof![3 => Just(0_u8), 3 => Just(0xff), 1 => any::<u8>()],
                1..700,
            ),
            places in any::<[u16; 2]>(),
        ) {
            let model = bits(&sparse);
            let place = |at: u16| usize::from(at) % (model.len() + 1);
            let (first, end) = (place(places[0]), place(places[1]));
            let range = || (first..end).filter(|&at| model[at]);
            prop_assert_eq!(count_ones(&sparse), model.iter().filter(|bit| **bit).count() as u64);
            prop_assert_eq!(count_range(&sparse, first, end), range().count() as u64);
            prop_assert_eq!(find(&sparse, true, first, end), range().next());
            prop_assert_eq!(find(&sparse, false, first, end), (first..end).find(|&at| !model[at]));
            prop_assert_eq!(find_last(&sparse, end), (0..end).rev().find(|&at| model[at]));
            let ones: Vec<usize> = (0..model.len()).filter(|&at| model[at]).collect();
            prop_assert_eq!(select(&sparse, first as u64), ones.get(first).copied());
            let starts = ones.iter().filter(|&&at| at == 0 || !model[at - 1]).count();
            prop_assert_eq!(count_runs(&sparse), starts as u64);
            if first < end {
                for value in [false, true] {
                    let (mut filled, mut model) = (sparse.clone(), model.clone());
                    fill(&mut filled, first, end - 1, value);
                    model[first..end].fill(value);
                    prop_assert_eq!(bits(&filled), model);
                }
            }
        }
    }
}
