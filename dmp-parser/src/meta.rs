//! The meta commands: `mg`, `ms`, `md`, `ma`, `me`, `mn`. Each takes flags, a letter and perhaps a
//! token each, of which some say what is to be done and others what the reply is to tell.

mod arithmetic;
pub mod base64;
mod debug;
mod delete;
mod encode;
mod flags;
mod get;
mod noop;
mod set;

use alloc::vec::Vec;

use crate::verb::Refusal;
use crate::words::{Word, Words};
use crate::{ArgRange, Form, Limits, Request, RequestErrorKind, Verb};
pub(crate) use arithmetic::parse as arithmetic;
pub(crate) use debug::parse as debug;
pub(crate) use delete::parse as delete;
pub use encode::{Facts, MetaCode, MetaEncoder};
pub(crate) use flags::Flags;
pub(crate) use get::parse as get;
pub(crate) use noop::parse as noop;
pub(crate) use set::parse as set;

/// Appends a meta command: its verb, key, the item of an `ms`, and its flags.
///
/// # Examples
///
/// ```
/// use dmp_parser::compose;
///
/// let mut out = Vec::new();
/// compose::meta(&mut out, "mg", b"key", None, &["v", "t", "O7"]);
/// compose::meta(&mut out, "ms", b"key", Some(b"value"), &["T60"]);
/// assert_eq!(out, b"mg key v t O7\r\nms key 5 T60\r\nvalue\r\n");
/// ```
pub fn compose<F: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    verb: &str,
    key: &[u8],
    data: Option<&[u8]>,
    flags: &[F],
) {
    out.extend_from_slice(verb.as_bytes());
    if !key.is_empty() {
        out.push(b' ');
        out.extend_from_slice(key);
    }
    if let Some(data) = data {
        out.push(b' ');
        out.extend_from_slice(itoa::Buffer::new().format(data.len()).as_bytes());
    }
    for flag in flags {
        out.push(b' ');
        out.extend_from_slice(flag.as_ref());
    }
    out.extend_from_slice(b"\r\n");
    if let Some(data) = data {
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

/// The key that a meta command begins with.
fn key<'a>(words: &mut Words<'a>, limits: &Limits) -> Result<Word<'a>, RequestErrorKind> {
    let key = words.next().ok_or(RequestErrorKind::Unknown)?;
    if key.bytes.len() > limits.key_len_max {
        return Err(RequestErrorKind::BadFormat);
    }
    Ok(key)
}

/// Where the flags stand that `words` begins with, from the first to the last.
fn tokens(mut words: Words<'_>) -> ArgRange {
    let Some(first) = words.next() else { return ArgRange::default() };
    let last = words.last().unwrap_or(first).range;
    let len = last.start.saturating_add(last.len).saturating_sub(first.range.start);
    ArgRange { start: first.range.start, len }
}

/// A request with these flags.
fn request(verb: Verb, tokens: ArgRange, flags: &Flags) -> Request {
    let form = Form::Meta { tokens, is_base64: flags.is_base64 };
    Request { form, noreply: flags.is_quiet, stamp: flags.stamp, ..Request::new(verb) }
}

/// A command line refused: that is told whatever the flags say.
const fn refusal(kind: RequestErrorKind) -> Refusal {
    Refusal { kind, noreply: false, item_len: None }
}

/// Words of a line at most: verb, key and flags.
const WORDS_MAX: usize = 19;
