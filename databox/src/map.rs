//! The map of byte strings to byte strings.
//!
//! Two forms, chosen here and nowhere else: a packed run ([`SmallMap`]) while the names are few and
//! all is short (`small.rs` says how few and how short), and a packed map. A map only moves on: one
//! that shrinks is likely to grow again.

mod expiry;
pub(crate) mod small;
pub(crate) mod view;

use crate::seed::Seed;
use crate::{Edit, SmallMap, SmallPairs, Text};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use packed_map::{Chunks, Entry, Extras, HashKeys, NewValue, NoBox, PackedMap, Step};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A map of byte strings to byte strings: what Redis calls a hash.
///
/// Names and values that are canonical decimal integers are kept as integers, and come back byte
/// for byte.
///
/// # Complexity
///
/// Small maps, up to 128 names in 2.5 KiB, are one allocation and searched through; larger ones are
/// a hash map that grows one page at a time, so no single call takes long. A clone of a large map
/// shares its pages, as that of a [`Set`](crate::Set) does.
///
/// # Examples
///
/// ```
/// use databox::{Map, Text};
///
/// let mut map = Map::new(0x5eed);
/// assert!(map.set(b"apples", b"12"));
/// assert!(!map.set(b"apples", b"13"));
/// assert_eq!(map.get(b"apples"), Some(Text::Integer(13)));
/// ```
#[derive(Clone)]
pub struct Map {
    /// Of the hash of a table still to come.
    seed: u64,
    form: Form,
    /// Where the next sweep goes on.
    swept: u64,
}

/// What one [`Map::sweep`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MapSweep {
    /// Names that were removed.
    pub removed: usize,
    /// Whether the round is not complete.
    pub more: bool,
}

#[derive(Clone)]
enum Form {
    /// The bytes of a [`SmallMap`].
    Small(Vec<u8>),
    Table(Box<Table>),
}

type Table = PackedMap<NoBox, Seed, Chunks>;

impl Map {
    /// An empty map, which has allocated nothing. `seed` is as for
    /// [`Set::new`](crate::Set::new).
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, form: Form::Small(Vec::new()), swept: 0 }
    }

    /// A copy of a small map; `seed` is as for [`new`](Self::new).
    #[must_use]
    pub fn from_small(seed: u64, small: SmallMap<'_>) -> Self {
        Self { seed, form: Form::Small(small.bytes().to_vec()), swept: 0 }
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Small(bytes) => SmallMap::new(bytes).len(),
            Form::Table(table) => table.len(),
        }
    }

    /// Whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that the map has allocated, this struct not included.
    ///
    /// # Complexity
    ///
    /// Constant.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.form {
            Form::Small(bytes) => bytes.capacity(),
            Form::Table(table) => size_of::<Table>() + table.used_bytes(),
        }
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing; meant for tests.
    #[must_use]
    pub fn recount_bytes(&self) -> usize {
        match &self.form {
            Form::Small(_) => self.heap_bytes(),
            Form::Table(table) => size_of::<Table>() + table.recount_chunks(),
        }
    }

    /// The bytes that writes to this map have copied because clones had them.
    #[must_use]
    pub const fn copied_bytes(&self) -> usize {
        match &self.form {
            Form::Small(_) => 0,
            Form::Table(table) => table.copied_bytes(),
        }
    }

    /// Makes a name have a value, and not expire, and tells whether the name is new.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        if let Form::Small(bytes) = &mut self.form {
            let mut out = Vec::new();
            let (edit, is_new) = SmallMap::new(bytes).set(name, value, &mut out);
            if edit != Edit::TooLarge {
                out.shrink_to_fit();
                *bytes = out;
                return is_new;
            }
            self.promote();
        }
        let Form::Table(table) = &mut self.form else { unreachable!("it was promoted") };
        put(table, name, value)
    }

    /// Removes a name and tells whether it was there.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        match &mut self.form {
            Form::Small(bytes) => {
                let mut out = Vec::new();
                let edit = SmallMap::new(bytes).remove(name, &mut out);
                if edit == Edit::Written {
                    out.shrink_to_fit();
                    *bytes = out;
                }
                edit == Edit::Written
            }
            Form::Table(table) => {
                let removed = table.remove(table.hasher().hash(name), name).is_some();
                if removed && table.blocks().free_percent() > FREE_PERCENT_MAX as usize {
                    let (free_percent_max, units_left, blocks_left) = (FREE_PERCENT_MAX, 128, 2);
                    table.compact(&mut Step { free_percent_max, units_left, blocks_left });
                }
                removed
            }
        }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Text<'_>> {
        match &self.form {
            Form::Small(bytes) => SmallMap::new(bytes).get(name),
            Form::Table(table) => table.get(table.hasher().hash(name), name)?.value().text(),
        }
    }

    /// The value of a name that does not expire at or before a moment.
    pub(super) fn get_at(&self, name: &[u8], now_ms: u64) -> Option<Text<'_>> {
        let Form::Table(table) = &self.form else { return self.get(name) };
        let entry = table.get(table.hasher().hash(name), name)?;
        if is_due(&entry, now_ms) { None } else { entry.value().text() }
    }

    /// The names with their values, in no particular order, whether they are due or not.
    #[must_use]
    pub fn iter(&self) -> Pairs<'_> {
        Pairs(match &self.form {
            Form::Small(bytes) => Walk::Small(SmallMap::new(bytes).iter()),
            Form::Table(table) => Walk::Table(table.iter()),
        })
    }

    /// The map in its small form, if it has that.
    #[must_use]
    pub fn as_small(&self) -> Option<SmallMap<'_>> {
        match &self.form {
            Form::Small(bytes) => Some(SmallMap::new(bytes)),
            Form::Table(_) => None,
        }
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) will rise by when `name` is given
    /// this value.
    #[must_use]
    pub fn set_growth_max(&self, name: &[u8], value: &[u8]) -> usize {
        match &self.form {
            Form::Table(table) => {
                let hash = table.hasher().hash(name);
                table.put_growth_max(hash, name, &NewValue::from(value), Extras::default())
            }
            Form::Small(_) => {
                let len = self.len() + 1;
                let pair = name.len() + value.len();
                TABLE_BYTES_MAX + len * ENTRY_BYTES_MAX + 2 * SmallMap::BYTES_MAX + 2 * pair
            }
        }
    }

    /// Frees a piece of the map, or lets go of one that clones have too, and tells whether more is
    /// left. What is left must be freed or dropped; it is not a meaningful map.
    pub fn free_step(&mut self) -> bool {
        match &mut self.form {
            Form::Small(_) => false,
            Form::Table(table) => table.drop_piece(),
        }
    }

    /// Visits some names of a table; none where there is no table.
    fn scan_table<'a>(
        &'a self,
        cursor: u64,
        count: u64,
        now_ms: u64,
        mut visit: impl FnMut(Text<'a>, Text<'a>),
    ) -> u64 {
        let Form::Table(table) = &self.form else { return 0 };
        let count = count.max(1);
        let (mut next, mut visited) = (cursor, 0);
        for _ in 0..count.saturating_mul(PAGES_A_NAME) {
            next = table.scan(next, |entry| {
                visited += 1;
                if is_due(&entry, now_ms) {
                    return;
                }
                visit(entry.key(), entry.value().text().unwrap_or(Text::Bytes(b"")));
            });
            if next == 0 || visited >= count {
                break;
            }
        }
        next
    }

    fn promote(&mut self) {
        let mut table = Table::with_blocks(Seed(self.seed), Chunks::new());
        for (name, value) in self.iter() {
            put(&mut table, &name.to_vec(), &value.to_vec());
        }
        self.form = Form::Table(Box::new(table));
    }

    /// The names with their values in ascending order.
    fn sorted(&self) -> Vec<(Text<'_>, Text<'_>)> {
        let mut pairs: Vec<_> = self.iter().collect();
        pairs.sort_unstable();
        pairs
    }

    /// Panics where the map contradicts itself.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    #[doc(hidden)]
    pub fn check(&self) {
        match &self.form {
            Form::Small(bytes) => SmallMap::new(bytes).check(),
            Form::Table(table) => {
                table.check();
                assert_eq!(table.used_bytes(), table.recount_bytes());
            }
        }
        assert_eq!(self.iter().count(), self.len());
        assert_eq!(self.heap_bytes(), self.recount_bytes());
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        let expire = self.expiring() > 0 || other.expiring() > 0;
        let same = |(name, value): (Text<'_>, Text<'_>)| {
            let name = name.to_vec();
            other.get(&name) == Some(value)
                && (!expire || other.expiry(&name) == self.expiry(&name))
        };
        self.len() == other.len() && self.iter().all(same)
    }
}

