//! A set that others read while its shard goes on writing it.

use databox::Set;
use std::ops::Deref;
use std::sync::Arc;

/// The set of a key as it was when it was lent, to be read on any thread.
///
/// It shares its pages with the set in the shard, which copies those that it writes from then on.
/// Whoever is done sends it home with [`Shard::take_home`](crate::Shard::take_home), where it is
/// freed bit by bit; to drop it instead is as safe, and frees at once, on the dropping thread, what
/// nobody else has any more.
#[derive(Debug)]
pub struct Lent {
    set: Set,
    /// Tells the shard that it still has something out.
    _loan: Arc<()>,
}

impl Lent {
    pub(crate) const fn new(set: Set, loan: Arc<()>) -> Self {
        Self { set, _loan: loan }
    }

    /// Frees a piece and tells whether more is left, which must not be read any more.
    pub(crate) fn free_step(&mut self) -> bool {
        self.set.free_step()
    }
}

impl Deref for Lent {
    type Target = Set;

    fn deref(&self) -> &Set {
        &self.set
    }
}

const _: () = {
    const fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<Lent>();
};
