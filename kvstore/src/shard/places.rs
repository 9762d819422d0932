//! Operations on keys that do not name one, or a namespace beside their own.

use super::Shard;
use super::keys::has_expiring_names;
use crate::{Expiry, Key, Namespace, OutOfBudget, PutOptions};
use databox::Databox;
use packed_map::{Extras, NewValue};

impl Shard {
    /// A key of the namespace, drawn at random; `None` where there is none.
    ///
    /// Keys of a bucket are as likely as each other, and buckets hold about as many keys as each
    /// other.
    ///
    /// # Complexity
    ///
    /// A few pages, but for a namespace that has lost most of its keys.
    pub fn random_key(&mut self, ns: Namespace, now_ms: u64) -> Option<Vec<u8>> {
        let mut cursor = self.random() >> (64 - packed_map::BUCKET_BITS);
        for _ in 0..2 {
            loop {
                let mut page: Vec<Vec<u8>> = Vec::new();
                cursor = self.scan(ns, cursor, 1, now_ms, |key, _| page.push(key.to_vec()));
                if !page.is_empty() {
                    let at = self.random() % page.len() as u64;
                    return Some(page.swap_remove(at as usize));
                }
                if cursor == 0 {
                    break;
                }
            }
        }
        None
    }

    /// Moves the key to another namespace with its value and what stands beside it, and tells
    /// whether that was done: not where there is no such key, nor where the other namespace has it.
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn move_key(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        to: Namespace,
        now_ms: u64,
    ) -> Result<bool, OutOfBudget> {
        if self.get(to, key, now_ms).is_some() {
            return Ok(false);
        }
        let Some(item) = self.look_up(ns, key, now_ms) else { return Ok(false) };
        let extras = item.extras();
        if let Some(packed) = item.packed().map(<[u8]>::to_vec) {
            self.put(to, key, NewValue::Packed(&packed), extras)?;
            return Ok(self.take(ns, key));
        }
        let text = item.short_text().map(|text| text.to_vec());
        if let Some(text) = text {
            self.put(to, key, NewValue::Text(databox::Text::Bytes(&text)), extras)?;
            return Ok(self.take(ns, key));
        }
        // Its place is made before the value leaves the old one: nothing can fail behind that.
        self.put(to, key, NewValue::Boxed(Databox::NIL), extras)?;
        let value = self.change(ns, |space, arena, _| {
            let value = space.map.remove(arena, key.hash, key.bytes)?.boxed()?;
            space.value_bytes -= value.heap_bytes() as u64;
            Some(value)
        });
        let Some(value) = value.flatten() else { return Ok(false) };
        self.change(to, |space, arena, _| {
            let place = space.map.get_mut(arena, key.hash, key.bytes)?;
            space.value_bytes += value.heap_bytes() as u64;
            if has_expiring_names(&value) {
                space.names.arm();
            }
            *place = value;
            Some(())
        });
        Ok(true)
    }

    /// Makes the key hold a value of any kind, whatever it held before.
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take the shard beyond its budget. The key then holds
    /// what it held before.
    pub fn put_value(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        value: Databox,
        options: PutOptions,
        now_ms: u64,
    ) -> Result<(), OutOfBudget> {
        if let Some(text) = value.text() {
            return self.put_string(ns, key, text, options, now_ms);
        }
        let expires_at_ms = match options.expiry {
            Expiry::Never => None,
            Expiry::At(moment) if moment <= now_ms => {
                self.take(ns, key);
                return Ok(());
            }
            Expiry::At(moment) => Some(moment),
            Expiry::Keep => self.look_up(ns, key, now_ms).and_then(|item| item.expires_at_ms()),
        };
        let extras = Extras { expires_at_ms, flags: options.flags, cas: 0 };
        if let Some(packed) = value.packed() {
            return self.put(ns, key, NewValue::Packed(packed), extras);
        }
        self.put(ns, key, NewValue::Boxed(value), extras)
    }

    /// A number that nobody can foresee who does not know the key of the hash.
    pub fn random(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(1);
        self.hash_key.hash(&self.drawn.to_le_bytes())
    }
}
