//! `md <key> <flag>*`

use alloc::vec::Vec;

use super::{Flags, WORDS_MAX, key, refusal, request, tokens};
use crate::verb::{Delete, Refusal, Verb};
use crate::words::Words;
use crate::{ArgRange, Limits, Request, RequestErrorKind};

pub(crate) fn parse(
    mut words: Words<'_>,
    limits: &Limits,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let key = key(&mut words, limits)?;
    if words.clone().take(WORDS_MAX).count() > WORDS_MAX - 2 {
        return Err(refusal(RequestErrorKind::TooManyFlags));
    }
    let flags = Flags::parse(key, words.clone()).map_err(one_for_all)?;
    args.push(key.range);
    let Flags { exptime, invalidate, .. } = flags;
    let delete = Delete { cas: flags.cas.unwrap_or(0), invalidate, exptime };
    Ok(request(Verb::Delete(delete), tokens(words), &flags))
}

/// `md` and `ma` have one text for whatever is wrong with flags, but for the opaque token.
pub(super) fn one_for_all(kind: RequestErrorKind) -> Refusal {
    refusal(match kind {
        RequestErrorKind::OpaqueTooLong => kind,
        _ => RequestErrorKind::InvalidOrDuplicateFlag,
    })
}
