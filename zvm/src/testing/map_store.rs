//! A store over a `BTreeMap`.

mod bits;
mod entry;
mod items;
mod moments;
mod ordered;
mod sorted;

mod containers;

use super::quote;
use crate::{Expiry, Hint, Key, OutOfMemory, ScanFilter, Scanned, Store, Text};
use containers::glob;
use databox::{Databox, DecodeOptions, Kind, Set, View};
use entry::{Entry, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A store of one namespace in a `BTreeMap`.
///
/// Strings that are canonical integers come back as [`Text::Integer`], as from a real store. A
/// scan's cursor counts keys in their order, so its guarantee holds only while none is added or
/// removed.
///
/// It hints, without making use of it, and panics where a program hands a hint back with another
/// key than the one it was about.
#[derive(Debug, Clone, Default)]
pub struct MapStore {
    /// What [`Store::now_ms`] tells.
    pub now_ms: u64,
    /// Refuse every write for want of memory.
    pub is_full: bool,
    entries: BTreeMap<Vec<u8>, Entry>,
    /// How many random numbers were drawn.
    drawn: u64,
    /// The hash of the key that was asked for last.
    last: u64,
    /// The stamp given last.
    last_stamp: u64,
    /// When everything goes.
    flush_at_ms: Option<u64>,
    /// When names of maps expire, by key and name.
    moments: BTreeMap<(Vec<u8>, Vec<u8>), u64>,
}

impl MapStore {
    /// An empty store at time 0.
    #[must_use]
    pub const fn new() -> Self {
        let entries = BTreeMap::new();
        let moments = BTreeMap::new();
        let (now_ms, last, last_stamp, drawn) = (0, 0, 0, 0);
        let (is_full, flush_at_ms) = (false, None);
        Self { now_ms, is_full, entries, last, last_stamp, flush_at_ms, drawn, moments }
    }

    /// A key as programs hand it to this store.
    #[must_use]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key { bytes, hash: self.hash(bytes), hint: Hint::NONE }
    }

    /// Everything it holds, on one line: `key="value"@expiry^flags`, `key={"member" ...}`.
    #[must_use]
    pub fn dump(&mut self) -> String {
        let now_ms = self.now_ms;
        self.entries.retain(|_, entry| !entry.is_gone(now_ms));
        let mut text = String::new();
        for (key, entry) in &self.entries {
            let separator = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{separator}{}=", String::from_utf8_lossy(key));
            match &entry.value {
                Value::String(bytes) => text.push_str(&quote(bytes)),
                Value::Set(members) => {
                    let members: Vec<String> = members.iter().map(|m| quote(m)).collect();
                    let _ = write!(text, "{{{}}}", members.join(" "));
                }
                Value::List(elements) => {
                    let elements: Vec<String> = elements.iter().map(|one| quote(one)).collect();
                    let _ = write!(text, "[{}]", elements.join(" "));
                }
                Value::Ordered(set) => {
                    let members: Vec<String> = set.iter().map(|m| quote(&m.to_vec())).collect();
                    let _ = write!(text, "<{}>", members.join(" "));
                }
                Value::Map(pairs) => {
                    let pair = |(name, value): (&Vec<u8>, &Vec<u8>)| {
                        format!("{}:{}", quote(name), quote(value))
                    };
                    let pairs: Vec<String> = pairs.iter().map(pair).collect();
                    let _ = write!(text, "{{{}}}", pairs.join(" "));
                }
                Value::Sorted(set) => {
                    let mut pairs = Vec::new();
                    set.walk(0, usize::MAX, |member, score| {
                        pairs.push(format!("{score} {}", quote(&member.to_vec())));
                    });
                    let _ = write!(text, "<{}>", pairs.join(", "));
                }
            }
            if let Some(at_ms) = entry.expires_at_ms {
                let _ = write!(text, "@{at_ms}");
            }
            if entry.flags != 0 {
                let _ = write!(text, "^{}", entry.flags);
            }
        }
        text
    }

    fn flush_due(&mut self) {
        if self.flush_at_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.flush_at_ms = None;
            self.entries.clear();
        }
    }

    fn live(&mut self, key: Key<'_>) -> Option<&mut Entry> {
        assert_eq!(key.hash, self.hash(key.bytes), "the key comes with its own hash");
        let own = key.hint == Hint::NONE || key.hint == Hint(key.hash);
        assert!(own, "the key comes with its own hint");
        self.last = key.hash;
        self.flush_due();
        if self.entries.get(key.bytes)?.is_gone(self.now_ms) {
            self.entries.remove(key.bytes);
        }
        self.entries.get_mut(key.bytes)
    }

    fn members(&mut self, key: Key<'_>) -> Option<&mut BTreeSet<Vec<u8>>> {
        match &mut self.live(key)?.value {
            Value::Set(members) => Some(members),
            _ => None,
        }
    }
}

