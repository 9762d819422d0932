//! Keys: by what they mostly hold, of one connection or shared by all.

use crate::random::Random;

/// The keys of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The number of the connection, or one that stands for all.
    of: usize,
    shared: bool,
    /// How many keys of a kind there are.
    count: usize,
}

impl Keys {
    /// Keys that no other connection has.
    pub(crate) fn of_connection(of: usize, count: usize) -> Self {
        Self { of, shared: false, count }
    }

    /// Keys of all connections, the empty one among them.
    pub(crate) fn shared(count: usize) -> Self {
        Self { of: 0, shared: true, count }
    }

    /// Mostly a key of the kind; one time in ten of another, so that wrong types come.
    pub(crate) fn of_kind(&self, kind: &str, random: &mut Random) -> Vec<u8> {
        let kind = KINDS.iter().position(|own| *own == kind).unwrap_or_default();
        if random.one_in(10) { self.any(random) } else { self.key(kind, random) }
    }

    /// A key of any kind that the tree has commands for, more often of the first ones.
    pub(crate) fn any(&self, random: &mut Random) -> Vec<u8> {
        let kind = if random.one_in(2) { random.below(3) } else { random.below(KINDS.len()) };
        self.key(kind, random)
    }

    fn key(&self, kind: usize, random: &mut Random) -> Vec<u8> {
        let Self { of, shared, count } = self;
        let number = random.below(*count);
        let letter = char::from(b'a' + kind as u8);
        let mut key = format!("c{of}:{letter}{number}").into_bytes();
        match number {
            // Keys are bytes like any other.
            1 => key.extend(b"\x00\r\n \xff"),
            // A long one lies elsewhere in a store, and one of digits may be held as a number.
            2 => key.extend([b'k'; 300]),
            3 => key = format!("{}", 1_000_000 * (of + 1) + 1_000 * kind + number).into_bytes(),
            4 if *shared && kind == 0 => key.clear(),
            _ => {}
        }
        key
    }
}

/// A letter of the keys each, in this order.
const KINDS: &[&str] =
    &["string", "counter", "set", "list", "hash", "zset", "bitmap", "stream", "hll", "geo"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn connections_have_no_key_in_common() {
        let mut random = Random::new(11);
        let mut drawn = |of| -> BTreeSet<Vec<u8>> {
            let keys = Keys::of_connection(of, 12);
            (0..2_000).map(|_| keys.any(&mut random)).collect()
        };
        let (first, second) = (drawn(0), drawn(1));
        assert!(first.len() > 60 && first.is_disjoint(&second));
        assert!(!first.contains(&b""[..]) && !second.contains(&b""[..]));
        let mut all = (0..2_000).map(|_| Keys::shared(12).any(&mut random));
        assert!(all.any(|key| key.is_empty()));
    }

    #[test]
    fn one_key_in_ten_is_of_another_kind() {
        let (keys, mut random) = (Keys::of_connection(0, 3), Random::new(2));
        let drawn = (0..2_000).map(|_| keys.of_kind("set", &mut random));
        let others = drawn.filter(|key| key.get(3) != Some(&b'c')).count();
        assert!((100..300).contains(&others), "{others}");
    }
}
