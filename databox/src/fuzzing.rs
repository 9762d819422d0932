//! What the fuzz targets check: the portable form, and the set against the standard library's.

mod bitmap;

pub use bitmap::check_bitmap;

use crate::{
    Databox, DecodeOptions, End, List, Map, Order, Ordered, Set, SortedSet, SortedView, Text, View,
    dump,
};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// Decodes `data` and panics where a value that comes of it does not come back from its own
/// encoding, or its encoding is not `data` again where it must be.
pub fn check_codec(data: &[u8]) {
    let options = DecodeOptions { bytes_max: 1 << 16, members_max: 1 << 12, seed: 3 };
    let Ok(value) = Databox::decode(data, &options) else { return };
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    if let View::Set(set) = value.view() {
        // The order of members is free, so only the length is given.
        assert_eq!(encoded.len(), data.len());
        set.check();
    } else if let View::Map(map) = value.view() {
        assert_eq!(encoded.len(), data.len());
        map.check();
    } else if let View::Ordered(set) = value.view() {
        assert_eq!(encoded, data, "a value has one encoding");
        set.check();
    } else if let View::Bitmap(bitmap) = value.view() {
        assert_eq!(encoded, data, "a value has one encoding");
        bitmap.check();
    } else {
        if let View::Sorted(set) = value.view() {
            set.check();
        }
        assert_eq!(encoded, data, "a value has one encoding");
    }
    let again = Databox::decode(&encoded, &options).expect("what encode wrote");
    assert_eq!(again, value);
    assert!(again.cmp(&value).is_eq());
    assert_eq!(hash(&again), hash(&value));
    let copy = value.clone();
    assert_eq!(copy, value);
    assert!(copy.heap_bytes() <= 2 * value.heap_bytes() + 1024);
}

/// Reads `data` as the body of a payload of Redis' and panics where a value that comes of it does
/// not come back from our own payload.
pub fn check_dump(data: &[u8]) {
    let options = DecodeOptions { bytes_max: 1 << 16, members_max: 1 << 12, seed: 3 };
    let _ = dump::read(data, &options);
    let Ok(value) = dump::read(&dump::sealed(data), &options) else { return };
    if let Some(set) = value.as_set() {
        assert!(!set.is_empty());
        set.check();
    }
    if let Some(set) = value.as_sorted() {
        assert!(!set.is_empty());
        set.check();
    }
    let own = dump::write(|out| value.encode(out));
    assert!(dump::is_whole(&own));
    assert_eq!(dump::read(&own, &options), Ok(value));
}

/// Reads operations from `data`, applies them to a set and to a model, and panics where the two
/// differ or the set's own counters are wrong.
pub fn check_set(data: &[u8]) {
    let mut set = Set::new(5);
    let mut model = BTreeSet::new();
    for operation in data.chunks_exact(3) {
        let &[kind, low, high] = operation else { continue };
        let number = u16::from_le_bytes([low, high]);
        let times = if kind >= 250 { 100 } else { 1 };
        for number in (number..=u16::MAX).take(times) {
            let member = member(kind, number);
            if kind % 4 == 3 {
                assert_eq!(set.remove(&member), model.remove(&member));
            } else {
                let bound = set.heap_bytes() + set.add_growth_max(&member);
                assert_eq!(set.add(&member), model.insert(member.clone()));
                assert!(set.heap_bytes() <= bound, "growth beyond its bound");
            }
            assert_eq!(set.contains(&member), model.contains(&member));
            assert_eq!(set.len(), model.len());
        }
        // A large set takes long to check.
        if set.len() < 1000 || low == 0 {
            set.check();
        }
    }
    set.check();
    assert!(set.iter().map(|member| member.to_vec()).collect::<BTreeSet<_>>() == model);
    let mut value = Databox::from(set);
    while value.free_step() {}
}