impl Eq for Map {}

impl PartialOrd for Map {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Map {
    /// The order of the sorted names with their values; sorts both maps.
    fn cmp(&self, other: &Self) -> Ordering {
        self.sorted().cmp(&other.sorted())
    }
}

impl Hash for Map {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A sum, as equal maps may hold their names in different orders.
        let hash = |(name, value): (Text<'_>, Text<'_>)| {
            xxh3_64_with_seed(&value.to_vec(), xxh3_64_with_seed(&name.to_vec(), 0))
        };
        state.write_usize(self.len());
        state.write_u64(self.iter().map(hash).fold(0, u64::wrapping_add));
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The names of a [`Map`] with their values.
#[derive(Debug)]
pub struct Pairs<'a>(Walk<'a>);

#[derive(Debug)]
enum Walk<'a> {
    Small(SmallPairs<'a>),
    Table(packed_map::Iter<'a, NoBox, Chunks>),
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Walk::Small(walk) => walk.next(),
            Walk::Table(walk) => {
                let entry = walk.next()?;
                Some((entry.key(), entry.value().text().unwrap_or(Text::Bytes(b""))))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Walk::Small(walk) => walk.size_hint(),
            Walk::Table(walk) => walk.size_hint(),
        }
    }
}

impl ExactSizeIterator for Pairs<'_> {}

fn put(table: &mut Table, name: &[u8], value: &[u8]) -> bool {
    table.put(table.hasher().hash(name), name, value, Extras::default()).is_none()
}

/// Whether an entry expires at or before a moment.
fn is_due(entry: &Entry<'_, NoBox, Chunks>, now_ms: u64) -> bool {
    entry.expires_at_ms().is_some_and(|at_ms| at_ms <= now_ms)
}

/// The most bytes that a table takes beside its entries when it is made of a packed run.
const TABLE_BYTES_MAX: usize = 32 * 1024;

/// The most bytes that a table takes for an entry beside its own.
const ENTRY_BYTES_MAX: usize = 48;

/// Free room between the pages of a table from which on they are moved together, in hundredths.
const FREE_PERCENT_MAX: u32 = 20;

/// Pages that a scan may look at for each name asked for.
const PAGES_A_NAME: u64 = 10;

#[cfg(test)]
mod tests;
