//! What the fuzz targets check: the portable form, and the set against the standard library's.

use crate::{Databox, DecodeOptions, End, List, Map, Set, Text, View, dump};
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
    } else {
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
