//! Names of maps that expire.

use super::{ShardStore, shard_key};
use kvstore::WriteError;
use zvm::{Key, Moments, OutOfMemory};

impl Moments for ShardStore<'_> {
    fn map_update(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory> {
        let pair = (name, value);
        let set = self.shard.map_update(self.namespace, shard_key(key), pair, self.now_ms);
        self.note(key, set.is_ok());
        match set {
            Ok(is_new) => Ok(is_new),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }

    fn map_expiry(&mut self, key: Key<'_>, name: &[u8]) -> Option<Option<u64>> {
        self.map(key)?.expiry(name)
    }

    fn map_expire(
        &mut self,
        key: Key<'_>,
        name: &[u8],
        expires_at_ms: Option<u64>,
    ) -> Result<bool, OutOfMemory> {
        let (namespace, change) = (self.namespace, (name, expires_at_ms));
        let set = self.shard.set_name_expiry(namespace, shard_key(key), change, self.now_ms);
        self.note(key, matches!(set, Ok(true)));
        match set {
            Ok(found) => Ok(found),
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            Err(_) => Ok(false),
        }
    }
}
