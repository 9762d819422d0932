//! What of a map's entries stands outside its pages and blocks.

use crate::Text;
use crate::arena::{Blocks, Handle};
use crate::code::{self, BLOCK, BOXED, BUFFER, PACKED};
use crate::slab::Slab;
use crate::string_block;
use crate::times::Times;
use alloc::sync::Arc;

/// Values of the caller's own type, strings too long for a block, and far moments.
#[derive(Debug)]
pub(crate) struct Outside<B> {
    pub(crate) boxed: Slab<B>,
    buffers: Slab<Buffer>,
    /// The bytes of all strings in `buffers`.
    buffer_bytes: usize,
    pub(crate) times: Times,
}

/// A string too long for a block.
#[derive(Debug, Clone)]
struct Buffer {
    /// Counted, so that lending a map copies no strings.
    string: Arc<[u8]>,
    /// Of the string, where it is a key: hashing it again would take long.
    hash: u64,
}

impl<B> Outside<B> {
    pub(crate) const fn new() -> Self {
        Self { boxed: Slab::new(), buffers: Slab::new(), buffer_bytes: 0, times: Times::new() }
    }

    /// The same, once more, without values of the caller's own type.
    ///
    /// # Complexity
    ///
    /// Linear in the strings too long for a block, and in far moments.
    pub(crate) fn lend(&self) -> Self {
        debug_assert_eq!(self.boxed.len(), 0);
        Self {
            boxed: Slab::new(),
            buffers: self.buffers.clone(),
            buffer_bytes: self.buffer_bytes,
            times: self.times.clone(),
        }
    }

    /// Lets go of all.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The bytes of it all; what values of the type `B` own is theirs to count.
    pub(crate) const fn bytes(&self) -> usize {
        self.boxed.bytes() + self.buffers.bytes() + self.buffer_bytes + self.times.bytes()
    }

    /// The bytes of the strings alone.
    pub(crate) const fn string_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// What [`bytes`](Self::bytes) must be.
    pub(crate) fn counted_bytes(&self) -> usize {
        let strings: usize = self.buffers.iter().map(|buffer| buffer.string.len()).sum();
        self.boxed.counted_bytes()
            + self.buffers.counted_bytes()
            + strings
            + self.times.counted_bytes()
    }

    /// Those of [`bytes`](Self::bytes) that are no entry's own: free slots, and far moments.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) const fn shared_bytes(&self) -> usize {
        let slots = self.boxed.len() * Slab::<B>::SLOT_BYTES
            + self.buffers.len() * Slab::<Buffer>::SLOT_BYTES;
        self.bytes() - slots - self.buffer_bytes
    }

    /// At least as many bytes as `count` strings of together `bytes` bytes can add.
    pub(crate) fn strings_growth_max(&self, count: usize, bytes: usize) -> usize {
        if count == 0 { 0 } else { self.buffers.growth_max_of(count) + bytes }
    }

    /// At least as many bytes as one entry can add, its strings not counted.
    #[inline]
    pub(crate) fn any_growth_max(&self) -> usize {
        self.boxed.growth_max() + self.buffers.growth_max_of(2) + self.times.any_growth_max()
    }

    /// How many strings there are.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(crate) const fn strings(&self) -> usize {
        self.buffers.len()
    }

    /// Keeps a string and returns its number. `hash` is its own where it is a key.
    pub(crate) fn insert_string(&mut self, string: &[u8], hash: u64) -> u32 {
        self.buffer_bytes += string.len();
        self.buffers.insert(Buffer { string: string.into(), hash })
    }

    pub(crate) fn remove_string(&mut self, number: u32) {
        self.buffer_bytes -= self.buffers.remove(number).string.len();
    }

    /// The string that a code of a long one and its stored bytes stand for.
    #[inline]
    pub(crate) fn string<'a, A: Blocks>(
        &'a self,
        blocks: &'a A,
        code: u8,
        stored: &[u8],
    ) -> &'a [u8] {
        match code {
            BUFFER => &self.buffers.get(number(stored)).string,
            _ => {
                debug_assert!(code == BLOCK || code == PACKED);
                string_block::read(blocks.bytes(handle(stored)))
            }
        }
    }

    /// The text that any code but that of a boxed value and its stored bytes stand for.
    #[inline]
    pub(crate) fn text<'a, A: Blocks>(
        &'a self,
        blocks: &'a A,
        code: u8,
        stored: &'a [u8],
    ) -> Text<'a> {
        if code < code::REFERENCE {
            return code::text(code, stored);
        }
        Text::Bytes(self.string(blocks, code, stored))
    }

    /// The bytes outside the page that a code and its stored bytes stand for.
    pub(crate) fn used_bytes<A: Blocks>(&self, blocks: &A, code: u8, stored: &[u8]) -> usize {
        match code {
            BOXED => Slab::<B>::SLOT_BYTES,
            BLOCK | PACKED => blocks.bytes(handle(stored)).len(),
            BUFFER => Slab::<Buffer>::SLOT_BYTES + self.buffers.get(number(stored)).string.len(),
            _ => 0,
        }
    }

    /// Whether the bytes stored for a key in a buffer name one of these buffers.
    pub(crate) fn has_buffer(&self, stored: &[u8]) -> bool {
        self.buffers.holds(number(stored))
    }

    /// The hash of a key in a buffer.
    pub(crate) fn hash(&self, stored: &[u8]) -> u64 {
        self.buffers.get(number(stored)).hash
    }
}

/// The number in a slab that stands in a page.
#[inline]
pub(crate) fn number(stored: &[u8]) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&stored[..4]);
    u32::from_le_bytes(bytes)
}

/// The handle that stands in a page.
#[inline]
pub(crate) fn handle(stored: &[u8]) -> Handle {
    Handle::from_bits(number(stored)).expect("a page holds no null handles")
}
