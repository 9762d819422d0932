//! `<verb> <key> <flags> <exptime> <bytes> [<cas>] [noreply]`, then the item and `\r\n`, where the
//! verb is `set`, `add`, `replace`, `append`, `prepend`, or, with the stamp, `cas`

use alloc::vec::Vec;

use super::{Line, Mode, Refusal, Store, Verb};
use crate::decimal;
use crate::words::{Word, Words};
use crate::{ArgRange, Limits, Request, RequestErrorKind};

pub(super) fn parse(mode: Mode, mut words: Words<'_>, limits: &Limits) -> Result<Line, Refusal> {
    let mut next = || words.next().ok_or(RequestErrorKind::Unknown);
    let (key, flags, exptime, bytes) = (next()?, next()?, next()?, next()?);
    let cas = if mode == Mode::Cas { Some(next()?) } else { None };
    // Another word in the place of `noreply` is ignored, as in memcached.
    let last = words.next();
    if last.is_some() && words.next().is_some() {
        return Err(RequestErrorKind::Unknown.into());
    }
    let noreply = last.or(cas).unwrap_or(bytes).bytes == b"noreply";
    let refusal = Refusal { kind: RequestErrorKind::BadFormat, noreply, item_len: None };
    if key.bytes.len() > limits.key_len_max {
        return Err(refusal);
    }
    let numbers = [plain(flags), plain(exptime)];
    let flags = decimal::unsigned(flags.bytes).and_then(|value| u32::try_from(value).ok());
    let exptime = decimal::signed(exptime.bytes);
    let data_len = data_len(bytes.bytes);
    let cas = cas.map_or(Some(0), |cas| decimal::unsigned(cas.bytes));
    let (Some(flags), Some(exptime), Some(data_len), Some(cas)) = (flags, exptime, data_len, cas)
    else {
        return Err(refusal);
    };
    let store = Store { flags, exptime, cas, numbers, ..Store::new(mode) };
    let request = Request { noreply, ..Request::new(Verb::Store(store)) };
    Ok(Line::Item { request, key: key.range, data_len })
}

/// The length of an item as it is announced.
pub(crate) fn data_len(word: &[u8]) -> Option<usize> {
    let len = decimal::unsigned(word).filter(|len| *len <= DATA_LEN_MAX)?;
    usize::try_from(len).ok()
}

/// Where a number stands that is written as anyone would.
fn plain(word: Word<'_>) -> ArgRange {
    let digits = word.bytes.strip_prefix(b"-").unwrap_or(word.bytes);
    let is_plain = match digits {
        [b'0'] => digits.len() == word.bytes.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if is_plain { word.range } else { ArgRange::default() }
}

/// Appends a request of the mode's verb with its item; `store` tells the rest of it but where data
/// stands.
pub fn compose(out: &mut Vec<u8>, key: &[u8], store: &Store, data: &[u8], noreply: bool) {
    out.extend_from_slice(match store.mode {
        Mode::Set => b"set ",
        Mode::Add => b"add ",
        Mode::Replace => b"replace ",
        Mode::Append => b"append ",
        Mode::Prepend => b"prepend ",
        Mode::Cas => b"cas ",
    });
    out.extend_from_slice(key);
    let mut buffer = itoa::Buffer::new();
    out.push(b' ');
    out.extend_from_slice(buffer.format(store.flags).as_bytes());
    out.push(b' ');
    out.extend_from_slice(buffer.format(store.exptime).as_bytes());
    out.push(b' ');
    out.extend_from_slice(buffer.format(data.len()).as_bytes());
    if store.mode == Mode::Cas {
        out.push(b' ');
        out.extend_from_slice(buffer.format(store.cas).as_bytes());
    }
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

/// Appends a `set` with its item. `exptime` is in seconds: none if 0, past if negative, from now
/// up to 30 days, a Unix time above.
pub fn compose_set(
    out: &mut Vec<u8>,
    key: &[u8],
    flags: u32,
    exptime: i64,
    data: &[u8],
    noreply: bool,
) {
    compose(out, key, &Store { flags, exptime, ..Store::new(Mode::Set) }, data, noreply);
}

/// The longest item that can be announced, however long an item may be.
const DATA_LEN_MAX: u64 = i32::MAX as u64 - 2;

#[cfg(test)]
mod tests {
    use super::{Mode, Store};
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::set(&mut out, b"k", 7, -1, b"v\n", false);
        compose::set(&mut out, b"k", 0, 0, b"", true);
        assert_eq!(out, b"set k 7 -1 2\r\nv\n\r\nset k 0 0 0 noreply\r\n\r\n");
        out.clear();
        let cas = Store { cas: 9, ..Store::new(Mode::Cas) };
        compose::store(&mut out, b"k", &cas, b"v", true);
        compose::store(&mut out, b"k", &Store::new(Mode::Prepend), b"v", false);
        assert_eq!(out, b"cas k 0 0 1 9 noreply\r\nv\r\nprepend k 0 0 1\r\nv\r\n");
    }
}
