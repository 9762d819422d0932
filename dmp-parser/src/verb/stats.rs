//! `stats [<word>*]`

use alloc::vec::Vec;

use super::Verb;
use crate::words::Words;
use crate::{ArgRange, Request};

pub(super) fn parse(words: Words<'_>, args: &mut Vec<ArgRange>) -> Request {
    // What there are statistics of is told in at most three words.
    args.extend(words.take(3).map(|word| word.range));
    Request::new(Verb::Stats)
}

/// Appends `stats [<of>]`; nothing asks for the general ones.
pub fn compose(out: &mut Vec<u8>, of: &[u8]) {
    out.extend_from_slice(b"stats");
    if !of.is_empty() {
        out.push(b' ');
        out.extend_from_slice(of);
    }
    out.extend_from_slice(b"\r\n");
}
