//! What `redis-server` on x86 makes of sums, and what it takes for numbers.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that fails says so"
)]

use super::Fraction;
use proptest::prelude::*;

fn sum(left: &str, right: &str) -> Option<String> {
    let parse = |text: &str| Fraction::parse(text.as_bytes());
    Some(parse(left)?.add(parse(right)?)?.to_text())
}

#[test]
fn sums_are_those_of_redis() {
    let cases = [
        ("0.1", "0.2", "0.3"),
        ("10.50", "0.1", "10.6"),
        ("5.0e3", "2.0e2", "5200"),
        ("3", "-3", "0"),
        ("-0", "-0", "0"),
        ("1e17", "0.5", "100000000000000000.5"),
        ("1e-17", "0", "0.00000000000000001"),
        ("4e-18", "0", "0"),
        ("0x10", "0", "16"),
        ("0x1p3", ".5", "8.5"),
        ("1.", "0", "1"),
        ("9223372036854775807", "1", "9223372036854775808"),
        ("1e20", "1", "100000000000000000000"),
        ("1e-17", "0x1p3", "8.00000000000000001"),
        (
            "1e100",
            "0",
            "99999999999999999996693535322073426194986990198284960792713915417520186694826443244189\
             77840117055488",
        ),
        ("17179869184", "0.3", "17179869184.30000000074505806"),
    ];
    for (left, right, expected) in cases {
        assert_eq!(sum(left, right).as_deref(), Some(expected), "{left} + {right}");
    }
}

#[test]
fn what_is_no_number_is_told() {
    let wrong = [
        "", " 1", "1 ", "a", "1e", "e1", ".", "-", "+-1", "0x", "1e99999", "1e-99999", "nan",
        "1,5", "1e5.0", "0x1.8g", "1p3", "١",
    ];
    for text in wrong {
        assert!(Fraction::parse(text.as_bytes()).is_none(), "{text:?}");
    }
    assert!(Fraction::parse(&[b'1'; 5120]).is_none());
    assert!(sum("inf", "1").is_none());
    assert!(sum("inf", "-inf").is_none());
    assert!(sum("1.1e4932", "1.1e4932").is_none());
}

#[test]
fn the_greatest_has_all_its_digits() {
    let text = sum("1e4932", "0").unwrap();
    assert_eq!(text.len(), 4933);
    assert!(text.starts_with("1000000000000000000"));
    // All digits of 2^1000.
    let power = sum("0x1p1000", "0").unwrap();
    assert!(power.starts_with("10715086071862673209484250490600018105614048117055336074437503883"));
}

proptest! {
    #[test]
    fn any_text_is_a_number_or_not(text in "[-+0-9.eExXpPa-fn ]{0,24}") {
        let parsed = Fraction::parse(text.as_bytes());
        let zero = Fraction::parse(b"0").unwrap();
        if let Some(finite) = parsed.and_then(|value| value.add(zero)) {
            prop_assert!(Fraction::parse(finite.to_text().as_bytes()).is_some());
        }
    }

    #[test]
    fn integers_add_exactly(left in -1i64 << 62..1 << 62, right in -1i64 << 62..1 << 62) {
        let expected = (left + right).to_string();
        prop_assert_eq!(sum(&left.to_string(), &right.to_string()), Some(expected));
    }
}
