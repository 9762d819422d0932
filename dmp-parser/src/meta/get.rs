//! `mg <key> <flag>*`

use alloc::vec::Vec;

use super::{Flags, WORDS_MAX, key, refusal, request, tokens};
use crate::verb::{MetaGet, Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind};

pub(crate) fn parse(
    mut words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let key = key(&mut words, limits)?;
    if words.clone().take(WORDS_MAX).count() > WORDS_MAX - 2 {
        return Err(refusal(RequestErrorKind::TooManyGetFlags));
    }
    let flags = Flags::parse(key, words.clone()).map_err(refusal)?;
    args.push(key.range);
    let Flags { exptime, touches_last, vivify, recache, no_bump, .. } = flags;
    let get = MetaGet { exptime, touches_last, vivify, recache, no_bump };
    Ok(request(Verb::MetaGet(get), tokens(words), &flags))
}
