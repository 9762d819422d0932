//! The shard against a model, and what it promises beyond one.

mod evict;
mod usage;

use super::*;
use crate::fuzzing::check_ops;
use crate::{Expiry, Kind, PutOptions, SweepLimits, Text, WriteError};
use proptest::prelude::*;

const NS: Namespace = Namespace(0);

/// How many marks of maps there are before they come round.
const MARKS: usize = 31;

const PAIRS: usize = 20_000;

fn shard(budget_bytes: Option<u64>) -> Shard {
    let hash_key = Arc::new(HashKey::new([1, 2]));
    let reservation_bytes = 64 << 20;
    let config = ShardConfig { budget_bytes, reservation_bytes, ..ShardConfig::new(hash_key) };
    Shard::new(config).unwrap()
}

fn put(shard: &mut Shard, ns: Namespace, key: &str, value: &str, expiry: Expiry) {
    let options = PutOptions { expiry, flags: 0 };
    let own = shard.key(key.as_bytes());
    shard.put_string(ns, own, Text::Bytes(value.as_bytes()), options, 100).unwrap();
}

fn get(shard: &mut Shard, key: &str, now_ms: u64) -> Option<Vec<u8>> {
    let own = shard.key(key.as_bytes());
    shard.get(NS, own, now_ms).and_then(|item| item.string()).map(|text| text.to_vec())
}

#[test]
fn a_key_is_gone_at_its_moment_and_removed_when_asked_for() {
    let mut shard = shard(None);
    put(&mut shard, NS, "a", "1", Expiry::At(200));
    assert_eq!(get(&mut shard, "a", 199).as_deref(), Some(&b"1"[..]));
    assert_eq!((shard.len(NS), shard.expiring(NS)), (1, 1));
    assert_eq!(get(&mut shard, "a", 200), None);
    assert_eq!((shard.len(NS), shard.expiring(NS), shard.expired()), (0, 0, 1));
}

#[test]
fn a_write_keeps_sets_or_clears_the_expiry() {
    let mut shard = shard(None);
    let own = shard.key(b"a");
    put(&mut shard, NS, "a", "1", Expiry::At(200));
    put(&mut shard, NS, "a", "2", Expiry::Keep);
    assert_eq!(shard.expiry(NS, own, 100), Some(Some(200)));
    put(&mut shard, NS, "a", "3", Expiry::Never);
    assert_eq!(shard.expiry(NS, own, 100), Some(None));
    put(&mut shard, NS, "a", "4", Expiry::At(100));
    assert_eq!(shard.expiry(NS, own, 100), None);
    put(&mut shard, NS, "b", "1", Expiry::Keep);
    let own = shard.key(b"b");
    assert_eq!(shard.expiry(NS, own, 100), Some(None));
}

#[test]
fn an_expired_key_passes_no_expiry_on() {
    let mut shard = shard(None);
    put(&mut shard, NS, "a", "1", Expiry::At(150));
    let (own, options) = (shard.key(b"a"), PutOptions { expiry: Expiry::Keep, flags: 0 });
    shard.put_string(NS, own, Text::Integer(2), options, 150).unwrap();
    assert_eq!(shard.expiry(NS, own, 1_000_000), Some(None));
}

#[test]
fn a_lent_set_is_counted_until_it_is_home() {
    let mut shard = shard(None);
    let own = shard.key(b"numbers");
    let member = |number: u32| format!("member:{number}").into_bytes();
    for number in 0..20_000 {
        shard.set_add(NS, own, &member(number), 0).unwrap();
    }
    let before = shard.ledger();
    assert!(shard.set_lend(NS, shard.key(b"nothing"), 0).unwrap().is_none());
    let lent = shard.set_lend(NS, own, 0).unwrap().unwrap();
    assert_eq!(shard.ledger(), before);
    for number in 0..2000 {
        assert_eq!(shard.set_remove(NS, own, &member(number), 0), Ok(true));
    }
    let queued = shard.ledger().queued;
    assert!(queued > before.values / 4, "{queued}");
    assert_eq!(shard.ledger(), shard.recount());
    let lent = std::thread::spawn(move || {
        assert!((0..20_000).all(|number| lent.contains(&member(number))));
        lent
    });
    assert!(shard.remove(NS, own, 0));
    shard.take_home(lent.join().unwrap());
    let held = shard.ledger().queued;
    assert!(held >= before.values, "{held}");
    while shard.work(1) {
        assert_eq!(shard.ledger(), shard.recount());
    }
    assert_eq!((shard.ledger().queued, shard.ledger().values), (0, 0));
}

