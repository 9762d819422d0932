//! Moments in five bytes.
//!
//! A moment is kept as its distance from the map's base. Whoever has a clock chooses it while
//! nothing expires; otherwise it lies half of what 39 bits reach, 8.7 years, before the first
//! moment. A moment that 39 bits do not reach stands whole in a slab, and the fortieth bit says
//! that the others are its number there: every expiry takes five bytes, and every one comes back
//! exactly.

use crate::slab::Slab;

/// How a map keeps moments, all of them in milliseconds on its caller's clock.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    /// What distances are counted from, once there is a first moment.
    base_ms: Option<u64>,
    /// The moments that are too far away.
    far: Slab<u64>,
}

impl Times {
    pub(crate) const fn new() -> Self {
        Self { base_ms: None, far: Slab::new() }
    }

    /// The bytes of far moments.
    pub(crate) const fn bytes(&self) -> usize {
        self.far.bytes()
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.far.counted_bytes()
    }

    /// At least as many bytes as [`pack`](Self::pack) can add for this moment.
    pub(crate) fn growth_max(&self, at_ms: u64) -> usize {
        match self.base_ms.map(|base_ms| at_ms.checked_sub(base_ms)) {
            None => 0,
            Some(Some(distance)) if distance < REACH_MS => 0,
            Some(_) => self.far.growth_max(),
        }
    }

    /// At least as many bytes as [`pack`](Self::pack) can add for any moment.
    pub(crate) fn any_growth_max(&self) -> usize {
        self.far.growth_max()
    }

    /// How many far moments there are.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) const fn far_len(&self) -> usize {
        self.far.len()
    }

    /// Makes moments around `now_ms` the near ones: from two years before it to fifteen after.
    /// There are no moments yet, or none any more.
    pub(crate) fn center(&mut self, now_ms: u64) {
        debug_assert_eq!(self.far.len(), 0);
        self.base_ms = Some(now_ms.saturating_sub(REACH_MS / 8));
    }

    /// The forty bits of a moment; to be given back to [`release`](Self::release).
    pub(crate) fn pack(&mut self, at_ms: u64) -> u64 {
        let base_ms = *self.base_ms.get_or_insert_with(|| at_ms.saturating_sub(REACH_MS / 2));
        match at_ms.checked_sub(base_ms) {
            Some(distance) if distance < REACH_MS => distance,
            _ => FAR | u64::from(self.far.insert(at_ms)),
        }
    }

    /// The moment that `packed` stands for.
    #[inline]
    pub(crate) fn unpack(&self, packed: u64) -> u64 {
        if packed & FAR != 0 {
            return *self.far.get((packed & !FAR) as u32);
        }
        self.base_ms.unwrap_or(0) + packed
    }

    /// Forgets a moment that no entry has any more.
    pub(crate) fn release(&mut self, packed: u64) {
        if packed & FAR != 0 {
            self.far.remove((packed & !FAR) as u32);
        }
    }

    /// A moment in the coarse unit of a page's header, rounded down; never [`NEVER`].
    pub(crate) fn coarse(&self, at_ms: u64) -> u32 {
        let distance = at_ms.saturating_sub(self.base_ms.unwrap_or(at_ms));
        u32::try_from(distance >> COARSE_SHIFT).map_or(NEVER - 1, |coarse| coarse.min(NEVER - 1))
    }

    /// Whether something may be due at `now_ms` in a page with this header.
    #[inline]
    pub(crate) fn may_be_due(&self, coarse: u32, now_ms: u64) -> bool {
        // Before the base there are only far moments, which are rounded up to it.
        coarse != NEVER && (coarse == 0 || self.coarse(now_ms) >= coarse)
    }
}

/// What the header of a page says in which nothing expires.
pub(crate) const NEVER: u32 = u32::MAX;

/// The shift from milliseconds to the unit of a page's header.
const COARSE_SHIFT: u32 = 10;

/// The first distance that 39 bits do not reach.
const REACH_MS: u64 = 1 << 39;

/// The bit of a packed moment that says that the others are a number in the slab.
const FAR: u64 = 1 << 39;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_in_reach_take_no_slab() {
        let mut times = Times::new();
        let first = 1_800_000_000_000;
        for distance in [0, 1, REACH_MS / 2 - 1, REACH_MS / 4] {
            for at_ms in [first + distance, first - distance] {
                let packed = times.pack(at_ms);
                assert_eq!(times.unpack(packed), at_ms);
            }
        }
        assert_eq!(times.bytes(), 0);
        let far = times.pack(u64::MAX);
        assert_eq!((times.unpack(far), times.far_len()), (u64::MAX, 1));
        times.release(far);
        assert_eq!(times.bytes(), 0);
    }

    #[test]
    fn around_the_time_of_day_a_far_moment_costs_others_nothing() {
        let (mut times, now_ms) = (Times::new(), 1_800_000_000_000);
        times.center(now_ms);
        let far = times.pack(9_000_000_000_000);
        let near = times.pack(now_ms + 1000);
        assert_eq!((times.far_len(), times.unpack(near)), (1, now_ms + 1000));
        assert!(times.coarse(9_000_000_000_000) > times.coarse(now_ms + 1000));
        times.release(far);
        assert_eq!(times.bytes(), 0);
    }

    proptest! {
        #[test]
        fn every_moment_comes_back(
            moments in prop::collection::vec((any::<u64>(), 0u32..64), 1..50),
        ) {
            let mut times = Times::new();
            let moments: Vec<_> = moments.iter().map(|&(at, shift)| at >> shift).collect();
            let packed: Vec<_> = moments.iter().map(|&at_ms| times.pack(at_ms)).collect();
            for (&at_ms, &packed) in moments.iter().zip(&packed) {
                prop_assert!(packed < 1 << 40);
                prop_assert_eq!(times.unpack(packed), at_ms);
            }
            packed.into_iter().for_each(|packed| times.release(packed));
            prop_assert_eq!(times.far_len(), 0);
        }

        #[test]
        fn what_is_due_is_never_passed_over(
            first: u64,
            at_ms: u64,
            now_ms: u64,
            shift in 0u32..64,
        ) {
            let mut times = Times::new();
            times.pack(first >> shift);
            let (at_ms, now_ms) = (at_ms >> shift, now_ms >> shift);
            prop_assert!(at_ms > now_ms || times.may_be_due(times.coarse(at_ms), now_ms));
            prop_assert!(!times.may_be_due(NEVER, now_ms));
        }
    }
}
