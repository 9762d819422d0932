//! One shard of 100,000 strings of 32 bytes; what is asked for comes in an order of its own.
//!
//! The keys are hashed in the measured part, as the server does when it routes a request.

use super::{VALUE, key, shuffled};
use crate::measure::measured;
use kvstore::{HashKey, Namespace, PutOptions, Shard, ShardConfig, Text};
use std::hint::black_box;
use std::sync::Arc;

/// Reading keys that are there.
pub(crate) fn get_hit() -> u64 {
    let (mut shard, keys) = (full(), some_of(0));
    let found = measured(|| read(&mut shard, &keys));
    assert_eq!(found, ASKED * VALUE.len());
    keys.len() as u64
}

/// Reading keys that are not there.
pub(crate) fn get_miss() -> u64 {
    let (mut shard, keys) = (full(), some_of(KEYS));
    let found = measured(|| read(&mut shard, &keys));
    assert_eq!(found, 0);
    keys.len() as u64
}

/// Writing values as long as those they replace.
pub(crate) fn overwrite() -> u64 {
    let (mut shard, keys) = (full(), some_of(0));
    measured(|| write(&mut shard, &keys, &[b'w'; VALUE.len()]));
    assert_eq!(shard.len(NAMESPACE), KEYS);
    let key = shard.key(&keys[0]);
    let item = shard.get(NAMESPACE, key, NOW_MS).expect("it was written");
    assert_eq!(item.string(), Some(Text::Bytes(&[b'w'; VALUE.len()])));
    keys.len() as u64
}

/// Writing keys that are not there; the directory grows on the way.
pub(crate) fn insert() -> u64 {
    let (mut shard, keys) = (full(), some_of(KEYS));
    measured(|| write(&mut shard, &keys, &VALUE));
    assert_eq!(shard.len(NAMESPACE), KEYS + ASKED as u64);
    keys.len() as u64
}

/// Removing keys that are there.
pub(crate) fn delete() -> u64 {
    let (mut shard, keys) = (full(), some_of(0));
    let removed = measured(|| {
        let remove = |bytes: &Vec<u8>| {
            let key = shard.key(black_box(bytes));
            u64::from(shard.remove(NAMESPACE, key, NOW_MS))
        };
        keys.iter().map(remove).sum::<u64>()
    });
    assert_eq!(removed, ASKED as u64);
    assert_eq!(shard.len(NAMESPACE), KEYS - ASKED as u64);
    removed
}

fn full() -> Shard {
    let hash_key = Arc::new(HashKey::new([1, 2]));
    // Valgrind has not as much address space to give as the default takes.
    let config = ShardConfig { reservation_bytes: 1 << 30, ..ShardConfig::new(hash_key) };
    let mut shard = Shard::new(config).expect("some address space");
    let keys: Vec<_> = (0..KEYS).map(key).collect();
    write(&mut shard, &keys, &VALUE);
    shard
}

/// Keys of the numbers from `first` on, in another order.
fn some_of(first: u64) -> Vec<Vec<u8>> {
    shuffled(KEYS).take(ASKED).map(|number| key(first + number)).collect()
}

fn read(shard: &mut Shard, keys: &[Vec<u8>]) -> usize {
    let get = |bytes: &Vec<u8>| {
        let key = shard.key(black_box(bytes));
        let item = shard.get(NAMESPACE, key, NOW_MS);
        item.and_then(|item| item.string()).map_or(0, |text| text.len())
    };
    keys.iter().map(get).sum()
}

fn write(shard: &mut Shard, keys: &[Vec<u8>], value: &[u8]) {
    for bytes in keys {
        let key = shard.key(black_box(bytes));
        shard
            .put_string(NAMESPACE, key, Text::Bytes(value), PutOptions::default(), NOW_MS)
            .expect("there is no budget");
    }
}

const NAMESPACE: Namespace = Namespace(0);
const NOW_MS: u64 = 1_000_000;
const KEYS: u64 = 100_000;
const ASKED: usize = 20_000;
