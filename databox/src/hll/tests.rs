//! HyperLogLogs against their own dense form, and known ones.

#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use super::*;
use crate::fuzzing::check_hll;
use proptest::prelude::*;

#[test]
fn an_empty_one_is_eighteen_bytes() {
    let mut hll = Hll::new();
    assert_eq!(hll.bytes(), b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff");
    assert_eq!((hll.cached(), hll.count()), (Some(0), Ok(0)));
}

#[test]
fn the_error_is_small_and_sparse_ones_become_dense() {
    let mut hll = Hll::new();
    for number in 0..30_000u32 {
        hll.add(format!("element {number}").as_bytes()).unwrap();
        if [10, 1_000, 29_999].contains(&number) {
            let error = (hll.count().unwrap() as f64 / f64::from(number + 1) - 1.0).abs();
            assert!(error < 0.03, "{number}: {error}");
        }
    }
    assert!(hll.is_dense());
    assert_eq!(hll.bytes().len(), 12_304);
}

#[test]
fn merged_registers_count_the_union() {
    let (mut one, mut other) = (Hll::new(), Hll::new());
    for number in 0..2_000u32 {
        one.add(&number.to_le_bytes()).unwrap();
        other.add(&(number + 1_000).to_le_bytes()).unwrap();
    }
    let mut registers = Registers::new();
    registers.take(&one).unwrap();
    registers.take(&other).unwrap();
    let mut merged = Hll::new();
    merged.merge(&registers).unwrap();
    assert_eq!(merged.count(), Ok(registers.count()));
    assert!((2_900..3_100).contains(&registers.count()));
}

proptest! {
    #[test]
    fn any_string_is_refused_or_harmless(data in prop::collection::vec(any::<u8>(), 0..80)) {
        check_hll(&data);
    }

    #[test]
    fn roots_are_roots(x in 0.0..1.0f64) {
        let near = (root(x) - x.sqrt()).abs();
        prop_assert!(near <= f64::EPSILON * x.sqrt(), "{x}");
    }
}
