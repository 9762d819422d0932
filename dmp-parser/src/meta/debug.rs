//! `me <key> [b]`

use alloc::vec::Vec;

use super::{base64, refusal};
use crate::verb::{Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Form, Limits, Request, RequestErrorKind};

pub(crate) fn parse(
    mut words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let key = words.next().filter(|key| key.bytes.len() <= limits.key_len_max);
    let key = key.ok_or_else(|| refusal(RequestErrorKind::BadFormat))?;
    let flag = words.next().filter(|word| word.bytes == b"b");
    if flag.is_some() && base64::decoded_len(key.bytes).is_none() {
        return Err(refusal(RequestErrorKind::BadFormat));
    }
    args.push(key.range);
    let tokens = flag.map_or_else(ArgRange::default, |word| word.range);
    let form = Form::Meta { tokens, is_base64: flag.is_some() };
    Ok(Request { form, ..Request::new(Verb::MetaDebug) })
}
