//! What the fuzz targets check: a map against the standard library's, over operations read from
//! bytes, among blocks that move whenever they can and run out now and then.

mod restless;

pub use crate::arena::fuzzing::check_arena;

use crate::arena::Blocks;
use crate::{
    Arena, Choice, Chunks, Displaced, Exact, Extras, HashKeys, Heap, NewValue, PageMap, Sweeper,
    Text, Value,
};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use restless::Restless;

type Model = BTreeMap<Vec<u8>, (ModelValue, Extras)>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum ModelValue {
    Text(Vec<u8>),
    Packed(Vec<u8>),
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
/// differ or the map contradicts itself.
pub fn check_ops(data: &[u8]) {
    let Some((&place, rest)) = data.split_first() else { return };
    match place % 5 {
        4 => check_among(Chunks::new(), rest),
        0 => check_among(Heap::new(), rest),
        1 => check_among(Arena::new(ARENA_BYTES).expect("some address space"), rest),
        2 => check_among(Exact::new(place.into(), 40 * usize::from(place)), rest),
        _ => check_among(Exact::new(place.into(), usize::MAX), rest),
    }
}

/// [`check_ops`] among blocks of any kind.
fn check_among<A: Blocks>(blocks: A, data: &[u8]) {
    let mut input = Input(data);
    let mask = [u64::MAX, 0xff00_0000_000f, 0, u64::MAX << 40][usize::from(input.byte() % 4)];
    let mut subject = Subject {
        map: PageMap::with_owner(Weak(mask), input.byte() % 32),
        blocks: Restless::new(blocks),
        model: Model::new(),
        now_ms: 1000,
        scan: None,
    };
    let mut steps = 0usize;
    while !input.0.is_empty() {
        subject.step(&mut input);
        // A large map takes long to check, above all where all hashes are equal.
        if subject.map.len() < 64 || steps.is_multiple_of(64) {
            subject.check();
            subject.blocks.move_all(&mut subject.map);
            subject.check();
        }
        steps += 1;
        assert_eq!(subject.map.len(), subject.model.len());
    }
    subject.check();
    subject.compare();
    subject.drain();
}

struct Subject<A> {
    map: PageMap<u64, Weak>,
    blocks: Restless<A>,
    model: Model,
    now_ms: u64,
    scan: Option<Scan>,
}

/// The keys that went, of which those of even length may be held back.
struct Collect(BTreeSet<Vec<u8>>, bool);

impl Sweeper<u64> for Collect {
    fn expire(&mut self, key: Text<'_>) -> bool {
        let keeps = self.1 && key.len().is_multiple_of(2);
        if !keeps {
            assert!(self.0.insert(key.to_vec()), "gone twice");
        }
        !keeps
    }

    fn displaced(&mut self, _: Displaced<u64>) {}
}

/// A scan under way.
#[derive(Default)]
struct Scan {
    cursor: u64,
    /// The keys that have been there from its first call on.
    throughout: BTreeSet<Vec<u8>>,
    seen: BTreeSet<Vec<u8>>,
}

impl<A: Blocks> Subject<A> {
    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 12 {
            0..=3 => self.put(input),
            4 => self.remove(&input.key()),
            5 => self.get(&input.key(), input.byte()),
            6 => self.set_extras(&input.key(), input.extras()),
            7 => self.scan_step(),
            8 => self.sweep(input),
            9 => self.evict(input),
            10 => self.touch(input),
            _ => {
                let allocations = input.byte();
                self.blocks.run_out_after((allocations < 100).then_some(allocations % 4));
            }
        }
    }

    fn check(&self) {
        self.map.check(&self.blocks);
        assert_eq!(self.blocks.used_units() * crate::UNIT_BYTES, self.map.block_bytes());
    }

    fn put(&mut self, input: &mut Input<'_>) {
        let times = if input.byte() == 0 { 40 } else { 1 };
        for _ in 0..times {
            let (key, extras, kind) = (input.key(), input.extras(), input.byte());
            let text = input.value(kind);
            let (value, model_value) = match kind % 4 {
                0 => (NewValue::Boxed(u64::from(kind)), ModelValue::Boxed(u64::from(kind))),
                1 if text.len() <= crate::PACKED_BYTES_MAX => {
                    (NewValue::Packed(&text), ModelValue::Packed(text.clone()))
                }
                _ => (NewValue::from(&text[..]), ModelValue::Text(text.clone())),
            };
            let hash = self.map.hasher().hash(&key);
            let bound = self.map.put_growth_max(&self.blocks, hash, &key, &value, extras);
            let easily = self.map.any_put_growth_max(key.len() + text.len());
            let (before, refused) = (self.map.used_bytes(), self.blocks.refused());
            let displaced = match self.map.put(&mut self.blocks, hash, &key, value, extras) {
                Ok(displaced) => displaced,
                Err(full) => {
                    assert!(self.blocks.refused() > refused);
                    assert_eq!(full.value, value);
                    assert_eq!(self.map.used_bytes(), before, "a refused write changed something");
                    self.get(&key, 0);
                    continue;
                }
            };
            let growth = self.map.used_bytes().saturating_sub(before);
            assert!(growth <= easily || self.map.len() > 1000);
            assert!(growth <= bound, "grown by {growth}, beyond the bound of {bound}");
            let old = self.model.insert(key, (model_value, extras)).map(|(value, _)| match value {
                ModelValue::Text(_) | ModelValue::Packed(_) => Displaced::Text,
                ModelValue::Boxed(boxed) => Displaced::Boxed(boxed),
            });
            assert_eq!(displaced, old);
        }
    }

    fn remove(&mut self, key: &[u8]) {
        let removed = self.map.remove(&mut self.blocks, self.map.hasher().hash(key), key);
        assert_eq!(removed.is_some(), self.model.remove(key).is_some());
        self.forget(key);
        assert!(!self.map.is_thin() || self.blocks.refused() > 0, "merges have not kept up");
    }

    fn get(&mut self, key: &[u8], boxed: u8) {
        let hash = self.map.hasher().hash(key);
        self.map.prepare(&self.blocks, &[hash]);
        self.map.prepare_writes(&self.blocks, &[hash]);
        if let Some(own) = self.map.get_mut(&self.blocks, hash, key).filter(|_| boxed > 100) {
            *own = u64::from(boxed);
            self.model.get_mut(key).expect("in both").0 = ModelValue::Boxed(u64::from(boxed));
        }
        let found = self.map.get(&self.blocks, hash, key).map(|entry| {
            assert_eq!(entry.key(), Text::Bytes(key));
            assert_eq!(entry.expires_at_ms(), entry.extras().expires_at_ms);
            (model_value(entry.value()), entry.extras())
        });
        assert_eq!(found.as_ref(), self.model.get(key));
    }

    fn set_extras(&mut self, key: &[u8], extras: Extras) {
        let (hash, refused) = (self.map.hasher().hash(key), self.blocks.refused());
        match self.map.set_extras(&mut self.blocks, hash, key, extras) {
            Ok(found) => {
                let own = self.model.get_mut(key).map(|(_, own)| *own = extras);
                assert_eq!(found, own.is_some());
            }
            Err(_) => assert!(self.blocks.refused() > refused),
        }
        self.get(key, 0);
    }

    /// Turns levels on and off, and raises an entry.
    fn touch(&mut self, input: &mut Input<'_>) {
        let (key, levels) = (input.key(), input.byte());
        if levels.is_multiple_of(8) {
            self.map.expect_times_around(self.now_ms);
        }
        if levels > 200 {
            self.map.keep_levels(usize::from(levels % 5));
        }
        let hash = self.map.hasher().hash(&key);
        if let Some(at) = self.map.find(&self.blocks, hash, &key) {
            let before = self.map.level_lens();
            self.map.touch(&mut self.blocks, at);
            let raised: usize = self.map.level_lens()[1..].iter().sum();
            assert!(raised <= before[1..].iter().sum::<usize>() + 1);
            assert_eq!(self.map.entry(&self.blocks, at).key(), Text::Bytes(&key));
        }
    }

    fn evict(&mut self, input: &mut Input<'_>) {
        let (point, kind, nth) = (u64::from(input.byte()), input.byte(), input.byte());
        let knows = |hash: u32| hash.is_multiple_of(3);
        let choice = match kind % 4 {
            0 => Choice::Nth(nth.into()),
            1 => Choice::Unknown(nth.into(), &knows),
            _ => Choice::Lowest {
                lower: [nth % 3, nth % 5, nth % 2].map(usize::from),
                ages: nth.is_multiple_of(2),
                level_max: usize::from(nth % 4),
            },
        };
        let mut gone = Collect(BTreeSet::new(), kind > 128);
        let evicted = self.map.evict(&mut self.blocks, point, choice, &mut gone);
        assert_eq!(evicted.gone, gone.0.len());
        assert!(evicted.gone <= 1);
        for key in gone.0 {
            assert!(self.model.remove(&key).is_some(), "evicted and not in the model");
            self.forget(&key);
        }
    }

    fn scan_step(&mut self) {
        let mut scan = self.scan.take().unwrap_or_else(|| Scan {
            throughout: self.model.keys().cloned().collect(),
            ..Scan::default()
        });
        scan.cursor = self.map.scan(&self.blocks, scan.cursor, |entry| {
            scan.seen.insert(entry.key().to_vec());
        });
        if scan.cursor == 0 {
            assert!(scan.throughout.is_subset(&scan.seen), "a scan passed a key over");
        } else {
            self.scan = Some(scan);
        }
    }

    fn sweep(&mut self, input: &mut Input<'_>) {
        self.now_ms += u64::from(input.byte());
        let mut gone = Collect(BTreeSet::new(), input.byte() % 2 == 1);
        let mut cursor = 0;
        loop {
            let swept = self.map.sweep(&mut self.blocks, cursor, self.now_ms, (2, 20), &mut gone);
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
            .iter(&self.blocks)
            .map(|entry| (entry.key().to_vec(), (model_value(entry.value()), entry.extras())))
            .collect();
        assert_eq!(all, self.model);
        assert_eq!(self.map.iter(&self.blocks).count(), self.model.len());
    }

    fn drain(mut self) {
        let boxed = self.model.values().filter(|(value, _)| matches!(value, ModelValue::Boxed(_)));
        let (expected, mut count) = (boxed.count(), 0);
        while self.map.drain_bucket(&mut self.blocks, |_| count += 1) {
            if self.map.len() < 64 {
                self.check();
            }
        }
        assert_eq!((self.map.len(), count), (0, expected));
        assert_eq!((self.blocks.used_units(), self.map.expiring()), (0, 0));
        self.check();
    }
}

fn model_value(value: Value<'_, u64>) -> ModelValue {
    match value {
        Value::Boxed(&boxed) => ModelValue::Boxed(boxed),
        Value::Packed(bytes) => ModelValue::Packed(bytes.to_vec()),
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
            2 => alloc::vec![number; [230, 239, 240, 300, 4096, 4097][usize::from(kind) / 8 % 6]],
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
            5 => alloc::vec![b'v'; [0, 1, 239, 240, 4096, 4097][usize::from(self.byte()) % 6]],
            _ => alloc::vec![kind; usize::from(self.byte() % 32)],
        }
    }

    fn extras(&mut self) -> Extras {
        let present = self.byte();
        let moment = match present % 64 {
            63 => u64::MAX - u64::from(self.byte()),
            61 => u64::from(self.byte()),
            _ => 1000 + 4 * u64::from(self.byte()),
        };
        Extras {
            expires_at_ms: (present & 1 != 0).then_some(moment),
            flags: if present & 6 == 6 { u32::from(present) << 20 } else { 0 },
            cas: if present & 12 == 12 { u64::MAX - u64::from(present) } else { 0 },
        }
    }
}

/// Enough for what a few thousand operations write.
const ARENA_BYTES: usize = 64 << 20;
