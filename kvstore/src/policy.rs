//! What a shard does when its budget is used up.

/// Which keys leave when there are more than fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// None: a write beyond the budget is refused.
    #[default]
    Refuse,
    /// Segmented LRU of some levels: a new key begins at the lowest, rises by one when it is asked
    /// for, and leaves from the lowest. A level that has more than its share of the keys lowers
    /// those that were not asked for the longest. A key takes a byte for it.
    Snlru {
        /// 1 to 4; others count as the nearest.
        levels: u8,
    },
    /// Any key that was not asked for again lately, which a Bloom filter of some two bytes a key
    /// knows; where all were, any key.
    RandomMemory,
    /// Any key.
    Random,
}

impl Policy {
    /// Segmented LRU of four levels, which finds most and takes a byte a key.
    pub const SNLRU: Self = Self::Snlru { levels: 4 };

    /// The levels that maps have to keep.
    pub(crate) fn levels(self) -> usize {
        match self {
            Self::Snlru { levels } => usize::from(levels).clamp(1, packed_map::LEVELS_MAX),
            _ => 0,
        }
    }
}
