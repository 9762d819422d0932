//! What a cache knows of an entry's worth: the five bits that its meta byte has beside those of the
//! extras.
//!
//! ```text
//! bit   7 6 5    4 3      2 1 0
//!       age      level    presence of extras
//! ```
//!
//! The level rises by one when the entry is asked for, and its age falls to 0. The age grows by one
//! each time that whoever evicts has come past, up to 7.

use crate::extras::PRESENCE;

/// The level of an entry.
#[inline]
pub(crate) const fn level(meta: u8) -> usize {
    (meta >> LEVEL_SHIFT & LEVEL_MAX) as usize
}

/// The age of an entry.
#[inline]
pub(crate) const fn age(meta: u8) -> u8 {
    meta >> AGE_SHIFT
}

/// The meta byte with this level, and of age 0.
#[inline]
pub(crate) const fn at_level(meta: u8, level: usize) -> u8 {
    meta & PRESENCE | (level as u8) << LEVEL_SHIFT
}

/// The meta byte one step older.
#[inline]
pub(crate) const fn aged(meta: u8) -> u8 {
    meta.saturating_add(AGE_STEP) & !LOW | meta & LOW
}

/// How many levels there can be.
pub const LEVELS_MAX: usize = LEVEL_MAX as usize + 1;

const LEVEL_SHIFT: u32 = 3;
const LEVEL_MAX: u8 = 3;
const AGE_SHIFT: u32 = 5;
const AGE_STEP: u8 = 1 << AGE_SHIFT;
/// What an age leaves of the byte.
const LOW: u8 = AGE_STEP - 1;

const _: () = assert!(PRESENCE >> LEVEL_SHIFT == 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_age_and_extras_share_the_byte() {
        for meta in 0..=255u8 {
            for to in 0..LEVELS_MAX {
                let moved = at_level(meta, to);
                assert_eq!((level(moved), age(moved), moved & PRESENCE), (to, 0, meta & PRESENCE));
            }
            let older = aged(meta);
            assert_eq!(age(older), (age(meta) + 1).min(7));
            assert_eq!(older & LOW, meta & LOW);
        }
    }
}
