//! The set of byte strings.
//!
//! Three forms, chosen here and nowhere else:
//!
//! 1. integers, sorted, all of one width, while every member is a canonical decimal and there are
//!    at most [`INTEGERS_MAX`];
//! 2. one packed run, while there are at most [`PACKED_MAX`] members of at most
//!    [`PACKED_MEMBER_MAX`] bytes;
//! 3. a packed map without values.
//!
//! A set starts in the first and only moves on: a set that shrinks is likely to grow again.

mod integers;
mod packed;

use crate::Text;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use integers::Integers;
use packed::Packed;
use packed_map::{Chunks, Extras, HashKeys, NewValue, NoBox, PackedMap, Step};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A set of byte strings.
///
/// Members that are canonical decimal integers are kept as integers, and come back byte for byte.
///
/// # Complexity
///
/// Small sets, up to 512 integers or 128 short strings, are one allocation and searched through;
/// larger ones are a hash map that grows one page at a time, so no single call takes long.
///
/// A clone of a small set is a copy. One of a large set shares all its pages with it, which takes a
/// reference count for every 15,000 members or so; whoever writes first copies what it writes, some
/// 4 KiB at a time. So a set is lent by cloning it: the clone may be read, and dropped, on any
/// thread, and stays as it was.
///
/// # Examples
///
/// ```
/// use databox::Set;
///
/// let mut set = Set::new(0x5eed);
/// assert!(set.add(b"apple"));
/// assert!(!set.add(b"apple"));
/// assert!(set.contains(b"apple"));
/// assert_eq!(set.iter().next().unwrap().to_vec(), b"apple");
/// ```
#[derive(Clone)]
pub struct Set {
    /// Of the hash of a map still to come.
    seed: u64,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Integers(Integers),
    Packed(Packed),
    Table(Table),
}

