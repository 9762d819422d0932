//! What the fuzz targets check: a map against the standard library's, over operations read from
//! bytes.

pub use crate::arena::fuzzing::check_arena;

use crate::{Displaced, Extras, HashKeys, NewValue, PackedMap, Sweeper, Text, Value};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

type Model = BTreeMap<Vec<u8>, (ModelValue, Extras)>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum ModelValue {
    Text(Vec<u8>),
    Boxed(u64),
}

/// A hash that can be made bad: with few bits, keys share tags and pages.
#[derive(Debug, Clone, Copy)]
struct Weak(u64);

impl HashKeys for Weak {
    fn hash(&self, key: &[u8]) -> u64 {
        let mix = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        let hash = key.iter().fold(0xcbf2_9ce4_8422_2325, mix);
        (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) & self.0
    }
}

/// Reads operations from `data`, applies them to a map and to a model, and panics where the two
/// differ or the map's own counters are wrong.
pub fn check_ops(data: &[u8]) {
    let mut input = Input(data);
    let mask = [u64::MAX, 0xff00_0000_000f, 0, u64::MAX << 40][usize::from(input.byte() % 4)];
    let mut subject =
        Subject { map: PackedMap::new(Weak(mask)), model: Model::new(), now_ms: 1000, scan: None };
    let mut steps = 0usize;
    while !input.0.is_empty() {
        subject.step(&mut input);
        // A large map takes long to check, above all where all hashes are equal.
        if subject.map.len() < 64 || steps.is_multiple_of(64) {
            subject.map.check();
        }
        steps += 1;
        assert_eq!(subject.map.used_bytes(), subject.map.recount_bytes());
        assert_eq!(subject.map.len(), subject.model.len());
        assert!(!subject.map.is_thin(), "merges have not kept up");
    }
    subject.map.check();
    subject.compare();
    subject.drain();
}

struct Subject {
    map: PackedMap<u64, Weak>,
    model: Model,
    now_ms: u64,
    scan: Option<Scan>,
}

/// A scan under way.
#[derive(Default)]
struct Scan {
    cursor: u64,
    /// The keys that have been there from its first call on.
    throughout: BTreeSet<Vec<u8>>,
    seen: BTreeSet<Vec<u8>>,
}

