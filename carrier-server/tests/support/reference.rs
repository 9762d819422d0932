//! What the commands mean, written as plainly as possible: a sorted map of keys and a function a
//! command. Replies are those of redis-server 7.0.15, which the tests compare it with as well.
//!
//! The reference has no clock. An expiry is so far away that no test sees its end, or so long ago
//! that the key is gone with the command that sets it.

mod keys;
mod sets;
mod strings;

use std::collections::{BTreeMap, BTreeSet};

use super::reply::{Expected, Reply, ReplyExt as _, Version};

/// The data of a server.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reference {
    entries: BTreeMap<(usize, Vec<u8>), Entry>,
}

/// What a server knows of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) database: usize,
    pub(crate) version: Version,
    name: Vec<u8>,
}

/// A key's value and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    data: Data,
    expiry: Expiry,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Data {
    Text(Vec<u8>),
    Members(BTreeSet<Vec<u8>>),
}

/// When a key ends: in ascending order, as every relative time here ends before every absolute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expiry {
    /// Milliseconds after the command that set it.
    In(i64),
    /// Milliseconds of Unix time, far in the future.
    At(i64),
    Never,
}

/// A reply, or the text of an error.
type Answer = Result<Reply, String>;

impl Default for Session {
    fn default() -> Self {
        Self { database: 0, version: Version::Resp2, name: Vec::new() }
    }
}

impl Reference {
    /// Runs a request; says what the server must reply.
    pub(crate) fn run(&mut self, session: &mut Session, words: &[Vec<u8>]) -> Expected {
        let name = String::from_utf8_lossy(&words[0]).to_ascii_uppercase();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let database = session.database;
        if let Some(text) = wrong_count(&name, words.len()) {
            return Expected::Exactly(Reply::error(&text));
        }
        let answer = match name.as_str() {
            "EXPIRE" => return self.expire(database, &words),
            "TTL" => return self.ttl(database, words[1]),
            "SMEMBERS" => return self.smembers(database, words[1]),
            "GET" => self.get(database, words[1]),
            "SET" => self.set(database, &words),
            "MGET" => Ok(self.mget(database, &words[1..])),
            "MSET" => Ok(self.mset(database, &words[1..])),
            "INCR" => self.add(database, words[1], 1),
            "DECR" => self.add(database, words[1], -1),
            "INCRBY" => integer(words[2]).and_then(|by| self.add(database, words[1], by)),
            "DECRBY" => integer(words[2]).and_then(|by| {
                let by = by.checked_neg().ok_or("ERR decrement would overflow")?;
                self.add(database, words[1], by)
            }),
            "SADD" => self.sadd(database, words[1], &words[2..]),
            "SREM" => self.srem(database, words[1], &words[2..]),
            "SCARD" => self.scard(database, words[1]),
            "SISMEMBER" => self.sismember(database, words[1], words[2]),
            "DEL" => Ok(self.del(database, &words[1..])),
            "EXISTS" => Ok(self.exists(database, &words[1..])),
            "TYPE" => Ok(self.kind(database, words[1])),
            "PERSIST" => Ok(self.persist(database, words[1])),
            "DBSIZE" => Ok(Reply::Integer(self.keys(database).count() as i64)),
            "FLUSHDB" | "FLUSHALL" => self.flush(&name, database, &words),
            _ => Self::run_session(session, &name, &words),
        };
        Expected::Exactly(answer.unwrap_or_else(|text| Reply::error(&text)))
    }

    /// The keys of a database, in order.
    pub(crate) fn keys(&self, database: usize) -> impl Iterator<Item = &[u8]> {
        self.entries.keys().filter(move |(of, _)| *of == database).map(|(_, key)| key.as_slice())
    }

