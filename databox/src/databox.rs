//! The 16-byte value.

use crate::repr::{self, LongBytes, Repr};
use crate::{
    Bitmap, BitsView, Kind, List, Map, Set, SmallList, SmallMap, SmallSet, SmallSorted, SortedSet,
    Text,
};
use alloc::boxed::Box;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A value of any kind in 16 bytes.
///
/// # Shape
///
/// Scalars and strings of up to 14 bytes stand in the value itself; longer strings, integers
/// beyond 64 bits and containers behind one pointer.
///
/// # Equality and order
///
/// Integers are equal where their numbers are, whatever type they came from. Values of different
/// sorts are never equal and come in this order: nil, booleans, integers, `f32`, `f64`, strings,
/// sets, lists, maps, bitmaps, sorted sets. Floats are ordered by `total_cmp`, and so equal where
/// their bits are. Strings
/// are ordered by their bytes; sets by their members in ascending order, maps likewise. Equal
/// values hash alike.
///
/// # Examples
///
/// ```
/// use databox::{Databox, View};
///
/// let number = Databox::from(7u8);
/// assert_eq!(number, Databox::from(7i64));
/// assert_eq!(number.view(), View::Integer(7));
/// assert!(number < Databox::from("seven"));
/// assert_eq!(Databox::from("up to 14 bytes").heap_bytes(), 0);
/// ```
#[derive(Clone)]
pub struct Databox(Repr);

