//! Sets in an order: of byte strings, or of integers.
//!
//! The members stand in a list, ascending: packed pages without an index, so that a member costs
//! its bytes and little more, iteration is in order, and rank and range come with it.

mod number;

use crate::{Elements, Kind, List, Text};
use core::fmt;
use number::Number;

/// A set whose members ascend.
///
/// # Complexity
///
/// A member is found by halves, first over some thousands of members at a time, then over pages of
/// 2 KiB, then in its page. A write moves a page at most.
///
/// # Examples
///
/// ```
/// use databox::{Order, Ordered, Text};
///
/// let mut numbers = Ordered::new(Order::Numbers);
/// for member in [b"10".as_slice(), b"9", b"+9", b"340282366920938463463374607431768211455"] {
///     numbers.add(member);
/// }
/// assert!(!numbers.add(b"nine"));
/// assert_eq!(numbers.len(), 3);
/// assert_eq!(numbers.get(0), Some(Text::Integer(9)));
/// assert_eq!(numbers.find(b"010"), Ok(1));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordered {
    order: Order,
    list: List,
}

/// What members are, and how they are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// Byte strings, by their bytes.
    Bytes,
    /// Decimal integers from -2^127 to 2^128 - 1, in the shortest form, by their values.
    Numbers,
}

impl Order {
    /// The kind of a set in this order.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Bytes => Kind::SetQ,
            Self::Numbers => Kind::SetQn,
        }
    }

    /// Whether this can be a member.
    #[must_use]
    pub fn takes(self, member: &[u8]) -> bool {
        self == Self::Bytes || Number::parse(member).is_some()
    }
}

impl Ordered {
    /// An empty set, which has allocated nothing.
    #[must_use]
    pub const fn new(order: Order) -> Self {
        Self { order, list: List::new() }
    }

    /// What members are.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a member and tells whether it is new; what the order does not take is none.
    pub fn add(&mut self, member: &[u8]) -> bool {
        if self.order == Order::Bytes {
            let Err(at) = self.find(member) else { return false };
            self.list.replace(at, 0, Some(member));
            return true;
        }
        let Some(number) = Number::parse(member) else { return false };
        let Err(at) = self.find_number(number) else { return false };
        self.list.replace(at, 0, Some(&number.digits()));
        true
    }

    /// Removes a member and tells whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        let Ok(at) = self.find(member) else { return false };
        self.list.replace(at, 1, None);
        true
    }

    /// The number of a member, or where it would be; of what the order does not take, 0.
    pub fn find(&self, member: &[u8]) -> Result<usize, usize> {
        if self.order == Order::Numbers {
            return Number::parse(member).map_or(Err(0), |number| self.find_number(number));
        }
        self.list.search(|text| {
            let mut digits = crate::decimal::Buffer::new();
            text.bytes(&mut digits).cmp(member)
        })
    }

    /// Whether `member` is in the set.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        self.find(member).is_ok()
    }

    /// The member with this number.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Text<'_>> {
        self.list.get(index)
    }

    /// Visits up to `count` members from the one with the number `index` on.
    pub fn walk<'a>(&'a self, index: usize, count: usize, visit: impl FnMut(Text<'a>)) {
        self.list.walk(index, count, visit);
    }

    /// The members, ascending.
    #[must_use]
    pub fn iter(&self) -> Elements<'_> {
        self.list.iter()
    }

    /// The bytes that the set has allocated, this struct not included.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.list.heap_bytes()
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        self.list.recount_bytes()
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when a member is
    /// added.
    #[must_use]
    pub fn add_growth_max(&self, member: &[u8]) -> usize {
        self.list.push_growth_max(member)
    }

    /// Frees a piece of the set and tells whether more is left. What is left must be freed or
    /// dropped; it is not a meaningful set.
    pub fn free_step(&mut self) -> bool {
        self.list.free_step()
    }

    fn find_number(&self, number: Number) -> Result<usize, usize> {
        self.list.search(|text| number_of(text).cmp(&number))
    }

    /// Panics where the set contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        self.list.check();
        let ascends = |one: Text<'_>, two: Text<'_>| match self.order {
            Order::Bytes => one.to_vec().cmp(&two.to_vec()),
            Order::Numbers => number_of(one).cmp(&number_of(two)),
        };
        assert!(
            self.iter().is_sorted_by(|one, two| ascends(*one, *two) == core::cmp::Ordering::Less)
        );
    }
}

impl fmt::Debug for Ordered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The number of a member of a set of numbers.
fn number_of(member: Text<'_>) -> Number {
    match member {
        Text::Integer(number) => Number::Signed(number.into()),
        Text::Bytes(bytes) => Number::parse(bytes).unwrap_or(Number::Signed(0)),
    }
}

#[cfg(test)]
mod tests;
