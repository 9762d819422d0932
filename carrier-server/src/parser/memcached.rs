//! Requests in memcached's protocols: which command serves each, and its arguments.
//!
//! Keys, items and numbers stay in the connection's input where they are written as commands read
//! them; what is not goes into the batch's own bytes: words of options, numbers of packets, keys in
//! base64.

use super::{Bound, Parser, Stop, Turn, refuse, starve};
use crate::batch::Requests;
use crate::catalog::Served;
use crate::connection::{Connection, Protocol};
use crate::dialect::Dialect;
use crate::request::{ConnectionKey, Source};
use crate::stats::ThreadStats;
use dmp_parser::meta::base64;
use dmp_parser::{
    Admin, Arithmetic, BinaryEncoder, BinaryStatus, Delete, Encoder, Form, MetaGet, Mode, Request,
    RequestError, Status, Store, Verb,
};
use zvm::ArgRange;

impl Parser {
    /// Takes one request.
    pub(super) fn poll_memcached(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
    ) -> Option<Stop> {
        let Protocol::Memcached(parser) = &mut connection.protocol else { return None };
        self.memcached_args.clear();
        let (consumed, request) =
            match parser.parse(connection.input.bytes(), &mut self.memcached_args) {
                Ok(Status::Complete { consumed, request }) => (consumed, request),
                Ok(Status::Swallowed { consumed }) => {
                    connection.input.consume(consumed);
                    return None;
                }
                Ok(Status::Incomplete { needed }) => return Some(starve(connection, needed)),
                Err(error) => return self.reject_memcached(turn, connection, key, error),
            };
        let first = turn.local.ranges.len();
        let mut args = Arguments {
            requests: turn.local,
            input: connection.input.bytes(),
            base: u32::try_from(connection.input.start()).unwrap_or(u32::MAX),
            keys: &self.memcached_args,
            is_base64: matches!(request.form, Form::Meta { is_base64: true, .. }),
        };
        let logs_in = !connection.session.authenticated && request.form == Form::Text;
        let served = if logs_in { args.log_in(&request) } else { args.push(&request) };
        let range = first..args.requests.ranges.len();
        if let Form::Meta { tokens, .. } = request.form {
            args.place(tokens);
        }
        let dialect = match request.form {
            Form::Text => Dialect::Memcached,
            Form::Meta { .. } => Dialect::Meta {
                quiet: request.noreply,
                is_arithmetic: matches!(request.verb, Verb::Arithmetic(_)),
            },
            Form::Binary { opcode, opaque } => Dialect::Binary { opcode, opaque },
        };
        let quiet = request.noreply && request.form == Form::Text;
        let command = served.and_then(|served| turn.catalog.find_memcached(served));
        let Some(command) = command else {
            turn.local.ranges.truncate(first);
            return answer_unserved(connection, &request, consumed);
        };
        count(turn.stats, &request, self.memcached_args.len());
        let source = Source::Input;
        let bound = Bound { command, args: range, source, dialect, quiet };
        self.dispatch(turn, connection, key, &bound, consumed)
    }

    /// Tells the client what is wrong with its request, and goes on behind it where that is known.
    fn reject_memcached(
        &mut self,
        turn: &mut Turn<'_>,
        connection: &mut Connection,
        key: ConnectionKey,
        error: RequestError,
    ) -> Option<Stop> {
        if error.is_fatal() {
            return Some(refuse(connection, |out| Encoder::new(out).refusal(&error)));
        }
        if let Some(range) = error.key()
            && let Some(command) = turn.catalog.find_memcached(Served::Delete)
        {
            // An item that cannot be stored must not leave the one it was to replace.
            let old = range.of(connection.input.bytes());
            let args = turn.local.copy_args([old].into_iter());
            let (source, dialect) = (Source::Batch, Dialect::Memcached);
            let bound = Bound { command, args, source, dialect, quiet: true };
            self.dispatch(turn, connection, key, &bound, 0);
        }
        let sequence = connection.replies.assign();
        connection.replies.reply(sequence, |out| Encoder::new(out).refusal(&error));
        connection.input.consume(error.consumed());
        None
    }
}

/// Answers what no command serves.
#[cold]
fn answer_unserved(
    connection: &mut Connection,
    request: &Request,
    consumed: usize,
) -> Option<Stop> {
    let sequence = connection.replies.assign();
    connection.replies.reply(sequence, |out| match (request.verb, request.form) {
        (Verb::Sasl { .. }, Form::Binary { opcode, opaque }) => {
            BinaryEncoder { opcode, opaque }.error(out, BinaryStatus::AuthError);
        }
        (_, Form::Binary { opcode, opaque }) => {
            BinaryEncoder { opcode, opaque }.error(out, BinaryStatus::UnknownCommand);
        }
        // A time and no keys: there are no items then, as in memcached.
        (Verb::GetAndTouch { .. }, _) => Encoder::new(out).end(),
        _ => Encoder::new(out).error(),
    });
    connection.input.consume(consumed);
    None
}