/// What a [`Databox`] holds, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum View<'a> {
    /// Nothing.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer that `i64` holds.
    Integer(i64),
    /// An integer above `i64::MAX` that `u64` holds.
    Unsigned(u64),
    /// An integer that `i128` holds and neither `i64` nor `u64` does.
    Wide(i128),
    /// An integer above `i128::MAX`.
    WideUnsigned(u128),
    /// A float of 32 bits.
    Float32(f32),
    /// A float of 64 bits.
    Float64(f64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A set.
    Set(&'a Set),
    /// A list.
    List(&'a List),
    /// A map.
    Map(&'a Map),
    /// A string of which the bits are written.
    Bitmap(&'a Bitmap),
    /// A sorted set.
    Sorted(&'a SortedSet),
}

impl Databox {
    /// Nothing.
    pub const NIL: Self = Self(Repr::Nil);

    /// The value of a string as commands see it: an integer where it is canonical decimal.
    #[must_use]
    pub fn from_text(text: Text<'_>) -> Self {
        match text {
            Text::Integer(number) => Self(Repr::Signed(number)),
            Text::Bytes(bytes) => match Text::canonical(bytes) {
                Text::Integer(number) => Self(Repr::Signed(number)),
                Text::Bytes(bytes) => Self(Repr::bytes(bytes)),
            },
        }
    }

    /// What the value is.
    #[inline]
    #[must_use]
    pub fn view(&self) -> View<'_> {
        match &self.0 {
            Repr::Nil => View::Nil,
            Repr::Bool(value) => View::Bool(*value),
            Repr::Signed(value) => View::Integer(*value),
            Repr::Unsigned(value) => View::Unsigned(*value),
            Repr::Wide(value) => View::Wide(**value),
            Repr::WideUnsigned(value) => View::WideUnsigned(**value),
            Repr::Float32(value) => View::Float32(*value),
            Repr::Float64(value) => View::Float64(*value),
            Repr::Inline(bytes) => View::Bytes(bytes.as_slice()),
            Repr::Long(bytes) => View::Bytes(bytes),
            Repr::Set(set) => View::Set(set),
            Repr::List(list) => View::List(list),
            Repr::Map(map) => View::Map(map),
            Repr::Bitmap(bitmap) => View::Bitmap(bitmap),
            Repr::Sorted(set) => View::Sorted(set),
        }
    }

    /// The kind as commands see it: everything but a container is a string.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.0 {
            Repr::Set(_) => Kind::Set,
            Repr::List(_) => Kind::List,
            Repr::Map(_) => Kind::Map,
            Repr::Sorted(_) => Kind::Sorted,
            _ => Kind::String,
        }
    }

    /// The string that the value is: bytes, or an integer that `i64` holds. A bitmap is a string
    /// that does not stand in one piece; [`bits`](Self::bits) reads it.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Option<Text<'_>> {
        match self.view() {
            View::Integer(number) => Some(Text::Integer(number)),
            View::Bytes(bytes) => Some(Text::Bytes(bytes)),
            _ => None,
        }
    }

    /// The bits of the string that the value is; `None` also where that is an integer, whose digits
    /// stand nowhere.
    #[must_use]
    pub fn bits(&self) -> Option<BitsView<'_>> {
        match self.view() {
            View::Bytes(bytes) => Some(BitsView::Bytes(bytes)),
            View::Bitmap(bitmap) => Some(BitsView::Bitmap(bitmap)),
            _ => None,
        }
    }

    /// The bitmap that the value is.
    #[must_use]
    pub fn as_bitmap(&self) -> Option<&Bitmap> {
        match &self.0 {
            Repr::Bitmap(bitmap) => Some(bitmap),
            _ => None,
        }
    }

    /// The bitmap that the value is, to be changed.
    pub fn as_bitmap_mut(&mut self) -> Option<&mut Bitmap> {
        match &mut self.0 {
            Repr::Bitmap(bitmap) => Some(bitmap),
            _ => None,
        }
    }

    /// Writes `bytes` over what the string holds from `at` on, with zeros between its end and
    /// `at`; false, and no change, where the value is no string. An integer is the string of its
    /// digits, and what it becomes is not read as an integer again.
    ///
    /// # Complexity
    ///
    /// That of the bytes written while a long string has room behind its end, which one that was
    /// extended before mostly has; otherwise that of the whole string.
    pub fn splice(&mut self, at: usize, bytes: &[u8]) -> bool {
        if let Repr::Bitmap(bitmap) = &mut self.0 {
            bitmap.write(at as u64, bytes);
            return true;
        }
        if let Repr::Long(long) = &mut self.0 {
            long.splice(at, bytes);
            return true;
        }
        let Some(text) = self.text() else { return false };
        let mut string = text.to_vec();
        let end = at.saturating_add(bytes.len()).max(string.len());
        if end > repr::INLINE_MAX && end > string.len() {
            let mut long = LongBytes::new(&string);
            long.splice(at, bytes);
            self.0 = Repr::Long(long);
            return true;
        }
        string.resize(end, 0);
        string[at..at + bytes.len()].copy_from_slice(bytes);
        self.0 = Repr::bytes(&string);
        true
    }

    /// The most bytes that [`splice`](Self::splice) of `len` bytes from `at` on can add to
    /// [`heap_bytes`](Self::heap_bytes).
    #[must_use]
    pub fn splice_growth_max(&self, at: usize, len: usize) -> usize {
        let end = at.saturating_add(len);
        match &self.0 {
            Repr::Bitmap(bitmap) => bitmap.write_growth_max(at as u64, len),
            Repr::Long(long) => long.growth(end),
            _ if end <= repr::INLINE_MAX => 0,
            _ => LongBytes::roomy_bytes(end),
        }
    }

    /// The set that the value is.
    #[inline]
    #[must_use]
    pub fn as_set(&self) -> Option<&Set> {
        match &self.0 {
            Repr::Set(set) => Some(set),
            _ => None,
        }
    }

    /// The set that the value is, to be changed.
    #[inline]
    pub fn as_set_mut(&mut self) -> Option<&mut Set> {
        match &mut self.0 {
            Repr::Set(set) => Some(set),
            _ => None,
        }
    }

    /// The list that the value is.
    #[must_use]
    pub fn as_list(&self) -> Option<&List> {
        match &self.0 {
            Repr::List(list) => Some(list),
            _ => None,
        }
    }

    /// The list that the value is, to be changed.
    pub fn as_list_mut(&mut self) -> Option<&mut List> {
        match &mut self.0 {
            Repr::List(list) => Some(list),
            _ => None,
        }
    }

    /// The map that the value is.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.0 {
            Repr::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map that the value is, to be changed.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.0 {
            Repr::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The sorted set that the value is.
    #[must_use]
    pub fn as_sorted(&self) -> Option<&SortedSet> {
        match &self.0 {
            Repr::Sorted(set) => Some(set),
            _ => None,
        }
    }

    /// The sorted set that the value is, to be changed.
    pub fn as_sorted_mut(&mut self) -> Option<&mut SortedSet> {
        match &mut self.0 {
            Repr::Sorted(set) => Some(set),
            _ => None,
        }
    }

    /// Whether the value is a container without anything in it.
    #[must_use]
    pub fn is_empty_container(&self) -> bool {
        match &self.0 {
            Repr::Set(set) => set.is_empty(),
            Repr::List(list) => list.is_empty(),
            Repr::Map(map) => map.is_empty(),
            Repr::Sorted(set) => set.is_empty(),
            _ => false,
        }
    }

    /// The container whose packed form these bytes are, written by one of this crate's types for
    /// small containers; nil where they are none. `seed` is as for [`Set::new`].
    #[must_use]
    pub fn from_packed(bytes: &[u8], seed: u64) -> Self {
        match Kind::of_packed(bytes) {
            Some(Kind::Set) => Set::from_small(seed, SmallSet::new(bytes)).into(),
            Some(Kind::Map) => Map::from_small(seed, SmallMap::new(bytes)).into(),
            Some(Kind::List) => List::from_small(SmallList::new(bytes)).into(),
            Some(Kind::Sorted) => SortedSet::from_small(seed, SmallSorted::new(bytes)).into(),
            _ => Self::NIL,
        }
    }

    /// The packed form of a small container.
    #[must_use]
    pub fn packed(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Set(set) => set.as_small().map(|small| small.bytes()),
            Repr::List(list) => list.as_small().map(|small| small.bytes()),
            Repr::Map(map) => map.as_small().map(|small| small.bytes()),
            Repr::Sorted(set) => set.as_small().map(|small| small.bytes()),
            _ => None,
        }
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        match &self.0 {
            Repr::Set(set) => size_of::<Set>() + set.recount_bytes(),
            Repr::List(list) => size_of::<List>() + list.recount_bytes(),
            Repr::Map(map) => size_of::<Map>() + map.recount_bytes(),
            Repr::Bitmap(bitmap) => size_of::<Bitmap>() + bitmap.recount_bytes(),
            Repr::Sorted(set) => size_of::<SortedSet>() + set.recount_bytes(),
            _ => self.heap_bytes(),
        }
    }

    /// The bytes that the value has allocated, the allocator's own rounding not included.
    ///
    /// # Complexity
    ///
    /// Constant; containers keep count.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Wide(_) | Repr::WideUnsigned(_) => size_of::<i128>(),
            Repr::Long(bytes) => bytes.heap_bytes(),
            Repr::Set(set) => size_of::<Set>() + set.heap_bytes(),
            Repr::List(list) => size_of::<List>() + list.heap_bytes(),
            Repr::Map(map) => size_of::<Map>() + map.heap_bytes(),
            Repr::Bitmap(bitmap) => size_of::<Bitmap>() + bitmap.heap_bytes(),
            Repr::Sorted(set) => size_of::<SortedSet>() + set.heap_bytes(),
            _ => 0,
        }
    }

    /// Frees a piece of a large container and tells whether more is left. What is left must be
    /// freed or dropped; it is not a meaningful value.
    ///
    /// # Complexity
    ///
    /// Bounded, whatever the size of the value: at most one page of a container. A string, being
    /// one allocation, is only freed when the value is dropped.
    pub fn free_step(&mut self) -> bool {
        match &mut self.0 {
            Repr::Set(set) => set.free_step(),
            Repr::List(list) => list.free_step(),
            Repr::Map(map) => map.free_step(),
            Repr::Bitmap(bitmap) => bitmap.free_step(),
            Repr::Sorted(set) => set.free_step(),
            _ => false,
        }
    }
}

