//! Equality, order and hash agree, and everything that goes in comes out.

use super::*;
use crate::fuzzing::hash;
use proptest::prelude::*;

fn any_value() -> impl Strategy<Value = Databox> {
    prop_oneof![
        Just(Databox::NIL),
        any::<bool>().prop_map(Databox::from),
        any::<i8>().prop_map(Databox::from),
        any::<u64>().prop_map(Databox::from),
        any::<i128>().prop_map(Databox::from),
        any::<u128>().prop_map(Databox::from),
        any::<f32>().prop_map(Databox::from),
        any::<f64>().prop_map(Databox::from),
        Just(Databox::from(f64::NAN)),
        Just(Databox::from(-0.0)),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Databox::from(&bytes[..])),
        prop::collection::vec(0u8..4, 0..3).prop_map(|members| {
            let mut set = Set::new(members.len() as u64);
            members.iter().for_each(|&member| {
                set.add(&[b'0' + member]);
            });
            Databox::from(set)
        }),
    ]
}

#[test]
fn integers_are_equal_by_their_number() {
    let fives =
        [Databox::from(5i8), 5i16.into(), 5i32.into(), 5i64.into(), 5i128.into(), 5u8.into()];
    assert!(fives.iter().all(|five| *five == Databox::from(5u128) && five.heap_bytes() == 0));
    let ascending = [
        Databox::from(i128::MIN),
        Databox::from(i64::MIN),
        Databox::from(-1),
        Databox::from(0u8),
        Databox::from(i64::MAX),
        Databox::from(u64::MAX),
        Databox::from(1i128 << 64),
        Databox::from(i128::MAX),
        Databox::from(u128::MAX),
    ];
    assert!(ascending.is_sorted_by(|one, two| one < two));
}

#[test]
fn strings_change_form_at_fifteen_bytes() {
    for len in [0, 1, 13, 14, 15, 16, 5000] {
        let bytes = alloc::vec![b'x'; len];
        let value = Databox::from(&bytes[..]);
        assert_eq!(value.view(), View::Bytes(&bytes));
        assert_eq!(value.clone(), value);
        assert_eq!(value.heap_bytes(), if len <= 14 { 0 } else { len + 8 });
    }
}

#[test]
fn splices_make_strings_of_integers_and_leave_the_rest() {
    let mut value = Databox::from(4200);
    assert!(value.splice(1, b"7"));
    assert_eq!(value.view(), View::Bytes(b"4700"));
    assert_eq!(value.splice_growth_max(0, 14), 0);
    assert!(value.splice(20, b"end"));
    let expected = [&b"4700"[..], &[0; 16], b"end"].concat();
    assert_eq!(value.view(), View::Bytes(&expected));
    assert_eq!(value, Databox::from(&expected[..]));
    assert!(value.heap_bytes() <= Databox::from(1).splice_growth_max(0, 23));
    assert!(!Databox::from(Set::new(1)).splice(0, b"x"));
    assert!(!Databox::from(1.5).splice(0, b"x"));
}

#[test]
fn texts_become_integers_only_in_from_text() {
    assert_eq!(Databox::from_text(Text::Bytes(b"12")).view(), View::Integer(12));
    assert_eq!(Databox::from("12").view(), View::Bytes(b"12"));
    assert_eq!(Databox::from_text(Text::Bytes(b"012")).view(), View::Bytes(b"012"));
    assert_ne!(Databox::from(12), Databox::from("12"));
}

#[test]
fn debug_forms_are_readable() {
    let mut set = Set::new(0);
    set.add(b"1");
    set.add(b"a\n");
    assert_eq!(format!("{:?}", Databox::from(set)), r#"{1, b"a\n"}"#);
    assert_eq!(format!("{:?}", Databox::default()), "nil");
}

proptest! {
    #[test]
    fn order_is_total_and_agrees_with_equality_and_hash(
        one in any_value(), two in any_value(), three in any_value(),
    ) {
        prop_assert_eq!(one.cmp(&two), two.cmp(&one).reverse());
        prop_assert_eq!(one == two, one.cmp(&two).is_eq());
        if one == two {
            prop_assert_eq!(hash(&one), hash(&two));
        }
        if one <= two && two <= three {
            prop_assert!(one <= three);
        }
        prop_assert!(one.cmp(&one.clone()).is_eq());
    }

    #[test]
    fn integers_are_ordered_as_integers(one: i128, two: i128, shift in 0u32..127) {
        let (one, two) = (one >> shift, two >> shift);
        prop_assert_eq!(Databox::from(one).cmp(&Databox::from(two)), one.cmp(&two));
    }
}