    /// The keys of a database that hold a kind of value.
    pub(crate) fn keys_of_kind(&self, database: usize, kind: &str) -> Vec<Vec<u8>> {
        let keys = self.keys(database);
        keys.filter(|key| self.kind(database, key) == Reply::status(kind))
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// The commands that touch no data.
    fn run_session(session: &mut Session, name: &str, words: &[&[u8]]) -> Answer {
        match (name, words) {
            ("PING", [_]) => Ok(Reply::status("PONG")),
            ("PING" | "ECHO", [_, text]) => Ok(Reply::Bulk(text.to_vec())),
            ("SELECT", [_, index]) => {
                session.database = usize::try_from(integer(index)?)
                    .ok()
                    .filter(|index| *index < DATABASES)
                    .ok_or("ERR DB index is out of range")?;
                Ok(Reply::ok())
            }
            ("CLIENT", [_, word, rest @ ..]) => Self::run_client(session, word, rest),
            _ => Err(unknown(words)),
        }
    }

    fn run_client(session: &mut Session, word: &[u8], rest: &[&[u8]]) -> Answer {
        let name = String::from_utf8_lossy(word).to_ascii_lowercase();
        match (name.as_str(), rest) {
            ("setname", [name]) => {
                if name.iter().any(|byte| !(b'!'..=b'~').contains(byte)) {
                    let text = "ERR Client names cannot contain spaces, newlines or special \
                                characters.";
                    return Err(text.to_owned());
                }
                session.name = name.to_vec();
                Ok(Reply::ok())
            }
            ("getname", []) if session.name.is_empty() => Ok(Reply::Nil),
            ("getname", []) => Ok(Reply::Bulk(session.name.clone())),
            ("setname" | "getname", _) => {
                Err(format!("ERR wrong number of arguments for 'client|{name}' command"))
            }
            _ => Err(format!("ERR unknown subcommand '{name}'. Try CLIENT HELP.")),
        }
    }

    fn flush(&mut self, name: &str, database: usize, words: &[&[u8]]) -> Answer {
        match words {
            [_] => {}
            [_, word] if is_word(word, "ASYNC") || is_word(word, "SYNC") => {}
            _ => return Err(SYNTAX.to_owned()),
        }
        self.entries.retain(|(of, _), _| name == "FLUSHDB" && *of != database);
        Ok(Reply::ok())
    }

    fn entry(&self, database: usize, key: &[u8]) -> Option<&Entry> {
        self.entries.get(&(database, key.to_vec()))
    }

    fn put(&mut self, database: usize, key: &[u8], data: Data, expiry: Expiry) {
        self.entries.insert((database, key.to_vec()), Entry { data, expiry });
    }

    fn remove(&mut self, database: usize, key: &[u8]) -> bool {
        self.entries.remove(&(database, key.to_vec())).is_some()
    }
}

/// The canonical form of an integer and no other: no sign for plus, no zeros before, no blanks.
fn integer(word: &[u8]) -> Result<i64, String> {
    std::str::from_utf8(word)
        .ok()
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|value| value.to_string().as_bytes() == word)
        .ok_or_else(|| NOT_AN_INTEGER.to_owned())
}

fn is_word(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// The error for a number of words that the command does not take.
fn wrong_count(name: &str, count: usize) -> Option<String> {
    let right = match name {
        "DBSIZE" => count == 1,
        "PING" => count <= 2,
        "FLUSHDB" | "FLUSHALL" => true,
        "ECHO" | "SELECT" | "GET" | "TYPE" | "INCR" | "DECR" | "TTL" | "PERSIST" | "SCARD"
        | "SMEMBERS" => count == 2,
        "INCRBY" | "DECRBY" | "SISMEMBER" => count == 3,
        "DEL" | "EXISTS" | "MGET" | "CLIENT" => count >= 2,
        "SET" | "EXPIRE" | "SADD" | "SREM" => count >= 3,
        "MSET" => count >= 3 && count % 2 == 1,
        _ => true,
    };
    let name = name.to_ascii_lowercase();
    (!right).then(|| format!("ERR wrong number of arguments for '{name}' command"))
}

fn unknown(words: &[&[u8]]) -> String {
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let arguments: String = words[1..].iter().map(|word| format!("'{}' ", text(word))).collect();
    format!("ERR unknown command '{}', with args beginning with: {arguments}", text(words[0]))
}

const DATABASES: usize = 16;
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
const SYNTAX: &str = "ERR syntax error";
const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// A bound of the present in milliseconds of Unix time: the year 2100.
const PRESENT_MS_MAX: i64 = 4_102_444_800_000;
