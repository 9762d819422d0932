//! What every kind of key has: presence, type, expiry.

use super::super::reply::{Expected, Reply, ReplyExt as _};
use super::{Data, Expiry, PRESENT_MS_MAX, Reference, integer, is_word};

/// The options of EXPIRE.
#[derive(Debug, Default)]
struct ExpireOptions {
    if_never: bool,
    if_set: bool,
    if_later: bool,
    if_sooner: bool,
}

impl Reference {
    pub(super) fn del(&mut self, database: usize, keys: &[&[u8]]) -> Reply {
        let removed = keys.iter().filter(|key| self.remove(database, key)).count();
        Reply::Integer(removed as i64)
    }

    pub(super) fn exists(&self, database: usize, keys: &[&[u8]]) -> Reply {
        let present = keys.iter().filter(|key| self.entry(database, key).is_some()).count();
        Reply::Integer(present as i64)
    }

    pub(super) fn kind(&self, database: usize, key: &[u8]) -> Reply {
        let name = match self.entry(database, key).map(|entry| &entry.data) {
            None => "none",
            Some(Data::Text(_)) => "string",
            Some(Data::Members(_)) => "set",
        };
        Reply::status(name)
    }

    pub(super) fn persist(&mut self, database: usize, key: &[u8]) -> Reply {
        let entry = self.entries.get_mut(&(database, key.to_vec()));
        let entry = entry.filter(|entry| entry.expiry != Expiry::Never);
        let persisted = entry.map(|entry| entry.expiry = Expiry::Never).is_some();
        Reply::Integer(i64::from(persisted))
    }

    pub(super) fn ttl(&self, database: usize, key: &[u8]) -> Expected {
        match self.entry(database, key).map(|entry| entry.expiry) {
            None => Expected::Exactly(Reply::Integer(-2)),
            Some(Expiry::Never) => Expected::Exactly(Reply::Integer(-1)),
            Some(Expiry::In(ms)) => {
                let seconds = (ms + 500) / 1_000;
                Expected::Within(seconds - TEST_SECONDS_MAX..=seconds)
            }
            Some(Expiry::At(_)) => Expected::Within(TEST_SECONDS_MAX..=i64::MAX),
        }
    }

    pub(super) fn expire(&mut self, database: usize, words: &[&[u8]]) -> Expected {
        match self.try_expire(database, words) {
            Ok(expected) => expected,
            Err(text) => Expected::Exactly(Reply::error(&text)),
        }
    }

    fn try_expire(&mut self, database: usize, words: &[&[u8]]) -> Result<Expected, String> {
        let options = ExpireOptions::parse(&words[3..])?;
        // The bound keeps the sum with the present representable.
        let ms = integer(words[2])?
            .checked_mul(1_000)
            .filter(|ms| *ms <= i64::MAX - PRESENT_MS_MAX)
            .ok_or("ERR invalid expire time in 'expire' command")?;
        let expiry = Expiry::In(ms);
        let Some(entry) = self.entries.get_mut(&(database, words[1].to_vec())) else {
            return Ok(Expected::Exactly(Reply::Integer(0)));
        };
        if (options.if_later || options.if_sooner) && entry.expiry == expiry {
            // Later by the moments that went by since the other command, or by none. What is kept
            // is the same here.
            return Ok(Expected::Within(0..=1));
        }
        let never = entry.expiry == Expiry::Never;
        let refused = options.if_never && !never
            || options.if_set && never
            || options.if_later && expiry <= entry.expiry
            || options.if_sooner && expiry >= entry.expiry;
        if !refused {
            entry.expiry = expiry;
            if ms <= 0 {
                self.remove(database, words[1]);
            }
        }
        Ok(Expected::Exactly(Reply::Integer(i64::from(!refused))))
    }
}

impl ExpireOptions {
    fn parse(words: &[&[u8]]) -> Result<Self, String> {
        let mut options = Self::default();
        for word in words {
            match () {
                () if is_word(word, "NX") => options.if_never = true,
                () if is_word(word, "XX") => options.if_set = true,
                () if is_word(word, "GT") => options.if_later = true,
                () if is_word(word, "LT") => options.if_sooner = true,
                () => {
                    let word = String::from_utf8_lossy(word);
                    return Err(format!("ERR Unsupported option {word}"));
                }
            }
        }
        if options.if_never && (options.if_set || options.if_later || options.if_sooner) {
            let text = "ERR NX and XX, GT or LT options at the same time are not compatible";
            return Err(text.to_owned());
        }
        if options.if_later && options.if_sooner {
            let text = "ERR GT and LT options at the same time are not compatible";
            return Err(text.to_owned());
        }
        Ok(options)
    }
}

/// How long a test may take before a time to live shows it.
const TEST_SECONDS_MAX: i64 = 600;