/// Reads operations from `data`, applies them to ordered sets and to models, and panics where two
/// differ or a set's own counters are wrong.
pub fn check_ordered(data: &[u8]) {
    let (mut bytes, mut model) = (Ordered::new(Order::Bytes), BTreeSet::new());
    let (mut numbers, mut values) = (Ordered::new(Order::Numbers), BTreeSet::new());
    for operation in data.chunks_exact(3) {
        let &[kind, low, high] = operation else { continue };
        let number = u16::from_le_bytes([low, high]);
        let times = if kind >= 240 { 60 } else { 1 };
        for number in (number..=u16::MAX).take(times) {
            let text = member(kind, number);
            let value = (i128::from(number) - 1000) << (kind % 16 * 7);
            let digits = alloc::format!("{value}").into_bytes();
            if kind % 4 == 3 {
                assert_eq!(bytes.remove(&text), model.remove(&text));
                assert_eq!(numbers.remove(&digits), values.remove(&value));
            } else {
                let bound = bytes.heap_bytes() + bytes.add_growth_max(&text);
                assert_eq!(bytes.add(&text), model.insert(text.clone()));
                assert!(bytes.heap_bytes() <= bound, "growth beyond its bound");
                assert_eq!(numbers.add(&digits), values.insert(value));
            }
            assert_eq!(bytes.contains(&text), model.contains(&text));
            assert_eq!(numbers.contains(&digits), values.contains(&value));
            assert_eq!((bytes.len(), numbers.len()), (model.len(), values.len()));
        }
        let rank = model.range(..member(kind, number)).count();
        assert_eq!(bytes.find(&member(kind, number)).unwrap_or_else(|at| at), rank);
    }
    bytes.check();
    numbers.check();
    assert!(bytes.iter().map(|text| text.to_vec()).eq(model.iter().cloned()));
    assert!(
        numbers
            .iter()
            .map(|text| text.to_vec())
            .eq(values.iter().map(|value| alloc::format!("{value}").into_bytes()))
    );
    let options = DecodeOptions { bytes_max: 1 << 20, members_max: 1 << 20, seed: 3 };
    for set in [bytes, numbers] {
        let value = Databox::from(set);
        let mut encoded = Vec::new();
        value.encode(&mut encoded);
        assert_eq!(Databox::decode(&encoded, &options).as_ref(), Ok(&value));
        let mut value = value;
        while value.free_step() {}
    }
}

/// Reads operations from `data`, applies them to a map and to a model, and panics where the two
/// differ or the map's own counters are wrong.
pub fn check_map(data: &[u8]) {
    let mut map = Map::new(5);
    let mut model = BTreeMap::new();
    for operation in data.chunks_exact(4) {
        let &[kind, low, high, value] = operation else { continue };
        let number = u16::from_le_bytes([low, high]);
        let times = if kind >= 250 { 100 } else { 1 };
        for number in (number..=u16::MAX).take(times) {
            let (name, value) = (member(kind, number), member(value, number));
            if kind % 4 == 3 {
                assert_eq!(map.remove(&name), model.remove(&name).is_some());
            } else {
                let bound = map.heap_bytes() + map.set_growth_max(&name, &value);
                assert_eq!(map.set(&name, &value), model.insert(name.clone(), value).is_none());
                assert!(map.heap_bytes() <= bound, "growth beyond its bound");
            }
            assert_eq!(map.get(&name).map(|text| text.to_vec()).as_ref(), model.get(&name));
            assert_eq!(map.len(), model.len());
        }
        if map.len() < 1000 || low == 0 {
            map.check();
        }
    }
    map.check();
    let own = map.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
    assert!(own.collect::<BTreeMap<_, _>>() == model);
    let mut value = Databox::from(map);
    while value.free_step() {}
}

