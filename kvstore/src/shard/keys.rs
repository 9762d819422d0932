//! Operations on one key, whatever its kind, and on strings.

use super::Shard;
use crate::jobs::Jobs;
use crate::policy::Policy;
use crate::space::Space;
use crate::{Expiry, Item, Key, Namespace, OutOfBudget, PutOptions};
use databox::{Databox, Text};
use packed_map::{Arena, Extras, NewValue, Value};

impl Shard {
    /// What the key holds. To a policy, this is what makes a key worth keeping; the other questions
    /// about a key are not.
    #[inline]
    pub fn get(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Item<'_>> {
        let (index, position, is_new) = self.find(ns, key, now_ms)?;
        if is_new {
            self.touch(index, key.hash, position);
        }
        Some(Item::new(self.spaces.at(index).map.entry(&self.arena, position)))
    }

    /// Makes the key hold a string, whatever it held before.
    ///
    /// # Errors
    ///
    /// [`OutOfBudget`] where the write could take the shard beyond its budget. The key then holds
    /// what it held before.
    ///
    /// # Complexity
    ///
    /// One page is changed and one more may be split. A value of more than 16 KiB that is
    /// replaced is freed by [`work`](Self::work).
    pub fn put_string(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        text: Text<'_>,
        options: PutOptions,
        now_ms: u64,
    ) -> Result<(), OutOfBudget> {
        let mut flags = options.flags;
        let expires_at_ms = match options.expiry {
            Expiry::Never => None,
            Expiry::At(moment) if moment <= now_ms => {
                self.take(ns, key);
                return Ok(());
            }
            Expiry::At(moment) => Some(moment),
            Expiry::Keep => {
                let kept =
                    self.look_up(ns, key, now_ms).map(|item| (item.expires_at_ms(), item.flags()));
                let (expires_at_ms, kept_flags) = kept.unwrap_or_default();
                flags = kept_flags;
                expires_at_ms
            }
        };
        if expires_at_ms.is_some() {
            self.expect_times_around(ns, now_ms);
        }
        let value = match text {
            Text::Bytes(bytes) if bytes.len() > IN_MAP_MAX_BYTES => NewValue::Boxed(bytes.into()),
            text => NewValue::Text(text),
        };
        self.put(ns, key, value, Extras { expires_at_ms, flags, cas: 0 })
    }

