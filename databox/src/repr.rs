//! How a value lies in its 16 bytes.
//!
//! An enum of everything that fits, and one pointer for what does not: byte 0 tells which, the
//! other fifteen are a length and up to fourteen bytes, or a number or pointer in the last eight.
//! Each value has exactly one form: an integer is signed where `i64` holds it, unsigned where
//! only `u64` does, wide where neither does; a string is inline up to [`INLINE_MAX`] bytes. So
//! equality, order and hash never compare two forms of one value.

mod long;

pub(crate) use long::LongBytes;

use crate::{Bitmap, List, Map, Set, SortedSet};
use alloc::boxed::Box;

/// The value itself.
#[derive(Clone)]
pub(crate) enum Repr {
    Nil,
    Bool(bool),
    Signed(i64),
    /// Above `i64::MAX`.
    Unsigned(u64),
    /// Outside both `i64` and `u64`.
    Wide(Box<i128>),
    /// Above `i128::MAX`.
    WideUnsigned(Box<u128>),
    Float32(f32),
    Float64(f64),
    Inline(Inline),
    /// Longer than [`INLINE_MAX`].
    Long(LongBytes),
    Set(Box<Set>),
    List(Box<List>),
    Map(Box<Map>),
    Bitmap(Box<Bitmap>),
    Sorted(Box<SortedSet>),
}

impl Repr {
    pub(crate) fn bytes(bytes: &[u8]) -> Self {
        Inline::new(bytes).map_or_else(|| Self::Long(LongBytes::new(bytes)), Self::Inline)
    }
}

/// A string of up to [`INLINE_MAX`] bytes.
#[derive(Clone, Copy)]
pub(crate) struct Inline {
    /// At most [`INLINE_MAX`].
    len: u8,
    /// The string, and zeros behind it.
    bytes: [u8; INLINE_MAX],
}

impl Inline {
    fn new(string: &[u8]) -> Option<Self> {
        let mut bytes = [0; INLINE_MAX];
        bytes.get_mut(..string.len())?.copy_from_slice(string);
        Some(Self { len: string.len() as u8, bytes })
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The longest string that needs no allocation.
pub(crate) const INLINE_MAX: usize = 14;

const _: () = assert!(size_of::<Repr>() == 16);
const _: () = assert!(size_of::<Option<Repr>>() == 16);
const _: () = assert!(align_of::<Repr>() == 8);
