//! `delete <key> [0] [noreply]`
//!
//! The zero is what is left of a time to hold the key deleted.

use alloc::vec::Vec;

use super::{Delete, Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind};

pub(super) fn parse(
    words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let Some([Some(key), second, third]) = words.at_most() else {
        return Err(RequestErrorKind::Unknown.into());
    };
    let options = [second, third].map(|word| word.map(|word| word.bytes));
    // Even a line that is wrong in another way is not answered if it ends with this.
    let noreply = third.or(second).is_some_and(|word| word.bytes == b"noreply");
    match options {
        [None, _] | [Some(b"0" | b"noreply"), None] | [Some(b"0"), Some(b"noreply")] => {}
        _ => {
            let kind = RequestErrorKind::BadDeleteFormat;
            return Err(Refusal { kind, noreply, item_len: None });
        }
    }
    if key.bytes.len() > limits.key_len_max {
        return Err(Refusal { kind: RequestErrorKind::BadFormat, noreply, item_len: None });
    }
    args.push(key.range);
    let delete = Delete { cas: 0, invalidate: false, exptime: None };
    Ok(Request { noreply, ..Request::new(Verb::Delete(delete)) })
}

/// Appends `delete <key> [noreply]`.
pub fn compose(out: &mut Vec<u8>, key: &[u8], noreply: bool) {
    out.extend_from_slice(b"delete ");
    out.extend_from_slice(key);
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}

#[cfg(test)]
mod tests {
    use crate::verb::compose;

    #[test]
    fn composes() {
        let mut out = Vec::new();
        compose::delete(&mut out, b"k", false);
        compose::delete(&mut out, b"k", true);
        assert_eq!(out, b"delete k\r\ndelete k noreply\r\n");
    }
}