impl Subject {
    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 8 {
            0..=2 => self.put(input),
            3 => self.remove(&input.key()),
            4 => self.get(&input.key(), input.byte()),
            5 => self.set_extras(&input.key(), input.extras()),
            6 => self.scan_step(),
            _ => self.sweep(input),
        }
    }

    fn put(&mut self, input: &mut Input<'_>) {
        let times = if input.byte() == 0 { 40 } else { 1 };
        for _ in 0..times {
            let (key, extras, kind) = (input.key(), input.extras(), input.byte());
            let text = input.value(kind);
            let (value, model_value) = match kind % 4 {
                0 => (NewValue::Boxed(u64::from(kind)), ModelValue::Boxed(u64::from(kind))),
                _ => (NewValue::from(&text[..]), ModelValue::Text(text.clone())),
            };
            let hash = self.map.hasher().hash(&key);
            let bound = self.map.put_growth_max(hash, &key, &value, extras);
            let before = self.map.used_bytes();
            let displaced = self.map.put(hash, &key, value, extras);
            assert!(self.map.used_bytes() <= before + bound, "growth beyond its bound");
            let old = self.model.insert(key, (model_value, extras)).map(|(value, _)| match value {
                ModelValue::Text(_) => Displaced::Text,
                ModelValue::Boxed(boxed) => Displaced::Boxed(boxed),
            });
            assert_eq!(displaced, old);
        }
    }

    fn remove(&mut self, key: &[u8]) {
        let removed = self.map.remove(self.map.hasher().hash(key), key);
        assert_eq!(removed.is_some(), self.model.remove(key).is_some());
        self.forget(key);
    }

    fn get(&mut self, key: &[u8], boxed: u8) {
        let hash = self.map.hasher().hash(key);
        self.map.prepare(&[hash]);
        if let Some(own) = self.map.get_mut(hash, key) {
            *own = u64::from(boxed);
            self.model.get_mut(key).expect("in both").0 = ModelValue::Boxed(u64::from(boxed));
        }
        let found = self.map.get(hash, key).map(|entry| {
            assert_eq!(entry.key(), Text::Bytes(key));
            (model_value(entry.value()), entry.extras())
        });
        assert_eq!(found.as_ref(), self.model.get(key));
    }

    fn set_extras(&mut self, key: &[u8], extras: Extras) {
        let found = self.map.set_extras(self.map.hasher().hash(key), key, extras);
        let own = self.model.get_mut(key).map(|(_, own)| *own = extras);
        assert_eq!(found, own.is_some());
    }

    fn scan_step(&mut self) {
        let mut scan = self.scan.take().unwrap_or_else(|| Scan {
            throughout: self.model.keys().cloned().collect(),
            ..Scan::default()
        });
        scan.cursor = self.map.scan(scan.cursor, |entry| {
            scan.seen.insert(entry.key().to_vec());
        });
        if scan.cursor == 0 {
            assert!(scan.throughout.is_subset(&scan.seen), "a scan passed a key over");
        } else {
            self.scan = Some(scan);
        }
    }

    fn sweep(&mut self, input: &mut Input<'_>) {
        struct Collect(BTreeSet<Vec<u8>>, bool);
        impl Sweeper<u64> for Collect {
            fn expire(&mut self, key: Text<'_>) -> bool {
                let keeps = self.1 && key.len().is_multiple_of(2);
                if !keeps {
                    assert!(self.0.insert(key.to_vec()), "swept twice");
                }
                !keeps
            }
            fn displaced(&mut self, _: Displaced<u64>) {}
        }
        self.now_ms += u64::from(input.byte());
        let mut gone = Collect(BTreeSet::new(), input.byte() % 2 == 1);
        let mut cursor = 0;
        loop {
            let swept = self.map.sweep(cursor, self.now_ms, 2, 20, &mut gone);
            assert!(swept.pages <= 2);
            cursor = swept.cursor;
            if cursor == 0 {
                break;
            }
        }
        let now_ms = self.now_ms;
        let due = |extras: &Extras| extras.expires_at_ms.is_some_and(|at| at <= now_ms);
        let goes = |key: &[u8]| !(gone.1 && key.len().is_multiple_of(2));
        let expected: BTreeSet<_> = self
            .model
            .extract_if(.., |key, (_, extras)| due(extras) && goes(key))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(gone.0, expected);
        expected.iter().for_each(|key| self.forget(key));
    }

    /// A key is no longer there throughout the scan.
    fn forget(&mut self, key: &[u8]) {
        if let Some(scan) = &mut self.scan {
            scan.throughout.remove(key);
        }
    }

    fn compare(&self) {
        let all: Model = self
            .map
            .iter()
            .map(|entry| (entry.key().to_vec(), (model_value(entry.value()), entry.extras())))
            .collect();
        assert_eq!(all, self.model);
    }

    fn drain(mut self) {
        let boxed = self.model.values().filter(|(value, _)| matches!(value, ModelValue::Boxed(_)));
        let (expected, mut count) = (boxed.count(), 0);
        loop {
            let more = self.map.drain_page(|_| count += 1);
            assert_eq!(self.map.used_bytes(), self.map.recount_bytes());
            if !more {
                break;
            }
        }
        assert_eq!((self.map.len(), count), (0, expected));
    }
}

fn model_value(value: Value<'_, u64>) -> ModelValue {
    match value {
        Value::Boxed(&boxed) => ModelValue::Boxed(boxed),
        value => ModelValue::Text(value.text().expect("not boxed").to_vec()),
    }
}

/// Values read from bytes; zeros where they have run out.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A key: few different ones, of all forms.
    fn key(&mut self) -> Vec<u8> {
        let (kind, number) = (self.byte(), self.byte());
        match kind % 8 {
            0 => alloc::format!("-{number}").into_bytes(),
            1 => alloc::format!("{number}0{kind}000").into_bytes(),
            2 => alloc::vec![number; 230 + usize::from(kind) / 8],
            3 => alloc::format!("0{number}").into_bytes(),
            4 => Vec::new(),
            _ => alloc::vec![b'k', number, kind / 64],
        }
    }

    fn value(&mut self, kind: u8) -> Vec<u8> {
        match kind % 16 {
            1 => alloc::format!("{}", i64::from(kind) - 128).into_bytes(),
            2 => alloc::vec![b'v'; usize::from(self.byte()) * 280],
            3 => alloc::vec![b'v'; usize::from(self.byte())],
            _ => alloc::vec![kind; usize::from(self.byte() % 32)],
        }
    }

    fn extras(&mut self) -> Extras {
        let present = self.byte();
        let expires_at_ms = (present & 1 != 0).then(|| 1000 + 4 * u64::from(self.byte()));
        Extras {
            expires_at_ms,
            flags: if present & 6 == 6 { u32::from(present) << 20 } else { 0 },
            cas: if present & 12 == 12 { u64::MAX - u64::from(present) } else { 0 },
        }
    }
}
