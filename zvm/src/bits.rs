//! What a program may ask of strings as bits: bit 0 is the top bit of byte 0.

use crate::{Key, OutOfMemory};
use databox::{Bitmap, BitsView, decimal};

/// The bits of the strings of one shard.
///
/// A string may be kept so that it does not stand in one piece; then [`Store::string`] has none
/// of it, and its bytes are read here.
///
/// [`Store::string`]: crate::Store::string
pub trait Bits {
    /// The string at the key, to be read; `None` where the key is absent or holds another kind.
    /// `digits` is for those of a string that is kept as an integer.
    fn bits<'s>(
        &'s mut self,
        key: Key<'_>,
        digits: &'s mut decimal::Buffer,
    ) -> Option<BitsView<'s>>;

    /// Reads two strings at once, an empty one where the key holds none.
    fn pair_of_bits(&mut self, keys: [Key<'_>; 2], act: &mut dyn FnMut(BitsView<'_>, BitsView<'_>));

    /// Whether the key holds a string that has to become a bitmap before a bit is written.
    fn is_unprepared(&mut self, key: Key<'_>) -> bool;

    /// Makes the key, which holds a string, hold the same as a bitmap; nobody sees a change.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn prepare_bits(&mut self, key: Key<'_>, bitmap: Bitmap) -> Result<(), OutOfMemory>;

    /// Sets or clears a bit and tells what it was; the string, made where there is none, grows to
    /// have it. `None`, and no change, where it would be longer than a string may be.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; nothing has changed.
    fn set_bit(&mut self, key: Key<'_>, bit: u64, value: bool)
    -> Result<Option<bool>, OutOfMemory>;

    /// Makes the key hold these bytes, whatever it held before, and not expire; with none of them
    /// it is removed.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`] where the budget is used up; the old value stays.
    fn put_bits(&mut self, key: Key<'_>, bitmap: Bitmap) -> Result<(), OutOfMemory>;

    /// Takes a bitmap that nobody needs any more; the store frees it bit by bit.
    fn discard_bits(&mut self, bitmap: Bitmap);
}
