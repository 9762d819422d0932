//! Payloads that redis-server 7.0.15 gave, and what is almost one.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails says so"
)]

use super::*;
use crate::fuzzing::check_dump;
use crate::{End, List, Map, Set, SortedSet, Text};
use proptest::prelude::*;

const OPTIONS: DecodeOptions = DecodeOptions { bytes_max: 1000, members_max: 100, seed: 1 };

fn text(string: &[u8]) -> Databox {
    Databox::from_text(Text::Bytes(string))
}

fn set(members: &[&str]) -> Databox {
    let mut set = Set::new(2);
    members.iter().for_each(|member| assert!(set.add(member.as_bytes())));
    set.into()
}

#[test]
fn what_redis_dumped_is_read() {
    let long = b"ab".repeat(100);
    let cases: [(&[u8], Databox); 11] = [
        (b"\x00\xc0\x0c\x0a\x00\x3c\x2a\xf8\x51\x5c\x04\xbc\xd5", text(b"12")),
        (b"\x00\xc1\x48\xf4\x0a\x00\x6e\xc0\xb4\x23\x14\xcd\x69\xf7", text(b"-3000")),
        (b"\x00\xc2\x15\xcd\x5b\x07\x0a\x00\xa4\xb7\xc9\x09\xe0\xe9\x37\x9e", text(b"123456789")),
        (b"\x00\x0b12345678901\x0a\x00\x30\x4e\x52\xd7\x27\x17\x65\x10", text(b"12345678901")),
        (b"\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a", text(b"hello")),
        (
            b"\x00\xc3\x0a\x40\xc8\x02aba\xe0\xba\x01\x01ab\
              \x0a\x00\x24\xa6\xe8\x41\x70\xc0\xc6\x8c",
            text(&long),
        ),
        (b"\x00\x00\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda", text(b"")),
        (b"\x00\x02\x00\xff\x0a\x00\xf5\xf2\xc8\x2b\x65\xec\x35\x7d", text(b"\x00\xff")),
        (
            b"\x0b\x1c\x04\0\0\0\x05\0\0\0\xfc\xff\xff\xff\x01\0\0\0\x02\0\0\0\x03\0\0\0\
              \x70\x11\x01\0\x0a\x00\x3b\xfd\xa8\x51\x2d\x11\xba\xfc",
            set(&["-4", "1", "2", "3", "70000"]),
        ),
        (
            b"\x0b\x18\x08\0\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\
              \x0a\x00\x31\x22\xf0\x6d\xf5\x42\xc0\xb4",
            set(&["1", "1099511627776"]),
        ),
        (
            b"\x02\x03\x02bb\xc0\x11\x01a\x0a\x00\x84\xb6\xb2\x10\x57\x02\x1b\xd3",
            set(&["bb", "17", "a"]),
        ),
    ];
    for (payload, value) in cases {
        assert_eq!(read(payload, &OPTIONS), Ok(value), "{}", payload.escape_ascii());
        for at in 0..payload.len() {
            let mut damaged = payload.to_vec();
            damaged[at] ^= 4;
            assert_eq!(read(&damaged, &OPTIONS), Err(DumpError::Damaged));
            assert_eq!(read(&payload[..at], &OPTIONS), Err(DumpError::Damaged));
        }
    }
}

/// A listpack of these bytes of elements.
fn packed(count: u16, elements: &[u8]) -> Vec<u8> {
    let total = elements.len() as u32 + 7;
    let list = [&total.to_le_bytes()[..], &count.to_le_bytes(), elements, &[0xff]].concat();
    [&[20, 0x40, list.len() as u8][..], &list].concat()
}

