//! Operations on a part of a string.

use super::Shard;
use super::keys::IN_MAP_MAX_BYTES;
use crate::{Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Kind, Text};
use packed_map::{Extras, NewValue};

impl Shard {
    /// Writes `bytes` over the string at the key from `at` on, with zeros between its end and
    /// `at`. A key that is absent is made; one that is there expires when it did before.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, and
    /// [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    ///
    /// # Complexity
    ///
    /// That of the bytes written; now and then, where a string of more than 4 KiB grows, that of
    /// the whole string.
    pub fn splice_string(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        at: usize,
        bytes: &[u8],
        now_ms: u64,
    ) -> Result<(), WriteError> {
        let end = at.saturating_add(bytes.len());
        let (mut string, extras) = match self.look_up(ns, key, now_ms) {
            None => (Vec::new(), Extras::default()),
            Some(item) => {
                let found = item.kind();
                if found != Kind::String {
                    return Err(WrongKind { found }.into());
                }
                let (expires_at_ms, flags) = (item.expires_at_ms(), item.flags());
                if let Some(growth) = item.splice_growth_max(at, bytes.len()) {
                    let stamp = item.stamp();
                    self.admit(ns, |_, _| growth)?;
                    self.splice_boxed(ns, key, at, bytes);
                    self.forget_stamp(ns, key, stamp, now_ms);
                    return Ok(());
                }
                let text = item.string().unwrap_or(Text::Bytes(b""));
                (text.to_vec(), Extras { expires_at_ms, flags, cas: 0 })
            }
        };
        if end > IN_MAP_MAX_BYTES {
            let mut value = Databox::from(&*string);
            // Refused before the memory is taken.
            self.admit(ns, |_, _| value.splice_growth_max(at, bytes.len()))?;
            value.splice(at, bytes);
            return Ok(self.put(ns, key, NewValue::Boxed(value), extras)?);
        }
        string.resize(end.max(string.len()), 0);
        string[at..end].copy_from_slice(bytes);
        Ok(self.put(ns, key, NewValue::Text(Text::Bytes(&string)), extras)?)
    }

    /// Takes from a value that was written in its place the stamp that it had.
    pub(super) fn forget_stamp(&mut self, ns: Namespace, key: Key<'_>, stamp: u64, now_ms: u64) {
        if stamp != 0 {
            self.set_extras(ns, key, now_ms, |extras| extras.cas = 0);
        }
    }

    /// The same in a string that is a value of its own.
    fn splice_boxed(&mut self, ns: Namespace, key: Key<'_>, at: usize, bytes: &[u8]) {
        self.change(ns, |space, arena, _| {
            let value = space.map.get_mut(arena, key.hash, key.bytes)?;
            let before = value.heap_bytes() as u64;
            value.splice(at, bytes);
            space.value_bytes = space.value_bytes + value.heap_bytes() as u64 - before;
            Some(())
        });
    }
}