/// The place of a sort of value in the order of all values.
const fn rank(view: &View<'_>) -> u8 {
    match view {
        View::Nil => 0,
        View::Bool(_) => 1,
        View::Integer(_) | View::Unsigned(_) | View::Wide(_) | View::WideUnsigned(_) => 2,
        View::Float32(_) => 3,
        View::Float64(_) => 4,
        View::Bytes(_) => 5,
        View::Set(_) => 6,
        View::List(_) => 7,
        View::Map(_) => 8,
        View::Bitmap(_) => 9,
        View::Sorted(_) => 10,
    }
}

/// An integer as whether it is above `i128::MAX`, and its low 128 bits: ordered as integers are.
const fn integer(view: &View<'_>) -> Option<(bool, i128)> {
    Some(match *view {
        View::Integer(value) => (false, value as i128),
        View::Unsigned(value) => (false, value as i128),
        View::Wide(value) => (false, value),
        View::WideUnsigned(value) => (true, value as i128),
        _ => return None,
    })
}

impl PartialEq for Databox {
    fn eq(&self, other: &Self) -> bool {
        match (self.view(), other.view()) {
            (View::Set(one), View::Set(two)) => one == two,
            (View::Map(one), View::Map(two)) => one == two,
            _ => self.cmp(other).is_eq(),
        }
    }
}

