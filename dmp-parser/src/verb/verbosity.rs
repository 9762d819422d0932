//! `verbosity <level> [noreply]`

use alloc::vec::Vec;

use super::{Refusal, Verb, is_noreply};
use crate::words::Words;
use crate::{Request, RequestErrorKind, decimal};

pub(super) fn parse(words: Words<'_>) -> Result<Request, Refusal> {
    let noreply = is_noreply(&words);
    let Some([Some(level), _]) = words.at_most() else {
        return Err(RequestErrorKind::Unknown.into());
    };
    let level = decimal::unsigned(level.bytes).and_then(|level| u32::try_from(level).ok());
    let refusal = Refusal { kind: RequestErrorKind::BadFormat, noreply, item_len: None };
    let level = level.ok_or(refusal)?;
    Ok(Request { noreply, ..Request::new(Verb::Verbosity { level }) })
}

/// Appends `verbosity <level> [noreply]`.
pub fn compose(out: &mut Vec<u8>, level: u32, noreply: bool) {
    out.extend_from_slice(b"verbosity ");
    out.extend_from_slice(itoa::Buffer::new().format(level).as_bytes());
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}
