//! The packed form of [`Extras`]: the fields that are there, one after another, and a byte that
//! tells which those are.

use crate::entry::Extras;
use crate::form::sum_bytes;

/// The extras as they stand behind a value, and the byte that tells which there are.
pub(crate) fn pack_extras(extras: Extras) -> ([u8; EXTRAS_MAX], u8) {
    let mut packed = [0; EXTRAS_MAX];
    let (mut at, mut presence) = (0, 0);
    if let Some(expires_at_ms) = extras.expires_at_ms {
        presence |= HAS_EXPIRY;
        at = put_bytes(&mut packed, at, &expires_at_ms.to_le_bytes());
    }
    if extras.flags != 0 {
        presence |= HAS_FLAGS;
        at = put_bytes(&mut packed, at, &extras.flags.to_le_bytes());
    }
    if extras.cas != 0 {
        presence |= HAS_CAS;
        put_bytes(&mut packed, at, &extras.cas.to_le_bytes());
    }
    (packed, presence)
}

pub(crate) fn read_extras(presence: u8, mut packed: &[u8]) -> Extras {
    let mut field = |present: u8, size: usize| {
        let mut wide = [0; 8];
        if presence & present != 0 {
            let (own, rest) = packed.split_at(size);
            wide[..size].copy_from_slice(own);
            packed = rest;
        }
        u64::from_le_bytes(wide)
    };
    let expires_at_ms = field(HAS_EXPIRY, 8);
    Extras {
        expires_at_ms: (presence & HAS_EXPIRY != 0).then_some(expires_at_ms),
        flags: field(HAS_FLAGS, 4) as u32,
        cas: field(HAS_CAS, 8),
    }
}

/// How many bytes the extras take that a presence byte tells of.
#[inline]
pub(crate) const fn extras_size(presence: u8) -> usize {
    // The bits are chosen so that this needs no branch and no table.
    (((presence & HAS_EXPIRY) << 3) + ((presence & HAS_FLAGS) << 1) + ((presence & HAS_CAS) << 1))
        as usize
}

/// The sum of [`extras_size`] over the eight presence bytes in `word`.
#[inline]
pub(crate) const fn extras_sizes(word: u64) -> usize {
    if word == 0 {
        return 0;
    }
    let expiries = word & u64::from_le_bytes([HAS_EXPIRY; 8]);
    let flags = word & u64::from_le_bytes([HAS_FLAGS; 8]);
    let cas = word & u64::from_le_bytes([HAS_CAS; 8]);
    sum_bytes((expiries << 3) + (flags << 1) + (cas << 1))
}

/// How many bytes `extras` take.
pub(crate) fn packed_size(extras: Extras) -> usize {
    extras_size(pack_extras(extras).1)
}

/// Writes `bytes` at `at` and returns where they end.
fn put_bytes(packed: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let end = at + bytes.len();
    packed[at..end].copy_from_slice(bytes);
    end
}

const HAS_EXPIRY: u8 = 1;
const HAS_FLAGS: u8 = 2;
const HAS_CAS: u8 = 4;
const EXTRAS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_sizes_are_the_sums_of_their_fields() {
        for presence in 0..8 {
            let bit = |mask: u8, size| if presence & mask != 0 { size } else { 0 };
            let sum = bit(HAS_EXPIRY, 8) + bit(HAS_FLAGS, 4) + bit(HAS_CAS, 8);
            assert_eq!(extras_size(presence), sum);
            let word = u64::from_le_bytes([presence, 0, 7, 0, 1, 2, 4, presence]);
            assert_eq!(extras_sizes(word), 2 * sum + 40);
        }
        assert_eq!(extras_size(7), EXTRAS_MAX);
    }
}
