//! A slice behind a reference count, which is copied when it is written while others have it.
//!
//! It does what `Arc<[T]>` does, but tells whether it is alone by reading the count, where
//! `Arc::get_mut` locks it: a write to what nobody else has takes no atomic read-modify-write.
//!
//! Invariants:
//!
//! - S1: `block` was returned by the global allocator for `layout(len)`. A head and `len`
//!   initialised items stand in it until the count falls to 0; then, and only then, it is freed.
//! - S2: the count is that of the values that have this block. Only who has one makes more, so who
//!   has one and reads 1 is alone and stays so.
//! - S3: items are written only through a value that is borrowed mutably and alone.

pub(crate) mod table;

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::{AtomicUsize, Ordering, fence};

/// A slice of fixed length that several may have.
///
/// # Shape
///
/// A pointer and a length; the count stands in front of the items.
///
/// # Examples
///
/// ```
/// use packed_map::Shared;
///
/// let mut own = Shared::copy_of(&[1, 2, 3]);
/// let lent = own.clone();
/// own.make_mut()[0] = 10;
/// assert_eq!((&*own, &*lent), (&[10, 2, 3][..], &[1, 2, 3][..]));
/// ```
pub struct Shared<T> {
    block: NonNull<Head>,
    len: usize,
    items: PhantomData<T>,
}

/// What stands before the items.
struct Head {
    /// How many values have the block.
    count: AtomicUsize,
}

#[allow(unsafe_code, reason = "a counted allocation that is checked without a lock")]
impl<T> Shared<T> {
    /// A slice of these items.
    ///
    /// # Panics
    ///
    /// Where the allocator has no room, as every standard collection does, or `items` yields
    /// another number of items than it says.
    #[must_use]
    pub fn from_items(items: impl ExactSizeIterator<Item = T>) -> Self {
        let len = items.len();
        let layout = Self::layout(len);
        // SAFETY: the layout holds at least the head, so its size is not zero (S1).
        let block = unsafe { alloc(layout) };
        let Some(block) = NonNull::new(block.cast::<Head>()) else { handle_alloc_error(layout) };
        let mut written = 0;
        for item in items.take(len) {
            // SAFETY: the block has room for `len` items and fewer are written (S1).
            let place = unsafe { Self::first(block).add(written) };
            // SAFETY: the place is in the block and aligned, and nobody else has it (S1).
            unsafe { place.write(item) };
            written += 1;
        }
        assert_eq!(written, len, "an iterator knows its length");
        // SAFETY: the block is as large and aligned as a head needs (S1).
        unsafe { block.write(Head { count: AtomicUsize::new(1) }) };
        Self { block, len, items: PhantomData }
    }

    /// A copy of these items.
    ///
    /// # Panics
    ///
    /// Where the allocator has no room, as every standard collection does.
    #[must_use]
    pub fn copy_of(items: &[T]) -> Self
    where
        T: Copy,
    {
        let layout = Self::layout(items.len());
        // SAFETY: the layout holds at least the head, so its size is not zero (S1).
        let block = unsafe { alloc(layout) };
        let Some(block) = NonNull::new(block.cast::<Head>()) else { handle_alloc_error(layout) };
        // SAFETY: the block has room for so many items and is new, so they cannot overlap (S1).
        unsafe { ptr::copy_nonoverlapping(items.as_ptr(), Self::first(block), items.len()) };
        // SAFETY: the block is as large and aligned as a head needs (S1).
        unsafe { block.write(Head { count: AtomicUsize::new(1) }) };
        Self { block, len: items.len(), items: PhantomData }
    }

    /// Whether nobody else has the slice.
    #[inline]
    #[must_use]
    pub fn is_alone(&self) -> bool {
        // What others did before they let go is seen from here on.
        self.head().count.load(Ordering::Acquire) == 1
    }

