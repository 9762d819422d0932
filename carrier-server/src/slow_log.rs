//! The requests that took long, for SLOWLOG: the time of a program itself, all of its slices
//! together, without what it waited.
//!
//! A thread does not look at the clock for each request. It does before and after a stretch of
//! them, which is at most a batch, and after each that is known to be large (`Stopwatch::lap`). A
//! stretch that was over in less time than the limit holds nothing to be logged. One of several
//! requests that took longer does not tell whose time it was; the thread times each request of the
//! next [`CLOSE_STRETCHES`] then. With a limit below [`CLOSE_LIMIT`] it always does.
//!
//! Bound (invariant 7): so many entries as `slowlog-max-len` says, each of at most [`WORDS_MAX`]
//! words of [`WORD_LEN_MAX`] bytes; the oldest goes.

use crate::clients::Client;
use crate::clock::Clock;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use zvm::{ReplySink, Text};

/// The log, shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct SlowLog {
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    /// The newest first.
    entries: VecDeque<Entry>,
    /// The number of the next one.
    next: i64,
}

#[derive(Debug)]
struct Entry {
    number: i64,
    at_s: u64,
    slow: Slow,
    address: Box<str>,
    client_name: Box<str>,
}

/// A request that took long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slow {
    /// How long.
    took: Duration,
    /// Its words, cut as they are logged.
    words: Box<[Box<[u8]>]>,
}

impl Slow {
    /// A request for the command `name`, a subcommand's behind a stroke, with these arguments.
    pub(crate) fn new<'a>(
        took: Duration,
        name: &str,
        args: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Box<Self> {
        // As it is declared; how the client wrote it is not known any more.
        let name = name.to_ascii_uppercase();
        let names = name.split('|');
        let count = names.clone().count() + args.len();
        let kept = if count > WORDS_MAX { WORDS_MAX - 1 } else { count };
        let words = names.map(|word| cut(word.as_bytes())).chain(args.map(cut)).take(kept);
        let more = (count > kept).then(|| format!("... ({} more arguments)", count - kept));
        let more = more.map(|text| text.into_bytes().into());
        Box::new(Self { took, words: words.chain(more).collect() })
    }
}

impl SlowLog {
    /// Adds a request of a client, where it is still known, and keeps at most `len_max` entries.
    pub(crate) fn add(&self, slow: Box<Slow>, client: Option<&Client>, len_max: usize) {
        let mut list = self.list();
        let number = list.next;
        list.next += 1;
        list.entries.push_front(Entry {
            number,
            at_s: Clock::unix_ms() / 1000,
            slow: *slow,
            address: client.map_or_else(Box::default, |one| one.address.clone()),
            client_name: client.map_or_else(Box::default, |one| one.name().into()),
        });
        list.entries.truncate(len_max);
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.list().entries.len()
    }

    /// Forgets all entries; numbers go on.
    pub(crate) fn clear(&self) {
        self.list().entries.clear();
    }

    /// Replies the newest entries, at most `count` of them.
    pub(crate) fn reply(&self, count: usize, sink: &mut dyn ReplySink) {
        let list = self.list();
        let count = count.min(list.entries.len());
        sink.array(count);
        let integer = |number: u128| i64::try_from(number).unwrap_or(i64::MAX);
        for entry in list.entries.iter().take(count) {
            sink.array(6);
            sink.integer(entry.number);
            sink.integer(integer(entry.at_s.into()));
            sink.integer(integer(entry.slow.took.as_micros()));
            sink.array(entry.slow.words.len());
            entry.slow.words.iter().for_each(|word| sink.bytes(Text::Bytes(word)));
            sink.bytes(Text::Bytes(entry.address.as_bytes()));
            sink.bytes(Text::Bytes(entry.client_name.as_bytes()));
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Times the requests of one thread.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    clock: Clock,
    /// What takes so long is logged; `None`: nothing is.
    limit: Option<Duration>,
    /// When the clock was last looked at.
    since: Duration,
    /// Requests since then.
    unread: usize,
    /// Stretches in which each request is timed.
    close: u32,
}

impl Stopwatch {
    /// One that times nothing yet.
    pub(crate) const fn new(clock: Clock) -> Self {
        Self { clock, limit: None, since: Duration::ZERO, unread: 0, close: 0 }
    }

    /// Times what takes so long from here on; `None`: nothing.
    pub(crate) const fn set_limit(&mut self, limit: Option<Duration>) {
        self.limit = limit;
    }

    /// Begins a stretch of requests.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.limit.is_some() {
            self.since = self.clock.elapsed();
            self.unread = 0;
        }
    }

    /// A request of the stretch has run, `is_large` or the last of it: how long it took, if the
    /// clock was looked at for that.
    #[inline]
    pub(crate) fn lap(&mut self, is_large: bool, is_last: bool) -> Option<Duration> {
        let limit = self.limit?;
        let is_alone = is_last && self.unread == 0;
        if !(is_large || is_alone || self.close > 0 || limit < CLOSE_LIMIT) {
            self.unread += 1;
            return None;
        }
        Some(self.read())
    }

