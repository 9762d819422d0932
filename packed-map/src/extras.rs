//! The packed form of [`Extras`](crate::Extras): the fields that are there, one after another, and
//! three bits of the entry's meta byte that tell which those are.
//!
//! An expiry takes five bytes: see [`Times`](crate::times::Times).

/// Extras on their way into or out of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Which fields there are.
    pub(crate) presence: u8,
    bytes: [u8; EXTRAS_MAX],
}

impl Packed {
    /// No extras.
    pub(crate) const NONE: Self = Self { presence: 0, bytes: [0; EXTRAS_MAX] };

    /// The fields that are not zero, and an expiry that [`Times`](crate::times::Times) has packed.
    pub(crate) fn new(expiry: Option<u64>, flags: u32, cas: u64) -> Self {
        let mut packed = Self::NONE;
        if let Some(expiry) = expiry {
            packed.push(HAS_EXPIRY, &expiry.to_le_bytes()[..EXPIRY_BYTES]);
        }
        if flags != 0 {
            packed.push(HAS_FLAGS, &flags.to_le_bytes());
        }
        if cas != 0 {
            packed.push(HAS_CAS, &cas.to_le_bytes());
        }
        packed
    }

    /// Reads the extras that `presence` tells of from the end of an entry.
    pub(crate) fn read(presence: u8, stored: &[u8]) -> Self {
        let mut packed = Self { presence: presence & PRESENCE, ..Self::NONE };
        let own = &stored[stored.len() - size(presence)..];
        packed.bytes[..own.len()].copy_from_slice(own);
        packed
    }

    /// The bytes that stand in the page.
    pub(crate) fn stored(&self) -> &[u8] {
        &self.bytes[..size(self.presence)]
    }

    /// The packed expiry.
    pub(crate) fn expiry(&self) -> Option<u64> {
        (self.presence & HAS_EXPIRY != 0).then(|| self.field(0, EXPIRY_BYTES))
    }

    pub(crate) fn flags(&self) -> u32 {
        if self.presence & HAS_FLAGS == 0 {
            return 0;
        }
        self.field(size(self.presence & HAS_EXPIRY), 4) as u32
    }

    pub(crate) fn cas(&self) -> u64 {
        if self.presence & HAS_CAS == 0 {
            return 0;
        }
        self.field(size(self.presence & (HAS_EXPIRY | HAS_FLAGS)), 8)
    }

    fn field(&self, at: usize, size: usize) -> u64 {
        let mut wide = [0; 8];
        wide[..size].copy_from_slice(&self.bytes[at..at + size]);
        u64::from_le_bytes(wide)
    }

    fn push(&mut self, field: u8, bytes: &[u8]) {
        let at = size(self.presence);
        self.presence |= field;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// How many bytes the extras take that a meta byte tells of.
#[inline]
pub(crate) const fn size(meta: u8) -> usize {
    let (expiry, others) = (meta & HAS_EXPIRY, meta & (HAS_FLAGS | HAS_CAS));
    (expiry + (expiry << 2) + (others << 1)) as usize
}

/// The bit of a meta byte that tells of an expiry.
pub(crate) const HAS_EXPIRY: u8 = 1;
/// The bit of a meta byte that tells of flags.
pub(crate) const HAS_FLAGS: u8 = 2;
/// The bit of a meta byte that tells of a compare-and-swap word.
pub(crate) const HAS_CAS: u8 = 4;
/// The bits of a meta byte that tell which extras there are. The others are of `rank`.
pub(crate) const PRESENCE: u8 = HAS_EXPIRY | HAS_FLAGS | HAS_CAS;
/// The bytes of an expiry.
pub(crate) const EXPIRY_BYTES: usize = 5;
const EXTRAS_MAX: usize = EXPIRY_BYTES + 4 + 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_comes_back() {
        for present in 0..8u64 {
            let field = |bit: u64, value| if present & bit != 0 { value } else { 0 };
            let expiry = (present & 1 != 0).then_some(0xab_cdef_0123);
            let (flags, cas) = (field(2, 0xdead_beef) as u32, field(4, u64::MAX - 7));
            let packed = Packed::new(expiry, flags, cas);
            let sizes = field(1, 5) + field(2, 4) + field(4, 8);
            assert_eq!(packed.stored().len() as u64, sizes);
            assert_eq!(size(packed.presence | 0xf8), size(packed.presence));
            let entry = [&b"value"[..], packed.stored()].concat();
            let read = Packed::read(packed.presence, &entry);
            assert_eq!((read.expiry(), read.flags(), read.cas()), (expiry, flags, cas));
            assert_eq!(read, packed);
        }
    }
}