#[test]
fn sets_of_later_versions_are_read() {
    let long = [&[0xe0, 70][..], &[b'x'; 70], &[72]].concat();
    let elements = [
        &[17, 1][..],
        b"\x83abc\x04",
        b"\xdf\xff\x02",
        b"\xf1\x00\x80\x03",
        b"\xf2\x00\x00\x80\x04",
        b"\xf3\x00\x00\x00\x80\x05",
        b"\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09",
        b"\xf0\x01\x00\x00\x00y\x06",
        &long,
    ]
    .concat();
    let expected = set(&[
        "17",
        "abc",
        "-1",
        "-32768",
        "-8388608",
        "-2147483648",
        "-9223372036854775808",
        "y",
        &"x".repeat(70),
    ]);
    for count in [9, u16::MAX] {
        assert_eq!(read(&sealed(&packed(count, &elements)), &OPTIONS), Ok(expected.clone()));
    }
}

/// What stands in a body behind the kind: a string of these bytes.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&[0x40, bytes.len() as u8][..], bytes].concat()
}

fn listpack(count: u16, elements: &[u8]) -> Vec<u8> {
    let total = elements.len() as u32 + 7;
    [&total.to_le_bytes()[..], &count.to_le_bytes(), elements, &[0xff]].concat()
}

fn ziplist(count: u16, elements: &[u8]) -> Vec<u8> {
    let total = elements.len() as u32 + 11;
    let head = [&total.to_le_bytes()[..], &[0; 4], &count.to_le_bytes()].concat();
    [&head[..], elements, &[0xff]].concat()
}

fn list(elements: &[&str]) -> Databox {
    let mut list = List::new();
    elements.iter().for_each(|element| list.push(End::Back, element.as_bytes()));
    list.into()
}

fn map(pairs: &[(&str, &str)]) -> Databox {
    let mut map = Map::new(2);
    for (name, value) in pairs {
        map.set(name.as_bytes(), value.as_bytes());
    }
    map.into()
}

fn sorted(pairs: &[(&str, f64)]) -> Databox {
    let mut set = SortedSet::new(2);
    pairs.iter().for_each(|(member, score)| {
        set.set(member.as_bytes(), *score);
    });
    set.into()
}

#[test]
fn containers_are_read_in_every_form() {
    let of = |kind: u8, rest: &[&[u8]]| [&[kind][..], &rest.concat()].concat();
    let pair = b"\x81a\x02\x05\x01";
    let cases = [
        (of(1, &[b"\x02\x01a\xc0\x05"]), list(&["a", "5"])),
        (
            of(
                10,
                &[&string(&ziplist(
                    3,
                    &[&[0, 1, b'a'][..], &[3, 0xf6], &[2, 0xc0, 0x2c, 1]].concat(),
                ))],
            ),
            list(&["a", "5", "300"]),
        ),
        (
            of(
                14,
                &[
                    &[2],
                    &string(&ziplist(1, &[0, 0xfe, 0x80])),
                    &string(&ziplist(1, &[0, 1, b'b'])),
                ],
            ),
            list(&["-128", "b"]),
        ),
        (
            of(18, &[&[2, 2], &string(&listpack(2, pair)), &[1], b"\x03abc"]),
            list(&["a", "5", "abc"]),
        ),
        (of(4, &[b"\x01\x01a\xc0\x05"]), map(&[("a", "5")])),
        (
            of(9, &[&string(b"\x02\x01a\x02\x01xy\x00\x01b\x00\x00\xff")]),
            map(&[("a", "xy"), ("b", "")]),
        ),
        (of(13, &[&string(&ziplist(2, &[0, 1, b'a', 3, 0xf6]))]), map(&[("a", "5")])),
        (of(16, &[&string(&listpack(2, pair))]), map(&[("a", "5")])),
        (of(3, &[b"\x02\x01a\x031.5\x01b\xff"]), sorted(&[("a", 1.5), ("b", f64::NEG_INFINITY)])),
        (of(5, &[b"\x01\x01a", &(-2.5_f64).to_le_bytes()]), sorted(&[("a", -2.5)])),
        (of(12, &[&string(&ziplist(2, &[0, 1, b'a', 3, 0xf6]))]), sorted(&[("a", 5.0)])),
        (of(17, &[&string(&listpack(2, pair))]), sorted(&[("a", 5.0)])),
    ];
    for (body, value) in cases {
        assert_eq!(read(&sealed(&body), &OPTIONS), Ok(value), "{body:?}");
        for at in 0..body.len() {
            check_dump(&body[..at]);
        }
    }
}

