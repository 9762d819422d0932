//! The set of byte strings.
//!
//! Two forms, chosen here and nowhere else: a packed run ([`SmallSet`]) while the members are few
//! and short (`small.rs` says how many and how short), and a packed map without values. A set only
//! moves on: one that shrinks is likely to grow again.

pub(crate) mod small;
pub(crate) mod view;

use crate::draw::draw;
use crate::seed::Seed;
use crate::{Edit, SetView, SmallMembers, SmallSet, Text};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use packed_map::{Chunks, Extras, HashKeys, NewValue, NoBox, PackedMap, Step};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A set of byte strings.
///
/// Members that are canonical decimal integers are kept as integers, and come back byte for byte.
///
/// # Complexity
///
/// Small sets, up to 512 integers or 128 strings in 2.5 KiB, are one allocation and searched
/// through; larger ones are a hash map that grows one page at a time, so no single call takes long.
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
    /// The bytes of a [`SmallSet`].
    Small(Vec<u8>),
    Table(Table),
}

impl Set {
    /// An empty set, which has allocated nothing.
    ///
    /// `seed` keys the hash of the members. Whoever takes members from strangers draws it at
    /// random, so that nobody can choose members that collide.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, form: Form::Small(Vec::new()) }
    }

    /// A copy of a small set; `seed` is as for [`new`](Self::new).
    #[must_use]
    pub fn from_small(seed: u64, small: SmallSet<'_>) -> Self {
        Self { seed, form: Form::Small(small.bytes().to_vec()) }
    }

    /// An empty set whose members are hashed as this one's are.
    #[must_use]
    pub const fn empty_like(&self) -> Self {
        Self::new(self.seed)
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(bytes) => SmallSet::new(bytes).len(),
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
    pub fn is_of_integers(&self) -> bool {
        self.as_small().is_some_and(|small| small.is_integers())
    }

    /// The bytes that the set has allocated, this struct not included.
    ///
    /// # Complexity
    ///
    /// Constant.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Small(bytes) => bytes.capacity(),
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
        if let Form::Small(bytes) = &mut self.form {
            let mut out = Vec::new();
            out.reserve_exact(bytes.len() + member.len());
            match SmallSet::new(bytes).add(member, &mut out) {
                Edit::Unchanged => return false,
                Edit::Written => {
                    out.shrink_to_fit();
                    *bytes = out;
                    return true;
                }
                Edit::TooLarge => self.promote(),
            }
        }
        match &mut self.form {
            Form::Small(_) => unreachable!("it was promoted"),
            Form::Table(form) => form.add(member),
        }
    }

    /// Removes a member and tells whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.form {
            Form::Small(bytes) => {
                let mut out = Vec::with_capacity(bytes.len());
                let edit = SmallSet::new(bytes).remove(member, &mut out);
                if edit == Edit::Written {
                    out.shrink_to_fit();
                    *bytes = out;
                }
                edit == Edit::Written
            }
            Form::Table(form) => form.remove(member),
        }
    }

    /// Whether `member` is in the set.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.form {
            Form::Small(bytes) => SmallSet::new(bytes).contains(member),
            Form::Table(form) => form.0.get(form.0.hasher().hash(member), member).is_some(),
        }
    }

    /// The set in its small form, if it has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallSet<'_>> {
        match &self.form {
            Form::Small(bytes) => Some(SmallSet::new(bytes)),
            Form::Table(_) => None,
        }
    }

    /// The members, in no particular order.
    #[must_use]
    pub fn iter(&self) -> Members<'_> {
        Members(match &self.form {
            Form::Small(bytes) => Walk::Small(SmallSet::new(bytes).iter()),
            Form::Table(form) => Walk::Table(form.0.iter()),
        })
    }

    /// Visits some members from `cursor` on; see [`SetView::scan`].
    ///
    /// # Complexity
    ///
    /// About `count` members; all of a small set.
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
    pub fn scan<'a>(&'a self, cursor: u64, count: u64, visit: impl FnMut(Text<'a>)) -> u64 {
        SetView::Set(self).scan(cursor, count, visit)
    }

    /// A member of a table; none where there is no table.
    fn draw_of_table(&self, random: u64) -> Option<Text<'_>> {
        let Form::Table(table) = &self.form else { return None };
        draw(&table.0, random, |_| true).map(|entry| entry.key())
    }

    /// [`scan`](Self::scan) of a table; nothing where there is none.
    fn scan_table<'a>(&'a self, cursor: u64, count: u64, mut visit: impl FnMut(Text<'a>)) -> u64 {
        let Form::Table(table) = &self.form else { return 0 };
        let count = count.max(1);
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
        match &self.form {
            Form::Table(form) => form.add_growth_max(member),
            // The run grows by the member, or by an array of codes, or widens; or it is promoted.
            Form::Small(_) => {
                let len = self.len() + 1;
                TABLE_BYTES_MAX + len * (ENTRY_BYTES_MAX + 9) + BYTES_MAX + 2 * member.len()
            }
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

    fn promote(&mut self) {
        let mut table = Table::new(self.seed);
        let mut digits = crate::decimal::Buffer::new();
        for text in self.iter() {
            table.add(text.bytes(&mut digits));
        }
        self.form = Form::Table(table);
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
            Form::Small(bytes) => SmallSet::new(bytes).check(),
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
    Small(SmallMembers<'a>),
    Table(packed_map::Iter<'a, NoBox, Chunks>),
}

impl<'a> Iterator for Members<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        match &mut self.0 {
            Walk::Small(walk) => walk.next(),
            Walk::Table(walk) => walk.next().map(|entry| entry.key()),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Walk::Small(walk) => walk.size_hint(),
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

/// What a member's entry holds.
const NOTHING: NewValue<'_, NoBox> = NewValue::Text(Text::Bytes(b""));

/// The most bytes of a packed run.
const BYTES_MAX: usize = SmallSet::BYTES_MAX;

/// The most bytes that a table takes beside its entries when it is made of a packed run.
const TABLE_BYTES_MAX: usize = 32 * 1024;

/// The most bytes that a table takes for an entry beside its own.
const ENTRY_BYTES_MAX: usize = 32;

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
