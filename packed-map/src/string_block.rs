//! A block that holds one long string: a value, or a key.
//!
//! ```text
//! byte   0      1     2 .. 4   4 .. 8                   8 ..
//!        kind   pad   arena    low half of key's hash   the string, then `pad` bytes
//! ```
//!
//! The hash is that of the entry's key, so that whoever finds the block can find the entry.

use crate::arena::UNIT_BYTES;

/// How many units a string of `len` bytes takes.
pub(crate) const fn units(len: usize) -> usize {
    (HEAD_BYTES + len).div_ceil(UNIT_BYTES)
}

/// Makes `block`, which has as many units as the string takes, hold it.
pub(crate) fn write(block: &mut [u8], string: &[u8], hash: u64) {
    let end = HEAD_BYTES + string.len();
    block[1] = (block.len() - end) as u8;
    block[4..HEAD_BYTES].copy_from_slice(&(hash as u32).to_le_bytes());
    block[HEAD_BYTES..end].copy_from_slice(string);
}

/// The string.
#[inline]
pub(crate) fn read(block: &[u8]) -> &[u8] {
    &block[HEAD_BYTES..block.len() - usize::from(block[1])]
}

/// The low half of the hash of the entry's key.
pub(crate) fn hash(block: &[u8]) -> u64 {
    let mut half = [0; 4];
    half.copy_from_slice(&block[4..HEAD_BYTES]);
    u64::from(u32::from_le_bytes(half))
}

const HEAD_BYTES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_all_lengths_come_back() {
        for len in 0..200 {
            let string = vec![b's'; len];
            let mut block = vec![0xaa; units(len) * UNIT_BYTES];
            write(&mut block, &string, 0x1234_5678_9abc_def0);
            assert_eq!(read(&block), string);
            assert_eq!(hash(&block), 0x9abc_def0);
            assert_eq!(block[0], 0xaa);
        }
    }
}