impl Eq for Databox {}

impl PartialOrd for Databox {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Databox {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.view(), other.view()) {
            (View::Bytes(one), View::Bytes(two)) => one.cmp(two),
            (View::Integer(one), View::Integer(two)) => one.cmp(&two),
            (View::Bool(one), View::Bool(two)) => one.cmp(&two),
            (View::Float32(one), View::Float32(two)) => one.total_cmp(&two),
            (View::Float64(one), View::Float64(two)) => one.total_cmp(&two),
            (View::Set(one), View::Set(two)) => one.cmp(two),
            (View::List(one), View::List(two)) => one.cmp(two),
            (View::Map(one), View::Map(two)) => one.cmp(two),
            (View::Bitmap(one), View::Bitmap(two)) => one.cmp(two),
            (View::Sorted(one), View::Sorted(two)) => one.cmp(two),
            (one, two) => {
                rank(&one).cmp(&rank(&two)).then_with(|| integer(&one).cmp(&integer(&two)))
            }
        }
    }
}

impl Hash for Databox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let view = self.view();
        state.write_u8(rank(&view));
        match view {
            View::Nil => {}
            View::Bool(value) => state.write_u8(u8::from(value)),
            View::Integer(value) => state.write_i64(value),
            View::Unsigned(value) => state.write_u64(value),
            View::Wide(value) => state.write_i128(value),
            View::WideUnsigned(value) => state.write_u128(value),
            View::Float32(value) => state.write_u32(value.to_bits()),
            View::Float64(value) => state.write_u64(value.to_bits()),
            View::Bytes(bytes) => bytes.hash(state),
            View::Set(set) => set.hash(state),
            View::List(list) => list.hash(state),
            View::Map(map) => map.hash(state),
            View::Bitmap(bitmap) => bitmap.hash(state),
            View::Sorted(set) => set.hash(state),
        }
    }
}

impl fmt::Debug for Databox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.view() {
            View::Nil => f.write_str("nil"),
            View::Bool(value) => value.fmt(f),
            View::Integer(value) => value.fmt(f),
            View::Unsigned(value) => value.fmt(f),
            View::Wide(value) => value.fmt(f),
            View::WideUnsigned(value) => value.fmt(f),
            View::Float32(value) => value.fmt(f),
            View::Float64(value) => value.fmt(f),
            View::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            View::Set(set) => set.fmt(f),
            View::List(list) => list.fmt(f),
            View::Map(map) => map.fmt(f),
            View::Bitmap(bitmap) => bitmap.fmt(f),
            View::Sorted(set) => set.fmt(f),
        }
    }
}

impl Default for Databox {
    fn default() -> Self {
        Self::NIL
    }
}

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

impl From<SortedSet> for Databox {
    fn from(set: SortedSet) -> Self {
        Self(Repr::Sorted(Box::new(set)))
    }
}

impl From<Set> for Databox {
    fn from(set: Set) -> Self {
        Self(Repr::Set(Box::new(set)))
    }
}

const _: () = assert!(size_of::<Databox>() == 16);
const _: () = assert!(size_of::<Option<Databox>>() == 16);

#[cfg(test)]
mod tests;