impl Set {
    /// An empty set, which has allocated nothing.
    ///
    /// `seed` keys the hash of the members. Whoever takes members from strangers draws it at
    /// random, so that nobody can choose members that collide.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, form: Form::Integers(Integers::new()) }
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Integers(form) => form.len(),
            Form::Packed(form) => form.len(),
            Form::Table(form) => form.0.len(),
        }
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is kept as integers, as a set of not too many integers is that never had another
    /// member.
    #[must_use]
    pub const fn is_of_integers(&self) -> bool {
        matches!(self.form, Form::Integers(_))
    }

    /// The bytes that the set has allocated, this struct not included.
    ///
    /// # Complexity
    ///
    /// Constant.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Integers(form) => form.heap_bytes(),
            Form::Packed(form) => form.heap_bytes(),
            Form::Table(form) => size_of::<Map>() + form.0.used_bytes(),
        }
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        match &self.form {
            Form::Table(form) => size_of::<Map>() + form.0.recount_chunks(),
            _ => self.heap_bytes(),
        }
    }

    /// Adds a member and tells whether it is new.
    pub fn add(&mut self, member: &[u8]) -> bool {
        let text = Text::canonical(member);
        if let Some(next) = self.next_form(text) {
            if self.contains(member) {
                return false;
            }
            self.promote(next);
        }
        match &mut self.form {
            Form::Integers(form) => text.integer().is_some_and(|number| form.add(number)),
            Form::Packed(form) => form.add(text),
            Form::Table(form) => form.add(member),
        }
    }

    /// Removes a member and tells whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        let text = Text::canonical(member);
        match &mut self.form {
            Form::Integers(form) => text.integer().is_some_and(|number| form.remove(number)),
            Form::Packed(form) => form.remove(text),
            Form::Table(form) => form.remove(member),
        }
    }

    /// Whether `member` is in the set.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        let text = Text::canonical(member);
        match &self.form {
            Form::Integers(form) => text.integer().is_some_and(|number| form.contains(number)),
            Form::Packed(form) => form.contains(text),
            Form::Table(form) => form.0.get(form.0.hasher().hash(member), member).is_some(),
        }
    }

    /// The members, in no particular order.
    #[must_use]
    pub fn iter(&self) -> Members<'_> {
        Members(match &self.form {
            Form::Integers(form) => Walk::Integers(form.iter()),
            Form::Packed(form) => Walk::Packed(form.iter()),
            Form::Table(form) => Walk::Table(form.0.iter()),
        })
    }

    /// Visits some members from `cursor` on, at least `count` of them unless it comes to the end,
    /// and returns the cursor to go on from; 0 starts and ends.
    ///
    /// A set that does not change between the calls has every member visited once. Of one that
    /// does, some may be visited twice and some not at all; a number that no call returned starts
    /// somewhere and harms nothing.
    ///
    /// # Complexity
    ///
    /// About `count` members; small sets are passed over from their start.
    ///
    /// # Examples
    ///
    /// ```
    /// use databox::Set;
    ///
    /// let mut set = Set::new(0x5eed);
    /// for number in 0..1000 {
    ///     set.add(format!("member {number}").as_bytes());
    /// }
    /// let (mut cursor, mut count) = (0, 0);
    /// loop {
    ///     cursor = set.scan(cursor, 10, |_| count += 1);
    ///     if cursor == 0 {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(count, 1000);
    /// ```
    pub fn scan(&self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'_>)) -> u64 {
        let count = count.max(1);
        let Form::Table(table) = &self.form else {
            let (skipped, taken) = (saturating_usize(cursor), saturating_usize(count));
            self.iter().skip(skipped).take(taken).for_each(visit);
            let end = cursor.saturating_add(count);
            return if end < self.len() as u64 { end } else { 0 };
        };
        let (mut next, mut visited) = (cursor, 0);
        for _ in 0..count.saturating_mul(PAGES_A_MEMBER) {
            next = table.0.scan(next, |entry| {
                visited += 1;
                visit(entry.key());
            });
            if next == 0 || visited >= count {
                break;
            }
        }
        next
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when `member` is
    /// added.
    #[must_use]
    pub fn add_growth_max(&self, member: &[u8]) -> usize {
        let text = Text::canonical(member);
        match (self.next_form(text), &self.form) {
            (None, Form::Integers(form)) => form.add_growth_max(),
            (None, Form::Packed(form)) => form.add_growth_max(text),
            (_, Form::Table(form)) => form.add_growth_max(member),
            (Some(Next::Packed), _) => Packed::growth_max(self.len() + 1, text),
            (Some(Next::Table), _) => self.len() * (PACKED_MEMBER_MAX + 32) + 8192 + 2 * text.len(),
        }
    }

    /// The bytes that writes to this set have copied because clones had them: what clones still
    /// hold beyond [`heap_bytes`](Self::heap_bytes) is at most this.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        match &self.form {
            Form::Table(form) => form.0.copied_bytes(),
            _ => 0,
        }
    }

    /// Frees a piece of the set, or lets go of one that clones have too, and tells whether more is
    /// left. What is left must be freed or dropped; it is not a meaningful set.
    ///
    /// # Complexity
    ///
    /// Bounded: at most 64 chunks of 4 KiB.
    pub fn free_step(&mut self) -> bool {
        match &mut self.form {
            Form::Table(form) => form.0.drop_piece(),
            _ => false,
        }
    }

    /// The form that the set has to take before `text` is added.
    fn next_form(&self, text: Text<'_>) -> Option<Next> {
        let number = text.integer();
        let fits = match &self.form {
            Form::Integers(form) => number.is_some() && form.len() < INTEGERS_MAX,
            Form::Packed(form) => form.len() < PACKED_MAX && text.len() <= PACKED_MEMBER_MAX,
            Form::Table(_) => true,
        };
        let packs = matches!(self.form, Form::Integers(_))
            && self.len() < PACKED_MAX
            && text.len() <= PACKED_MEMBER_MAX;
        match (fits, packs) {
            (true, _) => None,
            (false, true) => Some(Next::Packed),
            (false, false) => Some(Next::Table),
        }
    }

    fn promote(&mut self, next: Next) {
        self.form = match next {
            Next::Packed => {
                let mut form = Packed::new();
                self.iter().for_each(|text| form.push(text));
                Form::Packed(form)
            }
            Next::Table => {
                let mut form = Table::new(self.seed);
                let mut digits = crate::decimal::Buffer::new();
                for text in self.iter() {
                    form.add(text.bytes(&mut digits));
                }
                Form::Table(form)
            }
        };
    }

    /// The members in ascending order of their bytes.
    fn sorted(&self) -> Vec<Text<'_>> {
        let mut members: Vec<_> = self.iter().collect();
        members.sort_unstable();
        members
    }

    /// Panics where the set contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        match &self.form {
            Form::Integers(form) => form.check(),
            Form::Packed(form) => form.check(),
            Form::Table(form) => {
                form.0.check();
                assert_eq!(form.0.used_bytes(), form.0.recount_bytes());
            }
        }
        assert_eq!(self.iter().count(), self.len());
        assert_eq!(self.heap_bytes(), self.recount_bytes());
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        let mut digits = crate::decimal::Buffer::new();
        self.len() == other.len()
            && self.iter().all(|member| other.contains(member.bytes(&mut digits)))
    }
}

