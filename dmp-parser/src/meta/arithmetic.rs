//! `ma <key> <flag>*`

use alloc::vec::Vec;

use super::delete::one_for_all;
use super::{Flags, WORDS_MAX, key, refusal, request, tokens};
use crate::verb::{Arithmetic, Refusal, Verb};
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
    let decrement = match flags.mode {
        None | Some(b'I' | b'+') => false,
        Some(b'D' | b'-') => true,
        Some(_) => return Err(refusal(RequestErrorKind::BadArithmeticMode)),
    };
    args.push(key.range);
    let arithmetic = Arithmetic {
        decrement,
        delta: flags.delta.unwrap_or(1),
        initial: flags.vivify.map(|exptime| (flags.initial, exptime)),
        exptime: flags.exptime,
        cas: flags.cas.unwrap_or(0),
    };
    Ok(request(Verb::Arithmetic(arithmetic), tokens(words), &flags))
}
