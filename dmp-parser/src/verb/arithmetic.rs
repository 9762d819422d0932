//! `incr <key> <delta> [noreply]` and `decr <key> <delta> [noreply]`

use alloc::vec::Vec;

use super::{Arithmetic, Refusal, Verb, is_noreply};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind, decimal};

pub(super) fn parse(
    decrement: bool,
    words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let noreply = is_noreply(&words);
    let Some([Some(key), Some(delta), _]) = words.at_most() else {
        return Err(RequestErrorKind::Unknown.into());
    };
    let refusal = |kind| Refusal { kind, noreply, item_len: None };
    if key.bytes.len() > limits.key_len_max {
        return Err(refusal(RequestErrorKind::BadFormat));
    }
    let delta =
        decimal::unsigned(delta.bytes).ok_or_else(|| refusal(RequestErrorKind::BadDelta))?;
    args.push(key.range);
    let arithmetic = Arithmetic { decrement, delta, ..Arithmetic::default() };
    Ok(Request { noreply, ..Request::new(Verb::Arithmetic(arithmetic)) })
}

/// Appends `incr <key> <delta> [noreply]`.
pub fn compose_incr(out: &mut Vec<u8>, key: &[u8], delta: u64, noreply: bool) {
    write(out, b"incr ", key, delta, noreply);
}

/// Appends `decr <key> <delta> [noreply]`.
pub fn compose_decr(out: &mut Vec<u8>, key: &[u8], delta: u64, noreply: bool) {
    write(out, b"decr ", key, delta, noreply);
}

fn write(out: &mut Vec<u8>, verb: &[u8], key: &[u8], delta: u64, noreply: bool) {
    out.extend_from_slice(verb);
    out.extend_from_slice(key);
    out.push(b' ');
    out.extend_from_slice(itoa::Buffer::new().format(delta).as_bytes());
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::incr(&mut out, b"k", u64::MAX, false);
        compose::decr(&mut out, b"k", 1, true);
        assert_eq!(out, b"incr k 18446744073709551615\r\ndecr k 1 noreply\r\n");
    }
}
