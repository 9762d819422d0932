//! Changing containers: small ones are packed bytes in a block among the pages, which every write
//! replaces; large ones are values of their own, which are changed where they are.

use super::Shard;
use crate::{Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Edit, Kind, Set};
use packed_map::{Extras, NewValue};

/// A kind of container, in its large form.
pub(super) trait Container: Sized {
    const KIND: Kind;

    /// The container that packed bytes are, to become large. The hash of the key, which is keyed
    /// itself, is the seed, so that nobody can choose members that collide.
    fn from_packed(bytes: &[u8], seed: u64) -> Self;

    fn into_value(self) -> Databox;

    fn of(value: &mut Databox) -> Option<&mut Self>;

    fn is_empty(&self) -> bool;

    /// The bytes that writes have copied because somebody else had them.
    fn copied_bytes(&self) -> usize {
        0
    }
}

impl Container for Set {
    const KIND: Kind = Kind::Set;

    fn from_packed(bytes: &[u8], seed: u64) -> Self {
        Self::from_small(seed, databox::SmallSet::new(bytes))
    }

    fn into_value(self) -> Databox {
        self.into()
    }

    fn of(value: &mut Databox) -> Option<&mut Self> {
        value.as_set_mut()
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    fn copied_bytes(&self) -> usize {
        Self::copied_bytes(self)
    }
}

impl Shard {
    /// Changes the container at the key, which is made where there is none: `small` reads packed
    /// bytes and writes others, and where these become too many, and where the container is large,
    /// `large` does the same to it. `growth` bounds what `large` can add. A container that becomes
    /// empty is no key.
    pub(super) fn change_container<C: Container, R>(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
        growth: impl FnOnce(&mut C) -> usize,
        small: impl FnOnce(&[u8], &mut Vec<u8>) -> (Edit, R),
        large: impl FnOnce(&mut C) -> R,
    ) -> Result<R, WriteError> {
        let mut out = core::mem::take(&mut self.scratch);
        let changed = self.change_with(ns, key, now_ms, growth, (small, large), &mut out);
        self.scratch = out;
        changed
    }

    fn change_with<C: Container, R>(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
        growth: impl FnOnce(&mut C) -> usize,
        (small, large): (impl FnOnce(&[u8], &mut Vec<u8>) -> (Edit, R), impl FnOnce(&mut C) -> R),
        out: &mut Vec<u8>,
    ) -> Result<R, WriteError> {
        let (bytes, extras) = match self.look_up(ns, key, now_ms) {
            None => (&[][..], Extras::default()),
            Some(item) if item.kind() != C::KIND => {
                return Err(WrongKind { found: item.kind() }.into());
            }
            Some(item) => match item.packed() {
                Some(bytes) => (bytes, item.extras()),
                None => return self.change_large(ns, key, growth, large),
            },
        };
        let (edit, result) = small(bytes, out);
        match edit {
            Edit::Unchanged => {}
            Edit::Written if out.is_empty() => drop(self.take(ns, key)),
            // What makes it smaller is not refused.
            Edit::Written if out.len() < bytes.len() => {
                self.put_admitted(ns, key, NewValue::Packed(out), extras, true)?;
            }
            Edit::Written => self.put(ns, key, NewValue::Packed(out), extras)?,
            Edit::TooLarge => {
                let mut container = C::from_packed(bytes, key.hash);
                let result = large(&mut container);
                self.put(ns, key, NewValue::Boxed(container.into_value()), extras)?;
                return Ok(result);
            }
        }
        Ok(result)
    }

    pub(super) fn change_large<C: Container, R>(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        growth: impl FnOnce(&mut C) -> usize,
        large: impl FnOnce(&mut C) -> R,
    ) -> Result<R, WriteError> {
        if self.budget_bytes().is_some() {
            let (spaces, arena) = (&mut self.spaces, &self.arena);
            let index = spaces.find(ns.0);
            let container = index.and_then(|index| {
                let map = &mut spaces.at_mut(index).map;
                C::of(map.get_mut(arena, key.hash, key.bytes)?)
            });
            let growth = container.map_or(0, growth);
            let copied = if growth == 0 { 0 } else { self.jobs.copied_max() };
            self.admit(ns, |_, _| growth + copied)?;
        }
        let changed = self.change(ns, |space, arena, jobs| {
            let value = space.map.get_mut(arena, key.hash, key.bytes)?;
            let before = value.heap_bytes() as u64;
            let container = C::of(value)?;
            let copied = container.copied_bytes();
            let result = large(container);
            if container.copied_bytes() > copied {
                jobs.note_copied(container.copied_bytes() - copied);
            }
            let is_empty = container.is_empty();
            space.value_bytes = space.value_bytes + value.heap_bytes() as u64 - before;
            Some((result, is_empty))
        });
        let (result, is_empty) = changed.flatten().expect("the key was just looked up");
        if is_empty {
            self.take(ns, key);
        }
        Ok(result)
    }
}