impl Store for MapStore {
    fn set_iterate(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64 {
        self.set_scan(key, cursor, count, &mut |member| {
            if pattern.is_none_or(|pattern| glob(pattern, &member.to_vec())) {
                visit(member);
            }
        })
    }

    fn list_len(&mut self, key: Key<'_>) -> u64 {
        self.elements(key).map_or(0, |elements| elements.len() as u64)
    }

    fn list_get(&mut self, key: Key<'_>, at: u64) -> Option<Text<'_>> {
        self.elements(key)?.get(at as usize).map(|element| text(element))
    }

    fn list_insert(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.make(key, Value::List(Vec::new()));
        let elements = self.elements(key).filter(|elements| at as usize <= elements.len());
        if let Some(elements) = elements {
            elements.insert(at as usize, element.to_vec());
        }
        Ok(())
    }

    fn list_set(&mut self, key: Key<'_>, at: u64, element: &[u8]) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        if let Some(own) = self.elements(key).and_then(|elements| elements.get_mut(at as usize)) {
            *own = element.to_vec();
        }
        Ok(())
    }

    fn list_remove(&mut self, key: Key<'_>, at: u64, count: u64) -> u64 {
        let Some(elements) = self.elements(key) else { return 0 };
        let at = (at as usize).min(elements.len());
        let end = at.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
        let removed = elements.drain(at..end.min(elements.len())).count();
        if elements.is_empty() {
            self.entries.remove(key.bytes);
        }
        removed as u64
    }

    fn list_walk(
        &mut self,
        key: Key<'_>,
        at: u64,
        count: u64,
        back: bool,
        visit: &mut dyn FnMut(Text<'_>),
    ) {
        let Some(elements) = self.elements(key) else { return };
        let (before, behind) = elements.split_at((at as usize).min(elements.len()));
        let mut visit = |element: &Vec<u8>| visit(text(element));
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        match back {
            true => before.iter().rev().take(count).for_each(&mut visit),
            false => behind.iter().take(count).for_each(&mut visit),
        }
    }

    fn map_len(&mut self, key: Key<'_>) -> u64 {
        self.pairs(key).map_or(0, |pairs| pairs.len() as u64)
    }

    fn map_get(&mut self, key: Key<'_>, name: &[u8]) -> Option<Text<'_>> {
        self.pairs(key)?.get(name).map(|value| text(value))
    }

    fn map_set(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.moments.remove(&(key.bytes.to_vec(), name.to_vec()));
        self.make(key, Value::Map(BTreeMap::new()));
        let old = self.pairs(key).map(|pairs| pairs.insert(name.to_vec(), value.to_vec()));
        Ok(old == Some(None))
    }

    fn map_remove(&mut self, key: Key<'_>, name: &[u8]) -> bool {
        let Some(pairs) = self.pairs(key) else { return false };
        let removed = pairs.remove(name).is_some();
        if pairs.is_empty() {
            self.entries.remove(key.bytes);
        }
        removed
    }

    fn map_walk(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        self.map_scan(key, cursor, count, None, visit)
    }

    fn map_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        pattern: Option<&[u8]>,
        visit: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        let Some(pairs) = self.pairs(key) else { return 0 };
        let end = cursor.saturating_add(count.max(1));
        for (at, (name, value)) in (0..end).zip(&*pairs) {
            if at >= cursor && pattern.is_none_or(|pattern| glob(pattern, name)) {
                visit(text(name), text(value));
            }
        }
        if end < pairs.len() as u64 { end } else { 0 }
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn hash(&self, key: &[u8]) -> u64 {
        // FNV-1a.
        key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    fn hint(&self) -> Hint {
        Hint(self.last)
    }

    fn kind(&mut self, key: Key<'_>) -> Option<Kind> {
        self.live(key).map(|entry| entry.kind())
    }

    fn string(&mut self, key: Key<'_>) -> Option<Text<'_>> {
        match &self.live(key)?.value {
            Value::String(bytes) => Some(text(bytes)),
            _ => None,
        }
    }

    fn set_string(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        expiry: Expiry,
    ) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        let old = self.live(key).map(|entry| (entry.expires_at_ms, entry.flags));
        let (expires_at_ms, flags) = match expiry {
            Expiry::Never => (None, 0),
            Expiry::At(at_ms) => (Some(at_ms), 0),
            Expiry::Keep => old.unwrap_or_default(),
        };
        let entry = Entry { expires_at_ms, flags, ..Entry::new(Value::String(value.to_vec())) };
        self.entries.insert(key.bytes.to_vec(), entry);
        Ok(())
    }

    fn splice_string(&mut self, key: Key<'_>, at: u64, bytes: &[u8]) -> Result<bool, OutOfMemory> {
        let end = at.saturating_add(bytes.len() as u64);
        if end > STRING_LEN_MAX {
            return Ok(false);
        }
        if self.is_full {
            return Err(OutOfMemory);
        }
        let (at, end) = (at as usize, end as usize);
        let mut string = self.string(key).map_or_else(Vec::new, |text| text.to_vec());
        string.resize(string.len().max(end), 0);
        string[at..end].copy_from_slice(bytes);
        let flags = self.flags(key);
        self.set_string(key, Text::Bytes(&string), Expiry::Keep)?;
        self.set_flags(key, flags);
        Ok(true)
    }

    fn encoding(&mut self, key: Key<'_>) -> Option<&'static str> {
        Some(match self.kind(key)? {
            Kind::Set => "hashtable",
            _ => "raw",
        })
    }

    fn usage(&mut self, key: Key<'_>) -> Option<u64> {
        let held = match &self.live(key)?.value {
            Value::String(bytes) => bytes.len(),
            Value::Set(members) => members.iter().map(Vec::len).sum(),
            Value::List(elements) => elements.iter().map(Vec::len).sum(),
            Value::Map(pairs) => pairs.iter().map(|(name, value)| name.len() + value.len()).sum(),
            Value::Ordered(set) => set.heap_bytes(),
            Value::Sorted(set) => set.heap_bytes(),
        };
        Some((key.bytes.len() + held) as u64)
    }

    fn move_key(&mut self, key: Key<'_>, to: i64) -> Result<Option<bool>, OutOfMemory> {
        if !(0..16).contains(&to) {
            return Ok(None);
        }
        if self.is_full {
            return Err(OutOfMemory);
        }
        // The other databases are empty, and nobody looks into them.
        Ok(Some(self.remove(key)))
    }

    fn random_key(&mut self) -> Option<Vec<u8>> {
        let now_ms = self.now_ms;
        self.entries.iter().find(|(_, entry)| !entry.is_gone(now_ms)).map(|(key, _)| key.clone())
    }

    fn database(&self) -> u32 {
        0
    }

    fn dump(&mut self, key: Key<'_>) -> Option<Vec<u8>> {
        let value = match &self.live(key)?.value {
            Value::String(bytes) => Databox::from_text(Text::Bytes(bytes)),
            Value::Set(members) => {
                let mut set = Set::new(0);
                members.iter().for_each(|member| {
                    set.add(member);
                });
                set.into()
            }
            Value::List(elements) => {
                let mut list = databox::List::new();
                elements.iter().for_each(|element| list.push(databox::End::Back, element));
                list.into()
            }
            Value::Map(pairs) => {
                let mut map = databox::Map::new(0);
                pairs.iter().for_each(|(name, value)| {
                    map.set(name, value);
                });
                map.into()
            }
            Value::Ordered(set) => set.clone().into(),
            Value::Sorted(set) => set.clone().into(),
        };
        Some(databox::dump::write(|out| value.encode(out)))
    }

    fn restore(
        &mut self,
        key: Key<'_>,
        payload: &[u8],
        expiry: Expiry,
    ) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        let options = DecodeOptions { bytes_max: 1 << 20, members_max: 1 << 20, seed: 0 };
        let Ok(value) = databox::dump::read(payload, &options) else { return Ok(false) };
        let own = match (value.view(), value.text()) {
            (_, Some(text)) => Value::String(text.to_vec()),
            (View::Set(set), _) => Value::Set(set.iter().map(|one| one.to_vec()).collect()),
            (View::List(list), _) => Value::List(list.iter().map(|one| one.to_vec()).collect()),
            (View::Map(map), _) => {
                let pair = |(name, value): (Text<'_>, Text<'_>)| (name.to_vec(), value.to_vec());
                Value::Map(map.iter().map(pair).collect())
            }
            (View::Ordered(set), _) => Value::Ordered(set.clone()),
            (View::Sorted(set), _) => Value::Sorted(set.clone()),
            _ => return Ok(false),
        };
        self.set_string(key, Text::Bytes(&[]), expiry)?;
        if let Some(entry) = self.live(key) {
            entry.value = own;
        }
        Ok(true)
    }

    fn flags(&mut self, key: Key<'_>) -> u32 {
        self.live(key).map_or(0, |entry| entry.flags)
    }

    fn set_flags(&mut self, key: Key<'_>, flags: u32) -> bool {
        self.live(key).map(|entry| entry.flags = flags).is_some()
    }

    fn remove(&mut self, key: Key<'_>) -> bool {
        self.live(key).is_some() && self.entries.remove(key.bytes).is_some()
    }

    fn expiry(&mut self, key: Key<'_>) -> Option<Option<u64>> {
        self.live(key).map(|entry| entry.expires_at_ms)
    }

    fn set_expiry(&mut self, key: Key<'_>, expires_at_ms: Option<u64>) -> bool {
        self.live(key).map(|entry| entry.expires_at_ms = expires_at_ms).is_some()
    }

    fn set_add(&mut self, key: Key<'_>, member: &[u8]) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        if self.live(key).is_none() {
            let entry = Entry::new(Value::Set(BTreeSet::new()));
            self.entries.insert(key.bytes.to_vec(), entry);
        }
        Ok(self.members(key).is_some_and(|members| members.insert(member.to_vec())))
    }

    fn set_remove(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        if let Some(set) = self.ordered(key) {
            let removed = set.remove(member);
            self.drop_empty(key);
            return removed;
        }
        let Some(members) = self.members(key) else { return false };
        let removed = members.remove(member);
        if members.is_empty() {
            self.entries.remove(key.bytes);
        }
        removed
    }

    fn set_len(&mut self, key: Key<'_>) -> u64 {
        if let Some(set) = self.ordered(key) {
            return set.len() as u64;
        }
        self.members(key).map_or(0, |members| members.len() as u64)
    }

    fn set_contains(&mut self, key: Key<'_>, member: &[u8]) -> bool {
        if let Some(set) = self.ordered(key) {
            return set.contains(member);
        }
        self.members(key).is_some_and(|members| members.contains(member))
    }

    fn set_scan(
        &mut self,
        key: Key<'_>,
        cursor: u64,
        count: u64,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> u64 {
        let end = cursor.saturating_add(count.max(1));
        if let Some(set) = self.ordered(key) {
            set.walk(cursor as usize, count.max(1) as usize, visit);
            return if end < set.len() as u64 { end } else { 0 };
        }
        let Some(members) = self.members(key) else { return 0 };
        let page = (0..end).zip(&*members).filter(|(at, _)| *at >= cursor);
        page.for_each(|(_, member)| visit(text(member)));
        if end < members.len() as u64 { end } else { 0 }
    }

    fn lend_set(&mut self, key: Key<'_>) -> Option<Set> {
        let hash = key.hash;
        let members = self.members(key)?;
        let mut set = Set::new(hash);
        members.iter().for_each(|member| _ = set.add(member));
        Some(set)
    }

    fn put_set(&mut self, key: Key<'_>, set: Set) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        self.remove(key);
        for member in &set {
            self.set_add(key, &member.to_vec())?;
        }
        Ok(())
    }

    fn has_room(&self, _: usize) -> bool {
        !self.is_full
    }

    fn discard(&mut self, _: Set) {}

    fn use_database(&mut self, index: i64) -> Option<bool> {
        // One that is used stays the request's: what is copied to another shows here.
        (0..16).contains(&index).then_some(index != 0)
    }

    fn copy_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        let Some(entry) = self.live(from).cloned() else { return Ok(false) };
        self.entries.insert(to.bytes.to_vec(), entry);
        Ok(true)
    }

    fn rename_key(&mut self, from: Key<'_>, to: Key<'_>) -> Result<bool, OutOfMemory> {
        let found = self.copy_key(from, to)?;
        if from.bytes != to.bytes {
            self.entries.remove(from.bytes);
        }
        Ok(found)
    }

    fn swap(&mut self, _: u32, _: u32) {}

    fn scan(
        &mut self,
        cursor: u64,
        count: u64,
        filter: ScanFilter<'_>,
        visit: &mut dyn FnMut(Text<'_>),
    ) -> Scanned {
        let now_ms = self.now_ms;
        self.entries.retain(|_, entry| !entry.is_gone(now_ms));
        let end = cursor.saturating_add(count.max(1));
        for (at, (key, entry)) in (0..end).zip(&self.entries) {
            let named = |name: &[u8]| name.eq_ignore_ascii_case(entry.kind().name().as_bytes());
            if at >= cursor
                && filter.pattern.is_none_or(|pattern| glob(pattern, key))
                && filter.type_name.is_none_or(named)
            {
                visit(text(key));
            }
        }
        let more = end < self.entries.len() as u64;
        Scanned { cursor: if more { end } else { 0 }, more }
    }

    fn len(&mut self) -> u64 {
        self.entries.len() as u64
    }

    fn flush(&mut self) {
        self.entries.clear();
    }

    fn flush_all(&mut self) {
        self.entries.clear();
    }
}

/// The longest string that is made by writing behind its end.
const STRING_LEN_MAX: u64 = 1 << 20;

fn text(bytes: &[u8]) -> Text<'_> {
    Text::canonical(bytes)
}
