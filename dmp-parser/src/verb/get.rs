//! `get <key>+`, `gets <key>+`, `gat <exptime> <key>*` and `gats <exptime> <key>*`

use alloc::vec::Vec;

use super::{Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind, decimal};

#[inline]
pub(super) fn parse(
    keys: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let before = args.len();
    push_keys(keys, limits, args)?;
    if args.len() == before {
        return Err(RequestErrorKind::Unknown.into());
    }
    Ok(Request::new(Verb::Get))
}

pub(super) fn parse_gat(
    mut words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let exptime = words.next().ok_or(RequestErrorKind::Unknown)?;
    let exptime = decimal::signed(exptime.bytes).ok_or(RequestErrorKind::BadExptime)?;
    push_keys(words, limits, args)?;
    Ok(Request::new(Verb::GetAndTouch { exptime }))
}

#[inline]
fn push_keys(keys: Words<'_>, limits: &Limits, args: &mut Vec<ArgRange>) -> Result<(), Refusal> {
    for key in keys {
        if key.bytes.len() > limits.key_len_max {
            return Err(RequestErrorKind::BadFormat.into());
        }
        args.push(key.range);
    }
    Ok(())
}

/// Appends `get <key>+`.
pub fn compose<I>(out: &mut Vec<u8>, keys: I)
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    write(out, b"get", keys);
}

/// Appends `gets <key>+`.
pub fn compose_gets<I>(out: &mut Vec<u8>, keys: I)
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    write(out, b"gets", keys);
}

/// Appends `gat <exptime> <key>+`.
pub fn compose_gat<I>(out: &mut Vec<u8>, exptime: i64, keys: I)
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    out.extend_from_slice(b"gat ");
    write(out, itoa::Buffer::new().format(exptime).as_bytes(), keys);
}

/// Appends `gats <exptime> <key>+`.
pub fn compose_gats<I>(out: &mut Vec<u8>, exptime: i64, keys: I)
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    out.extend_from_slice(b"gats ");
    write(out, itoa::Buffer::new().format(exptime).as_bytes(), keys);
}

fn write<I>(out: &mut Vec<u8>, verb: &[u8], keys: I)
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    out.extend_from_slice(verb);
    for key in keys {
        out.push(b' ');
        out.extend_from_slice(key.as_ref());
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::get(&mut out, ["a"]);
        compose::gets(&mut out, ["a", "bc"]);
        compose::gat(&mut out, -1, ["a"]);
        compose::gats(&mut out, 0, ["a", "b"]);
        assert_eq!(out, b"get a\r\ngets a bc\r\ngat -1 a\r\ngats 0 a b\r\n");
    }
}
