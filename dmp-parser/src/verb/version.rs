//! `version`, whatever words follow it

use alloc::vec::Vec;

use super::Verb;
use crate::Request;

pub(super) fn parse() -> Request {
    Request::new(Verb::Version)
}

/// Appends `version`.
pub fn compose(out: &mut Vec<u8>) {
    out.extend_from_slice(b"version\r\n");
}