#[test]
fn what_is_no_container_is_malformed() {
    let of = |kind: u8, rest: &[&[u8]]| [&[kind][..], &rest.concat()].concat();
    let twice = b"\x81a\x02\x05\x01\x81a\x02\x06\x01";
    let cases = [
        // Nothing in it.
        of(1, &[b"\0"]),
        of(4, &[b"\0"]),
        of(5, &[b"\0"]),
        of(10, &[&string(&ziplist(0, &[]))]),
        of(16, &[&string(&listpack(0, &[]))]),
        of(18, &[&[1, 2], &string(&listpack(0, &[]))]),
        // A name without a value, or twice; no score, one that is no number.
        of(16, &[&string(&listpack(1, b"\x81a\x02"))]),
        of(16, &[&string(&listpack(4, twice))]),
        of(4, &[b"\x02\x01a\x01b\x01a\x01c"]),
        of(17, &[&string(&listpack(4, twice))]),
        of(17, &[&string(&listpack(2, b"\x81a\x02\x81b\x02"))]),
        of(3, &[b"\x01\x01a\xfd"]),
        of(5, &[b"\x01\x01a", &f64::NAN.to_le_bytes()]),
        // A piece of a list of no known form; more of them than there are.
        of(18, &[&[1, 3], b"\x01a"]),
        of(18, &[&[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]]),
        of(1, &[&[0x80, 0xff, 0xff, 0xff, 0xff]]),
        // Ziplists whose lengths are wrong, that end too early, or have no such code.
        of(10, &[&string(&ziplist(1, &[5, 1, b'a']))]),
        of(10, &[&string(&ziplist(2, &[0, 1, b'a']))]),
        of(10, &[&string(&ziplist(1, &[0, 9, b'a']))]),
        of(10, &[&string(&ziplist(1, &[0, 0x80, 0xff, 0xff, 0xff, 0xff]))]),
        of(10, &[&string(&ziplist(1, &[0, 0xff]))]),
        of(10, &[&string(&ziplist(1, &[254, 0xff, 0xff, 0xff, 0xff, 1, b'a']))]),
        of(10, &[&string(&[0xff; 11])]),
        // Zipmaps that end within a value.
        of(9, &[&string(b"\x01\x01a\x09\x00b\xff")]),
        of(9, &[&string(b"\x01\x01a\x01\x09b\xff")]),
        of(9, &[&string(b"\x01\x01a\xff")]),
    ];
    for case in cases {
        assert_eq!(read(&sealed(&case), &OPTIONS), Err(DumpError::Malformed), "{case:?}");
    }
}

#[test]
fn sorted_sets_are_read() {
    let scored = |pairs: &[(&str, f64)]| {
        let mut set = SortedSet::new(2);
        pairs
            .iter()
            .for_each(|&(member, score)| assert!(set.set(member.as_bytes(), score).is_none()));
        Databox::from(set)
    };
    // `ZADD z 1 a 2.5 b -inf 17`, in both of redis-server 7.0.15's forms.
    let expected = scored(&[("a", 1.0), ("b", 2.5), ("17", f64::NEG_INFINITY)]);
    let elements =
        [&[17, 1][..], b"\x84-inf\x05", b"\x81a\x02", &[1, 1], b"\x81b\x02", b"\x832.5\x04"];
    let mut listpack = packed(6, &elements.concat());
    listpack[0] = 17;
    assert_eq!(read(&sealed(&listpack), &OPTIONS), Ok(expected.clone()));
    let pairs = [
        &[5, 3, 1, b'b'][..],
        &2.5f64.to_le_bytes(),
        &[1, b'a'],
        &1f64.to_le_bytes(),
        &[0xc0, 17],
        &f64::NEG_INFINITY.to_le_bytes(),
    ];
    assert_eq!(read(&sealed(&pairs.concat()), &OPTIONS), Ok(expected));
    let nan = [&[5, 1, 1, b'b'][..], &f64::NAN.to_le_bytes()].concat();
    let twice = [&[5, 2, 1, b'b'][..], &[0; 8], &[1, b'b'], &[0; 8]].concat();
    for case in [nan, twice, vec![5, 0], vec![5, 1, 1, b'b']] {
        assert_eq!(read(&sealed(&case), &OPTIONS), Err(DumpError::Malformed), "{case:?}");
    }
}

