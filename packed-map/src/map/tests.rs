//! The map against the standard library's, and properties no model shows.

use crate::map::growth::ENTRIES_MEAN;
use crate::{Blocks, Extras, NewValue, NoBox, PackedMap, Text, Value, fuzzing};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(key, 7)
}

type Map = PackedMap<NoBox, fn(&[u8]) -> u64>;

fn filled(keys: std::ops::Range<u32>) -> Map {
    let mut map = Map::new(hash);
    for number in keys {
        put(&mut map, number);
    }
    map
}

fn key(number: u32) -> Vec<u8> {
    format!("key:{number}").into_bytes()
}

fn put(map: &mut Map, number: u32) {
    let key = key(number);
    map.put(hash(&key), &key, i64::from(number), Extras::default());
}

fn remove(map: &mut Map, number: u32) -> bool {
    let key = key(number);
    map.remove(hash(&key), &key).is_some()
}

#[test]
fn an_empty_map_allocates_nothing() {
    let map = Map::new(hash);
    assert_eq!(map.used_bytes(), 0);
    assert_eq!(map.scan(0, |_| unreachable!()), 0);
    map.prepare(&[1, 2]);
}

#[test]
fn pages_follow_the_number_of_entries_both_ways() {
    let mut map = filled(0..20_000);
    assert_eq!(map.buckets(), 20_000 / ENTRIES_MEAN as u64);
    map.check();
    for number in 0..19_990 {
        assert!(remove(&mut map, number));
    }
    map.check();
    assert_eq!(map.buckets(), 1);
    let bytes = map.blocks().used_units() * crate::UNIT_BYTES;
    assert!(bytes < 512, "{bytes}");
    for number in 19_990..20_000 {
        assert!(remove(&mut map, number));
    }
    assert!(map.is_empty());
}

#[test]
fn overwriting_with_the_same_size_allocates_nothing() {
    let mut map = filled(0..100);
    let before = map.used_bytes();
    for number in 0..100 {
        let key = key(number);
        let other = NewValue::from(i64::from(99 - number).max(1));
        assert_eq!(map.put_growth_max(hash(&key), &key, &other, Extras::default()), 0);
        map.put(hash(&key), &key, other, Extras::default());
    }
    assert_eq!(map.used_bytes(), before);
}

#[test]
fn keys_that_look_alike_are_told_apart() {
    let mut map = Map::new(hash);
    let keys: [&[u8]; 8] = [b"1", b"01", b"\x01", b"-1", b"", b"0", b"-0", b"256"];
    for (number, key) in keys.iter().enumerate() {
        assert!(map.put(hash(key), key, number as i64, Extras::default()).is_none());
    }
    for (number, key) in keys.iter().enumerate() {
        let entry = map.get(hash(key), key).unwrap();
        assert_eq!(entry.key(), Text::Bytes(key));
        assert_eq!(entry.value(), Value::Integer(number as i64));
    }
}

#[test]
fn equal_hashes_are_only_slow() {
    let mut map = PackedMap::<NoBox, _>::new(|_: &[u8]| 42);
    for number in 0..200 {
        map.put(42, &key(number), i64::from(number), Extras::default());
    }
    map.check();
    for number in 0..200 {
        let entry = map.get(42, &key(number)).unwrap();
        assert_eq!(entry.value(), Value::Integer(number.into()));
    }
}

#[test]
fn pairs_of_integers_cost_few_bytes() {
    let mut map = Map::new(hash);
    for number in 0..100_000i64 {
        let key = (number + 100_000_000).to_string().into_bytes();
        map.put(hash(&key), &key, number + 900_000_000, Extras::default());
    }
    // Eight bytes of integers, three of arrays, half a one of the page's head, rounding.
    assert!(map.used_bytes() < 14 * map.len(), "{}", map.used_bytes() / map.len());
}

#[test]
fn keys_and_values_of_all_lengths_come_back() {
    let mut map = PackedMap::<NoBox, _>::new(hash);
    let lengths = [0, 1, 239, 240, 4096, 4097, 1 << 16, 1 << 20];
    for (number, len) in lengths.into_iter().enumerate() {
        let (key, value) = (vec![b'k'; len], vec![b'v'; lengths[lengths.len() - 1 - number]]);
        map.put(hash(&key), &key, &value[..], Extras::default());
        map.check();
    }
    for (number, len) in lengths.into_iter().enumerate() {
        let (key, value) = (vec![b'k'; len], vec![b'v'; lengths[lengths.len() - 1 - number]]);
        let entry = map.get(hash(&key), &key).unwrap();
        assert_eq!((entry.key(), entry.value()), (Text::Bytes(&key), Value::Bytes(&value)));
        assert!(entry.used_bytes() >= key.len() + value.len());
    }
    for len in lengths {
        let key = vec![b'k'; len];
        map.put(hash(&key), &key, &b"short"[..], Extras::default());
        assert!(map.remove(hash(&key), &key).is_some());
        map.check();
    }
    assert!(map.is_empty());
}

#[test]
fn a_shorter_value_with_the_first_extras_harms_no_neighbour() {
    for old in 0..40 {
        let mut map = filled(0..12);
        let (name, value) = (key(5), vec![b'x'; old]);
        map.put(hash(&name), &name, &value[..], Extras::default());
        let extras = Extras { expires_at_ms: Some(7), flags: 1, cas: 2 };
        map.put(hash(&name), &name, &b"y"[..], extras);
        map.check();
        for number in (0..12).filter(|&number| number != 5) {
            let entry = map.get(hash(&key(number)), &key(number)).unwrap();
            assert_eq!(entry.value(), Value::Integer(number.into()));
        }
    }
}

#[test]
fn extras_take_room_only_where_they_are() {
    let mut map = filled(0..1000);
    let before = map.used_bytes();
    let expiring = Extras { expires_at_ms: Some(1_800_000_000_000), ..Extras::default() };
    for number in 0..1000 {
        assert_eq!(map.set_extras(hash(&key(number)), &key(number), expiring), Ok(true));
    }
    map.check();
    let with = map.used_bytes() - before;
    assert!((6_000..9_000).contains(&with), "{with}");
    for number in 0..1000 {
        let none = Extras::default();
        assert_eq!(map.set_extras(hash(&key(number)), &key(number), none), Ok(true));
    }
    map.check();
    assert_eq!(map.expiring(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..1200)) {
        fuzzing::check_ops(&data);
    }

    #[test]
    fn a_scan_sees_every_key_that_stays(
        kept in prop::collection::btree_set(0u32..1000, 0..300),
        steps in prop::collection::vec((1000u32..4000, any::<bool>(), 0u32..400), 0..200),
    ) {
        let mut map = filled(0..0);
        kept.iter().for_each(|&number| put(&mut map, number));
        let mut seen = BTreeSet::new();
        let mut cursor = 0;
        let mut changes = steps.into_iter();
        loop {
            cursor = map.scan(cursor, |entry| { seen.insert(entry.key().to_vec()); });
            if cursor == 0 {
                break;
            }
            if let Some((from, grows, count)) = changes.next() {
                for number in from..from + count {
                    if grows { put(&mut map, number) } else { remove(&mut map, number); }
                }
            }
        }
        map.check();
        for number in kept {
            prop_assert!(seen.contains(&key(number)), "{} was passed over", number);
        }
    }
}
