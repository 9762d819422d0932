//! Strings of a shard as bits.

use super::{ShardStore, shard_key};
use databox::{Bitmap, BitsView, decimal};
use kvstore::{Contents, IN_PLACE_MAX_BYTES, WriteError};
use zvm::{Bits, Key, OutOfMemory};

impl Bits for ShardStore<'_> {
    fn bits<'s>(
        &'s mut self,
        key: Key<'_>,
        digits: &'s mut decimal::Buffer,
    ) -> Option<BitsView<'s>> {
        self.shard.get(self.namespace, shard_key(key), self.now_ms)?.bits(digits)
    }

    fn pair_of_bits(
        &mut self,
        keys: [Key<'_>; 2],
        act: &mut dyn FnMut(BitsView<'_>, BitsView<'_>),
    ) {
        let items = self.shard.pair(self.namespace, keys.map(shard_key), self.now_ms);
        let mut digits = [decimal::Buffer::new(), decimal::Buffer::new()];
        let [one, two] = &mut digits;
        act(bits_of(items[0], one), bits_of(items[1], two));
    }

    fn is_unprepared(&mut self, key: Key<'_>) -> bool {
        let item = self.shard.get(self.namespace, shard_key(key), self.now_ms);
        let text = item.and_then(|item| item.string());
        text.is_some_and(|text| text.len() > IN_PLACE_MAX_BYTES)
    }

    fn prepare_bits(&mut self, key: Key<'_>, bitmap: Bitmap) -> Result<(), OutOfMemory> {
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let replaced = self.shard.replace_string(namespace, shard_key(key), bitmap, now_ms);
        replaced.map_err(|_| OutOfMemory)
    }

    fn set_bit(
        &mut self,
        key: Key<'_>,
        bit: u64,
        value: bool,
    ) -> Result<Option<bool>, OutOfMemory> {
        if bit / 8 >= self.place.string_len_max as u64 {
            return Ok(None);
        }
        let (namespace, now_ms) = (self.namespace, self.now_ms);
        let set = self.shard.set_bit(namespace, shard_key(key), (bit, value), now_ms);
        self.note(key, matches!(set, Ok(Some(_))));
        match set {
            Err(WriteError::OutOfBudget(_)) => Err(OutOfMemory),
            other => Ok(other.unwrap_or(None)),
        }
    }

    fn put_bits(&mut self, key: Key<'_>, bitmap: Bitmap) -> Result<(), OutOfMemory> {
        let len_bytes = bitmap.len_bytes();
        if len_bytes == 0 {
            zvm::Store::remove(self, key);
            return Ok(());
        }
        let value = if len_bytes <= IN_PLACE_MAX_BYTES as u64 {
            let mut bytes = Vec::new();
            bitmap.view().copy_bytes(0, IN_PLACE_MAX_BYTES, &mut bytes);
            bytes.as_slice().into()
        } else {
            bitmap.into()
        };
        let entry = Contents { value, expires_at_ms: None, flags: 0 };
        let put = self.shard.put_entry(self.namespace, shard_key(key), entry, self.now_ms);
        self.note(key, put.is_ok());
        put.map_err(|_| OutOfMemory)
    }

    fn discard_bits(&mut self, bitmap: Bitmap) {
        self.shard.discard_bitmap(bitmap);
    }
}

/// The bits of an item, none where it holds no string.
fn bits_of<'b>(item: Option<kvstore::Item<'b>>, digits: &'b mut decimal::Buffer) -> BitsView<'b> {
    item.and_then(|item| item.bits(digits)).unwrap_or(BitsView::Bytes(&[]))
}