#[test]
fn what_is_no_value_is_malformed() {
    let cases: &[Vec<u8>] = &[
        vec![],
        // Kinds that are not read.
        vec![15, 0],
        vec![0xff, 0],
        // Strings: too short, too long, of an unknown encoding, with something behind.
        vec![0, 2, b'a'],
        vec![0, 0x80, 0, 0, 4, 0],
        vec![0, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0, 0x82, 0],
        vec![0, 0xc4, 0],
        vec![0, 1, b'a', b'b'],
        // Compressed: not as long as said, a reference before the start, cut off.
        vec![0, 0xc3, 2, 2, 0, b'a'],
        vec![0, 0xc3, 3, 4, 0x20, 0, 0],
        vec![0, 0xc3, 4, 4, 0, b'a', 0x20, 9],
        vec![0, 0xc3, 1, 1, 31],
        vec![0, 0xc3, 0x82, 0x43, 0x20, 0],
        // Sets: empty, with a member twice, with fewer than said.
        vec![2, 0],
        vec![2, 2, 1, b'a', 1, b'a'],
        vec![2, 2, 1, b'a'],
        vec![2, 0xc0, 1],
        // Integers: of a strange width, too few, not in order, none.
        vec![11, 9, 3, 0, 0, 0, 1, 0, 0, 0, 7],
        vec![11, 10, 2, 0, 0, 0, 2, 0, 0, 0, 7, 0],
        vec![11, 12, 2, 0, 0, 0, 2, 0, 0, 0, 7, 0, 7, 0],
        vec![11, 8, 2, 0, 0, 0, 0, 0, 0, 0],
        // Listpacks: none, a member twice, a wrong length behind, fewer or more than said.
        packed(0, &[]),
        packed(2, &[17, 1, 17, 1]),
        packed(1, &[17, 2]),
        packed(2, &[17, 1]),
        packed(1, &[17, 1, 18, 1]),
        packed(1, &[0x83, b'a', 2]),
        packed(1, &[0xf5, 1]),
        vec![20, 7, 8, 0, 0, 0, 0, 0, 0xff],
        vec![20, 7, 7, 0, 0, 0, 0, 0, 0xfe],
    ];
    for case in cases {
        assert_eq!(read(&sealed(case), &OPTIONS), Err(DumpError::Malformed), "{case:?}");
    }
    let mut later = vec![0, 0, 12, 0];
    later.extend(CRC.checksum(&later).to_le_bytes());
    assert_eq!(read(&later, &OPTIONS), Err(DumpError::Damaged));
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_or_a_value(data in prop::collection::vec(any::<u8>(), 0..200)) {
        check_dump(&data);
    }

    #[test]
    fn what_starts_well_is_an_error_or_a_value(
        kind in prop::sample::select(
            &[0u8, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20][..],
        ),
        data in prop::collection::vec(prop_oneof![0u8..5, any::<u8>()], 0..40),
    ) {
        check_dump(&[&[kind, data.len() as u8][..], &data].concat());
        check_dump(&[&[kind][..], &data].concat());
    }

    #[test]
    fn what_is_packed_badly_unpacks_to_its_length(
        data in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        for len in [0, 1, 10, 100, 10_000] {
            if let Some(out) = lzf::unpack(&data, len) {
                prop_assert_eq!(out.len(), len);
            }
        }
    }
}
