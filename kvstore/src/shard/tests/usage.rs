//! What keys say they take, and what the ledger says.

use super::*;

/// Strings in pages, in blocks and beyond, integers, and containers, with expiries and without.
fn fill(shard: &mut Shard) -> Vec<String> {
    let keys: Vec<String> = (0..KEYS).map(|number| format!("key:{number}")).collect();
    for (number, key) in keys.iter().enumerate() {
        let expiry = if number % 3 == 0 { Expiry::At(1_000_000) } else { Expiry::Never };
        let own = shard.key(key.as_bytes());
        match number % 100 {
            0..60 => put(shard, NS, key, &"v".repeat(number % 250), expiry),
            60..80 => put(shard, NS, key, &number.to_string(), expiry),
            80..90 => put(shard, NS, key, &"b".repeat(241 + number % 3000), expiry),
            90..94 => put(shard, NS, key, &"l".repeat(5000 + number), expiry),
            _ => {
                for member in 0..number % 700 {
                    shard.set_add(NS, own, member.to_string().as_bytes(), 0).unwrap();
                }
                shard.set_add(NS, own, b"member", 0).unwrap();
            }
        }
    }
    keys
}

fn usage(shard: &mut Shard, key: &str) -> u64 {
    let own = shard.key(key.as_bytes());
    shard.usage(NS, own, 100).unwrap() as u64
}

#[test]
fn keys_and_what_they_share_make_the_ledger() {
    let mut shard = shard(None);
    let keys = fill(&mut shard);
    while shard.work(64) {}
    let owned: u64 = keys.iter().map(|key| usage(&mut shard, key)).sum();
    let ledger = shard.ledger();
    assert_eq!((ledger, ledger.queued), (shard.recount(), 0));
    // The tables, and of each bucket four bytes and its page's head and unused end.
    let shared = ledger.used() - ledger.tables - owned;
    assert!(shared < (KEYS * SHARED_MAX) as u64, "{shared} bytes of {owned} are no key's");
    assert!(owned > shard.payload_bytes(), "a key's usage is more than its bytes");
}

#[test]
fn a_removed_key_frees_what_it_took() {
    let mut shard = shard(None);
    let keys = fill(&mut shard);
    while shard.work(64) {}
    let (full, mut owned) = (shard.ledger().used(), 0);
    for key in keys.iter().step_by(2) {
        let (usage, before) = (usage(&mut shard, key), shard.ledger().used());
        let own = shard.key(key.as_bytes());
        assert!(shard.remove(NS, own, 100));
        while shard.work(64) {}
        // Its page may keep the room, or join another one that has just what it needs.
        let freed = before as i64 - shard.ledger().used() as i64;
        assert!((freed - usage as i64).abs() < PAGE_ROOM_MAX, "{key}: {freed} of {usage}");
        owned += usage;
    }
    let freed = full - shard.ledger().used();
    assert!(freed.abs_diff(owned) < (KEYS * SHARED_MAX) as u64, "{freed} of {owned}");
    for key in keys.iter().skip(1).step_by(2) {
        let own = shard.key(key.as_bytes());
        assert!(shard.remove(NS, own, 100));
    }
    while shard.work(64) {}
    let Ledger { maps, values, .. } = shard.ledger();
    assert!(values == 0 && maps < 100, "{maps} bytes of an empty directory");
}

const KEYS: usize = 2_000;
/// What keys share is less than this for each of them.
const SHARED_MAX: usize = 8;
/// By how much a page's size can differ from what its entries need.
const PAGE_ROOM_MAX: i64 = 1024;
