//! A million operations on one shard within a budget, and what no step of them may exceed.

use kvstore::{
    Expiry, HashKey, Namespace, Policy, PutOptions, Shard, ShardConfig, SweepLimits, Text,
};
use std::sync::Arc;

#[test]
fn a_million_operations_leave_a_shard_that_adds_up() {
    for (policy, operations) in [(Policy::SNLRU, 700_000), (Policy::RandomMemory, 300_000)] {
        let budget_bytes = 1 << 20;
        let config = ShardConfig::new(Arc::new(HashKey::new([3, 5])));
        let config = ShardConfig { budget_bytes: Some(budget_bytes), policy, ..config };
        let mut shard = Shard::new(config).unwrap();
        let mut random = Random(1);
        let mut hits = 0;
        for number in 0..operations {
            operate(&mut shard, &mut random, number, &mut hits);
            let used = shard.ledger().used();
            assert!(used <= budget_bytes + budget_bytes / 32 + 65_536, "{used}");
            if number % 50_000 == 0 {
                assert_eq!(shard.ledger(), shard.recount());
            }
        }
        assert_eq!(shard.ledger(), shard.recount());
        assert!(hits > 0 && shard.evicted() > 0 && shard.expired() > 0);
        shard.flush_all();
        while shard.work(8) {}
        while shard.compact(true) {}
        assert_eq!(shard.figures().live_bytes, 0);
        let steps = shard.steps();
        assert!(steps.blocks_max <= 8 && steps.bytes_max <= 65_536, "{steps:?}");
        assert_eq!(steps.beyond, 0);
    }
}

/// One operation on one of 40,000 keys, of which few are asked for often.
fn operate(shard: &mut Shard, random: &mut Random, number: u64, hits: &mut u64) {
    let now_ms = number / 10;
    let id = random.below(200) * random.below(200);
    let name = format!("key:{id}");
    let (ns, key) = (Namespace((id % 3) as u32), shard.key(name.as_bytes()));
    match random.below(16) {
        0..=6 => *hits += u64::from(shard.get(ns, key, now_ms).is_some()),
        7..=11 => {
            let size = [0, 8, 30, 100, 300, 3000][random.below(6) as usize];
            let expiry = match random.below(4) {
                0 => Expiry::At(now_ms + random.below(5000)),
                1 => Expiry::Keep,
                _ => Expiry::Never,
            };
            let (value, options) = (vec![b'v'; size], PutOptions { expiry, flags: 0 });
            shard.put_string(ns, key, Text::Bytes(&value), options, now_ms).expect("room is made");
        }
        12 => {
            shard.remove(ns, key, now_ms);
        }
        13 => {
            let set = shard.key(b"a set");
            shard.set_add(ns, set, name.as_bytes(), now_ms).expect("a set, and room is made");
        }
        14 => {
            let limits = SweepLimits { pages_max: 16, keys_max: 16 };
            shard.sweep(now_ms, limits, &mut |_: Namespace, _: Text<'_>| ());
            shard.work(1);
        }
        _ => {
            shard.compact(number.is_multiple_of(2));
        }
    }
}

#[test]
fn no_step_is_large_while_keys_load_expire_and_are_evicted() {
    let config = ShardConfig::new(Arc::new(HashKey::new([3, 5])));
    let mut shard = Shard::new(ShardConfig { policy: Policy::SNLRU, ..config }).unwrap();
    let (ns, keys) = (Namespace(0), 150_000);
    for number in 0..keys {
        let name = format!("key:{number:012}");
        let (key, value) = (shard.key(name.as_bytes()), [b'v'; 32]);
        let expiry = if number % 2 == 0 { Expiry::At(1000) } else { Expiry::Never };
        let options = PutOptions { expiry, flags: 0 };
        shard.put_string(ns, key, Text::Bytes(&value), options, 1).unwrap();
        if number % 16 == 0 {
            shard.compact(false);
        }
    }
    let loaded = shard.steps();
    assert!(loaded.blocks_max <= 8 && loaded.bytes_max <= 65_536, "{loaded:?}");
    let limits = SweepLimits { pages_max: 64, keys_max: 64 };
    while shard.expired() < keys / 2 {
        let report = shard.sweep(1000, limits, &mut |_: Namespace, _: Text<'_>| ());
        assert!(report.due <= 64 + 64, "a sweep ends with the page that has reached its limit");
    }
    while shard.len(ns) > 0 {
        shard.evict(1);
        if shard.len(ns).is_multiple_of(16) {
            shard.compact(false);
        }
    }
    let steps = shard.steps();
    assert!(steps.blocks_max <= 8 && steps.bytes_max <= 65_536, "{steps:?}");
    assert!(steps.moved_bytes_max <= 65_536 + 16_384, "{steps:?}");
    assert_eq!(steps.beyond, 0);
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (b ^ (b >> 31)) % end
    }
}
