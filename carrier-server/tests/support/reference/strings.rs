//! Strings and counters.

use super::super::reply::{Reply, ReplyExt as _};
use super::{
    Answer, Data, Expiry, NOT_AN_INTEGER, PRESENT_MS_MAX, Reference, SYNTAX, WRONG_TYPE, integer,
    is_word,
};

/// The options of SET.
#[derive(Debug, Default)]
struct SetOptions {
    if_absent: bool,
    if_present: bool,
    get: bool,
    keep_expiry: bool,
    expiry: Option<Expiry>,
}

impl Reference {
    pub(super) fn get(&self, database: usize, key: &[u8]) -> Answer {
        match self.entry(database, key).map(|entry| &entry.data) {
            None => Ok(Reply::Nil),
            Some(Data::Text(text)) => Ok(Reply::Bulk(text.clone())),
            Some(Data::Members(_)) => Err(WRONG_TYPE.to_owned()),
        }
    }

    pub(super) fn set(&mut self, database: usize, words: &[&[u8]]) -> Answer {
        let (key, value) = (words[1], words[2]);
        let options = SetOptions::parse(&words[3..])?;
        let old = self.get(database, key);
        if options.get {
            old.clone()?;
        }
        let present = old != Ok(Reply::Nil);
        let stored = !(options.if_absent && present || options.if_present && !present);
        if stored {
            let kept = self.entry(database, key).map(|entry| entry.expiry);
            let kept = kept.filter(|_| options.keep_expiry);
            let expiry = options.expiry.or(kept).unwrap_or(Expiry::Never);
            self.put(database, key, Data::Text(value.to_vec()), expiry);
        }
        match (options.get, stored) {
            (true, _) => old,
            (false, true) => Ok(Reply::ok()),
            (false, false) => Ok(Reply::Nil),
        }
    }

    pub(super) fn mget(&self, database: usize, keys: &[&[u8]]) -> Reply {
        let value = |key: &&[u8]| self.get(database, key).unwrap_or(Reply::Nil);
        Reply::Array(keys.iter().map(value).collect())
    }

    pub(super) fn mset(&mut self, database: usize, pairs: &[&[u8]]) -> Reply {
        for pair in pairs.chunks_exact(2) {
            self.put(database, pair[0], Data::Text(pair[1].to_vec()), Expiry::Never);
        }
        Reply::ok()
    }

    pub(super) fn add(&mut self, database: usize, key: &[u8], by: i64) -> Answer {
        let (value, expiry) = match self.entry(database, key) {
            None => (0, Expiry::Never),
            Some(entry) => match &entry.data {
                Data::Text(text) => (integer(text)?, entry.expiry),
                Data::Members(_) => return Err(WRONG_TYPE.to_owned()),
            },
        };
        let sum = value.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
        self.put(database, key, Data::Text(sum.to_string().into_bytes()), expiry);
        Ok(Reply::Integer(sum))
    }
}

impl SetOptions {
    fn parse(words: &[&[u8]]) -> Result<Self, String> {
        let mut options = Self::default();
        // Redis reads all options before it looks at the number of the one that has one.
        let mut time: Option<(&[u8], &[u8])> = None;
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if is_word(word, "NX") && !options.if_present {
                options.if_absent = true;
            } else if is_word(word, "XX") && !options.if_absent {
                options.if_present = true;
            } else if is_word(word, "GET") {
                options.get = true;
            } else if is_word(word, "KEEPTTL") && time.is_none() {
                options.keep_expiry = true;
            } else if ["EX", "PX", "EXAT", "PXAT"].iter().any(|name| is_word(word, name))
                && !options.keep_expiry
                && time.is_none_or(|(unit, _)| unit.eq_ignore_ascii_case(word))
            {
                time = Some((word, rest.next().ok_or(SYNTAX)?));
            } else {
                return Err(SYNTAX.to_owned());
            }
        }
        options.expiry = time.map(|(unit, number)| expiry(unit, number)).transpose()?;
        Ok(options)
    }
}

fn expiry(unit: &[u8], number: &[u8]) -> Result<Expiry, String> {
    let invalid = "ERR invalid expire time in 'set' command";
    let number = integer(number).map_err(|_| NOT_AN_INTEGER)?;
    let seconds = unit.eq_ignore_ascii_case(b"EX") || unit.eq_ignore_ascii_case(b"EXAT");
    let ms =
        number.checked_mul(if seconds { 1_000 } else { 1 }).filter(|ms| *ms > 0).ok_or(invalid)?;
    if unit.to_ascii_uppercase().ends_with(b"AT") {
        return Ok(Expiry::At(ms));
    }
    // The bound keeps the sum with the present representable.
    if ms > i64::MAX - PRESENT_MS_MAX {
        return Err(invalid.to_owned());
    }
    Ok(Expiry::In(ms))
}
