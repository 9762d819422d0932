//! Random commands over a few keys.

use std::collections::BTreeSet;

use carrier_compare::Random;

use crate::command::{Command, Key, SetOp};

/// Draws commands of those that a server knows.
#[derive(Debug)]
pub(crate) struct Draw {
    random: Random,
    kinds: Vec<&'static str>,
    /// Written values are never the same twice; this makes them so.
    author: String,
    written: u32,
}

impl Draw {
    /// For one client. Its values begin with `author`, which is nobody else's.
    #[must_use]
    pub(crate) fn new(random: Random, known: &BTreeSet<&'static str>, author: String) -> Self {
        let weighted = NAMES.iter().filter(|(name, _)| known.contains(name));
        let kinds = weighted.flat_map(|(name, weight)| vec![*name; *weight]).collect();
        Self { random, kinds, author, written: 0 }
    }

    /// The source of chance, for whatever else a client decides.
    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// A command.
    ///
    /// # Panics
    ///
    /// The server knows none of them.
    pub(crate) fn command(&mut self) -> Command {
        let name = *self.random.pick(&self.kinds);
        match name {
            "GET" => Command::Get(self.text_key()),
            "SET" => Command::Set(self.text_key(), self.value()),
            "APPEND" => Command::Append(self.text_key(), self.value()),
            "INCRBY" => Command::IncrBy(NUMBER_KEY, self.random.between(-5, 5)),
            "MGET" => Command::MGet(self.text_keys()),
            "MSET" => Command::MSet(self.pairs()),
            "MSETNX" => Command::MSetNx(self.pairs()),
            "DEL" => Command::Del(self.any_keys()),
            "EXISTS" => Command::Exists(self.any_keys()),
            "RENAME" | "RENAMENX" | "COPY" => self.moved(name),
            "SADD" => Command::SAdd(self.set_key(), self.members()),
            "SREM" => Command::SRem(self.set_key(), self.members()),
            "SMOVE" => {
                let (from, to) = (self.set_key(), self.set_key());
                Command::SMove(from, to, self.member())
            }
            "SMEMBERS" => Command::SMembers(self.set_key()),
            "SUNION" => Command::SetOp(SetOp::Union, self.set_keys()),
            "SINTER" => Command::SetOp(SetOp::Inter, self.set_keys()),
            "SDIFF" => Command::SetOp(SetOp::Diff, self.set_keys()),
            "RPUSH" => Command::RPush(self.list_key(), self.value()),
            "LPOP" => Command::LPop(self.list_key()),
            "LMOVE" => {
                let (from, to) = (self.list_key(), self.list_key());
                Command::LMove(from, to, self.random.one_in(2))
            }
            "LRANGE" => Command::LRange(self.list_key()),
            "HSET" => Command::HSet(MAP_KEY, self.member(), self.value()),
            "HINCRBY" => Command::HIncrBy(MAP_KEY, "n".to_owned(), self.random.between(-5, 5)),
            "HDEL" => Command::HDel(MAP_KEY, self.members()),
            "HGETALL" => Command::HGetAll(MAP_KEY),
            "MOVE" => Command::Move(self.any_key()),
            "SWAPDB" => Command::SwapDb,
            "FLUSHDB" => Command::FlushDb,
            "FLUSHALL" => Command::FlushAll,
            "TEXTMOVE" => Command::TextMove(self.text_key(), self.text_key()),
            "SUNIONSTORE" => self.store(SetOp::Union),
            "SINTERSTORE" => self.store(SetOp::Inter),
            _ => self.store(SetOp::Diff),
        }
    }

    /// Keys to watch, and the commands that read them.
    pub(crate) fn reads(&mut self) -> (Vec<Key>, Vec<Command>) {
        let keys: Vec<Key> = (0..=self.random.below(2)).map(|_| self.any_key()).collect();
        let read = |key: &Key| match *key {
            key if SET_KEYS.contains(&key) => Command::SMembers(key),
            key if LIST_KEYS.contains(&key) => Command::LRange(key),
            MAP_KEY => Command::HGetAll(MAP_KEY),
            key => Command::Get(key),
        };
        let reads = keys.iter().map(read).collect();
        (keys, reads)
    }

