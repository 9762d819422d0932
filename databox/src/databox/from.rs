//! Values of what they hold.

use super::Databox;
use crate::repr::Repr;
use crate::{Bitmap, List, Map, Ordered, Set, SortedSet};
use alloc::boxed::Box;

impl From<i128> for Databox {
    fn from(value: i128) -> Self {
        Self(match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => Repr::Signed(value),
            (_, Ok(value)) => Repr::Unsigned(value),
            _ => Repr::Wide(Box::new(value)),
        })
    }
}

impl From<u128> for Databox {
    fn from(value: u128) -> Self {
        match i128::try_from(value) {
            Ok(value) => value.into(),
            Err(_) => Self(Repr::WideUnsigned(Box::new(value))),
        }
    }
}

impl From<i64> for Databox {
    fn from(value: i64) -> Self {
        Self(Repr::Signed(value))
    }
}

impl From<u64> for Databox {
    fn from(value: u64) -> Self {
        Self(i64::try_from(value).map_or(Repr::Unsigned(value), Repr::Signed))
    }
}

macro_rules! from_small_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Databox {
            fn from(value: $integer) -> Self {
                Self(Repr::Signed(value.into()))
            }
        }
    )*};
}

from_small_integers!(i8 i16 i32 u8 u16 u32);

impl From<bool> for Databox {
    fn from(value: bool) -> Self {
        Self(Repr::Bool(value))
    }
}

impl From<f32> for Databox {
    fn from(value: f32) -> Self {
        Self(Repr::Float32(value))
    }
}

impl From<f64> for Databox {
    fn from(value: f64) -> Self {
        Self(Repr::Float64(value))
    }
}

impl From<&[u8]> for Databox {
    /// The byte string, digits or not; [`Databox::from_text`] makes integers of digits.
    fn from(bytes: &[u8]) -> Self {
        Self(Repr::bytes(bytes))
    }
}

impl From<&str> for Databox {
    /// The bytes of the string, digits or not.
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<List> for Databox {
    fn from(list: List) -> Self {
        Self(Repr::List(Box::new(list)))
    }
}

impl From<Map> for Databox {
    fn from(map: Map) -> Self {
        Self(Repr::Map(Box::new(map)))
    }
}

impl From<Bitmap> for Databox {
    fn from(bitmap: Bitmap) -> Self {
        Self(Repr::Bitmap(Box::new(bitmap)))
    }
}

impl From<Set> for Databox {
    fn from(set: Set) -> Self {
        Self(Repr::Set(Box::new(set)))
    }
}

impl From<Ordered> for Databox {
    fn from(set: Ordered) -> Self {
        Self(Repr::Ordered(Box::new(set)))
    }
}

impl From<SortedSet> for Databox {
    fn from(set: SortedSet) -> Self {
        Self(Repr::Sorted(Box::new(set)))
    }
}
