//! Values, members, fields and names: by length, by form, by what they are taken for.

use crate::class::{Keys, numbers};
use crate::random::Random;

/// A value: small and large, numbers in canonical forms and almost so, text and plain bytes.
pub(crate) fn value(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(24) {
        0..5 => numbers::integer(random, keys),
        5 => random.pick(numbers::WRONG).as_bytes().to_vec(),
        6 => numbers::float(random, keys),
        7 => Vec::new(),
        8..12 => {
            let len = *random.pick(TELLING_LENS);
            filled(len, random)
        }
        12 => {
            let len = random.below(300);
            random.bytes(len)
        }
        13 => b"\r\n$-1\r\n".to_vec(),
        14 if random.one_in(4) => {
            let len = *random.pick(LARGE_LENS);
            filled(len, random)
        }
        15 if random.one_in(60) => filled(1 << 20, random),
        _ => format!("value{}", random.below(1_000)).into_bytes(),
    }
}

/// A member of a set or a sorted set, an element of a list: of few, so that they meet.
pub(crate) fn member(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(10) {
        0 => value(random, keys),
        1..5 => random.below(20).to_string().into_bytes(),
        5 => [b"m".repeat(70), random.below(4).to_string().into_bytes()].concat(),
        _ => format!("member{}", random.below(20)).into_bytes(),
    }
}

/// A field of a hash.
pub(crate) fn field(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(10) {
        0 => value(random, keys),
        1 | 2 => random.below(12).to_string().into_bytes(),
        _ => format!("field{}", random.below(12)).into_bytes(),
    }
}

/// A word that means nothing.
pub(crate) fn word(random: &mut Random, _: &Keys) -> Vec<u8> {
    let words: &[&[u8]] =
        &[b"word", b"nosuch", b"a b", b"'quoted'", b"\"", b"line\r\nbreak", b"\xff\x00", b"{}"];
    random.pick(words).to_vec()
}

/// A pattern that some keys, members or fields match.
pub(crate) fn pattern(random: &mut Random, _: &Keys) -> Vec<u8> {
    random.pick(PATTERNS).to_vec()
}

/// A name for a connection or a consumer.
pub(crate) fn name(random: &mut Random, _: &Keys) -> Vec<u8> {
    random.pick(&["a", "b-2", "", "has a blank", "nine", "n\n", "~tilde"]).as_bytes().to_vec()
}

/// What TYPE may say.
pub(crate) fn kind(random: &mut Random, _: &Keys) -> Vec<u8> {
    let kinds = ["string", "set", "list", "hash", "zset", "stream", "STRING", "none", "nosuch", ""];
    random.pick(&kinds).as_bytes().to_vec()
}

/// An entry's ID in a stream.
pub(crate) fn stream_id(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(8) {
        0 => random.pick(&["0", "-", "+", "0-0", "*", "1-*", "$", ">", "x-1"]).as_bytes().to_vec(),
        1 => numbers::integer(random, keys),
        _ => format!("{}-{}", random.below(30), random.below(4)).into_bytes(),
    }
}

/// The end of a range of members.
pub(crate) fn lex_bound(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(6) {
        0 => random.pick(&["-", "+", "[", "(", "", "a"]).as_bytes().to_vec(),
        1..4 => [b"[".to_vec(), member(random, keys)].concat(),
        _ => [b"(".to_vec(), member(random, keys)].concat(),
    }
}

/// Text or bytes of a length.
fn filled(len: usize, random: &mut Random) -> Vec<u8> {
    if random.one_in(2) { vec![b'a' + random.below(26) as u8; len] } else { random.bytes(len) }
}

/// Around what fits into a small value, an embedded string, a page's entry, a length of one byte,
/// and around the sizes of buffers.
const TELLING_LENS: &[usize] = &[
    1, 2, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 23, 24, 31, 32, 33, 43, 44, 45, 63, 64,
    65, 127, 128, 239, 240, 241, 254, 255, 256, 511, 512, 1_000, 1_024, 2_047, 2_048,
];

const LARGE_LENS: &[usize] =
    &[4_095, 4_096, 4_097, 8_192, 16_383, 16_384, 20_000, 32_767, 32_768, 65_535, 65_536, 65_537];

const PATTERNS: &[&[u8]] = &[
    b"*",
    b"c?:*",
    b"c0:a*",
    b"*[0-3]",
    b"c1:[ab]?",
    b"*k",
    b"member*",
    b"field1*",
    b"[^c]*",
    b"value*[15]",
    b"\\*",
    b"",
    b"?",
    b"c[0-9]:\\a*",
    b"[",
    b"**",
    b"c0:c1",
    b"*\xff",
];
