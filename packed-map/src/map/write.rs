//! Writing and removing single entries.

use super::{PageMap, Position};
use crate::arena::{Blocks, Exhausted, Handle, UNIT_BYTES};
use crate::code::{BLOCK, BLOCK_MAX, BOXED, BUFFER, Form, PACKED, REFERENCE, size};
use crate::entry::{Displaced, Extras, Full, NewValue};
use crate::extras::{self, HAS_CAS, HAS_EXPIRY, HAS_FLAGS, Packed};
use crate::page::{META, Page, edit};
use crate::pages::Place;
use crate::{HashKeys, hash, outside, rank, string_block};

impl<B, H: HashKeys> PageMap<B, H> {
    /// Makes `key` hold `value` and `extras`, and returns what it held before.
    ///
    /// # Errors
    ///
    /// [`Full`] where there is no room for the blocks that it takes; nothing has changed then.
    ///
    /// # Panics
    ///
    /// Where the value is packed and longer than [`PACKED_BYTES_MAX`](crate::PACKED_BYTES_MAX).
    pub fn put<'v, A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        key: &[u8],
        value: NewValue<'v, B>,
        extras: Extras,
    ) -> Result<Option<Displaced<B>>, Full<'v, B>> {
        debug_assert_eq!(self.hasher.hash(key), hash, "the hash is not the key's");
        let key = Form::of_bytes(key);
        match self.locate(blocks, hash, &key) {
            Some(place) => self.replace(blocks, hash, place, value, extras).map(Some),
            None => self.insert(blocks, hash, &key, value, extras).map(|()| None),
        }
    }

    /// Gives the entry of `key` other extras, and tells whether there is one.
    ///
    /// # Errors
    ///
    /// [`Exhausted`](crate::Exhausted) where there is no room for them; nothing has changed then.
    pub fn set_extras<A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        key: &[u8],
        extras: Extras,
    ) -> Result<bool, Exhausted> {
        let Some(Position(place)) = self.find(blocks, hash, key) else { return Ok(false) };
        let page = Page::new(blocks.bytes(place.page));
        let code = page.value_code(place.index);
        let mut kept = [0; MAX_SIZE];
        let stored = page.value(place.index, place.start);
        kept[..stored.len()].copy_from_slice(stored);
        let kept = &kept[..size(code)];
        let place = self.refit(blocks, hash, place, kept.len(), presence(extras))?;
        self.rewrite(blocks, hash, place, (code, kept), extras);
        Ok(true)
    }

    /// Removes the entry of `key` and returns what it held.
    pub fn remove<A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        key: &[u8],
    ) -> Option<Displaced<B>> {
        let Position(place) = self.find(blocks, hash, key)?;
        let displaced = self.take(blocks, place.page, (place.index, place.start));
        let head = self.directory.head_mut(self.directory.bucket(hash));
        self.pages.tighten(blocks, head, (place.previous, place.page));
        self.settle(blocks, 1);
        Some(displaced)
    }

    /// Takes an entry out of its page, which is left as it is otherwise.
    pub(super) fn take<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        at: (usize, usize),
    ) -> Displaced<B> {
        let displaced = self.release(blocks, handle, at);
        let bytes = blocks.bytes_mut(handle);
        let page = Page::new(bytes);
        self.data_bytes -= page.size(at.0);
        self.len -= 1;
        self.forget_level(page.meta(at.0));
        edit::remove(bytes, at);
        displaced
    }

    /// Frees what an entry has outside its page and returns its value.
    pub(super) fn release<A: Blocks>(
        &mut self,
        blocks: &mut A,
        handle: Handle,
        (index, start): (usize, usize),
    ) -> Displaced<B> {
        let page = Page::new(blocks.bytes(handle));
        let meta = page.meta(index);
        let key = Reference::of(page.key_code(index), page.key(index, start));
        let value = Reference::of(page.value_code(index), page.value(index, start));
        if meta & HAS_EXPIRY != 0 {
            let packed = Packed::read(meta, page.entry(index, start));
            self.forget_expiry(packed);
        }
        self.release_reference(blocks, key);
        self.release_reference(blocks, value)
    }

    fn release_reference<A: Blocks>(
        &mut self,
        blocks: &mut A,
        reference: Reference,
    ) -> Displaced<B> {
        match reference {
            Reference::None => Displaced::Text,
            Reference::Boxed(number) => Displaced::Boxed(self.outside.boxed.remove(number)),
            Reference::Block(handle) => {
                self.pages.free(blocks, handle);
                Displaced::Text
            }
            Reference::Buffer(number) => {
                self.outside.remove_string(number);
                Displaced::Text
            }
        }
    }

    fn forget_expiry(&mut self, packed: Packed) {
        if let Some(expiry) = packed.expiry() {
            self.outside.times.release(expiry);
            self.expiring -= 1;
        }
    }

    /// Counts that an entry with this meta byte is gone.
    #[inline]
    pub(super) fn forget_level(&mut self, meta: u8) {
        if meta > extras::PRESENCE {
            self.count_level(rank::level(meta), 0);
        }
    }

    fn insert<'v, A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        key: &Form<'_>,
        value: NewValue<'v, B>,
        extras: Extras,
    ) -> Result<(), Full<'v, B>> {
        let (form, value_code) = formed(&value);
        let Ok(key_block) = self.alloc_block(blocks, key, KEY, hash) else {
            return Err(Full { value });
        };
        let Ok(value_block) = self.alloc_block(blocks, &form, VALUE, hash) else {
            self.free_block(blocks, key_block);
            return Err(Full { value });
        };
        let presence = presence(extras);
        let entry_size = key.size() + size(value_code) + extras::size(presence);
        let codes = [hash::tag(hash), key.code(), value_code, presence];
        let Ok((page, start)) = self.push(blocks, hash, (codes, entry_size)) else {
            self.free_block(blocks, key_block);
            self.free_block(blocks, value_block);
            return Err(Full { value });
        };
        let key_stored = match *key {
            Form::Literal(bytes) => Stored::Text(bytes),
            Form::Integer(bytes, width) => Stored::Short(bytes, width),
            Form::Long(bytes) => match key_block {
                Some(handle) => Stored::number(handle.bits()),
                None => Stored::number(self.outside.insert_string(bytes, hash)),
            },
        };
        let value_stored = self.store(value, form, value_block);
        let packed = self.pack(extras);
        let bytes = blocks.bytes_mut(page);
        let mut at = start;
        for part in [key_stored.as_slice(), value_stored.as_slice(), packed.stored()] {
            at = put_bytes(bytes, at, part);
        }
        self.note_expiry(bytes, extras);
        self.len += 1;
        self.data_bytes += entry_size;
        self.grow(blocks);
        Ok(())
    }

    fn replace<'v, A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        place: Place,
        value: NewValue<'v, B>,
        extras: Extras,
    ) -> Result<Displaced<B>, Full<'v, B>> {
        let page = Page::new(blocks.bytes(place.page));
        let old_code = page.value_code(place.index);
        let old = Reference::of(old_code, page.value(place.index, place.start));
        let (form, code) = formed(&value);
        if code == old_code
            && code < REFERENCE
            && (presence(extras) | page.meta(place.index)) & extras::PRESENCE == 0
        {
            // The value alone changes, in its place.
            let at = place.start + page.key(place.index, place.start).len();
            let bytes = &mut blocks.bytes_mut(place.page)[at..];
            match form {
                Form::Literal(new) => bytes[..new.len()].copy_from_slice(new),
                Form::Integer(new, width) => put_short(bytes, new, width),
                Form::Long(_) => unreachable!("its code is a reference"),
            }
            return Ok(Displaced::Text);
        }
        let reused = reusable(blocks, old, form);
        let block = match reused {
            Some(handle) => Some(handle),
            None => match self.alloc_block(blocks, &form, VALUE, hash) {
                Ok(block) => block,
                Err(_) => return Err(Full { value }),
            },
        };
        let Ok(place) = self.refit(blocks, hash, place, size(code), presence(extras)) else {
            if reused.is_none() {
                self.free_block(blocks, block);
            }
            return Err(Full { value });
        };
        if let (Some(handle), Form::Long(bytes)) = (reused, form) {
            self.pages.replace_string(blocks, handle, bytes, hash);
        }
        let stored = self.store(value, form, block);
        let displaced = match reused {
            Some(_) => Displaced::Text,
            None => self.release_reference(blocks, old),
        };
        self.rewrite(blocks, hash, place, (code, stored.as_slice()), extras);
        Ok(displaced)
    }

    /// Adds an entry with these codes and this size, and returns its page and where it begins
    /// there; its bytes are still to be written.
    fn push<A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        entry: (edit::Codes, usize),
    ) -> Result<(Handle, usize), Exhausted> {
        let [.., presence] = entry.0;
        let flag = self.level_flag() | meta_flag(presence);
        if self.directory.buckets() > 0 {
            let head = self.directory.head_mut(self.directory.bucket(hash));
            return self.pages.push(blocks, head, entry, flag);
        }
        let mut head = None;
        let at = self.pages.push(blocks, &mut head, entry, flag)?;
        self.directory.push(head);
        Ok(at)
    }

    /// Makes the page able to hold the entry with a value of `value_size` bytes and these extras.
    /// Returns where the entry is then; it is still the old one.
    fn refit<A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        place: Place,
        value_size: usize,
        presence: u8,
    ) -> Result<Place, Exhausted> {
        let page = Page::new(blocks.bytes(place.page));
        let flags = page.flags() | meta_flag(presence);
        let old = page.size(place.index) - size(page.key_code(place.index));
        let new = value_size + extras::size(presence);
        if new <= old && flags == page.flags() {
            return Ok(place);
        }
        let from_end = page.len() - place.start;
        let data = page.len() - page.data_start();
        // The old value stands there until the new one is written, the longer of both needs room.
        let used = crate::page::overhead(flags, page.count()) + data + new.saturating_sub(old);
        let head = self.directory.head_mut(self.directory.bucket(hash));
        let at = (place.previous, place.page);
        let page = self.pages.ensure(blocks, head, at, (used, data), flags)?;
        let start = blocks.bytes(page).len() - from_end;
        Ok(Place { page, start, ..place })
    }

    /// Gives an entry another value, by its code and stored bytes, and other extras. The page has
    /// the room.
    fn rewrite<A: Blocks>(
        &mut self,
        blocks: &mut A,
        hash: u64,
        place: Place,
        (code, stored): (u8, &[u8]),
        extras: Extras,
    ) {
        let at = (place.index, place.start);
        let page = Page::new(blocks.bytes(place.page));
        let (meta, key_size) = (page.meta(place.index), size(page.key_code(place.index)));
        let old_size = page.size(place.index) - key_size;
        if meta & HAS_EXPIRY != 0 {
            self.forget_expiry(Packed::read(meta, page.entry(place.index, place.start)));
        }
        let packed = self.pack(extras);
        let new_size = stored.len() + packed.stored().len();
        let bytes = blocks.bytes_mut(place.page);
        let start = edit::resize(bytes, at, key_size, new_size);
        let end = put_bytes(bytes, start + key_size, stored);
        put_bytes(bytes, end, packed.stored());
        edit::set_codes(bytes, place.index, code, meta & !extras::PRESENCE | packed.presence);
        self.note_expiry(bytes, extras);
        self.data_bytes = self.data_bytes + new_size - old_size;
        if new_size < old_size {
            let head = self.directory.head_mut(self.directory.bucket(hash));
            self.pages.tighten(blocks, head, (place.previous, place.page));
            self.settle(blocks, 1);
        } else if new_size > old_size {
            self.grow(blocks);
        }
    }

    /// Keeps a value and returns what stands for it in the page.
    fn store<'v>(
        &mut self,
        value: NewValue<'v, B>,
        form: Form<'v>,
        block: Option<Handle>,
    ) -> Stored<'v> {
        if let NewValue::Boxed(boxed) = value {
            return Stored::number(self.outside.boxed.insert(boxed));
        }
        match (form, block) {
            (Form::Literal(bytes), _) => Stored::Text(bytes),
            (Form::Integer(bytes, width), _) => Stored::Short(bytes, width),
            (Form::Long(_), Some(handle)) => Stored::number(handle.bits()),
            (Form::Long(bytes), None) => Stored::number(self.outside.insert_string(bytes, 0)),
        }
    }

    fn pack(&mut self, extras: Extras) -> Packed {
        let expiry = extras.expires_at_ms.map(|at_ms| self.outside.times.pack(at_ms));
        self.expiring += usize::from(expiry.is_some());
        Packed::new(expiry, extras.flags, extras.cas)
    }

    fn note_expiry(&self, page: &mut [u8], extras: Extras) {
        if let Some(at_ms) = extras.expires_at_ms {
            let earliest = self.outside.times.coarse(at_ms).min(Page::new(page).earliest());
            edit::set_earliest(page, earliest);
        }
    }

    /// A block that holds the string, if the form is one of a string that takes a block.
    #[inline]
    fn alloc_block<A: Blocks>(
        &mut self,
        blocks: &mut A,
        form: &Form<'_>,
        kind: u8,
        hash: u64,
    ) -> Result<Option<Handle>, Exhausted> {
        match form {
            Form::Long(bytes) if form.code() == BLOCK => {
                self.pages.alloc_string(blocks, kind, bytes, hash).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn free_block<A: Blocks>(&mut self, blocks: &mut A, block: Option<Handle>) {
        if let Some(handle) = block {
            self.pages.free(blocks, handle);
        }
    }
}

/// What a page holds of a text.
#[derive(Clone, Copy)]
enum Stored<'a> {
    Text(&'a [u8]),
    Short([u8; 8], u8),
}

impl Stored<'_> {
    fn number(number: u32) -> Self {
        Self::Short(u64::from(number).to_le_bytes(), 4)
    }

    #[inline]
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            Self::Short(bytes, len) => &bytes[..usize::from(*len)],
        }
    }
}

