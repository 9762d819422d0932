//! What memcached's protocols ask of a shard.
//!
//! The word that holds a stamp holds the lease too, in its two highest bits, so that a lease costs
//! nothing but on the items that have one.

use super::{ShardStore, shard_key};
use kvstore::{Expiry, PutOptions, Shard};
use zvm::{ItemView, Items, Key, Lease, OutOfMemory, Text};

impl Items for ShardStore<'_> {
    #[inline]
    fn item(&mut self, key: Key<'_>) -> Option<ItemView<'_>> {
        let now_ms = self.now_ms;
        let was_hit = self.tells_uses && {
            self.shard.get(self.namespace, shard_key(key), now_ms)?;
            self.shard.was_used()
        };
        let item = self.shard.get(self.namespace, shard_key(key), now_ms)?;
        let text = match item.string() {
            Some(text) => text,
            None => Text::Bytes(in_one_piece(item.bitmap()?, &mut self.pieces)),
        };
        Some(ItemView {
            text,
            flags: item.flags(),
            ttl_ms: item.expires_at_ms().map(|at_ms| at_ms.saturating_sub(now_ms)),
            idle_ms: 0,
            was_hit,
            used_bytes: 0,
        })
    }

    #[inline]
    fn set_item(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        flags: u32,
        expires_at_ms: Option<u64>,
    ) -> Result<(), OutOfMemory> {
        let expiry = expires_at_ms.map_or(Expiry::Never, Expiry::At);
        self.put(key, value, PutOptions { expiry, flags })
    }

    fn extend_item(
        &mut self,
        key: Key<'_>,
        piece: Text<'_>,
        before: bool,
    ) -> Result<(), OutOfMemory> {
        let (mut old_digits, mut digits) = Default::default();
        let old = self.item(key).map_or(Text::Bytes(&[]), |item| item.text);
        let parts = [old.bytes(&mut old_digits), piece.bytes(&mut digits)];
        let whole = if before { [parts[1], parts[0]].concat() } else { parts.concat() };
        let options = PutOptions { expiry: Expiry::Keep, flags: 0 };
        self.put(key, Text::Bytes(&whole), options)
    }

    fn stamp(&mut self, key: Key<'_>) -> Option<(u64, Lease)> {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms)?;
        if item.kind() != kvstore::Kind::String {
            return None;
        }
        let word = item.stamp();
        let (is_stale, is_claimed) = (word & STALE != 0, word & CLAIMED != 0);
        Some((word & !(STALE | CLAIMED), Lease { is_stale, is_claimed, is_won: false }))
    }

    fn give_stamp(&mut self, key: Key<'_>, lease: Lease) -> Result<Option<u64>, OutOfMemory> {
        if self.stamp(key).is_none() {
            return Ok(None);
        }
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let stamp = self.shard.give_stamp(namespace, shard_key(key), marks(lease), now_ms);
        stamp.map(Some).ok_or(OutOfMemory)
    }

    fn set_lease(&mut self, key: Key<'_>, lease: Lease) -> Result<(), OutOfMemory> {
        let Some((stamp, _)) = self.stamp(key) else { return Ok(()) };
        if stamp == 0 {
            return self.give_stamp(key, lease).map(|_| ());
        }
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let word = stamp | marks(lease);
        let done = self.shard.set_stamp_word(namespace, shard_key(key), word, now_ms);
        done.then_some(()).ok_or(OutOfMemory)
    }

    fn flush_at(&mut self, at_ms: u64) {
        self.shard.flush_at(self.namespace, at_ms);
    }
}

impl ShardStore<'_> {
    #[inline]
    fn put(
        &mut self,
        key: Key<'_>,
        value: Text<'_>,
        options: PutOptions,
    ) -> Result<(), OutOfMemory> {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let put = self.shard.put_string(namespace, shard_key(key), value, options, now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }
}

/// The bytes of a bitmap, for protocols whose items stand in one piece.
#[cold]
fn in_one_piece<'p>(bitmap: &kvstore::Bitmap, pieces: &'p mut Vec<u8>) -> &'p [u8] {
    pieces.clear();
    bitmap.view().copy_bytes(0, usize::MAX, pieces);
    pieces
}

const fn marks(lease: Lease) -> u64 {
    let claimed = if lease.is_claimed || lease.is_won { CLAIMED } else { 0 };
    if lease.is_stale { STALE | claimed } else { claimed }
}

const STALE: u64 = 1 << (u64::BITS - 1);
const CLAIMED: u64 = 1 << Shard::STAMP_BITS;