impl Eq for Set {}

impl PartialOrd for Set {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Set {
    /// The order of the sorted members; sorts both sets.
    fn cmp(&self, other: &Self) -> Ordering {
        self.sorted().cmp(&other.sorted())
    }
}

impl Hash for Set {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A sum, as equal sets may hold their members in different orders.
        let mut digits = crate::decimal::Buffer::new();
        let hash = |member: Text<'_>| xxh3_64_with_seed(member.bytes(&mut digits), 0);
        state.write_usize(self.len());
        state.write_u64(self.iter().map(hash).fold(0, u64::wrapping_add));
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for member in self.iter() {
            match member {
                Text::Integer(number) => set.entry(&number),
                Text::Bytes(bytes) => set.entry(&format_args!("b\"{}\"", bytes.escape_ascii())),
            };
        }
        set.finish()
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = Text<'a>;
    type IntoIter = Members<'a>;

    fn into_iter(self) -> Members<'a> {
        self.iter()
    }
}

/// The members of a [`Set`].
#[derive(Debug)]
pub struct Members<'a>(Walk<'a>);

#[derive(Debug)]
enum Walk<'a> {
    Integers(integers::Iter<'a>),
    Packed(packed::Iter<'a>),
    Table(packed_map::Iter<'a, NoBox, Chunks>),
}

impl<'a> Iterator for Members<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        match &mut self.0 {
            Walk::Integers(walk) => walk.next().map(Text::Integer),
            Walk::Packed(walk) => walk.next(),
            Walk::Table(walk) => walk.next().map(|entry| entry.key()),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Walk::Integers(walk) => walk.size_hint(),
            Walk::Packed(walk) => walk.size_hint(),
            Walk::Table(walk) => walk.size_hint(),
        }
    }
}

impl ExactSizeIterator for Members<'_> {}

/// The form of a large set.
#[derive(Clone)]
struct Table(Box<Map>);

type Map = PackedMap<NoBox, Seed, Chunks>;

impl Table {
    fn new(seed: u64) -> Self {
        Self(Box::new(Map::with_blocks(Seed(seed), Chunks::new())))
    }

    fn remove(&mut self, member: &[u8]) -> bool {
        let hash = self.0.hasher().hash(member);
        let removed = self.0.remove(hash, member).is_some();
        if removed && self.0.blocks().free_percent() > FREE_PERCENT_MAX as usize {
            let (blocks_left, units_left) = (MOVES_A_REMOVAL, UNITS_A_REMOVAL);
            let free_percent_max = FREE_PERCENT_MAX;
            self.0.compact(&mut Step { free_percent_max, units_left, blocks_left });
        }
        removed
    }

    fn add(&mut self, member: &[u8]) -> bool {
        let hash = self.0.hasher().hash(member);
        if self.0.get(hash, member).is_some() {
            return false;
        }
        self.0.put(hash, member, NOTHING, Extras::default());
        true
    }

    fn add_growth_max(&self, member: &[u8]) -> usize {
        let hash = self.0.hasher().hash(member);
        self.0.put_growth_max(hash, member, &NOTHING, Extras::default())
    }
}

/// The hash of the members of one set.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl HashKeys for Seed {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        xxh3_64_with_seed(key, self.0)
    }
}

fn saturating_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How many bytes hold a number and its sign: 1 to 8.
fn width_of(number: i64) -> u8 {
    let magnitude = if number < 0 { !number } else { number };
    (65 - magnitude.leading_zeros()).div_ceil(8) as u8
}

/// The form to promote to.
enum Next {
    Packed,
    Table,
}

/// What a member's entry holds.
const NOTHING: NewValue<'_, NoBox> = NewValue::Text(Text::Bytes(b""));

/// Members up to which integers are kept sorted: an insertion moves at most 4 KiB.
const INTEGERS_MAX: usize = 512;

/// Members up to which a packed run is searched through.
const PACKED_MAX: usize = 128;

/// The longest member, in bytes, of a packed run.
const PACKED_MEMBER_MAX: usize = 64;

/// Free room between the pages of a table from which on they are moved together, in hundredths.
const FREE_PERCENT_MAX: u32 = 20;

/// Pages that are moved after a removal, to keep up with what removals free.
const MOVES_A_REMOVAL: usize = 2;

/// What is moved after a removal, in units of 16 bytes.
const UNITS_A_REMOVAL: usize = 128;

/// Pages that a scan may look at for each member asked for.
const PAGES_A_MEMBER: u64 = 10;

#[cfg(test)]
mod tests;
