//! Items of the map.

use super::{Entry, MapStore, Value, text};
use crate::{Expiry, ItemView, Items, Key, Lease, OutOfMemory, Store as _, Text};

impl MapStore {
    fn live_item(&mut self, key: Key<'_>) -> Option<&mut Entry> {
        self.live(key).filter(|entry| matches!(entry.value, Value::String(_)))
    }
}

impl Items for MapStore {
    fn item(&mut self, key: Key<'_>) -> Option<ItemView<'_>> {
        let now_ms = self.now_ms;
        let entry = self.live_item(key)?;
        let Value::String(bytes) = &entry.value else { return None };
        Some(ItemView {
            text: text(bytes),
            flags: entry.flags,
            ttl_ms: entry.expires_at_ms.map(|at_ms| at_ms.saturating_sub(now_ms)),
            idle_ms: 0,
            was_hit: false,
            used_bytes: bytes.len() as u64,
        })
    }

    fn set_item(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        flags: u32,
        expires_at_ms: Option<u64>,
    ) -> Result<(), OutOfMemory> {
        self.set_string(key, value, expires_at_ms.map_or(Expiry::Never, Expiry::At))?;
        self.set_flags(key, flags);
        Ok(())
    }

    fn extend_item(
        &mut self,
        key: Key<'_>,
        piece: Text<'_>,
        before: bool,
    ) -> Result<(), OutOfMemory> {
        let old = self.string(key).map_or_else(Vec::new, |text| text.to_vec());
        let piece = piece.to_vec();
        let whole = if before { [piece, old].concat() } else { [old, piece].concat() };
        self.set_string(key, text(&whole), Expiry::Keep)
    }

    fn stamp(&mut self, key: Key<'_>) -> Option<(u64, Lease)> {
        self.live_item(key).map(|entry| (entry.stamp, entry.lease))
    }

    fn give_stamp(&mut self, key: Key<'_>, lease: Lease) -> Result<Option<u64>, OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        let stamp = self.last_stamp + 1;
        let Some(entry) = self.live_item(key) else { return Ok(None) };
        entry.stamp = stamp;
        self.set_lease(key, lease)?;
        self.last_stamp = stamp;
        Ok(Some(stamp))
    }

    fn set_lease(&mut self, key: Key<'_>, lease: Lease) -> Result<(), OutOfMemory> {
        if let Some(entry) = self.live_item(key) {
            let is_claimed = lease.is_claimed || lease.is_won;
            entry.lease = Lease { is_claimed, is_won: false, ..lease };
        }
        Ok(())
    }

    fn flush_at(&mut self, at_ms: u64) {
        self.flush_due();
        self.flush_at_ms = Some(at_ms);
    }
}
