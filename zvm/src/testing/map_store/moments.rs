//! Names of the store's maps that expire.

use super::MapStore;
use crate::{Key, Moments, OutOfMemory, Store as _};

impl Moments for MapStore {
    fn map_update(&mut self, key: Key<'_>, name: &[u8], value: &[u8]) -> Result<bool, OutOfMemory> {
        let moment = self.map_expiry(key, name).flatten();
        let is_new = self.map_set(key, name, value)?;
        self.map_expire(key, name, moment)?;
        Ok(is_new)
    }

    fn map_expiry(&mut self, key: Key<'_>, name: &[u8]) -> Option<Option<u64>> {
        self.map_get(key, name)?;
        Some(self.moments.get(&(key.bytes.to_vec(), name.to_vec())).copied())
    }

    fn map_expire(
        &mut self,
        key: Key<'_>,
        name: &[u8],
        expires_at_ms: Option<u64>,
    ) -> Result<bool, OutOfMemory> {
        if self.map_get(key, name).is_none() {
            return Ok(false);
        }
        let place = (key.bytes.to_vec(), name.to_vec());
        match expires_at_ms {
            Some(at_ms) => self.moments.insert(place, at_ms),
            None => self.moments.remove(&place),
        };
        self.pairs(key);
        Ok(true)
    }
}
