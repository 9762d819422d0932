//! Strings of the map as bits. From a length on, one that has been prepared does not stand in one
//! piece, as in a real store.

use super::{Entry, MapStore, Value};
use crate::{Bits, Key, OutOfMemory, Store as _};
use databox::{Bitmap, BitsView, decimal};

impl MapStore {
    fn bytes_of(&mut self, key: Key<'_>) -> Vec<u8> {
        self.string(key).map_or_else(Vec::new, |text| text.to_vec())
    }
}

impl Bits for MapStore {
    fn bits<'s>(&'s mut self, key: Key<'_>, _: &'s mut decimal::Buffer) -> Option<BitsView<'s>> {
        match &self.live(key)?.value {
            Value::String(bytes) => Some(BitsView::Bytes(bytes)),
            _ => None,
        }
    }

    fn pair_of_bits(
        &mut self,
        keys: [Key<'_>; 2],
        act: &mut dyn FnMut(BitsView<'_>, BitsView<'_>),
    ) {
        let [one, two] = keys.map(|key| self.bytes_of(key));
        act(BitsView::Bytes(&one), BitsView::Bytes(&two));
    }

    fn is_unprepared(&mut self, _: Key<'_>) -> bool {
        false
    }

    fn prepare_bits(&mut self, _: Key<'_>, _: Bitmap) -> Result<(), OutOfMemory> {
        Ok(())
    }

    fn set_bit(
        &mut self,
        key: Key<'_>,
        bit: u64,
        value: bool,
    ) -> Result<Option<bool>, OutOfMemory> {
        let mut bytes = self.bytes_of(key);
        let (at, mask) = ((bit / 8) as usize, 0x80_u8 >> (bit % 8));
        let byte = bytes.get(at).copied().unwrap_or(0);
        bytes.truncate(at + 1);
        let byte = if value { byte | mask } else { byte & !mask };
        let before = bytes.get(at).is_some_and(|byte| byte & mask != 0);
        Ok(self.splice_string(key, at as u64, &[byte])?.then_some(before))
    }

    fn put_bits(&mut self, key: Key<'_>, bitmap: Bitmap) -> Result<(), OutOfMemory> {
        if self.is_full {
            return Err(OutOfMemory);
        }
        let mut bytes = Vec::new();
        bitmap.view().copy_bytes(0, usize::MAX, &mut bytes);
        if bytes.is_empty() {
            self.entries.remove(key.bytes);
        } else {
            self.entries.insert(key.bytes.to_vec(), Entry::new(Value::String(bytes)));
        }
        Ok(())
    }

    fn discard_bits(&mut self, _: Bitmap) {}
}
