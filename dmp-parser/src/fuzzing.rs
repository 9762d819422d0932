//! What must hold for any bytes, as functions that panic where it does not. The fuzz targets call
//! them, and so do this crate's own tests.

mod binary;
mod replies;
mod requests;

use crate::Limits;
pub use binary::{check_binary, check_binary_replies};
pub use replies::check_replies;
pub use requests::{check_meta, check_requests};

const fn limits(choice: u8) -> Limits {
    if choice & 1 == 0 {
        return Limits {
            key_len_max: 250,
            item_len_max: 1 << 20,
            line_len_max: 2048,
            get_line_len_max: 1 << 16,
        };
    }
    Limits { key_len_max: 5, item_len_max: 9, line_len_max: 128, get_line_len_max: 160 }
}

/// Ways to show `len` bytes in pieces of the same size, but for the first and last.
fn pieces(len: usize) -> impl Iterator<Item = impl Iterator<Item = usize>> {
    (2..9)
        .flat_map(move |size| (1..=size).map(move |first| (first..len).step_by(size).chain([len])))
}

/// Places to cut `len` bytes at: all of them, or a sample where they are many.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (1..len).step_by(len.div_ceil(256).max(1))
}