    /// The time since the clock was last looked at, or none where nobody wants to know.
    #[inline]
    pub(crate) fn read(&mut self) -> Duration {
        if self.limit.is_none() {
            return Duration::ZERO;
        }
        let now = self.clock.elapsed();
        self.unread = 0;
        now.saturating_sub(std::mem::replace(&mut self.since, now))
    }

    /// Ends a stretch of requests.
    #[inline]
    pub(crate) fn end(&mut self) {
        let Some(limit) = self.limit else { return };
        if self.unread > 0 && self.read() >= limit {
            self.close = CLOSE_STRETCHES;
        } else {
            self.close = self.close.saturating_sub(1);
        }
    }

    /// Whether what took so long is logged.
    pub(crate) fn is_slow(&self, took: Duration) -> bool {
        self.limit.is_some_and(|limit| took >= limit)
    }
}

/// Whether a request is timed by itself: one with many arguments, a long one at the end, or a long
/// reply.
#[inline]
pub(crate) fn is_large(args: zvm::Args<'_>, reply_len: usize) -> bool {
    let last = args.len().checked_sub(1).map_or(0, |last| args.get(last).len());
    args.len() >= LARGE_ARGS || last.max(reply_len) >= LARGE_BYTES
}

/// A word as it is logged.
fn cut(word: &[u8]) -> Box<[u8]> {
    let (head, rest) = word.split_at(word.len().min(WORD_LEN_MAX));
    if rest.is_empty() {
        return head.into();
    }
    [head, format!("... ({} more bytes)", rest.len()).as_bytes()].concat().into()
}

/// Words of a request that are logged, as Redis does.
const WORDS_MAX: usize = 32;
/// Bytes of a word that are logged, as Redis does.
const WORD_LEN_MAX: usize = 128;
/// Arguments from which on a request is timed by itself.
const LARGE_ARGS: usize = 64;
/// Bytes of an argument or a reply from which on a request is timed by itself.
const LARGE_BYTES: usize = 4096;
/// Below this limit each request is timed.
const CLOSE_LIMIT: Duration = Duration::from_millis(1);
/// Stretches in which each request is timed after one that took too long.
const CLOSE_STRETCHES: u32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, args: &[&[u8]]) -> Vec<String> {
        let slow = Slow::new(Duration::ZERO, name, args.iter().copied());
        slow.words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    #[test]
    fn words_are_cut_as_redis_cuts_them() {
        assert_eq!(words("config|get", &[b"x"]), ["CONFIG", "GET", "x"]);
        let args = vec![&b"m"[..]; 31];
        assert_eq!(words("SADD", &args).len(), 32);
        assert_eq!(words("SADD", &args)[31], "m");
        let args = vec![&b"m"[..]; 32];
        let cut = words("SADD", &args);
        assert_eq!((cut.len(), &*cut[30], &*cut[31]), (32, "m", "... (2 more arguments)"));
        let cut = words("GET", &[&[b'x'; 128], &[b'x'; 130]]);
        assert_eq!(cut[1], "x".repeat(128));
        assert_eq!(cut[2], "x".repeat(128) + "... (2 more bytes)");
    }

    #[test]
    fn the_oldest_entries_go() {
        let log = SlowLog::default();
        for number in 0..5 {
            log.add(Slow::new(Duration::from_micros(number), "PING", [].into_iter()), None, 3);
        }
        let numbers: Vec<i64> = log.list().entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [4, 3, 2]);
        log.clear();
        log.add(Slow::new(Duration::ZERO, "PING", [].into_iter()), None, 3);
        assert_eq!((log.len(), log.list().entries[0].number), (1, 5));
    }

    #[test]
    fn nothing_is_timed_without_a_limit() {
        let mut watch = Stopwatch::new(Clock::start());
        watch.begin();
        assert_eq!(watch.lap(true, true), None);
        assert_eq!(watch.read(), Duration::ZERO);
        watch.set_limit(Some(Duration::ZERO));
        watch.begin();
        assert!(watch.lap(false, false).is_some());
        watch.end();
    }

    #[test]
    fn a_stretch_that_took_too_long_is_looked_at_closely() {
        let long = Duration::from_hours(1);
        let mut watch = Stopwatch::new(Clock::started_ago(long));
        watch.set_limit(Some(long));
        watch.begin();
        assert_eq!(watch.lap(false, false), None);
        assert_eq!((watch.unread, watch.close), (1, 0));
        // As if that request had begun with the clock.
        watch.since = Duration::ZERO;
        watch.end();
        assert_eq!(watch.close, CLOSE_STRETCHES);
        watch.begin();
        watch.since = Duration::ZERO;
        assert!(watch.lap(false, false).is_some_and(|took| watch.is_slow(took)));
        assert!(watch.lap(false, false).is_some_and(|took| !watch.is_slow(took)));
        watch.end();
        assert_eq!(watch.close, CLOSE_STRETCHES - 1);
    }
}