    /// The bytes of the allocation.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        Self::bytes_of(self.len)
    }

    /// The bytes of the allocation of a slice of `len` items.
    #[must_use]
    pub const fn bytes_of(len: usize) -> usize {
        HEAD_BYTES + len * size_of::<T>()
    }

    /// The items, to be changed; they are copied first where others have them too.
    #[inline]
    pub fn make_mut(&mut self) -> &mut [T]
    where
        T: Clone,
    {
        if !self.is_alone() {
            *self = Self::from_items(self.iter().cloned());
        }
        // SAFETY: the items are initialised (S1) and nobody else has them (S2, S3).
        unsafe { slice::from_raw_parts_mut(Self::first(self.block), self.len) }
    }

    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: a head stands in the block while this value has it (S1).
        unsafe { self.block.as_ref() }
    }

    /// Where the items of a block start.
    #[inline]
    fn first(block: NonNull<Head>) -> *mut T {
        // SAFETY: every block has at least the head (S1).
        unsafe { block.as_ptr().cast::<u8>().add(HEAD_BYTES).cast() }
    }

    fn layout(len: usize) -> Layout {
        const { assert!(align_of::<T>() <= HEAD_BYTES && HEAD_BYTES == size_of::<Head>()) };
        let items = len.checked_mul(size_of::<T>());
        let size = items.and_then(|items| items.checked_add(HEAD_BYTES));
        let layout = size.and_then(|size| Layout::from_size_align(size, align_of::<Head>()).ok());
        layout.expect("a slice in memory is shorter than isize::MAX")
    }
}

#[allow(unsafe_code, reason = "reads the items")]
impl<T> Deref for Shared<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `len` items are initialised (S1), and written by nobody while `self` is borrowed
        // (S3).
        unsafe { slice::from_raw_parts(Self::first(self.block), self.len) }
    }
}

impl<T> Clone for Shared<T> {
    /// The same slice, once more.
    fn clone(&self) -> Self {
        // Who has one hands it on, so nothing needs to be seen.
        let before = self.head().count.fetch_add(1, Ordering::Relaxed);
        assert!(before < COUNT_MAX, "a slice is lent more often than there can be borrowers");
        Self { block: self.block, len: self.len, items: PhantomData }
    }
}

#[allow(unsafe_code, reason = "gives the block back")]
impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // What was read and written here comes before what the last one does.
        if self.head().count.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        fence(Ordering::Acquire);
        let items = ptr::slice_from_raw_parts_mut(Self::first(self.block), self.len);
        // SAFETY: the items are initialised, and this was the last value that has them (S1, S2).
        unsafe { ptr::drop_in_place(items) };
        // SAFETY: the block was allocated with this layout and nobody has it any more (S1, S2).
        unsafe { dealloc(self.block.as_ptr().cast(), Self::layout(self.len)) };
    }
}

#[allow(unsafe_code, reason = "the count is atomic, as that of an Arc is")]
// SAFETY: whoever has the last value drops the items, so they are sent; all read them, so they are
// shared (S2, S3).
unsafe impl<T: Send + Sync> Send for Shared<T> {}

#[allow(unsafe_code, reason = "the count is atomic, as that of an Arc is")]
// SAFETY: through a shared reference items are read, and values made that may be sent (S2, S3).
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The bytes of the head.
const HEAD_BYTES: usize = 8;

/// Far from where the count would wrap around, and from what memory has room for.
const COUNT_MAX: usize = usize::MAX / 2;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::sync::Arc;

    #[test]
    fn a_write_is_seen_by_its_writer_alone() {
        let mut own = Shared::from_items([1, 2, 3].into_iter());
        let before = own.as_ptr();
        own.make_mut()[0] = 10;
        assert_eq!((own.as_ptr(), own.is_alone()), (before, true));
        let lent = own.clone();
        assert!(!own.is_alone());
        own.make_mut()[1] = 20;
        assert_eq!((&*own, &*lent), (&[10, 20, 3][..], &[10, 2, 3][..]));
        assert!(own.is_alone() && lent.is_alone());
    }

    #[test]
    fn items_are_dropped_once_wherever_the_last_value_is() {
        let item = Arc::new(());
        let own = Shared::from_items(vec![Arc::clone(&item); 5].into_iter());
        let lent = [own.clone(), own.clone()];
        drop(own);
        let readers = lent.map(|lent| std::thread::spawn(move || lent.len()));
        assert!(readers.into_iter().all(|reader| reader.join().unwrap() == 5));
        assert_eq!(Arc::strong_count(&item), 1);
    }

    #[test]
    fn an_empty_slice_is_one_too() {
        let mut own = Shared::<u64>::from_items(core::iter::empty());
        assert_eq!((own.len(), own.bytes()), (0, HEAD_BYTES));
        let lent = own.clone();
        assert!(own.make_mut().is_empty() && lent.is_empty());
    }
}
