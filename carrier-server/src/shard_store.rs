//! A shard as programs see it: one namespace, at one moment.

mod bits;
mod items;
mod moments;
mod ordered;
mod sorted;

use crate::glob;
use crate::session::DATABASES;
use crate::watches::Place;
use databox::{DecodeOptions, Set, decimal, dump};
use items::EarlierUse;
use kvstore::{Contents, Namespace, PutOptions, Shard, WriteError};
use zvm::{Expiry, Key, OutOfMemory, ScanFilter, Scanned, Store, Text};

/// The view that one request has of this thread's shard.
#[derive(Debug)]
pub(crate) struct ShardStore<'a> {
    shard: &'a mut Shard,
    /// The one in use.
    namespace: Namespace,
    /// The request's.
    own: Namespace,
    now_ms: u64,
    /// Which shard it is, of how many: cursors of a scan tell both.
    place: ShardPlace,
    /// Where the keys that change are noted, if somebody wants to know.
    written: Option<&'a mut Written>,
    /// What is known of an earlier use of the item that is asked for.
    earlier_use: EarlierUse,
    /// What was asked for in one piece and is not kept so.
    pieces: Vec<u8>,
}

/// What programs have changed.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The keys, those that changed twice twice.
    pub(crate) keys: Vec<Place>,
    /// The databases that were swapped.
    pub(crate) swapped: Vec<[u32; 2]>,
}

/// A shard among the shards of its server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShardPlace {
    /// Counted from 0.
    pub(crate) index: usize,
    /// How many there are.
    pub(crate) count: usize,
    /// The longest that a string may grow by writes behind its end, in bytes.
    pub(crate) string_len_max: usize,
}

impl<'a> ShardStore<'a> {
    /// A view of `shard` in `namespace` at `now_ms`.
    pub(crate) fn new(
        shard: &'a mut Shard,
        namespace: u32,
        now_ms: u64,
        place: ShardPlace,
    ) -> Self {
        let namespace = Namespace(namespace);
        Self {
            shard,
            namespace,
            own: namespace,
            now_ms,
            place,
            written: None,
            earlier_use: EarlierUse::Unasked,
            pieces: Vec::new(),
        }
    }

    /// The same, noting the keys that change.
    pub(crate) fn noting(self, written: Option<&'a mut Written>) -> Self {
        Self { written, ..self }
    }

    /// Notes that a key has changed, if it has.
    #[inline]
    fn note(&mut self, key: Key<'_>, has_changed: bool) {
        if has_changed && let Some(written) = &mut self.written {
            written.keys.push((self.namespace.0, key.hash));
        }
    }
}