/// Counts a request among those that `stats` tells of.
#[inline]
fn count(stats: &ThreadStats, request: &Request, keys: usize) {
    match request.verb {
        Verb::Get | Verb::MetaGet(_) => stats.cache_gets.add(keys as u64),
        Verb::Store(_) => stats.cache_sets.add(1),
        Verb::Touch { .. } => stats.cache_touches.add(1),
        Verb::GetAndTouch { .. } => {
            stats.cache_gets.add(keys as u64);
            stats.cache_touches.add(keys as u64);
        }
        Verb::FlushAll { .. } => stats.cache_flushes.add(1),
        _ => {}
    }
    if matches!(request.form, Form::Meta { .. }) {
        stats.cache_metas.add(1);
    }
}

/// The arguments of one request on their way into the batch's list.
struct Arguments<'a> {
    requests: &'a mut Requests,
    /// The request, and what follows it.
    input: &'a [u8],
    /// Where the request begins in the connection's buffer.
    base: u32,
    /// What the parser calls arguments.
    keys: &'a [dmp_parser::ArgRange],
    is_base64: bool,
}

impl Arguments<'_> {
    /// Adds those of a request, and tells which command serves it.
    #[inline]
    fn push(&mut self, request: &Request) -> Option<Served> {
        match request.verb {
            Verb::Get => {
                self.keys();
                return Some(match (self.keys.len(), request.stamp) {
                    (1, false) => Served::GetOne,
                    (1, true) => Served::GetsOne,
                    (_, false) => Served::Get,
                    (_, true) => Served::Gets,
                });
            }
            Verb::Store(store) => return Some(self.store(&store, request.stamp)),
            Verb::MetaGet(get) => return Some(self.meta_get(get, request.stamp)),
            Verb::Arithmetic(change) => return Some(self.arithmetic(change, request)),
            _ => {}
        }
        Some(match request.verb {
            // In the binary protocol the item's flags are told.
            Verb::Touch { exptime } if matches!(request.form, Form::Binary { .. }) => {
                self.number(exptime);
                self.keys();
                Served::Gats
            }
            Verb::Touch { exptime } => {
                self.keys();
                self.number(exptime);
                Served::Touch
            }
            Verb::GetAndTouch { .. } if self.keys.is_empty() => return None,
            Verb::GetAndTouch { exptime } => {
                self.number(exptime);
                self.keys();
                if request.stamp { Served::Gats } else { Served::Gat }
            }
            Verb::Delete(delete) => self.delete(delete),
            Verb::MetaDebug => {
                self.keys();
                Served::Me
            }
            Verb::FlushAll { delay } => {
                self.number(delay);
                Served::FlushAll
            }
            Verb::Version => Served::Version,
            Verb::Verbosity { level } => {
                self.number(level.into());
                Served::Verbosity
            }
            Verb::Stats => {
                let kind = self.keys.iter().take(2);
                self.requests.ranges.extend(kind.map(|kind| place(self.base, *kind)));
                Served::Stats
            }
            Verb::Admin(admin) => {
                for key in self.keys {
                    self.place(*key);
                }
                match admin {
                    Admin::Slabs => Served::Slabs,
                    Admin::Lru => Served::Lru,
                    Admin::LruCrawler => Served::LruCrawler,
                    Admin::CacheMemlimit => Served::CacheMemlimit,
                    Admin::Watch => Served::Watch,
                    Admin::Shutdown => Served::Shutdown,
                    _ => return None,
                }
            }
            Verb::Noop => Served::Noop,
            Verb::SaslMechanisms => Served::SaslMechanisms,
            Verb::Sasl { data, is_step: false } => return self.sasl_plain(data),
            Verb::Quit => Served::Quit,
            _ => return None,
        })
    }

    #[inline]
    fn store(&mut self, store: &Store, stamp: bool) -> Served {
        let Store { mode, flags, exptime, cas, data, numbers, invalidate } = *store;
        self.keys();
        self.place(data);
        match mode {
            Mode::Append | Mode::Prepend => {
                if cas != 0 {
                    self.word(b"CAS");
                    self.unsigned(cas);
                }
            }
            Mode::Set if flags == 0 && exptime == 0 && !stamp => return Served::Set,
            _ => {
                for (number, range) in [i64::from(flags), exptime].into_iter().zip(numbers) {
                    if range.len > 0 { self.place(range) } else { self.number(number) }
                }
            }
        }
        if mode == Mode::Cas {
            self.unsigned(cas);
            if invalidate {
                self.word(b"INVALIDATE");
            }
        }
        if stamp {
            self.word(b"STAMP");
        }
        match mode {
            Mode::Set => Served::SetWith,
            Mode::Add => Served::Add,
            Mode::Replace => Served::Replace,
            Mode::Append => Served::Append,
            Mode::Prepend => Served::Prepend,
            Mode::Cas => Served::Cas,
        }
    }

    #[inline]
    fn meta_get(&mut self, get: MetaGet, stamp: bool) -> Served {
        let MetaGet { exptime, touches_last, vivify, recache, no_bump, .. } = get;
        self.keys();
        let (first, last) = if touches_last { (None, exptime) } else { (exptime, None) };
        let options =
            [(&b"TIME"[..], first), (b"VIVIFY", vivify), (b"RECACHE", recache), (b"THEN", last)];
        let is_plain = options.iter().all(|(_, seconds)| seconds.is_none());
        if no_bump {
            self.word(b"LEAVE");
        }
        for (word, seconds) in options {
            if let Some(seconds) = seconds {
                self.word(word);
                self.number(seconds);
            }
        }
        if stamp {
            self.word(b"STAMP");
        }
        if is_plain { Served::Mg } else { Served::MgWith }
    }

    fn delete(&mut self, delete: Delete) -> Served {
        let Delete { cas, invalidate, exptime } = delete;
        self.keys();
        if cas == 0 && !invalidate {
            return Served::Delete;
        }
        if cas != 0 {
            self.word(b"CAS");
            self.unsigned(cas);
        }
        if invalidate {
            self.word(b"INVALIDATE");
        }
        if let Some(seconds) = exptime {
            self.word(b"TIME");
            self.number(seconds);
        }
        Served::DeleteWith
    }

    fn arithmetic(&mut self, change: Arithmetic, request: &Request) -> Served {
        let Arithmetic { decrement, delta, initial, exptime, cas } = change;
        self.keys();
        self.unsigned(delta);
        if cas != 0 {
            self.word(b"CAS");
            self.unsigned(cas);
        }
        if let Some((value, seconds)) = initial {
            self.word(b"INITIAL");
            self.unsigned(value);
            self.number(seconds);
        }
        if let Some(seconds) = exptime {
            self.word(b"TIME");
            self.number(seconds);
        }
        if request.stamp {
            self.word(b"STAMP");
        }
        // A quiet meta command is told nothing where all went well.
        if matches!(request.form, Form::Meta { .. }) && !request.noreply {
            self.word(b"ITEM");
        }
        if decrement { Served::Decr } else { Served::Incr }
    }

    /// Of a client that has not given the password, all that counts is a `set`, whose item is a
    /// name and a password with a space between them.
    fn log_in(&mut self, request: &Request) -> Option<Served> {
        let Verb::Store(Store { mode: Mode::Set, data, .. }) = request.verb else {
            return self.push(request);
        };
        let mut words = data.of(self.input).split(|byte| *byte == b' ').filter(|w| !w.is_empty());
        if let (Some(user), Some(password)) = (words.next(), words.next()) {
            self.requests.annex(user);
            self.requests.annex(password);
        }
        Some(Served::LogIn)
    }

    /// A name to act for, a name and a password, with zeros between them.
    fn sasl_plain(&mut self, data: dmp_parser::ArgRange) -> Option<Served> {
        let mechanism = self.keys.first()?.of(self.input);
        let mut parts = data.of(self.input).split(|byte| *byte == 0);
        let (_, user, password) = (parts.next()?, parts.next()?, parts.next()?);
        if mechanism != b"PLAIN" || parts.next().is_some() {
            return None;
        }
        self.requests.annex(user);
        self.requests.annex(password);
        Some(Served::SaslPlain)
    }

    /// Adds the keys.
    #[inline]
    fn keys(&mut self) {
        if self.is_base64 {
            for key in self.keys {
                let mut decoded = Vec::new();
                base64::decode(key.of(self.input), &mut decoded);
                self.requests.annex(&decoded);
            }
        } else {
            let base = self.base;
            self.requests.ranges.extend(self.keys.iter().map(|key| place(base, *key)));
        }
    }

    /// Adds what stands in the request.
    #[inline]
    fn place(&mut self, range: dmp_parser::ArgRange) {
        self.requests.ranges.push(place(self.base, range));
    }

    fn word(&mut self, word: &[u8]) {
        self.requests.annex(word);
    }

    fn number(&mut self, number: i64) {
        self.requests.annex(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A number without sign, as the integer of its bits.
    fn unsigned(&mut self, number: u64) {
        self.number(number.cast_signed());
    }
}

/// A range of a request as a range of the connection's buffer.
#[inline]
const fn place(base: u32, range: dmp_parser::ArgRange) -> ArgRange {
    ArgRange { start: base.saturating_add(range.start), len: range.len }
}
