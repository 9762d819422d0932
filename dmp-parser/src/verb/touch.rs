//! `touch <key> <exptime> [noreply]`

use alloc::vec::Vec;

use super::{Refusal, Verb, is_noreply};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind, decimal};

pub(super) fn parse(
    words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let noreply = is_noreply(&words);
    let Some([Some(key), Some(exptime), _]) = words.at_most() else {
        return Err(RequestErrorKind::Unknown.into());
    };
    let refusal = |kind| Refusal { kind, noreply, item_len: None };
    if key.bytes.len() > limits.key_len_max {
        return Err(refusal(RequestErrorKind::BadFormat));
    }
    let exptime =
        decimal::signed(exptime.bytes).ok_or_else(|| refusal(RequestErrorKind::BadExptime))?;
    args.push(key.range);
    Ok(Request { noreply, ..Request::new(Verb::Touch { exptime }) })
}

/// Appends `touch <key> <exptime> [noreply]`.
pub fn compose(out: &mut Vec<u8>, key: &[u8], exptime: i64, noreply: bool) {
    out.extend_from_slice(b"touch ");
    out.extend_from_slice(key);
    out.push(b' ');
    out.extend_from_slice(itoa::Buffer::new().format(exptime).as_bytes());
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::touch(&mut out, b"k", -1, false);
        compose::touch(&mut out, b"k", 60, true);
        assert_eq!(out, b"touch k -1\r\ntouch k 60 noreply\r\n");
    }
}
