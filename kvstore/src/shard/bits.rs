//! Operations on the bits of strings.
//!
//! A short string takes its bits in place. One that reaches beyond [`IN_PLACE_MAX_BYTES`] is a
//! bitmap from its first write of a bit on, and stays one until it is written whole; no read
//! changes what it is. What was a long string before is taken over by who writes, in steps.

use super::Shard;
use crate::{Item, Key, Namespace, OutOfBudget, WriteError, WrongKind};
use databox::{Bitmap, Databox, Kind, Text};
use packed_map::{Extras, NewValue};

impl Shard {
    /// Sets or clears a bit of the string at the key and tells what it was; the string, which is
    /// made where there is none, grows to have it. `None`, and no change, where the key holds a
    /// long string that has to become a bitmap first: see
    /// [`replace_string`](Self::replace_string).
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn set_bit(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (bit, value): (u64, bool),
        now_ms: u64,
    ) -> Result<Option<bool>, WriteError> {
        let (at, mask) = (usize::try_from(bit / 8).unwrap_or(usize::MAX), 0x80_u8 >> (bit % 8));
        let Some(item) = self.look_up(ns, key, now_ms) else {
            if at < IN_PLACE_MAX_BYTES {
                let byte = if value { mask } else { 0 };
                self.splice_string(ns, key, at, &[byte], now_ms)?;
            } else {
                self.put_bitmap(ns, key, &[], (bit, value), Extras::default())?;
            }
            return Ok(Some(false));
        };
        let found = item.kind();
        if found != Kind::String {
            return Err(WrongKind { found }.into());
        }
        if let Some(bitmap) = item.bitmap() {
            let (growth, stamp) = (bitmap.set_growth_max(bit), item.stamp());
            let before = self.set_in_bitmap(ns, key, (bit, value), growth)?;
            self.forget_stamp(ns, key, stamp, now_ms);
            return Ok(Some(before));
        }
        let text = item.string().unwrap_or(Text::Bytes(b""));
        let mut digits = databox::decimal::Buffer::new();
        let bytes = text.bytes(&mut digits);
        if bytes.len() > IN_PLACE_MAX_BYTES {
            return Ok(None);
        }
        let byte = bytes.get(at).copied();
        let before = byte.is_some_and(|byte| byte & mask != 0);
        if at >= IN_PLACE_MAX_BYTES {
            let (bytes, extras) = (bytes.to_vec(), item.extras());
            self.put_bitmap(ns, key, &bytes, (bit, value), Extras { cas: 0, ..extras })?;
        } else if byte.is_none() || before != value {
            let byte = byte.unwrap_or(0);
            let byte = if value { byte | mask } else { byte & !mask };
            self.splice_string(ns, key, at, &[byte], now_ms)?;
        }
        Ok(Some(before))
    }

    /// What two keys hold, read at once.
    pub fn pair(
        &mut self,
        ns: Namespace,
        keys: [Key<'_>; 2],
        now_ms: u64,
    ) -> [Option<Item<'_>>; 2] {
        // Whatever has expired is gone before either place is looked up.
        for key in keys {
            let _ = self.get(ns, key, now_ms);
        }
        let space = self.space(ns);
        keys.map(|key| {
            let map = &space?.map;
            let position = map.find(&self.arena, key.hash, key.bytes)?;
            Some(Item::new(map.entry(&self.arena, position)))
        })
    }

    /// Makes the key, which holds a string, hold the same as a bitmap; all about it stays.
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn replace_string(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        bitmap: Bitmap,
        now_ms: u64,
    ) -> Result<(), OutOfBudget> {
        let Some(item) = self.look_up(ns, key, now_ms) else { return Ok(()) };
        let extras = item.extras();
        self.put(ns, key, NewValue::Boxed(bitmap.into()), extras)
    }

    /// A bitmap of these bytes with one more bit.
    fn put_bitmap(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        bytes: &[u8],
        (bit, value): (u64, bool),
        extras: Extras,
    ) -> Result<(), OutOfBudget> {
        let mut bitmap = Bitmap::from_bytes(bytes);
        bitmap.set(bit, value);
        self.put(ns, key, NewValue::Boxed(bitmap.into()), extras)
    }

    fn set_in_bitmap(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (bit, value): (u64, bool),
        growth: usize,
    ) -> Result<bool, WriteError> {
        self.admit(ns, |_, _| growth)?;
        let before = self.change(ns, |space, arena, _| {
            let held = space.map.get_mut(arena, key.hash, key.bytes)?;
            let bytes = held.heap_bytes() as u64;
            let before = held.as_bitmap_mut()?.set(bit, value);
            space.value_bytes = space.value_bytes + held.heap_bytes() as u64 - bytes;
            Some(before)
        });
        Ok(before.flatten().unwrap_or(false))
    }

    /// Takes a bitmap that nobody needs any more; it is freed by [`work`](Self::work).
    pub fn discard_bitmap(&mut self, bitmap: Bitmap) {
        self.discard(Databox::from(bitmap));
    }
}

/// The longest string whose bits are written where it stands.
pub const IN_PLACE_MAX_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashKey, PutOptions, ShardConfig};
    use databox::BitsView;
    use std::sync::Arc;

    #[test]
    fn a_string_becomes_a_bitmap_when_it_is_long_and_a_bit_is_written() {
        let mut shard = Shard::new(ShardConfig::new(Arc::new(HashKey::new([1, 2])))).unwrap();
        let ns = Namespace(0);
        let is_bitmap = |shard: &mut Shard, key: &[u8]| {
            let key = shard.key(key);
            shard.get(ns, key, 1).unwrap().bitmap().is_some()
        };
        let key = shard.key(b"key");
        assert_eq!(shard.set_bit(ns, key, (7, true), 1), Ok(Some(false)));
        assert_eq!(shard.set_bit(ns, key, (7, true), 1), Ok(Some(true)));
        assert_eq!(shard.get(ns, key, 1).unwrap().string(), Some(Text::Bytes(&[1])));
        let last = IN_PLACE_MAX_BYTES as u64 * 8;
        assert_eq!(shard.set_bit(ns, key, (last - 1, true), 1), Ok(Some(false)));
        assert!(!is_bitmap(&mut shard, b"key"));
        assert_eq!(shard.set_bit(ns, key, (last, false), 1), Ok(Some(false)));
        assert!(is_bitmap(&mut shard, b"key"));
        let mut digits = databox::decimal::Buffer::new();
        let bits = shard.get(ns, key, 1).unwrap().bits(&mut digits).unwrap();
        assert_eq!((bits.len_bytes(), bits.count_step(0, 1 << 20).0), (last / 8 + 1, 2));

        let long = vec![b'x'; IN_PLACE_MAX_BYTES + 1];
        let key = shard.key(b"long");
        shard.put_string(ns, key, Text::Bytes(&long), PutOptions::default(), 1).unwrap();
        assert_eq!(shard.set_bit(ns, key, (0, true), 1), Ok(None));
        let bitmap = Bitmap::from_bytes(&long);
        shard.replace_string(ns, key, bitmap, 1).unwrap();
        assert_eq!(shard.set_bit(ns, key, (0, true), 1), Ok(Some(false)));
        let lent = shard.lend(ns, key, 1).unwrap();
        assert_eq!(lent.value.bits().map(|bits| bits.get(0)), Some(true));
        assert!(matches!(lent.value.bits(), Some(BitsView::Bitmap(_))));
        assert_eq!(shard.ledger(), shard.recount());
    }
}
