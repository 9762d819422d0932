//! The order in which a scan walks the buckets.
//!
//! A cursor is a bucket number of which the *highest* bit counts up first: reversed, it is a
//! position among all hashes read with their lowest bit first. A bucket of depth `d` (one that is
//! chosen by `d` bits) is one aligned interval of that line. Splitting a bucket halves its
//! interval and merging joins two neighbours, so whatever happens between two steps, every hash
//! before the position was visited, and none behind it was passed over.

/// The cursor behind the bucket of `depth` bits in which `cursor` lies; 0 where it was the last.
#[inline]
pub(crate) const fn after(cursor: u64, depth: u32) -> u64 {
    let mask = (1u64 << depth) - 1;
    (cursor | !mask).reverse_bits().wrapping_add(1).reverse_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_table_is_walked_once() {
        for depth in 0..8 {
            let mut seen = vec![0; 1 << depth];
            let mut cursor = 0;
            loop {
                seen[cursor as usize] += 1;
                cursor = after(cursor, depth);
                if cursor == 0 {
                    break;
                }
            }
            assert!(seen.iter().all(|&visits| visits == 1), "depth {depth}");
        }
    }
}