/// Reads operations from `data`, applies them to a list and to a model, and panics where the two
/// differ or the list's own counters are wrong.
pub fn check_list(data: &[u8]) {
    let mut list = List::new();
    let mut model: Vec<Vec<u8>> = Vec::new();
    for operation in data.chunks_exact(4) {
        let &[kind, low, high, what] = operation else { continue };
        let number = u16::from_le_bytes([low, high]);
        let times = if kind >= 250 { 200 } else { 1 };
        for number in (number..=u16::MAX).take(times) {
            let element = member(what, number);
            let at = usize::from(number) * 7 % (model.len() + 1);
            let bound = list.heap_bytes() + list.push_growth_max(&element);
            match kind % 8 {
                0 | 1 => {
                    list.push(End::Front, &element);
                    model.insert(0, element);
                }
                2..=4 => {
                    list.push(End::Back, &element);
                    model.push(element);
                }
                5 => {
                    list.replace(at, 0, Some(&element));
                    model.insert(at, element);
                }
                6 => {
                    let removed = usize::from(at < model.len());
                    list.replace(at, removed, Some(&element));
                    model.splice(at..at + removed, [element]);
                }
                _ => {
                    let removed = usize::from(what % 16).min(model.len() - at);
                    list.replace(at, removed, None);
                    model.drain(at..at + removed);
                }
            }
            assert!(list.heap_bytes() <= bound, "growth beyond its bound");
            assert_eq!(list.len(), model.len());
            assert_eq!(list.get(at).map(|text| text.to_vec()).as_ref(), model.get(at));
        }
        if list.len() < 1000 || low == 0 {
            list.check();
        }
    }
    list.check();
    assert!(list.iter().map(|text| text.to_vec()).eq(model.iter().cloned()));
    let mut back = Vec::new();
    list.walk_back(model.len(), model.len(), |text| back.insert(0, text.to_vec()));
    assert!(back == model);
    let mut value = Databox::from(list);
    while value.free_step() {}
}

/// Reads operations from `data`, applies them to a sorted set and to a model, and panics where the
/// two differ or the set's own counters are wrong.
pub fn check_sorted(data: &[u8]) {
    let mut set = SortedSet::new(5);
    let mut model = Scored::default();
    for operation in data.chunks_exact(5) {
        let &[kind, low, high, class, number] = operation else { continue };
        let first = u16::from_le_bytes([low, high]);
        let times = if kind >= 240 { 150 } else { 1 };
        for own in (first..=u16::MAX).take(times) {
            let member = member(kind, own);
            match kind % 8 {
                0..=4 => {
                    let score = score(class, number.wrapping_add(own as u8));
                    let bound = set.heap_bytes() + set.set_growth_max(&member);
                    let before = set.set(&member, score);
                    let score = if set.as_small().is_some() { score + 0.0 } else { score };
                    assert_eq!(before.map(f64::to_bits), model.set(member.clone(), score));
                    assert!(set.heap_bytes() <= bound, "growth beyond its bound");
                }
                5 | 6 => {
                    let before = set.remove(&member);
                    assert_eq!(before.map(f64::to_bits), model.remove(&member));
                }
                _ => {
                    let index = usize::from(own) % (set.len() + 1);
                    let count = usize::from(number);
                    let gone = model.list().into_iter().skip(index).take(count);
                    let gone: Vec<_> = gone.map(|(_, member)| member).collect();
                    assert_eq!(set.remove_range(index, count), gone.len());
                    gone.iter().for_each(|member| assert!(model.remove(member).is_some()));
                }
            }
            assert_eq!(set.score(&member).map(f64::to_bits), model.scores.get(&member).copied());
            assert_eq!(set.len(), model.scores.len());
        }
        // What takes long is not done for every one of many.
        if set.len() < 300 || number.is_multiple_of(32) {
            check_sorted_reads(&set, &model, (first, class, number));
        }
    }
    set.check();
    let copy = set.clone();
    assert_eq!(copy, set);
    let mut value = Databox::from(set);
    while value.free_step() {}
    copy.check();
}

/// What is read of a sorted set, beside the model.
fn check_sorted_reads(set: &SortedSet, model: &Scored, (first, class, number): (u16, u8, u8)) {
    set.check();
    let list = model.list();
    let index = usize::from(first) % (list.len() + 1);
    let mut seen = Vec::new();
    set.walk(index, 70, |member, score| seen.push((score.to_bits(), member.to_vec())));
    let expected: Vec<_> = list.iter().skip(index).take(70).cloned().collect();
    assert!(seen == expected, "a walk");
    seen.clear();
    set.walk_back(index, 70, |member, score| seen.push((score.to_bits(), member.to_vec())));
    assert!(seen.iter().eq(list.iter().take(index).rev().take(70)), "a walk back");
    if let Some((_, member)) = list.get(index) {
        assert_eq!(set.rank(member), Some(index));
    }
    let bound = score(class, number);
    let below = |inclusive| {
        let is_below = |bits: u64| {
            let score = f64::from_bits(bits);
            score < bound || (inclusive && score == bound)
        };
        list.iter().filter(|(bits, _)| is_below(*bits)).count()
    };
    assert_eq!((set.below(bound, false), set.below(bound, true)), (below(false), below(true)));
    let mut met = BTreeSet::new();
    let mut cursor = 0;
    loop {
        cursor = SortedView::Set(set).scan(cursor, 20, |member, _| {
            met.insert(member.to_vec());
        });
        if cursor == 0 {
            break;
        }
    }
    assert!(met.iter().eq(model.scores.keys()), "a scan");
}

