//! Classes: what a placeholder stands for.
//!
//! Keys are those of one connection unless the case shares them, few, so that requests meet, and of
//! every form a key can have. Values, numbers and times are drawn from the edges of what servers
//! treat in different ways: representations, limits, spellings that are almost right.

mod keys;
mod numbers;
mod values;

pub(crate) use keys::Keys;

use crate::random::Random;
use crate::word::Role;

/// A named source of words.
#[derive(Debug)]
pub(crate) struct Class {
    name: &'static str,
    /// What a word of it is.
    pub(crate) role: Role,
    draw: fn(&mut Random, &Keys) -> Vec<u8>,
}

impl Class {
    /// The class with this name.
    pub(crate) fn of_name(name: &str) -> Option<&'static Self> {
        CLASSES.iter().find(|class| class.name == name)
    }

    /// A word of it.
    pub(crate) fn draw(&self, random: &mut Random, keys: &Keys) -> Vec<u8> {
        (self.draw)(random, keys)
    }
}

/// Any word of any class that is no key: what noise puts in the place of another word. None of
/// them is a time so short that a key could expire meanwhile.
pub(crate) fn noise(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(6) {
        0 => random.pick(OPTIONS).as_bytes().to_vec(),
        1 => random.pick(numbers::WRONG).as_bytes().to_vec(),
        2 => values::word(random, keys),
        3 => Vec::new(),
        4 => random.pick(&["0", "-1", "9223372036854775807", "inf", "0.0"]).as_bytes().to_vec(),
        _ => keys.any(random),
    }
}

macro_rules! classes {
    ($($name:literal $role:ident $draw:expr;)*) => {
        const CLASSES: &[Class] = &[$(Class { name: $name, role: Role::$role, draw: $draw }),*];
    };
}

classes! {
    "string"    Key    |random, keys| keys.of_kind("string", random);
    "counter"   Key    |random, keys| keys.of_kind("counter", random);
    "set"       Key    |random, keys| keys.of_kind("set", random);
    "list"      Key    |random, keys| keys.of_kind("list", random);
    "hash"      Key    |random, keys| keys.of_kind("hash", random);
    "zset"      Key    |random, keys| keys.of_kind("zset", random);
    "bitmap"    Key    |random, keys| keys.of_kind("bitmap", random);
    "stream"    Key    |random, keys| keys.of_kind("stream", random);
    "hll"       Key    |random, keys| keys.of_kind("hll", random);
    "geo"       Key    |random, keys| keys.of_kind("geo", random);
    "any"       Key    |random, keys| keys.any(random);
    "value"     Value  values::value;
    "member"    Value  values::member;
    "field"     Value  values::field;
    "word"      Value  values::word;
    "pattern"   Value  values::pattern;
    "name"      Value  values::name;
    "kind"      Value  values::kind;
    "id"        Value  values::stream_id;
    "integer"   Value  numbers::integer;
    "float"     Value  numbers::float;
    "score-bound" Value numbers::score_bound;
    "lex-bound" Value  values::lex_bound;
    "count"     Value  numbers::count;
    "index"     Value  numbers::index;
    "offset"    Value  numbers::offset;
    "db"        Value  numbers::database;
    "seconds"   Value  numbers::seconds;
    "millis"    Value  numbers::millis;
    "at-seconds" Value numbers::at_seconds;
    "at-millis" Value  numbers::at_millis;
    "timeout"   Value  numbers::timeout;
    "cursor"    Cursor |_, _| b"0".to_vec();
    "bad-cursor" Value numbers::bad_cursor;
}

/// Options of many commands, as noise.
const OPTIONS: &[&str] = &[
    "NX",
    "XX",
    "GT",
    "LT",
    "GET",
    "EX",
    "PX",
    "KEEPTTL",
    "COUNT",
    "MATCH",
    "LIMIT",
    "WITHSCORES",
    "REV",
    "STORE",
    "ASYNC",
    "WITHVALUES",
    "TYPE",
    "BY",
    "ASC",
    "nx",
    "coUnt",
    "*",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_draws_more_than_one_word() {
        let keys = Keys::of_connection(0, 6);
        for class in CLASSES.iter().filter(|class| class.role != Role::Cursor) {
            let mut random = Random::new(5);
            let mut words: Vec<Vec<u8>> =
                (0..200).map(|_| class.draw(&mut random, &keys)).collect();
            words.sort_unstable();
            words.dedup();
            assert!(words.len() >= 4, "{}: {words:?}", class.name);
        }
    }

    #[test]
    fn no_two_classes_have_one_name() {
        for class in CLASSES {
            assert_eq!(CLASSES.iter().filter(|other| other.name == class.name).count(), 1);
        }
    }
}
