//! `get <key>+` and `gets <key>+`

use alloc::vec::Vec;

use super::{Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind};

pub(super) fn parse(
    verb: Verb,
    keys: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let before = args.len();
    for key in keys {
        if key.bytes.len() > limits.key_len_max {
            return Err(RequestErrorKind::BadFormat.into());
        }
        args.push(key.range);
    }
    if args.len() == before {
        return Err(RequestErrorKind::Unknown.into());
    }
    Ok(Request::new(verb))
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
        assert_eq!(out, b"get a\r\ngets a bc\r\n");
    }
}