#[test]
fn a_set_that_becomes_empty_is_no_key() {
    let mut shard = shard(None);
    let own = shard.key(b"fruit");
    assert_eq!(shard.set_add(NS, own, b"apple", 0), Ok(true));
    assert_eq!(shard.set_add(NS, own, b"apple", 0), Ok(false));
    assert_eq!(shard.get(NS, own, 0).map(|item| item.kind()), Some(Kind::Set));
    assert_eq!(shard.set_remove(NS, own, b"pear", 0), Ok(false));
    assert_eq!(shard.set_remove(NS, own, b"apple", 0), Ok(true));
    assert!(shard.get(NS, own, 0).is_none());
    assert_eq!(shard.ledger().values, 0);
}

#[test]
fn set_operations_refuse_strings() {
    let mut shard = shard(None);
    put(&mut shard, NS, "a", "1", Expiry::Never);
    let own = shard.key(b"a");
    assert!(matches!(shard.set_add(NS, own, b"m", 0), Err(WriteError::WrongKind(_))));
    assert!(shard.set_remove(NS, own, b"m", 0).is_err());
    assert!(shard.set_len(NS, own, 0).is_err());
    assert!(shard.set_members(NS, own, 0, |_| unreachable!()).is_err());
    let error = shard.set_contains(NS, own, b"m", 0).unwrap_err();
    assert_eq!(error.to_string(), "the key holds a value of the kind string");
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut shard = shard(Some(20_000));
    put(&mut shard, NS, "a", "old", Expiry::At(500));
    let before = shard.ledger();
    let (own, large) = (shard.key(b"a"), vec![b'x'; 30_000]);
    let error =
        shard.put_string(NS, own, Text::Bytes(&large), PutOptions::default(), 100).unwrap_err();
    assert!(error.growth_max_bytes >= 30_000);
    assert_eq!((get(&mut shard, "a", 100), shard.ledger()), (Some(b"old".to_vec()), before));
    let own = shard.key(b"set");
    assert!(matches!(shard.set_add(NS, own, &large, 0), Err(WriteError::OutOfBudget(_))));
    assert_eq!((shard.len(NS), shard.ledger()), (1, before));
    shard.set_budget(None);
    assert_eq!(shard.set_add(NS, own, &large, 0), Ok(true));
}

#[test]
fn writes_until_the_budget_is_used_never_exceed_it() {
    let mut shard = shard(Some(1 << 20));
    let mut written = 0u64;
    loop {
        let (bytes, value) = (format!("key:{written}"), vec![b'v'; (written % 400) as usize]);
        let own = shard.key(bytes.as_bytes());
        if shard.put_string(NS, own, Text::Bytes(&value), PutOptions::default(), 0).is_err() {
            break;
        }
        written += 1;
        assert!(shard.ledger().used() <= 1 << 20);
    }
    assert!(shard.ledger().used() > 1_000_000, "{:?}", shard.ledger());
    assert!(written > 3000);
    // A write that needs no room is still taken.
    let own = shard.key(b"key:7");
    let same = PutOptions::default();
    assert_eq!(shard.put_string(NS, own, Text::Bytes(b"7777777"), same, 0), Ok(()));
}

#[test]
fn flushing_detaches_at_once_and_frees_in_steps() {
    let mut shard = shard(None);
    for number in 0..5000 {
        put(&mut shard, NS, &format!("key:{number}"), "value", Expiry::Never);
    }
    let own = shard.key(b"set");
    for member in 0..5000 {
        shard.set_add(NS, own, member.to_string().as_bytes(), 0).unwrap();
    }
    let before = shard.ledger().used();
    shard.flush(NS);
    assert_eq!((shard.len(NS), shard.get(NS, own, 0).is_none()), (0, true));
    assert!(shard.ledger().queued > before - 1000);
    let mut steps = 1;
    while shard.work(1) {
        steps += 1;
        assert_eq!(shard.ledger(), shard.recount());
    }
    assert!(steps > 5000 / 20, "{steps}");
    assert_eq!(shard.ledger().used(), 0);
}

