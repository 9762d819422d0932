//! Random requests of every command, over few keys, so that they meet.

use std::collections::BTreeSet;

use super::random::Random;
use super::request::{Form, Request};

/// Makes the requests of one connection: all its keys start with a prefix of its own.
#[derive(Debug)]
pub(crate) struct Generator {
    prefix: String,
}

impl Generator {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// A request of the commands whose replies depend on this connection alone.
    pub(crate) fn request(&self, random: &mut Random) -> Request {
        let name = *random.pick(COMMANDS);
        let mut words = vec![name.as_bytes().to_vec()];
        match name {
            "GET" | "INCR" | "DECR" => words.push(self.text_key(random)),
            "SCARD" | "SMEMBERS" => words.push(self.set_key(random)),
            "TYPE" | "TTL" | "PERSIST" => words.push(self.any_key(random)),
            "DEL" => {
                words.extend((0..=random.below(3)).map(|_| self.any_key(random)));
            }
            "EXISTS" | "MGET" => {
                words.extend((0..=random.below(12)).map(|_| self.any_key(random)));
            }
            "MSET" => {
                for _ in 0..=random.below(8) {
                    words.extend([self.text_key(random), value(random)]);
                }
            }
            "SADD" | "SREM" => {
                words.push(self.set_key(random));
                words.extend((0..=random.below(6)).map(|_| member(random)));
            }
            "SISMEMBER" => words.extend([self.set_key(random), member(random)]),
            "INCRBY" | "DECRBY" => words.extend([self.text_key(random), number(random)]),
            "SET" => self.set(random, &mut words),
            "EXPIRE" => self.expire(random, &mut words),
            _ => session(name, random, &mut words),
        }
        finish(words, random)
    }

    /// A request on a whole database, or one that prepares it.
    pub(crate) fn whole_database(&self, random: &mut Random) -> Request {
        let line = match random.below(12) {
            0 => "FLUSHDB",
            1 => *random.pick(&["FLUSHALL", "FLUSHALL ASYNC", "FLUSHDB SYNC", "FLUSHDB NOW"]),
            2 | 3 => *random.pick(&["SELECT 0", "SELECT 1", "SELECT 15"]),
            4..8 => "DBSIZE",
            _ => return self.request(random),
        };
        Request::from_line(line)
    }

    fn text_key(&self, random: &mut Random) -> Vec<u8> {
        if random.one_in(10) { self.key('m', 4, random) } else { self.key('t', 12, random) }
    }

    fn set_key(&self, random: &mut Random) -> Vec<u8> {
        if random.one_in(10) { self.key('t', 12, random) } else { self.key('m', 4, random) }
    }

    fn any_key(&self, random: &mut Random) -> Vec<u8> {
        if random.one_in(2) { self.text_key(random) } else { self.set_key(random) }
    }

    fn key(&self, kind: char, count: usize, random: &mut Random) -> Vec<u8> {
        let number = random.below(count);
        let mut key = format!("{}{kind}{number}", self.prefix).into_bytes();
        match number {
            // Keys are bytes like any other; and a long one lies elsewhere in the store.
            1 => key.extend(b"\x00\r\n \xff"),
            2 => key.extend([b'k'; 300]),
            _ => {}
        }
        key
    }

    fn set(&self, random: &mut Random, words: &mut Vec<Vec<u8>>) {
        words.extend([self.text_key(random), value(random)]);
        let count = *random.pick(&[0, 0, 0, 0, 1, 1, 2, 3]);
        let mut taken = BTreeSet::new();
        for _ in 0..count {
            let option: Vec<&str> = random.pick(SET_OPTIONS).split(' ').collect();
            // Of a time given twice Redis reads the last alone, wrong as the first may be.
            if taken.insert(option[0].to_ascii_uppercase()) {
                words.extend(option.iter().map(|word| word.as_bytes().to_vec()));
            }
        }
    }

    fn expire(&self, random: &mut Random, words: &mut Vec<Vec<u8>>) {
        words.push(self.any_key(random));
        let seconds = match random.below(10) {
            0 => b"0".to_vec(),
            1 => b"-1".to_vec(),
            2 => number(random),
            // So far apart that no delay changes which of two is later.
            _ => format!("{}0000", 1 + random.below(9)).into_bytes(),
        };
        // Of two mistakes in one request either may be named.
        let is_wrong = ALMOST_NUMBERS.iter().any(|wrong| wrong.as_bytes() == seconds);
        words.push(seconds);
        let count = if is_wrong { random.below(2) } else { *random.pick(&[0, 0, 0, 1, 1, 2]) };
        for _ in 0..count {
            words.push(random.pick(EXPIRE_OPTIONS).as_bytes().to_vec());
        }
    }
}

