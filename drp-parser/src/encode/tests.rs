//! Encodings, byte by byte, against what Redis 7.0.15 sends.

use alloc::vec::Vec;

use super::{Encoder, Version};
use proptest::prelude::*;

fn encode(version: Version, with: impl FnOnce(&mut Encoder<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    with(&mut Encoder::new(&mut out, version));
    out
}

#[track_caller]
fn check(with: impl Fn(&mut Encoder<'_>), resp2: &str, resp3: &str) {
    assert_eq!(encode(Version::Resp2, &with).escape_ascii().to_string(), escaped(resp2));
    assert_eq!(encode(Version::Resp3, &with).escape_ascii().to_string(), escaped(resp3));
}

fn escaped(text: &str) -> String {
    text.as_bytes().escape_ascii().to_string()
}

#[test]
fn scalars() {
    check(|e| e.status(b"OK"), "+OK\r\n", "+OK\r\n");
    check(|e| e.error(b"ERR no"), "-ERR no\r\n", "-ERR no\r\n");
    check(|e| e.integer(-42), ":-42\r\n", ":-42\r\n");
    check(|e| e.integer(i64::MIN), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n");
    check(|e| e.boolean(true), ":1\r\n", "#t\r\n");
    check(|e| e.boolean(false), ":0\r\n", "#f\r\n");
    check(|e| e.bulk(b""), "$0\r\n\r\n", "$0\r\n\r\n");
    check(|e| e.bulk(b"a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n");
    check(|e| e.bulk(&[b'x'; 10]), "$10\r\nxxxxxxxxxx\r\n", "$10\r\nxxxxxxxxxx\r\n");
    check(|e| e.bulk_integer(-12), "$3\r\n-12\r\n", "$3\r\n-12\r\n");
    check(|e| e.bulk_header(300), "$300\r\n", "$300\r\n");
    check(|e| e.nil(), "$-1\r\n", "_\r\n");
    check(|e| e.nil_array(), "*-1\r\n", "_\r\n");
    check(|e| e.verbatim(b"hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n");
}

#[test]
fn line_breaks_in_lines_become_spaces() {
    check(|e| e.error(b"ERR a\r\nb"), "-ERR a  b\r\n", "-ERR a  b\r\n");
    check(|e| e.status(b"a\r\nb\nc"), "+a  b c\r\n", "+a  b c\r\n");
}

#[test]
fn aggregates() {
    check(|e| e.array(3), "*3\r\n", "*3\r\n");
    check(|e| e.array(1000), "*1000\r\n", "*1000\r\n");
    check(|e| e.map(3), "*6\r\n", "%3\r\n");
    check(|e| e.set(3), "*3\r\n", "~3\r\n");
    check(|e| e.push(3), "*3\r\n", ">3\r\n");
}

#[test]
fn open_arrays_get_their_length() {
    for (hint, len) in [(0, 0), (3, 3), (3, 4), (9, 10), (10, 9), (0, 1000), (1000, 0)] {
        let out = encode(Version::Resp2, |e| {
            e.status(b"before");
            let outer = e.open_array(hint);
            let inner = e.open_array(hint);
            e.integer(1);
            e.close_array(inner, len);
            e.integer(2);
            e.close_array(outer, len);
            e.status(b"after");
        });
        let expected = format!("+before\r\n*{len}\r\n*{len}\r\n:1\r\n:2\r\n+after\r\n");
        assert_eq!(out, expected.as_bytes(), "hint {hint}");
    }
}

#[test]
fn open_maps_get_their_length() {
    for (hint, len) in [(0, 0), (1, 1), (4, 5), (5, 4), (0, 1000)] {
        for (version, header) in
            [(Version::Resp2, format!("*{}", len * 2)), (Version::Resp3, format!("%{len}"))]
        {
            let out = encode(version, |e| {
                let map = e.open_map(hint);
                e.integer(1);
                e.close_map(map, len);
            });
            assert_eq!(out, format!("{header}\r\n:1\r\n").as_bytes(), "hint {hint}");
        }
    }
}

#[test]
#[should_panic(expected = "no such header was opened at this mark")]
fn foreign_marks_are_refused() {
    encode(Version::Resp2, |e| {
        e.status(b"x");
        e.close_array(super::Mark { offset: 0, hint: 1 }, 2);
    });
}

/// What redis-server 7.0.15 replied to ZSCORE, and what C's `%.17g` prints.
#[test]
fn doubles() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.0, "3"),
        (-3.0, "-3"),
        (1.5, "1.5"),
        (1.1, "1.1000000000000001"),
        (-1.1, "-1.1000000000000001"),
        (0.1, "0.10000000000000001"),
        (0.0625, "0.0625"),
        (0.0001, "0.0001"),
        (1e-5, "1.0000000000000001e-05"),
        (1e-7, "9.9999999999999995e-08"),
        (1e8, "100000000"),
        (1e16, "10000000000000000"),
        (1e17, "1e+17"),
        (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
        (99_999_999_999_999_984.0, "99999999999999984"),
        (12345.678, "12345.678"),
        (1234567890123456.5, "1234567890123456.5"),
        (3.0e-5, "3.0000000000000001e-05"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (5e-324, "4.9406564584124654e-324"),
        (-5e-324, "-4.9406564584124654e-324"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ] {
        check(
            |e| e.double(value),
            &format!("${}\r\n{text}\r\n", text.len()),
            &format!(",{text}\r\n"),
        );
    }
}

proptest! {
    #[test]
    fn doubles_read_back(bits: u64) {
        let value = f64::from_bits(bits);
        let out = encode(Version::Resp3, |e| e.double(value));
        let text = core::str::from_utf8(&out[1..out.len() - 2]).unwrap();
        let read: f64 = text.parse().unwrap();
        prop_assert!(read == value || (read.is_nan() && value.is_nan()), "{text}");
    }
}
