//! `ms <key> <bytes> <flag>*`, then the item and `\r\n`

use super::{Flags, WORDS_MAX, key, refusal, request, tokens};
use crate::verb::{Line, Mode, Refusal, Store, Verb, data_len};
use crate::words::Words;
use crate::{Limits, RequestErrorKind};

pub(crate) fn parse(mut words: Words<'_>, limits: &Limits) -> Result<Line, Refusal> {
    let key = key(&mut words, limits)?;
    let bytes = words.next().ok_or(RequestErrorKind::BadFormat)?;
    if words.clone().take(WORDS_MAX).count() > WORDS_MAX - 3 {
        return Err(refusal(RequestErrorKind::TooManyFlags));
    }
    let data_len = data_len(bytes.bytes).ok_or(RequestErrorKind::BadFormat)?;
    // From here on it is known what follows, whatever else is wrong.
    let swallowing = |kind| Refusal { item_len: Some(data_len), ..refusal(kind) };
    let flags = Flags::parse(key, words.clone()).map_err(swallowing)?;
    let mode = match flags.mode {
        None | Some(b'S') => Mode::Set,
        Some(b'E') => Mode::Add,
        Some(b'A') => Mode::Append,
        Some(b'P') => Mode::Prepend,
        Some(b'R') => Mode::Replace,
        Some(_) => return Err(swallowing(RequestErrorKind::BadSetMode)),
    };
    let mode = match mode {
        Mode::Set | Mode::Replace if flags.cas.is_some() => Mode::Cas,
        mode => mode,
    };
    let store = Store {
        flags: flags.client_flags,
        exptime: flags.exptime.unwrap_or(0),
        cas: flags.cas.unwrap_or(0),
        invalidate: flags.invalidate && mode == Mode::Cas,
        ..Store::new(mode)
    };
    let request = request(Verb::Store(store), tokens(words), &flags);
    Ok(Line::Item { request, key: key.range, data_len })
}