#[test]
fn replaced_large_values_are_freed_later() {
    let mut shard = shard(None);
    put(&mut shard, NS, "a", &"x".repeat(50_000), Expiry::Never);
    put(&mut shard, NS, "a", "small", Expiry::Never);
    assert!(shard.ledger().queued >= 50_000);
    assert_eq!(shard.ledger().values, 0);
    assert!(!shard.work(1));
    assert_eq!(shard.ledger().queued, 0);
}

#[test]
fn namespaces_are_apart_and_can_be_swapped() {
    let mut shard = shard(None);
    put(&mut shard, NS, "a", "0", Expiry::Never);
    put(&mut shard, Namespace(7), "a", "7", Expiry::Never);
    put(&mut shard, Namespace(7), "b", "7", Expiry::Never);
    let before = shard.ledger();
    shard.swap(NS, Namespace(7));
    assert_eq!(get(&mut shard, "a", 0).as_deref(), Some(&b"7"[..]));
    assert_eq!((shard.len(NS), shard.len(Namespace(7))), (2, 1));
    shard.swap(NS, Namespace(9));
    shard.swap(NS, NS);
    assert_eq!(shard.namespaces().collect::<Vec<_>>(), [Namespace(7), Namespace(9)]);
    assert_eq!(shard.ledger(), before);
    assert_eq!(shard.ledger(), shard.recount());
}

/// Marks of maps come round, so the owner of a page that moves is found among several.
#[test]
fn pages_of_namespaces_with_one_mark_find_home() {
    let (mut shard, other) = (shard(None), Namespace(1));
    let long = |n: usize| format!("{n:06}{}", "k".repeat(4994));
    put(&mut shard, NS, "first", "1", Expiry::Never);
    for _ in 0..MARKS - 1 {
        put(&mut shard, other, "passing", "1", Expiry::Never);
        shard.flush(other);
        while shard.work(64) {}
    }
    let value = "v".repeat(200);
    for n in 0..PAIRS {
        put(&mut shard, NS, &n.to_string(), &value, Expiry::Never);
        if n % 5 == 0 {
            put(&mut shard, other, &long(n), &value, Expiry::Never);
        }
    }
    for n in (0..PAIRS).filter(|n| n % 4 != 0) {
        let name = n.to_string();
        let own = shard.key(name.as_bytes());
        assert!(shard.remove(NS, own, 100));
    }
    let mut steps = 0;
    while shard.compact(true) {
        steps += 1;
    }
    assert!(steps > 10, "hardly anything moved: {steps}");
    for n in (0..PAIRS).step_by(20) {
        let own = long(n);
        let own = shard.key(own.as_bytes());
        assert!(shard.get(other, own, 100).is_some(), "{n}");
        assert!(get(&mut shard, &n.to_string(), 100).is_some(), "{n}");
    }
    assert_eq!(shard.ledger(), shard.recount());
}

#[test]
fn sweeps_find_everything_due_in_all_namespaces() {
    let mut shard = shard(None);
    for number in 0..3000u32 {
        let expiry = if number % 3 == 0 { Expiry::Never } else { Expiry::At(200) };
        put(&mut shard, Namespace(number % 5), &number.to_string(), "v", expiry);
    }
    let limits = SweepLimits { pages_max: 4, keys_max: 64 };
    let mut events = Vec::new();
    let mut observe = |ns: Namespace, key: Text<'_>| events.push((ns, key.to_vec()));
    assert_eq!(shard.sweep(199, limits, &mut observe).due, 0);
    let mut sweeps = 0;
    while (0..5).any(|ns| shard.expiring(Namespace(ns)) > 0) {
        let report = shard.sweep(200, limits, &mut observe);
        assert_eq!(report.due, report.swept);
        assert!(report.due < 64 + 64);
        sweeps += 1;
        assert!(sweeps < 200);
    }
    assert_eq!(events.len(), 2000);
    assert!(events.iter().all(|(ns, key)| {
        let number: u32 = std::str::from_utf8(key).unwrap().parse().unwrap();
        !number.is_multiple_of(3) && number % 5 == ns.0
    }));
    assert_eq!((shard.expired(), shard.ledger()), (2000, shard.recount()));
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..1000)) {
        check_ops(&data);
    }
}