/// The commands on the connection itself.
fn session(name: &str, random: &mut Random, words: &mut Vec<Vec<u8>>) {
    match name {
        "PING" if random.one_in(2) => words.push(value(random)),
        "PING" => {}
        "ECHO" => words.push(value(random)),
        "SELECT" => words.push(random.pick(DATABASES).as_bytes().to_vec()),
        "CLIENT" if random.one_in(2) => words.push(b"GETNAME".to_vec()),
        "CLIENT" => {
            let name = *random.pick(&["a", "b-2", "", "has a blank"]);
            words.extend([b"SETNAME".to_vec(), name.as_bytes().to_vec()]);
        }
        _ => words.extend((0..random.below(3)).map(|_| b"word".to_vec())),
    }
}

/// Sometimes a word too many or too few, another case of the name, another form.
fn finish(mut words: Vec<Vec<u8>>, random: &mut Random) -> Request {
    if random.one_in(60) {
        words.truncate(1 + random.below(words.len()));
    } else if random.one_in(60) {
        words.push(b"more".to_vec());
    }
    if random.one_in(3) {
        for byte in &mut words[0] {
            if random.one_in(2) {
                byte.make_ascii_lowercase();
            }
        }
    }
    let mut request = Request::new(words);
    if request.fits_inline() && random.one_in(3) && !is_memcached(&request) {
        request.form = Form::Inline;
    }
    request
}

/// Whether a first line would tell a server of both protocols that memcached's is meant.
fn is_memcached(request: &Request) -> bool {
    request.words[0].iter().all(u8::is_ascii_lowercase)
}

/// Small and large, numbers in forms that are canonical and almost so, text and plain bytes.
fn value(random: &mut Random) -> Vec<u8> {
    match random.below(16) {
        0..5 => number(random),
        5 => random.pick(ALMOST_NUMBERS).as_bytes().to_vec(),
        6 => Vec::new(),
        7 => random.bytes(200),
        8 => {
            let len = *random.pick(&[255, 256, 4_096, 4_097, 20_000]);
            random.bytes(len)
        }
        9 => vec![b'x'; random.below(2_000)],
        10 => b"\r\n$-1\r\n".to_vec(),
        _ => format!("value{}", random.below(1_000)).into_bytes(),
    }
}

fn member(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => value(random),
        1..4 => random.below(20).to_string().into_bytes(),
        _ => format!("member{}", random.below(20)).into_bytes(),
    }
}

fn number(random: &mut Random) -> Vec<u8> {
    let value = match random.below(10) {
        0 => *random.pick(&[i64::MIN, i64::MAX, i64::MAX - 1, i64::MIN + 1]),
        1 => random.next() as i64,
        2 => return random.pick(ALMOST_NUMBERS).as_bytes().to_vec(),
        _ => random.below(2_000) as i64 - 1_000,
    };
    value.to_string().into_bytes()
}

const COMMANDS: &[&str] = &[
    "GET",
    "GET",
    "GET",
    "GET",
    "SET",
    "SET",
    "SET",
    "SET",
    "SET",
    "INCR",
    "INCR",
    "DECR",
    "INCRBY",
    "DECRBY",
    "MGET",
    "MGET",
    "MSET",
    "DEL",
    "DEL",
    "EXISTS",
    "TYPE",
    "EXPIRE",
    "EXPIRE",
    "TTL",
    "TTL",
    "PERSIST",
    "SADD",
    "SADD",
    "SADD",
    "SREM",
    "SREM",
    "SCARD",
    "SISMEMBER",
    "SMEMBERS",
    "PING",
    "ECHO",
    "SELECT",
    "CLIENT",
    "NOSUCH",
];

const SET_OPTIONS: &[&str] = &[
    "NX",
    "XX",
    "GET",
    "get",
    "KEEPTTL",
    "EX 10000",
    "ex 20000",
    "PX 30000000",
    "EXAT 5000000000",
    "PXAT 5000000000000",
    "EX 0",
    "PX -1",
    "EX 9223372036854775807",
    "EX word",
    "EX",
    "NEW",
];

const EXPIRE_OPTIONS: &[&str] = &["NX", "XX", "GT", "LT", "gt", "nx", "AT"];

const DATABASES: &[&str] = &["0", "0", "0", "1", "1", "15", "16", "-1", "one"];

const ALMOST_NUMBERS: &[&str] = &[
    "007",
    "+5",
    "-0",
    " 1",
    "1 ",
    "0x10",
    "1.0",
    "1e3",
    "9223372036854775808",
    "-9223372036854775809",
    "",
    "-",
    "18446744073709551615",
];
