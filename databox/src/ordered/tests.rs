//! Ordered sets against the standard library's.

use super::*;
use crate::fuzzing::check_ordered;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use proptest::prelude::*;

fn set(order: Order, members: &[i64]) -> Ordered {
    let mut set = Ordered::new(order);
    members.iter().for_each(|member| _ = set.add(member.to_string().as_bytes()));
    set
}

#[test]
fn numbers_are_ordered_by_value_and_strings_by_bytes() {
    let members = [10, 9, -1, 100];
    let texts = |set: &Ordered| set.iter().map(|text| text.integer().unwrap()).collect::<Vec<_>>();
    assert_eq!(texts(&set(Order::Numbers, &members)), [-1, 9, 10, 100]);
    assert_eq!(texts(&set(Order::Bytes, &members)), [-1, 10, 100, 9]);
}

#[test]
fn many_numbers_take_little_more_than_their_bytes() {
    let mut set = Ordered::new(Order::Numbers);
    for number in 0..50_000u64 {
        // In no order, below 2^31.
        set.add((number * 10_007 % (1 << 31)).to_string().as_bytes());
    }
    assert!(set.heap_bytes() < set.len() * 8, "{} for {}", set.heap_bytes(), set.len());
    set.check();
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..150)) {
        check_ordered(&data);
    }

    #[test]
    fn ranks_are_those_of_a_sorted_list(
        members in prop::collection::btree_set(any::<i128>(), 0..300),
        shift in 0u32..120,
    ) {
        let members: BTreeSet<i128> = members.into_iter().map(|member| member >> shift).collect();
        let mut set = Ordered::new(Order::Numbers);
        for member in members.iter().rev() {
            prop_assert!(set.add(member.to_string().as_bytes()));
        }
        set.check();
        for (rank, member) in members.iter().enumerate() {
            prop_assert_eq!(set.find(member.to_string().as_bytes()), Ok(rank));
            let below = (*member).checked_sub(1).filter(|below| !members.contains(below));
            if let Some(below) = below {
                prop_assert_eq!(set.find(below.to_string().as_bytes()), Err(rank));
            }
        }
    }
}
