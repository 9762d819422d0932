//! Making room.

use super::*;
use crate::{Cause, Policy};

fn evicting(policy: Policy, budget_bytes: Option<u64>) -> Shard {
    let config = ShardConfig::new(Arc::new(HashKey::new([1, 2])));
    Shard::new(ShardConfig { budget_bytes, policy, reservation_bytes: 64 << 20, ..config }).unwrap()
}

const POLICIES: [Policy; 4] =
    [Policy::SNLRU, Policy::Snlru { levels: 1 }, Policy::RandomMemory, Policy::Random];

#[test]
fn writes_go_on_beyond_the_budget_and_stay_near_it() {
    let budget = 1 << 19;
    for policy in POLICIES {
        let mut shard = evicting(policy, Some(budget));
        for number in 0..PAIRS {
            let value = "v".repeat(number % 300);
            put(&mut shard, NS, &format!("key:{number}"), &value, Expiry::Never);
            assert!(shard.ledger().used() <= budget + budget / 32);
        }
        assert!(shard.evicted() > 0);
        assert_eq!(shard.len(NS) + shard.evicted(), PAIRS as u64);
        assert!(shard.ledger().used() > budget / 10 * 9, "no more leave than have to");
        assert_eq!(shard.ledger(), shard.recount());
    }
}

#[test]
fn what_is_asked_for_again_stays() {
    for policy in [Policy::SNLRU, Policy::Snlru { levels: 2 }, Policy::RandomMemory] {
        let mut shard = evicting(policy, None);
        for number in 0..2000 {
            put(&mut shard, NS, &number.to_string(), "value", Expiry::Never);
        }
        for _ in 0..2 {
            (0..200).for_each(|number| assert!(get(&mut shard, &number.to_string(), 0).is_some()));
        }
        assert_eq!(shard.evict(1000), 1000);
        let left = (0..200).filter(|number| get(&mut shard, &number.to_string(), 0).is_some());
        assert!(left.count() > 190, "{policy:?}");
    }
}

#[test]
fn namespaces_make_room_by_their_sizes() {
    let mut shard = evicting(Policy::SNLRU, None);
    for number in 0..12_000 {
        let ns = Namespace(u32::from(number % 4 == 0));
        put(&mut shard, ns, &number.to_string(), "value", Expiry::Never);
    }
    assert_eq!(shard.evict(6000), 6000);
    assert!((4000..5000).contains(&shard.len(Namespace(0))), "{}", shard.len(Namespace(0)));
    assert!((1000..2000).contains(&shard.len(Namespace(1))));
}

#[test]
fn a_set_that_is_added_to_is_not_what_makes_room() {
    let mut shard = evicting(Policy::Random, Some(100_000));
    let key = shard.key(b"members");
    let mut members = 0;
    for number in 0..4000 {
        if shard.set_add(NS, key, format!("member:{number}").as_bytes(), 0) == Ok(true) {
            members += 1;
        }
        put(&mut shard, NS, &format!("other:{}", number % 500), "value", Expiry::Never);
        if shard.set_len(NS, key, 0) != Ok(members) {
            // Another key's write may take it, as any.
            members = shard.set_len(NS, key, 0).unwrap();
        }
    }
    assert!(members > 100);
    assert_eq!(shard.ledger(), shard.recount());
}

#[test]
fn what_is_pinned_stays() {
    let mut shard = evicting(Policy::Random, None);
    (0..100).for_each(|number| put(&mut shard, NS, &number.to_string(), "value", Expiry::Never));
    let hashes = [b"7", b"8"].map(|key| shard.hash(key));
    for hash in [hashes[0], hashes[1], hashes[1]] {
        shard.pin(hash);
    }
    assert_eq!(shard.evict(1000), 98);
    shard.unpin(hashes[1]);
    assert_eq!(shard.evict(1000), 0, "pinned twice");
    hashes.into_iter().for_each(|hash| shard.unpin(hash));
    shard.pin_all();
    assert_eq!(shard.evict(1000), 0);
    shard.unpin_all();
    assert_eq!(shard.evict(1000), 2);
}

#[test]
fn departures_are_told_with_their_cause() {
    let mut shard = evicting(Policy::Random, None);
    put(&mut shard, NS, "a", "1", Expiry::At(200));
    shard.keep_departures(2);
    assert_eq!(get(&mut shard, "a", 200), None);
    (0..3).for_each(|number| put(&mut shard, NS, &number.to_string(), "", Expiry::At(300)));
    assert_eq!(shard.evict(1), 1);
    let limits = SweepLimits { pages_max: 100, keys_max: 100 };
    shard.sweep(300, limits, &mut |_: Namespace, _: Text<'_>| ());
    let (gone, lost) = shard.departures();
    let causes: Vec<_> = gone.iter().map(|departure| departure.cause).collect();
    assert_eq!((causes, lost), (vec![Cause::Expired, Cause::Evicted], 2));
    assert_eq!(&*gone[0].key, b"a");
    assert_eq!(shard.departures(), (vec![], 0));
}

#[test]
fn a_policy_can_be_changed_at_any_time() {
    let mut shard = evicting(Policy::Refuse, None);
    let before = {
        (0..1000).for_each(|n| put(&mut shard, NS, &format!("key:{n}"), "value", Expiry::Never));
        shard.ledger().used()
    };
    assert_eq!(shard.evict(10), 0, "nothing leaves without a policy");
    for policy in POLICIES {
        shard.set_policy(policy);
        (0..1000).for_each(|n| put(&mut shard, NS, &format!("key:{n}"), "value", Expiry::Never));
        (0..1000).for_each(|n| assert!(get(&mut shard, &format!("key:{n}"), 0).is_some()));
        assert_eq!(shard.evict(100), 100, "{policy:?}");
        assert_eq!(shard.ledger(), shard.recount());
    }
    assert!(shard.ledger().used() < before + 2 * 1000 + 4096);
}

#[test]
fn an_earlier_use_is_known_where_uses_are_noted() {
    for (policy, noted) in
        [(Policy::SNLRU, true), (Policy::RandomMemory, true), (Policy::Random, false)]
    {
        let mut shard = evicting(policy, None);
        put(&mut shard, NS, "a", "value", Expiry::Never);
        let mut uses = |leaving: bool| {
            shard.end_use();
            let key = b"a";
            let key = Key { bytes: key, hash: shard.hash(key) };
            if leaving {
                assert_eq!(shard.expiry(NS, key, 0), Some(None));
            }
            assert!(shard.get(NS, key, 0).is_some());
            assert!(shard.get(NS, key, 0).is_some());
            shard.was_used()
        };
        let leaving = [true, true, false, true].map(&mut uses);
        assert_eq!(leaving, [false, false, false, noted], "{policy:?}");
    }
}