    fn moved(&mut self, name: &str) -> Command {
        // Mostly a key of the same kind, so that not all that follows is a wrong type.
        let is_set = self.random.one_in(2);
        let (from, to) = match (is_set, self.random.one_in(10)) {
            (true, false) => (self.set_key(), self.set_key()),
            (false, false) => (self.text_key(), self.text_key()),
            (_, true) => (self.any_key(), self.any_key()),
        };
        match name {
            "RENAME" => Command::Rename(from, to),
            "RENAMENX" => Command::RenameNx(from, to),
            _ if self.random.one_in(3) => Command::CopyOver(from, to, self.random.one_in(2)),
            _ => Command::Copy(from, to, self.random.one_in(2)),
        }
    }

    fn store(&mut self, op: SetOp) -> Command {
        let to = self.set_key();
        Command::SetOpStore(op, to, self.set_keys())
    }

    fn text_key(&mut self) -> Key {
        *self.random.pick(&TEXT_KEYS)
    }

    fn set_key(&mut self) -> Key {
        *self.random.pick(&SET_KEYS)
    }

    fn list_key(&mut self) -> Key {
        *self.random.pick(&LIST_KEYS)
    }

    fn any_key(&mut self) -> Key {
        *self.random.pick(&KEYS)
    }

    fn text_keys(&mut self) -> Vec<Key> {
        (0..2 + self.random.below(2)).map(|_| self.text_key()).collect()
    }

    fn set_keys(&mut self) -> Vec<Key> {
        (0..1 + self.random.below(3)).map(|_| self.set_key()).collect()
    }

    fn any_keys(&mut self) -> Vec<Key> {
        (0..1 + self.random.below(3)).map(|_| self.any_key()).collect()
    }

    fn value(&mut self) -> String {
        self.written += 1;
        format!("{}{}", self.author, self.written)
    }

    fn pairs(&mut self) -> Vec<(Key, String)> {
        let keys = self.text_keys();
        keys.into_iter().map(|key| (key, self.value())).collect()
    }

    /// Of few, so that sets meet.
    fn member(&mut self) -> String {
        (*self.random.pick(&["a", "b", "c", "d"])).to_owned()
    }

    fn members(&mut self) -> Vec<String> {
        (0..1 + self.random.below(2)).map(|_| self.member()).collect()
    }
}

const TEXT_KEYS: [Key; 3] = [0, 1, 2];
const SET_KEYS: [Key; 3] = [3, 4, 5];
const NUMBER_KEY: Key = 6;
const LIST_KEYS: [Key; 2] = [7, 8];
const MAP_KEY: Key = 9;

/// All keys of a history.
pub(crate) const KEYS: [Key; 10] = [0, 1, 2, 3, 4, 5, NUMBER_KEY, 7, 8, MAP_KEY];

/// What may be drawn, and how often.
const NAMES: [(&str, usize); 35] = [
    ("GET", 2),
    ("SET", 2),
    ("APPEND", 1),
    ("INCRBY", 1),
    ("MGET", 6),
    ("MSET", 4),
    ("MSETNX", 1),
    ("DEL", 1),
    ("EXISTS", 2),
    ("RENAME", 3),
    ("RENAMENX", 1),
    ("COPY", 2),
    ("SADD", 4),
    ("SREM", 2),
    ("SMOVE", 4),
    ("SMEMBERS", 2),
    ("SUNION", 3),
    ("SINTER", 2),
    ("SDIFF", 2),
    ("SUNIONSTORE", 2),
    ("SINTERSTORE", 1),
    ("SDIFFSTORE", 1),
    ("RPUSH", 4),
    ("LPOP", 2),
    ("LMOVE", 4),
    ("LRANGE", 2),
    ("HSET", 2),
    ("HINCRBY", 1),
    ("HDEL", 1),
    ("HGETALL", 2),
    ("MOVE", 1),
    ("SWAPDB", 1),
    ("FLUSHDB", 1),
    ("FLUSHALL", 1),
    ("TEXTMOVE", 4),
];

/// The names of all that may be drawn.
#[must_use]
pub(crate) fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}