impl Store for ShardStore<'_> {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn hash(&self, key: &[u8]) -> u64 {
        self.shard.hash(key)
    }

    #[inline]
    fn kind(&mut self, key: Key<'_>) -> Option<databox::Kind> {
        Some(self.shard.get(self.namespace, shard_key(key), self.now_ms)?.kind())
    }

    #[inline]
    fn string(&mut self, key: Key<'_>) -> Option<Text<'_>> {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms)?;
        item.string()
    }

    #[inline]
    fn set_string(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        expiry: Expiry,
    ) -> Result<(), OutOfMemory> {
        let options = PutOptions { expiry: put_expiry(expiry), flags: 0 };
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let put = self.shard.put_string(namespace, shard_key(key), value, options, now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }

    fn splice_string(&mut self, key: Key<'_>, at: u64, bytes: &[u8]) -> Result<bool, OutOfMemory> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        if at.checked_add(bytes.len()).is_none_or(|end| end > self.place.string_len_max) {
            return Ok(false);
        }
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let spliced = self.shard.splice_string(namespace, shard_key(key), at, bytes, now_ms);
        self.note(key, spliced.is_ok());
        match spliced {
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            _ => Ok(true),
        }
    }

    fn encoding(&mut self, key: Key<'_>) -> Option<&'static str> {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms)?;
        Some(encoding_name(&item))
    }

    fn usage(&mut self, key: Key<'_>) -> Option<u64> {
        let usage = self.shard.usage(self.namespace, shard_key(key), self.now_ms);
        usage.map(|bytes| bytes as u64)
    }

    fn move_key(&mut self, key: Key<'_>, to: i64) -> Result<Option<bool>, OutOfMemory> {
        let Some(to) = u32::try_from(to).ok().filter(|&to| to < DATABASES) else {
            return Ok(None);
        };
        let (from, now_ms) = (self.namespace, self.now_ms);
        let moved = self.shard.move_key(from, shard_key(key), Namespace(to), now_ms);
        self.note(key, matches!(moved, Ok(true)));
        self.namespace = Namespace(to);
        self.note(key, matches!(moved, Ok(true)));
        self.namespace = from;
        moved.map(Some).map_err(|_| OutOfMemory)
    }

    fn random_key(&mut self) -> Option<Vec<u8>> {
        self.shard.random_key(self.namespace, self.now_ms)
    }

    fn database(&self) -> u32 {
        self.namespace.0
    }

    fn dump(&mut self, key: Key<'_>) -> Option<Vec<u8>> {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms)?;
        Some(dump::write(|out| item.encode(out)))
    }

    fn restore(
        &mut self,
        key: Key<'_>,
        payload: &[u8],
        expiry: Expiry,
    ) -> Result<bool, OutOfMemory> {
        let options = DecodeOptions {
            bytes_max: self.place.string_len_max,
            members_max: usize::MAX,
            // The hash of the key is keyed itself, so members cannot be chosen to collide.
            seed: key.hash,
        };
        let Ok(value) = dump::read(payload, &options) else { return Ok(false) };
        if value.is_empty_container()
            || (value.bits().is_none()
                && value.text().is_none()
                && value.kind() == databox::Kind::String)
        {
            return Ok(false);
        }
        let options = PutOptions { expiry: put_expiry(expiry), flags: 0 };
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let put = self.shard.put_value(namespace, shard_key(key), value, options, now_ms);
        self.note(key, put.is_ok());
        put.map(|()| true).map_err(|_| OutOfMemory)
    }

    fn flags(&mut self, key: Key<'_>) -> u32 {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms);
        item.map_or(0, |item| item.flags())
    }

    fn set_flags(&mut self, key: Key<'_>, flags: u32) -> bool {
        let set = self.shard.set_flags(self.namespace, shard_key(key), flags, self.now_ms);
        self.note(key, set);
        set
    }

    fn remove(&mut self, key: Key<'_>) -> bool {
        let removed = self.shard.remove(self.namespace, shard_key(key), self.now_ms);
        self.note(key, removed);
        removed
    }

    fn expiry(&mut self, key: Key<'_>) -> Option<Option<u64>> {
        self.shard.expiry(self.namespace, shard_key(key), self.now_ms)
    }

    fn set_expiry(&mut self, key: Key<'_>, expires_at_ms: Option<u64>) -> bool {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let set = self.shard.set_expiry(namespace, shard_key(key), expires_at_ms, now_ms);
        self.note(key, set);
        self.stay(key);
        set
    }

    // The programs' own checks of the kind come first, so no set operation meets another kind.

    fn set_add(&mut self, key: Key<'_>, member: &[u8]) -> Result<bool, OutOfMemory> {
        let added = self.shard.set_add(self.namespace, shard_key(key), member, self.now_ms);
        self.note(key, matches!(added, Ok(true)));
        match added {
            Ok(is_new) => Ok(is_new),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }

    fn set_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        let removed = self.shard.set_remove(self.namespace, shard_key(key), member, self.now_ms);
        let removed = removed.unwrap_or(false);
        self.note(key, removed);
        removed
    }

    fn set_len(&mut self, key: Key<'_>) -> u64 {
        self.shard.set_len(self.namespace, shard_key(key), self.now_ms).unwrap_or(0)
    }

    fn set_contains(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        let found = self.shard.set_contains(self.namespace, shard_key(key), member, self.now_ms);
        found.unwrap_or(false)
    }

    fn set_iterate(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64 {
        let set = self.shard.set(self.namespace, shard_key(key), self.now_ms);
        let Ok(Some(set)) = set else { return 0 };
        set.scan(cursor, count, |member| {
            if is_like(member, pattern) {
                visit(member);
            }
        })
    }

    fn list_len(&mut self, key: Key<'_>) -> u64 {
        self.list(key).map_or(0, |list| list.len() as u64)
    }

    fn list_get(&mut self, key: Key<'_>, at: u64) -> Option<Text<'_>> {
        self.list(key)?.get(usize::try_from(at).ok()?)
    }

    fn list_insert(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory> {
        self.list_replace(key, (at, 0, Some(element))).map(|_| ())
    }

    fn list_set(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory> {
        if at >= self.list_len(key) {
            return Ok(());
        }
        self.list_replace(key, (at, 1, Some(element))).map(|_| ())
    }

    fn list_remove(&mut self, key: Key<'_>, at: u64, count: u64) -> u64 {
        let removed = self.list_replace(key, (at, count, None)).unwrap_or(0);
        // As in Redis, a watch breaks also where LTRIM finds nothing to remove.
        self.note(key, removed == 0);
        removed
    }

    fn list_walk(
        &mut self,
        key: Key<'_>,
        at: u64,
        count: u64,
        back: bool,
        visit: &mut dyn FnMut(Text<'_>),
    ) {
        let Some(list) = self.list(key) else { return };
        let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        if back {
            list.walk_back(usize_of(at), usize_of(count), visit);
        } else {
            list.walk(usize_of(at), usize_of(count), visit);
        }
    }

    fn map_len(&mut self, key: Key<'_>) -> u64 {
        self.map(key).map_or(0, |map| map.len() as u64)
    }

    fn map_get(&mut self, key: Key<'_>, name: &[u8]) -> Option<Text<'_>> {
        self.map(key)?.get(name)
    }

    fn map_set(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory> {
        let set = self.shard.map_set(self.namespace, shard_key(key), (name, value), self.now_ms);
        self.note(key, set.is_ok());
        match set {
            Ok(is_new) => Ok(is_new),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }

    fn map_remove(&mut self, key: Key<'_>, name: &[u8]) -> bool {
        let removed = self.shard.map_remove(self.namespace, shard_key(key), name, self.now_ms);
        let removed = removed.unwrap_or(false);
        self.note(key, removed);
        removed
    }

    fn map_walk(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        self.map(key).map_or(0, |map| map.walk(cursor, count, visit))
    }

    fn map_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        let Some(map) = self.map(key) else { return 0 };
        map.scan(cursor, count, |name, value| {
            if is_like(name, pattern) {
                visit(name, value);
            }
        })
    }

    fn set_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64 {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        self.shard.set_scan(namespace, shard_key(key), cursor, count, now_ms, visit).unwrap_or(0)
    }

    fn scan(
        &mut self,
        cursor: u64,
        count: u64,
        filter: ScanFilter<'_>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> Scanned {
        let (_, inner) = cursor_parts(cursor, self.place.count);
        let mut digits = decimal::Buffer::new();
        let visit = |key: Text<'_>, item: kvstore::Item<'_>| {
            let name = item.kind().name().as_bytes();
            let type_fits = filter.type_name.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name));
            let fits = type_fits
                && filter.pattern.is_none_or(|p| glob::matches(p, key.bytes(&mut digits), false));
            if fits {
                visit(key);
            }
        };
        let next = self.shard.scan(self.namespace, inner, count, self.now_ms, visit);
        Scanned { cursor: next_cursor(next, self.place), more: next != 0 }
    }

    fn lend_set(&mut self, key: Key<'_>) -> Option<Set> {
        self.shard.lend_set(self.namespace, shard_key(key), self.now_ms)
    }

    fn put_set(&mut self, key: Key<'_>, set: Set) -> Result<(), OutOfMemory> {
        if set.is_empty() {
            self.remove(key);
            return Ok(());
        }
        let entry = Contents { value: set.into(), expires_at_ms: None, flags: 0 };
        let put = self.shard.put_entry(self.namespace, shard_key(key), entry, self.now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.shard.has_room(bytes)
    }

    fn discard(&mut self, set: Set) {
        self.shard.discard(set.into());
    }

    fn use_database(&mut self, index: i64) -> Option<bool> {
        let index = u32::try_from(index).ok().filter(|index| *index < DATABASES)?;
        self.namespace = Namespace(index);
        Some(self.namespace != self.own)
    }

    fn copy_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory> {
        let Some(entry) = self.shard.lend(self.own, shard_key(from), self.now_ms) else {
            return Ok(false);
        };
        let put = self.shard.put_entry(self.namespace, shard_key(to), entry, self.now_ms);
        self.note(to, put.is_ok());
        put.map(|()| true).map_err(|_| OutOfMemory)
    }

    fn rename_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory> {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        if from.bytes == to.bytes {
            return Ok(self.kind(from).is_some());
        }
        let Some(entry) = self.shard.take_entry(namespace, shard_key(from), now_ms) else {
            return Ok(false);
        };
        if self.shard.put_entry(namespace, shard_key(to), entry.clone(), now_ms).is_err() {
            // There was room for it before.
            let _ = self.shard.put_entry(namespace, shard_key(from), entry, now_ms);
            return Err(OutOfMemory);
        }
        self.note(from, true);
        self.note(to, true);
        Ok(true)
    }

    fn swap(&mut self, one: u32, two: u32) {
        if one == two {
            return;
        }
        self.shard.swap(Namespace(one), Namespace(two));
        if let Some(written) = &mut self.written {
            written.swapped.push([one, two]);
        }
    }

    fn len(&mut self) -> u64 {
        self.shard.len(self.namespace)
    }

    fn flush(&mut self) {
        self.shard.flush(self.namespace);
    }

    fn flush_all(&mut self) {
        self.shard.flush_all();
    }
}

/// The shard that a scan's cursor is in, of `count`, and the cursor within it.
///
/// A cursor is `inner × count + shard`, so that 0 begins in the first shard.
pub(crate) const fn cursor_parts(cursor: u64, count: usize) -> (usize, u64) {
    let count = if count == 0 { 1 } else { count as u64 };
    ((cursor % count) as usize, cursor / count)
}

/// The cursor behind one in a shard that left off at `inner`; 0 behind the last shard.
const fn next_cursor(inner: u64, place: ShardPlace) -> u64 {
    let shard = if inner == 0 { place.index + 1 } else { place.index };
    if shard >= place.count { 0 } else { inner * place.count as u64 + shard as u64 }
}

impl ShardStore<'_> {
    fn list(&mut self, key: Key<'_>) -> Option<kvstore::ListView<'_>> {
        self.shard.list(self.namespace, shard_key(key), self.now_ms).ok()?
    }

    fn map(&mut self, key: Key<'_>) -> Option<kvstore::MapView<'_>> {
        self.shard.map(self.namespace, shard_key(key), self.now_ms).ok()?
    }

    fn list_replace(
        &mut self,
        key: Key<'_>,
        change: (u64, u64, Option<&[u8]>),
    ) -> Result<u64, OutOfMemory> {
        let replaced = self.shard.list_replace(self.namespace, shard_key(key), change, self.now_ms);
        let inserts = change.2.is_some();
        self.note(key, matches!(replaced, Ok(removed) if inserts || removed > 0));
        match replaced {
            Ok(removed) => Ok(removed),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(0),
        }
    }
}

/// Whether a text matches a glob pattern, if there is one.
fn is_like(text: Text<'_>, pattern: Option<&[u8]>) -> bool {
    let mut digits = decimal::Buffer::new();
    pattern.is_none_or(|pattern| glob::matches(pattern, text.bytes(&mut digits), false))
}

/// What Redis 7.0 would call the encoding of a value like this.
fn encoding_name(item: &kvstore::Item<'_>) -> &'static str {
    match (item.string(), item.set()) {
        (Some(Text::Integer(_)), _) => "int",
        (Some(text), _) if text.len() <= EMBEDDED_LEN_MAX => "embstr",
        (_, Some(set)) if set.is_of_integers() => "intset",
        (_, Some(kvstore::SetView::Ordered(_))) => "quicklist",
        (_, Some(_)) => "hashtable",
        _ => match (item.list(), item.map()) {
            // Redis keeps a list of up to 8 KiB, and a hash of 128 fields of up to 64 bytes, so.
            (Some(_), _) => "quicklist",
            (_, Some(map)) if map.as_small().is_some() => "listpack",
            (_, Some(_)) => "hashtable",
            _ => match item.sorted() {
                Some(set) if set.as_small().is_some() => "listpack",
                Some(_) => "skiplist",
                None => "raw",
            },
        },
    }
}

const fn put_expiry(expiry: Expiry) -> kvstore::Expiry {
    match expiry {
        Expiry::Never => kvstore::Expiry::Never,
        Expiry::At(at_ms) => kvstore::Expiry::At(at_ms),
        Expiry::Keep => kvstore::Expiry::Keep,
    }
}

/// The longest string that Redis keeps in one block with its head.
const EMBEDDED_LEN_MAX: usize = 44;

const fn shard_key(key: Key<'_>) -> kvstore::Key<'_> {
    kvstore::Key { bytes: key.bytes, hash: key.hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_passes_through_all_shards() {
        let mut cursor = 0;
        let mut seen = Vec::new();
        loop {
            let (index, inner) = cursor_parts(cursor, 3);
            seen.push((index, inner));
            let next = if inner < 2 { inner + 1 } else { 0 };
            cursor = next_cursor(next, ShardPlace { index, count: 3, string_len_max: 0 });
            if cursor == 0 {
                break;
            }
        }
        let all: Vec<_> = (0..3).flat_map(|shard| (0..3).map(move |at| (shard, at))).collect();
        assert_eq!(seen, all);
    }
}
