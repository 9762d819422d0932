//! Refused pushes. Both errors leave the items with the caller.

use core::{error, fmt};

/// The ring did not take this item; here it is back.
///
/// From a plain push: as many slots are taken as plain items may fill; try again after the
/// consumer has drained. From a reserved push: the promise was broken (see
/// [`Producer::push_reserved`](crate::Producer::push_reserved)); trying again is no remedy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ring has no slot left for this class of item")
    }
}

impl<T> error::Error for Full<T> {}

/// The ring has no room for the whole batch, so it took none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchFull {
    /// The items in the batch.
    pub items: usize,
    /// The plain slots of the ring. A batch of more items than this never fits.
    pub plain: usize,
}

impl fmt::Display for BatchFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { items, plain } = self;
        write!(f, "the ring has no room for a batch of {items} items in its {plain} plain slots")
    }
}

impl error::Error for BatchFull {}

#[cfg(test)]
mod tests {
    use std::{format, string::ToString};

    use super::{BatchFull, Full};

    #[test]
    fn messages() {
        struct Opaque;
        assert_eq!(format!("{:?}", Full(Opaque)), "Full(..)");
        assert_eq!(Full(Opaque).to_string(), "the ring has no slot left for this class of item");
        assert_eq!(
            BatchFull { items: 9, plain: 8 }.to_string(),
            "the ring has no room for a batch of 9 items in its 8 plain slots"
        );
    }
}
