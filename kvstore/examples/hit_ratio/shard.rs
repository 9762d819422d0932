//! The shard itself, with each of its policies: keys are asked for, and put in where they are
//! missing, through its public operations.

use crate::cache::{Cache, Capacity};
use kvstore::{HashKey, Namespace, Policy, PutOptions, Shard, ShardConfig, Text};
use std::sync::Arc;

/// A shard that holds as many objects, or bytes of objects, as any other cache here: what its
/// pages cost beside them is not what is compared.
pub(crate) struct OwnShard {
    shard: Shard,
    capacity: Capacity,
    /// Bytes of objects in the shard, keys not included.
    held: u64,
}

impl OwnShard {
    pub(crate) fn new(capacity: Capacity, policy: Policy) -> Self {
        let hash_key = Arc::new(HashKey::new([1, 2]));
        let config =
            ShardConfig { policy, reservation_bytes: 1 << 28, ..ShardConfig::new(hash_key) };
        let mut shard = Shard::new(config).expect("address space for a small shard");
        shard.keep_departures(usize::MAX);
        Self { shard, capacity, held: 0 }
    }
}

impl Cache for OwnShard {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        let name = (key as u32).to_le_bytes();
        let name = self.shard.key(&name);
        if self.shard.get(NS, name, 0).is_some() {
            return true;
        }
        if u64::from(bytes) <= self.capacity.bytes {
            self.held += u64::from(bytes);
            while self.held > self.capacity.bytes && self.shard.evict(1) > 0 {
                for gone in self.shard.departures().0 {
                    let key = gone.key.first_chunk().map_or(0, |key| u32::from_le_bytes(*key));
                    self.held -= u64::from(self.capacity.sizes.of(key.into()));
                }
            }
            let value = vec![b'v'; bytes as usize];
            let value = Text::Bytes(&value);
            self.shard.put_string(NS, name, value, PutOptions::default(), 0).expect("no budget");
        }
        false
    }
}

const NS: Namespace = Namespace(0);
