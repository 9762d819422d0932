//! One shard through a day: strings that expire, a set, a sweep, a flush.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use kvstore::{Expiry, HashKey, Namespace, PutOptions, Shard, ShardConfig, SweepLimits, Text};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A server draws the words at random and reads a clock; here both are fixed.
    let hash_key = Arc::new(HashKey::new([1, 2]));
    let mut shard =
        Shard::new(ShardConfig { budget_bytes: Some(64 << 20), ..ShardConfig::new(hash_key) })?;
    let ns = Namespace(0);

    for number in 0..1000u64 {
        let name = format!("session:{number}");
        let options = PutOptions { expiry: Expiry::At(1_000 + number), flags: 0 };
        shard.put_string(ns, shard.key(name.as_bytes()), Text::Integer(7), options, 0)?;
        shard.set_add(ns, shard.key(b"sessions"), name.as_bytes(), 0)?;
    }
    println!("{} keys, {} bytes", shard.len(ns), shard.ledger().used());

    let limits = SweepLimits { pages_max: 8, keys_max: 256 };
    let (mut gone, mut calls) = (0, 0);
    while gone < 500 {
        gone += shard.sweep(1_499, limits, &mut |_: Namespace, _: Text<'_>| {}).swept;
        calls += 1;
    }
    println!("{gone} keys expired in {calls} sweeps, {} left", shard.len(ns));

    shard.flush(ns);
    let mut steps = 1;
    while shard.work(1) {
        steps += 1;
    }
    println!("freed in {steps} steps, {} bytes left", shard.ledger().used());
    Ok(())
}
