//! `flush_all [<delay>] [noreply]`

use alloc::vec::Vec;

use super::{Refusal, Verb, is_noreply};
use crate::words::Words;
use crate::{Request, RequestErrorKind, decimal};

pub(super) fn parse(words: Words<'_>) -> Result<Request, Refusal> {
    let noreply = is_noreply(&words);
    let mut words = words.take(3);
    let delay = words.next().map(|word| word.bytes);
    let second = words.next().is_some();
    if words.next().is_some() {
        return Err(RequestErrorKind::Unknown.into());
    }
    let delay = match delay {
        None => 0,
        Some(b"noreply") if !second => 0,
        Some(word) => {
            let refusal = Refusal { kind: RequestErrorKind::BadExptime, noreply, item_len: None };
            decimal::signed(word).ok_or(refusal)?
        }
    };
    Ok(Request { noreply, ..Request::new(Verb::FlushAll { delay }) })
}

/// Appends `flush_all [<delay>] [noreply]`.
pub fn compose(out: &mut Vec<u8>, delay: Option<i64>, noreply: bool) {
    out.extend_from_slice(b"flush_all");
    if let Some(delay) = delay {
        out.push(b' ');
        out.extend_from_slice(itoa::Buffer::new().format(delay).as_bytes());
    }
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::flush_all(&mut out, None, false);
        compose::flush_all(&mut out, Some(9), true);
        assert_eq!(out, b"flush_all\r\nflush_all 9 noreply\r\n");
    }
}
