//! `set <key> <flags> <exptime> <bytes> [noreply]`, then the item and `\r\n`

use alloc::vec::Vec;

use super::{Line, Refusal, Verb};
use crate::decimal;
use crate::words::{Word, Words};
use crate::{Limits, Request, RequestErrorKind};

pub(super) fn parse(words: Words<'_>, limits: &Limits) -> Result<Line, Refusal> {
    let Some([Some(key), Some(flags), Some(exptime), Some(bytes), last]) = words.at_most() else {
        return Err(RequestErrorKind::Unknown.into());
    };
    // Another word in its place is ignored, as in memcached.
    let noreply = last.is_some_and(|word: Word<'_>| word.bytes == b"noreply");
    let refusal = Refusal { kind: RequestErrorKind::BadFormat, noreply };
    if key.bytes.len() > limits.key_len_max {
        return Err(refusal);
    }
    let flags = decimal::unsigned(flags.bytes).and_then(|value| u32::try_from(value).ok());
    let exptime = decimal::signed(exptime.bytes);
    let data_len = decimal::unsigned(bytes.bytes)
        .filter(|len| *len <= DATA_LEN_MAX)
        .and_then(|len| usize::try_from(len).ok());
    let (Some(flags), Some(exptime), Some(data_len)) = (flags, exptime, data_len) else {
        return Err(refusal);
    };
    let request = Request { flags, exptime, noreply, ..Request::new(Verb::Set) };
    Ok(Line::Item { request, key: key.range, data_len })
}

/// Appends a `set` with its item. `exptime` is in seconds: none if 0, past if negative, from now
/// up to 30 days, a Unix time above.
pub fn compose(
    out: &mut Vec<u8>,
    key: &[u8],
    flags: u32,
    exptime: i64,
    data: &[u8],
    noreply: bool,
) {
    out.extend_from_slice(b"set ");
    out.extend_from_slice(key);
    let mut buffer = itoa::Buffer::new();
    out.push(b' ');
    out.extend_from_slice(buffer.format(flags).as_bytes());
    out.push(b' ');
    out.extend_from_slice(buffer.format(exptime).as_bytes());
    out.push(b' ');
    out.extend_from_slice(buffer.format(data.len()).as_bytes());
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

/// The longest item that can be announced, however long an item may be.
const DATA_LEN_MAX: u64 = i32::MAX as u64 - 2;

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::set(&mut out, b"k", 7, -1, b"v\n", false);
        compose::set(&mut out, b"k", 0, 0, b"", true);
        assert_eq!(out, b"set k 7 -1 2\r\nv\n\r\nset k 0 0 0 noreply\r\n\r\n");
    }
}