    /// The bytes that the key and its value take; see [`Item::used_bytes`].
    pub fn usage(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<usize> {
        self.look_up(ns, key, now_ms).map(|item| item.used_bytes())
    }

    /// Removes the key and tells whether it was there.
    pub fn remove(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> bool {
        self.expire(ns, key, now_ms);
        self.take(ns, key)
    }

    /// When the key expires. `None`: there is no such key. `Some(None)`: it does not expire.
    pub fn expiry(&mut self, ns: Namespace, key: Key<'_>, now_ms: u64) -> Option<Option<u64>> {
        self.look_up(ns, key, now_ms).map(|item| item.expires_at_ms())
    }

    /// Sets or clears when the key expires, and tells whether that was done: not where there is no
    /// such key, nor where the reservation is full to the last byte. A moment that has passed
    /// removes the key.
    pub fn set_expiry(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        expires_at_ms: Option<u64>,
        now_ms: u64,
    ) -> bool {
        if expires_at_ms.is_some_and(|at| at <= now_ms) {
            return self.remove(ns, key, now_ms);
        }
        self.set_extras(ns, key, now_ms, |extras| extras.expires_at_ms = expires_at_ms)
    }

    /// Sets the flags of a key and tells whether that was done, as for
    /// [`set_expiry`](Self::set_expiry).
    pub fn set_flags(&mut self, ns: Namespace, key: Key<'_>, flags: u32, now_ms: u64) -> bool {
        self.set_extras(ns, key, now_ms, |extras| extras.flags = flags)
    }

    /// Writes a value and its extras, within the budget.
    pub(super) fn put(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        value: NewValue<'_, Databox>,
        extras: Extras,
    ) -> Result<(), OutOfBudget> {
        let was_read = self.was_read(ns, key);
        if self.budget_bytes < u64::MAX {
            let outside = outside_bytes(&value);
            let text = match &value {
                NewValue::Text(Text::Bytes(bytes)) | NewValue::Packed(bytes) => bytes.len(),
                _ => 0,
            };
            self.pay(Some(key.hash));
            if !self.surely_fits(ns, outside + key.bytes.len() + text) {
                self.admit_within(ns, Some(key.hash), &|space, arena| {
                    let put = space.map.put_growth_max(arena, key.hash, key.bytes, &value, extras);
                    outside + put + queued_growth(space, arena, key)
                })?;
            }
        }
        self.put_admitted(ns, key, value, extras, was_read)
    }

    /// Whether the key is the one that was asked for last.
    pub(super) fn was_read(&self, ns: Namespace, key: Key<'_>) -> bool {
        self.hint.is_some_and(|hint| (hint.ns, hint.hash) == (ns, key.hash))
    }

    /// Writes a value and its extras, whatever the budget says. `was_read` says that a policy knows
    /// already that the key was asked for.
    pub(super) fn put_admitted(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        value: NewValue<'_, Databox>,
        extras: Extras,
        was_read: bool,
    ) -> Result<(), OutOfBudget> {
        let outside = outside_bytes(&value);
        let names_expire = matches!(&value, NewValue::Boxed(value) if has_expiring_names(value));
        let was_there = self.change_or_make(ns, |space, arena, jobs| {
            let displaced = space.map.put(arena, key.hash, key.bytes, value, extras);
            let displaced = displaced.map_err(|_| OutOfBudget { growth_max_bytes: FULL })?;
            space.value_bytes += outside as u64;
            if names_expire {
                space.names.arm();
            }
            let was_there = displaced.is_some();
            if let Some(old) = displaced.and_then(packed_map::Displaced::boxed) {
                space.destroy(old, jobs);
            }
            Ok(was_there)
        })?;
        if was_there && !was_read {
            self.overwritten(ns, key);
        }
        Ok(())
    }

    /// Tells the namespace what time it is while nothing expires in it: moments that are far from
    /// the first one would take more otherwise.
    fn expect_times_around(&mut self, ns: Namespace, now_ms: u64) {
        self.now_ms = now_ms;
        if let Some(index) = self.spaces.find(ns.0) {
            self.spaces.at_mut(index).map.expect_times_around(now_ms);
        }
    }

    /// Tells the policy that a key was written over.
    fn overwritten(&mut self, ns: Namespace, key: Key<'_>) {
        if matches!(self.eviction.policy, Policy::Refuse | Policy::Random) {
            return;
        }
        let Some(index) = self.spaces.find(ns.0) else { return };
        if let Some(at) = self.spaces.at(index).map.find(&self.arena, key.hash, key.bytes) {
            self.touch(index, key.hash, at);
        }
    }

    pub(super) fn set_extras(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
        set: impl FnOnce(&mut Extras),
    ) -> bool {
        self.expire(ns, key, now_ms);
        self.expect_times_around(ns, now_ms);
        let changed = self.change(ns, |space, arena, _| {
            let mut extras = space.map.get(arena, key.hash, key.bytes)?.extras();
            set(&mut extras);
            space.map.set_extras(arena, key.hash, key.bytes, extras).ok()
        });
        changed.flatten().unwrap_or(false)
    }
}

/// Whether a value is a map of which names expire.
pub(super) fn has_expiring_names(value: &Databox) -> bool {
    value.as_map().is_some_and(|map| map.expiring() > 0)
}

/// What a value takes outside the pages.
fn outside_bytes(value: &NewValue<'_, Databox>) -> usize {
    match value {
        NewValue::Boxed(value) => value.heap_bytes(),
        NewValue::Text(_) | NewValue::Packed(_) => 0,
    }
}

/// What the queue of destructions grows by when the key is written over.
fn queued_growth(space: &Space, arena: &Arena, key: Key<'_>) -> usize {
    let old = space.map.get(arena, key.hash, key.bytes).map(|entry| entry.value());
    match old {
        Some(Value::Boxed(old)) if old.heap_bytes() > Jobs::AT_ONCE_MAX_BYTES => {
            Jobs::JOB_BYTES as usize
        }
        _ => 0,
    }
}

/// What a write that finds the reservation full would need: no budget has it.
const FULL: u64 = u64::MAX;

/// The longest string that the map keeps itself. Longer ones are values of their own, so that
/// freeing them can wait.
pub(super) const IN_MAP_MAX_BYTES: usize = 4096;
