//! The packed map by itself, and sets.

use super::{VALUE, key, shuffled};
use crate::measure::measured;
use databox::Set;
use kvstore::HashKey;
use packed_map::{Extras, NoBox, PackedMap, Value};
use std::hint::black_box;

/// Look-ups that find their key; the hash is at hand.
pub(crate) fn map_get() -> u64 {
    let hasher = HashKey::new([1, 2]);
    let mut map = PackedMap::<NoBox, _>::new(|key: &[u8]| hasher.hash(key));
    for number in 0..MAP_KEYS {
        let key = key(number);
        map.put(hasher.hash(&key), &key, &VALUE[..], Extras::default());
    }
    let keys: Vec<_> = shuffled(MAP_KEYS).take(LOOK_UPS).map(key).collect();
    let asked: Vec<_> = keys.iter().map(|key| (hasher.hash(key), &key[..])).collect();
    let found = measured(|| {
        let get = |&(hash, key): &(u64, &[u8])| match map.get(hash, black_box(key))?.value() {
            Value::Bytes(bytes) => Some(bytes.len()),
            _ => None,
        };
        asked.iter().filter_map(get).sum::<usize>()
    });
    assert_eq!(found, LOOK_UPS * VALUE.len());
    LOOK_UPS as u64
}

/// Many sets of 50 integers of six digits, each from empty.
pub(crate) fn set_add_small() -> u64 {
    let members: Vec<_> = shuffled(50).map(|n| (n + 100_000).to_string().into_bytes()).collect();
    let mut sets: Vec<_> = (0..200).map(Set::new).collect();
    let added = measured(|| sets.iter_mut().map(|set| add(set, &members)).sum());
    assert_eq!(added, sets.len() as u64 * 50);
    added
}

/// One set of members of 16 bytes, from empty, through each of its forms.
pub(crate) fn set_add_large() -> u64 {
    let members: Vec<_> = shuffled(20_000).map(key).collect();
    let mut set = Set::new(1);
    let added = measured(|| add(&mut set, &members));
    assert_eq!((added, set.len()), (20_000, 20_000));
    added
}

fn add(set: &mut Set, members: &[Vec<u8>]) -> u64 {
    members.iter().map(|member| u64::from(set.add(black_box(member)))).sum()
}

const MAP_KEYS: u64 = 100_000;
const LOOK_UPS: usize = 20_000;