/// Members with the bits of their scores.
#[derive(Default)]
struct Scored {
    scores: BTreeMap<Vec<u8>, u64>,
}

impl Scored {
    fn set(&mut self, member: Vec<u8>, score: f64) -> Option<u64> {
        let own = self.scores.get(&member).copied();
        // One zero is as good as the other.
        let is_kept = own.is_some_and(|own| f64::from_bits(own) == score);
        if !is_kept {
            self.scores.insert(member, score.to_bits());
        }
        own
    }

    fn remove(&mut self, member: &[u8]) -> Option<u64> {
        self.scores.remove(member)
    }

    /// All in their order.
    fn list(&self) -> Vec<(u64, Vec<u8>)> {
        let own = self.scores.iter().map(|(member, bits)| (*bits, member.clone()));
        let mut list: Vec<_> = own.collect();
        list.sort_by(|(one, member), (two, other)| {
            let order = f64::from_bits(*one).partial_cmp(&f64::from_bits(*two));
            order.expect("no score is NaN").then_with(|| member.cmp(other))
        });
        list
    }
}

/// A score that is likely to be one of others, or a neighbour.
fn score(class: u8, number: u8) -> f64 {
    let number = f64::from(number);
    match class % 10 {
        0 => 7.0,
        1 => number,
        2 => -number * 1e6,
        3 => number / 3.0,
        4 => f64::from_bits(1.0f64.to_bits() + number as u64),
        5 => -0.0,
        6 => 0.0,
        7 => f64::INFINITY,
        8 => f64::NEG_INFINITY,
        _ => number * number * 1e300,
    }
}

/// Reads `data` as the registers of a sparse HyperLogLog, and as elements that are added to it, and
/// panics where its sparse and its dense form disagree.
pub fn check_hll(data: &[u8]) {
    use crate::hll::{Hll, Registers};
    let _ = Hll::read(data);
    let empty = Hll::new();
    for bytes in [[&empty.bytes()[..16], data].concat(), empty.bytes().to_vec()] {
        let Some(mut hll) = Hll::read(&bytes) else { continue };
        let mut dense = hll.clone();
        let is_whole = dense.make_dense().is_ok();
        for element in data.chunks(3) {
            let added = hll.add(element);
            if is_whole {
                assert_eq!(added, dense.add(element));
            }
        }
        if !is_whole {
            let _ = (hll.count(), hll.opcodes());
            continue;
        }
        assert_eq!(hll.count(), dense.count());
        let (mut one, mut other) = (Registers::new(), Registers::new());
        assert!(one.take(&hll).is_ok() && other.take(&dense).is_ok());
        assert_eq!(one.values(), other.values());
    }
}

fn member(kind: u8, number: u16) -> Vec<u8> {
    let digits = |number: i64| Text::Integer(number).to_vec();
    match kind / 4 % 8 {
        0..=3 => digits(i64::from(number)),
        4 => digits(i64::from(number) << 47),
        5 => [b"member:".to_vec(), digits(i64::from(number))].concat(),
        6 => alloc::vec![b'x'; usize::from(number % 300)],
        _ => [b"0".to_vec(), digits(i64::from(number % 8))].concat(),
    }
}

/// The hash of a value by a simple hasher.
pub(crate) fn hash(value: &Databox) -> u64 {
    BuildHasherDefault::<Fnv>::default().hash_one(value)
}

#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
