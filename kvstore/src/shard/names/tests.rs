//! What expires in maps, to the millisecond, and the sweep of it.

use super::*;
use crate::{HashKey, ShardConfig, SweepLimits};
use std::sync::Arc;

const NS: Namespace = Namespace(3);

const LIMITS: SweepLimits = SweepLimits { pages_max: 8, keys_max: 64 };

fn shard() -> Shard {
    let hash_key = Arc::new(HashKey::new([1, 2]));
    Shard::new(ShardConfig { reservation_bytes: 64 << 20, ..ShardConfig::new(hash_key) }).unwrap()
}

fn fill(shard: &mut Shard, key: &[u8], names: usize) {
    let key = shard.key(key);
    for number in 0..names {
        let name = format!("n{number}");
        shard.map_set(NS, key, (name.as_bytes(), b"value"), 1).unwrap();
    }
}

fn expire(shard: &mut Shard, key: &[u8], name: &str, at_ms: Option<u64>, now_ms: u64) -> bool {
    let key = shard.key(key);
    shard.set_name_expiry(NS, key, (name.as_bytes(), at_ms), now_ms).unwrap()
}

fn has(shard: &mut Shard, key: &[u8], name: &str, now_ms: u64) -> bool {
    let key = shard.key(key);
    shard.map_get(NS, key, name.as_bytes(), now_ms).unwrap().is_some()
}

fn len(shard: &mut Shard, key: &[u8], now_ms: u64) -> usize {
    let key = shard.key(key);
    shard.map(NS, key, now_ms).unwrap().map_or(0, |map| map.len())
}

#[test]
fn a_name_is_gone_at_its_moment() {
    for names in [2, 5_000] {
        let mut shard = shard();
        fill(&mut shard, b"m", names);
        assert!(expire(&mut shard, b"m", "n1", Some(100), 1));
        assert!(!expire(&mut shard, b"m", "absent", Some(100), 1));
        assert!(has(&mut shard, b"m", "n1", 99));
        assert!(!has(&mut shard, b"m", "n1", 100));
        let key = shard.key(b"m");
        assert_eq!(shard.name_expiry(NS, key, b"n1", 100), Ok(None));
        let mut seen = 0;
        shard.map(NS, key, 100).unwrap().unwrap().walk(0, 100_000, |_, _| seen += 1);
        assert_eq!(seen, names - 1);
        assert_eq!(shard.ledger(), shard.recount());
    }
}

#[test]
fn small_maps_are_counted_exactly_and_go_with_their_last_name() {
    let mut shard = shard();
    fill(&mut shard, b"m", 3);
    for name in ["n0", "n1", "n2"] {
        assert!(expire(&mut shard, b"m", name, Some(100), 1));
    }
    assert_eq!(len(&mut shard, b"m", 99), 3);
    assert_eq!(len(&mut shard, b"m", 100), 0);
    assert_eq!(shard.len(NS), 0);
    assert_eq!(shard.ledger(), shard.recount());
}

#[test]
fn writes_clear_or_keep_a_moment() {
    let mut shard = shard();
    fill(&mut shard, b"m", 2);
    let key = shard.key(b"m");
    expire(&mut shard, b"m", "n0", Some(100), 1);
    expire(&mut shard, b"m", "n1", Some(100), 1);
    assert_eq!(shard.map_update(NS, key, (b"n0", b"2"), 50), Ok(false));
    assert_eq!(shard.map_set(NS, key, (b"n1", b"2"), 50), Ok(false));
    assert_eq!(shard.name_expiry(NS, key, b"n0", 50), Ok(Some(Some(100))));
    assert_eq!(shard.name_expiry(NS, key, b"n1", 50), Ok(Some(None)));
    assert!(expire(&mut shard, b"m", "n0", None, 50));
    assert_eq!(shard.name_expiry(NS, key, b"n0", 50), Ok(Some(None)));
    // A moment that has passed removes the name; one that was due is new again.
    assert!(expire(&mut shard, b"m", "n0", Some(50), 50));
    assert!(!has(&mut shard, b"m", "n0", 50));
    expire(&mut shard, b"m", "n1", Some(60), 50);
    assert_eq!(shard.map_set(NS, key, (b"n1", b"2"), 60), Ok(true));
}

#[test]
fn the_sweep_removes_what_nobody_asks_for_in_bounded_steps() {
    let mut shard = shard();
    fill(&mut shard, b"large", 10_000);
    for number in 0..9_000 {
        expire(&mut shard, b"large", &format!("n{number}"), Some(100 + number / 9_000), 1);
    }
    for number in 0..500 {
        let key = format!("small{number}");
        fill(&mut shard, key.as_bytes(), 2);
        expire(&mut shard, key.as_bytes(), "n0", Some(100), 1);
        expire(&mut shard, key.as_bytes(), "n1", Some(100), 1);
    }
    fill(&mut shard, b"other", 3);
    assert!(shard.has_expiring_names());
    let (mut calls, mut names) = (0, 0);
    while shard.has_expiring_names() {
        let report = shard.sweep(200, LIMITS, &mut |_: Namespace, _: Text<'_>| {});
        assert!(report.names <= 2 * NAMES as u64 + 64, "{}", report.names);
        names += report.names;
        calls += 1;
        assert!(calls < 5_000);
    }
    assert_eq!(names, 10_000);
    assert_eq!(shard.len(NS), 2);
    assert_eq!(len(&mut shard, b"large", 200), 1_000);
    while shard.work(8) {}
    assert_eq!(shard.ledger(), shard.recount());
}

#[test]
fn a_moment_travels_with_its_map() {
    let mut shard = shard();
    fill(&mut shard, b"m", 2);
    expire(&mut shard, b"m", "n0", Some(100), 1);
    let (key, to) = (shard.key(b"m"), shard.key(b"copy"));
    let entry = shard.lend(NS, key, 1).unwrap();
    shard.put_entry(Namespace(4), to, entry, 1).unwrap();
    assert_eq!(shard.name_expiry(Namespace(4), to, b"n0", 1), Ok(Some(Some(100))));
    assert_eq!(shard.move_key(NS, key, Namespace(5), 1), Ok(true));
    assert_eq!(shard.name_expiry(Namespace(5), key, b"n0", 1), Ok(Some(Some(100))));
    let mut calls = 0;
    while shard.has_expiring_names() {
        shard.sweep(100, LIMITS, &mut |_: Namespace, _: Text<'_>| {});
        calls += 1;
        assert!(calls < 100);
    }
    for (ns, key) in [(Namespace(4), to), (Namespace(5), key)] {
        assert_eq!(shard.map(ns, key, 0).unwrap().unwrap().len(), 1);
    }
}