/// What stands outside a page.
#[derive(Clone, Copy)]
enum Reference {
    None,
    Boxed(u32),
    Block(Handle),
    Buffer(u32),
}

impl Reference {
    fn of(code: u8, stored: &[u8]) -> Self {
        match code {
            BOXED => Self::Boxed(outside::number(stored)),
            BLOCK | PACKED => Self::Block(outside::handle(stored)),
            BUFFER => Self::Buffer(outside::number(stored)),
            _ => Self::None,
        }
    }
}

/// The block of the old value, if the new one fits it exactly.
fn reusable<A: Blocks>(blocks: &A, old: Reference, new: Form<'_>) -> Option<Handle> {
    let (Reference::Block(handle), Form::Long(bytes)) = (old, new) else { return None };
    let units = blocks.bytes(handle).len() / UNIT_BYTES;
    (new.code() == BLOCK && units == string_block::units(bytes.len())).then_some(handle)
}

/// The form of a value and its code; of a boxed value, any form that takes no block.
#[inline]
pub(super) fn formed<'v, B>(value: &NewValue<'v, B>) -> (Form<'v>, u8) {
    match value {
        NewValue::Boxed(_) => (Form::Literal(&[]), BOXED),
        NewValue::Packed(bytes) => {
            assert!(bytes.len() <= BLOCK_MAX, "at most PACKED_BYTES_MAX bytes");
            (Form::Long(bytes), PACKED)
        }
        NewValue::Text(text) => {
            let form = Form::of(*text);
            (form, form.code())
        }
    }
}

/// Which extras there are, as a meta byte says it.
#[inline]
pub(super) fn presence(extras: Extras) -> u8 {
    let bit = |present, bit| if present { bit } else { 0 };
    bit(extras.expires_at_ms.is_some(), HAS_EXPIRY)
        | bit(extras.flags != 0, HAS_FLAGS)
        | bit(extras.cas != 0, HAS_CAS)
}

/// The flag of a page that can hold an entry with these extras.
#[inline]
const fn meta_flag(presence: u8) -> u8 {
    if presence == 0 { 0 } else { META }
}

/// Writes the first `width` bytes of `short`.
fn put_short(bytes: &mut [u8], short: [u8; 8], width: u8) {
    let width = usize::from(width);
    bytes[..width].copy_from_slice(&short[..width]);
}

/// Writes `bytes` at `at` and returns where they end.
#[inline]
fn put_bytes(page: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let end = at + bytes.len();
    page[at..end].copy_from_slice(bytes);
    end
}

/// The kind of a block that holds a value.
pub(super) const VALUE: u8 = 2;
/// The kind of a block that holds a key.
pub(super) const KEY: u8 = 3;
/// The most bytes that a value takes in a page.
const MAX_SIZE: usize = crate::code::LITERAL_MAX;
