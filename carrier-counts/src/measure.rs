//! The border around what is counted.

use std::hint::black_box;

/// Runs `body`: instructions are counted from its first to its last and nowhere else.
///
/// `cargo xtask counts` finds this function by its name, so it is never inlined. What `body`
/// returns counts as used.
#[inline(never)]
pub(crate) fn measured<R>(body: impl FnOnce() -> R) -> R {
    black_box(body())
}
