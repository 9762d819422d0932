//! How long a ring is and how much of it is reserved.

use core::{error, fmt};

/// The length of a ring and its reserved part, both in slots. One slot holds one item.
///
/// # Examples
///
/// ```
/// use loopy_ring::Capacity;
///
/// let capacity = Capacity { slots: 1024, reserved: 24 };
/// assert_eq!(capacity.plain(), 1000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// All slots: a power of two, from 2 to [`Capacity::SLOTS_MAX`].
    pub slots: usize,
    /// The slots that plain pushes leave free, and the credits that exist: 0 to `slots - 1`.
    pub reserved: usize,
}

impl Capacity {
    /// The longest ring there is, in slots. What does not fit in this many wants backpressure,
    /// not a longer queue.
    pub const SLOTS_MAX: usize = 1 << 24;

    /// The slots that plain pushes may fill: `slots - reserved`, so at least one.
    #[must_use]
    pub const fn plain(&self) -> usize {
        self.slots - self.reserved
    }

    pub(crate) const fn check(self) -> Result<(), CapacityError> {
        let Self { slots, reserved } = self;
        if slots < 2 || slots > Self::SLOTS_MAX || !slots.is_power_of_two() {
            return Err(CapacityError::Slots { slots });
        }
        if reserved >= slots {
            return Err(CapacityError::Reserved { slots, reserved });
        }
        Ok(())
    }
}

/// Why no ring can have this [`Capacity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapacityError {
    /// `slots` is not a power of two from 2 to [`Capacity::SLOTS_MAX`].
    Slots {
        /// The length asked for.
        slots: usize,
    },
    /// `reserved` leaves no plain slot.
    Reserved {
        /// The length asked for.
        slots: usize,
        /// The reserved part asked for.
        reserved: usize,
    },
}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Slots { slots } => write!(
                f,
                "a ring of {slots} slots: expected a power of two from 2 to {}",
                Capacity::SLOTS_MAX
            ),
            Self::Reserved { slots, reserved } => write!(
                f,
                "{reserved} reserved slots in a ring of {slots}: expected at least one plain slot"
            ),
        }
    }
}

impl error::Error for CapacityError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{Capacity, CapacityError};

    #[test]
    fn limits() {
        for slots in [2, 4, 1024, Capacity::SLOTS_MAX] {
            assert_eq!(Capacity { slots, reserved: 0 }.check(), Ok(()));
            assert_eq!(Capacity { slots, reserved: slots - 1 }.check(), Ok(()));
            let reserved = slots;
            assert_eq!(
                Capacity { slots, reserved }.check(),
                Err(CapacityError::Reserved { slots, reserved })
            );
        }
        for slots in [0, 1, 3, 6, 1023, 2 * Capacity::SLOTS_MAX, usize::MAX] {
            assert_eq!(
                Capacity { slots, reserved: 0 }.check(),
                Err(CapacityError::Slots { slots })
            );
        }
    }

    #[test]
    fn messages() {
        assert_eq!(
            CapacityError::Slots { slots: 3 }.to_string(),
            "a ring of 3 slots: expected a power of two from 2 to 16777216"
        );
        assert_eq!(
            CapacityError::Reserved { slots: 4, reserved: 4 }.to_string(),
            "4 reserved slots in a ring of 4: expected at least one plain slot"
        );
    }
}
