//! What a program may ask to be drawn at random.

use crate::{Key, Text};

/// Draws from the containers that a [`Store`](crate::Store) is about.
pub trait Draws {
    /// A random number.
    fn random(&mut self) -> u64;

    /// Visits a member drawn at random of the set at the key, and tells whether there is one.
    fn set_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>)) -> bool;

    /// Visits a name drawn at random of the map at the key, with its value, and tells whether
    /// there is one.
    fn map_draw(&mut self, key: Key<'_>, visit: &mut dyn FnMut(Text<'_>, Text<'_>)) -> bool;
}
