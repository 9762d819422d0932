//! Numbers and times, at the edges of what servers take.

use crate::class::Keys;
use crate::random::Random;

/// An integer: small ones, the ends of the range, and what is almost one.
pub(crate) fn integer(random: &mut Random, _: &Keys) -> Vec<u8> {
    match random.below(12) {
        0 => random.pick(ENDS).as_bytes().to_vec(),
        1 => text(random.number() as i64),
        2 => random.pick(WRONG).as_bytes().to_vec(),
        3 => text(random.between(-40_000, 40_000)),
        _ => text(random.between(-100, 100)),
    }
}

/// A floating-point number, in the forms that are and are not taken.
pub(crate) fn float(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(8) {
        0 => integer(random, keys),
        1 => random.pick(FLOATS).as_bytes().to_vec(),
        2 => format!("{:e}", f64::from_bits(random.number())).into_bytes(),
        3 => format!("{:.17}", random.between(-1_000, 1_000) as f64 / 7.0).into_bytes(),
        4 | 5 => format!("{}", random.between(-40, 40) as f64 / 4.0).into_bytes(),
        _ => text(random.between(-10, 10)),
    }
}

/// The end of a range of scores.
pub(crate) fn score_bound(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(6) {
        0 => random.pick(SCORE_BOUNDS).as_bytes().to_vec(),
        1 | 2 => [b"(".to_vec(), float(random, keys)].concat(),
        _ => float(random, keys),
    }
}

/// How many: few, none, all and nonsense.
pub(crate) fn count(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(12) {
        0 => b"0".to_vec(),
        1 => random.pick(&["-1", "-3", "-10"]).as_bytes().to_vec(),
        2 => integer(random, keys),
        3 => b"1000".to_vec(),
        _ => text(random.between(1, 10)),
    }
}

/// A place in a sequence, from either end.
pub(crate) fn index(random: &mut Random, keys: &Keys) -> Vec<u8> {
    if random.one_in(12) { integer(random, keys) } else { text(random.between(-12, 12)) }
}

/// A bit's or byte's place: near, around the ends of bytes and words, far, and beyond the limit.
/// Not so far that a value of hundreds of megabytes comes of it.
pub(crate) fn offset(random: &mut Random, _: &Keys) -> Vec<u8> {
    match random.below(16) {
        0 => random.pick(WRONG).as_bytes().to_vec(),
        1 => random.pick(&["4294967296", "9223372036854775807", "-1"]).as_bytes().to_vec(),
        2 => text(random.between(0, 1 << 20)),
        3..7 => text((8 * random.between(0, 40) + random.between(-1, 1)).max(0)),
        _ => text(random.between(0, 300)),
    }
}

/// A database's number.
pub(crate) fn database(random: &mut Random, keys: &Keys) -> Vec<u8> {
    match random.below(12) {
        0 => random.pick(&["16", "-1", "one", "4294967296"]).as_bytes().to_vec(),
        1 => integer(random, keys),
        2 => b"15".to_vec(),
        3..6 => b"1".to_vec(),
        _ => b"0".to_vec(),
    }
}

/// A time to live: so long that no key expires while it is compared, and so far apart that no
/// delay changes which of two is later; or over already; or out of range.
pub(crate) fn seconds(random: &mut Random, _: &Keys) -> Vec<u8> {
    match random.below(12) {
        0 => random.pick(&["0", "-1", "-1000"]).as_bytes().to_vec(),
        1 => random.pick(FAR).as_bytes().to_vec(),
        2 => random.pick(WRONG_TIMES).as_bytes().to_vec(),
        _ => text(1_000 * random.between(10, 1_000_000)),
    }
}

/// As [`seconds`], in milliseconds.
pub(crate) fn millis(random: &mut Random, keys: &Keys) -> Vec<u8> {
    thousandfold(seconds(random, keys))
}

/// A moment in seconds since 1970: far away, or out of range. Not one that is past: a key that had
/// expired when it was written counts until its server comes to look at it.
pub(crate) fn at_seconds(random: &mut Random, _: &Keys) -> Vec<u8> {
    match random.below(12) {
        0 => random.pick(&["0", "-1"]).as_bytes().to_vec(),
        1 => random.pick(FAR).as_bytes().to_vec(),
        2 => random.pick(WRONG_TIMES).as_bytes().to_vec(),
        _ => text(4_000_000_000 + 1_000 * random.between(10, 1_000_000)),
    }
}

/// As [`at_seconds`], in milliseconds.
pub(crate) fn at_millis(random: &mut Random, keys: &Keys) -> Vec<u8> {
    thousandfold(at_seconds(random, keys))
}

/// How long to wait at most: hardly at all, as the comparison waits too, or nonsense.
pub(crate) fn timeout(random: &mut Random, _: &Keys) -> Vec<u8> {
    random.pick(&["0.01", "0.001", "1e-2", "-1", "x", "nan", "1e300"]).as_bytes().to_vec()
}

/// What is no cursor, or none that was given.
pub(crate) fn bad_cursor(random: &mut Random, _: &Keys) -> Vec<u8> {
    random.pick(WRONG).as_bytes().to_vec()
}

/// A time in seconds that is right, in milliseconds.
fn thousandfold(mut seconds: Vec<u8>) -> Vec<u8> {
    if seconds.len() > 4 && seconds.ends_with(b"000") {
        seconds.extend(b"000");
    }
    seconds
}

fn text(number: i64) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// Almost integers. None of them is one that is small and positive.
pub(crate) const WRONG: &[&str] = &[
    "",
    "-",
    "+",
    "007",
    "+5",
    "-0",
    " 1",
    "1 ",
    "0x10",
    "1.0",
    "1e3",
    "one",
    "1_000",
    "1\n",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
];

const ENDS: &[&str] = &[
    "9223372036854775807",
    "9223372036854775806",
    "-9223372036854775808",
    "-9223372036854775807",
    "4294967296",
    "4294967295",
    "2147483648",
    "2147483647",
    "-2147483648",
    "-2147483649",
    "32767",
    "32768",
    "-32769",
    "127",
    "128",
    "-129",
    "255",
    "256",
    "0",
    "1",
    "-1",
    "16383",
];

const FLOATS: &[&str] = &[
    "inf",
    "-inf",
    "+inf",
    "Infinity",
    "nan",
    "-nan",
    "0",
    "-0",
    "-0.0",
    "0.1",
    ".5",
    "5.",
    "1e5",
    "1E-5",
    "1e308",
    "1e309",
    "-1e309",
    "5e-324",
    "1e-400",
    "3.0e0",
    "0x1p3",
    "1.5 ",
    " 1.5",
    "",
    "1.5.5",
    "e5",
    "17179869184.5",
    "0.30000000000000004",
    "123456789012345678",
    "9007199254740993",
    "3.14159265358979323846",
    "1e17",
    "1e21",
    "1e22",
    "100000000000000000000",
];

const SCORE_BOUNDS: &[&str] = &["-inf", "+inf", "(inf", "(-inf", "(", "((1", "( 1"];

/// Times beyond what milliseconds since 1970 can count in 64 bits.
const FAR: &[&str] = &[
    "9223372036854775807",
    "9223372036854775",
    "9223372036854776",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854776",
];

const WRONG_TIMES: &[&str] = &["ten", "", "1.5", "1e3", " 1", "0x10", "-"];
