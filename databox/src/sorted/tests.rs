//! The sorted set against the standard library's map and set.

use super::*;
use crate::fuzzing::check_sorted;
use proptest::prelude::*;

fn numbered(count: u64, score: impl Fn(u64) -> f64) -> SortedSet {
    let mut set = SortedSet::new(5);
    for number in 0..count {
        // An odd factor goes through all numbers of 64 bits.
        let name = format!("m{:011x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20);
        set.set(name.as_bytes(), score(number));
    }
    set
}

#[test]
fn fifty_members_of_twelve_bytes_take_fifteen_bytes_each() {
    let set = numbered(50, |number| (number * 19_997) as f64);
    assert_eq!(set.as_small().unwrap().bytes().len(), 3 + 1 + 50 * 3 + 1 + 50 * 12);
}

#[test]
fn a_large_set_takes_little_beside_its_members() {
    let set = numbered(100_000, |number| ((number * 7_919_317) % 1_000_000_007) as f64);
    set.check();
    let each = set.heap_bytes() as f64 / 100_000.0;
    assert!((26.0..30.0).contains(&each), "{each}");
    let set = numbered(100_000, |number| number as f64);
    let each = set.heap_bytes() as f64 / 100_000.0;
    assert!((22.0..27.0).contains(&each), "{each}");
}

#[test]
fn a_hundred_thousand_equal_scores_are_in_the_order_of_bytes() {
    let mut set = numbered(100_000, |_| 7.0);
    set.check();
    assert_eq!((set.below(7.0, false), set.below(7.0, true)), (0, set.len()));
    let mut members = Vec::new();
    set.walk(0, usize::MAX, |member, _| members.push(member.to_vec()));
    for index in [0, 1, 777, 50_000, members.len() - 1] {
        assert_eq!(set.rank(&members[index]), Some(index));
        assert_eq!(set.before(&members[index], false), index);
        assert_eq!(set.before(&members[index], true), index + 1);
    }
    assert_eq!(set.remove_range(10, 99_000), 99_000);
    set.check();
    let each = set.heap_bytes() / set.len();
    assert!(each < 80, "{each}");
}

#[test]
fn no_write_copies_more_than_64_kibibytes_of_what_is_lent() {
    let mut set = numbered(20_000, |number| ((number * 7_919) % 20_011) as f64);
    for number in 0..2000u64 {
        let lent = set.clone();
        let before = set.copied_bytes();
        let member = format!("m{:011x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20);
        if number % 3 == 0 {
            set.remove(member.as_bytes());
        } else {
            set.set(format!("new:{number}").as_bytes(), (number * 17 % 20_011) as f64);
        }
        let copied = set.copied_bytes() - before;
        assert!(copied <= 64 * 1024, "{copied}");
        assert!(lent.len() != set.len());
    }
    set.check();
}

#[test]
fn a_clone_stays_as_it_was() {
    let mut set = numbered(10_000, |number| number as f64);
    let lent = set.clone();
    set.remove_range(100, 9_000);
    set.set(b"new", 5.5);
    set.check();
    lent.check();
    assert_eq!((lent.len(), set.len()), (10_000, 1_001));
    assert_eq!(lent, numbered(10_000, |number| number as f64));
}

#[test]
fn a_scan_meets_what_is_there_throughout() {
    let mut set = numbered(5_000, |number| number as f64);
    let mut wanted = std::collections::BTreeSet::new();
    set.walk(0, 2_000, |member, _| {
        wanted.insert(member.to_vec());
    });
    let (mut cursor, mut round) = (0, 0u64);
    loop {
        cursor = SortedView::Set(&set).scan(cursor, 10, |member, _| {
            wanted.remove(&member.to_vec());
        });
        if cursor == 0 {
            break;
        }
        round += 1;
        if round < 60 {
            // It shrinks to less than half, and grows again.
            set.remove_range(2_000, 50);
        } else {
            (0..20)
                .for_each(|n| assert!(set.set(format!("{round}:{n}").as_bytes(), 9e9).is_none()));
        }
    }
    assert!(wanted.is_empty(), "{}", wanted.len());
}

#[test]
fn a_large_set_is_freed_in_steps() {
    let mut set = numbered(50_000, |number| number as f64);
    (0..100).for_each(|number| {
        set.set(format!("{number}{}", "x".repeat(500)).as_bytes(), 1.0);
    });
    let mut steps = 0;
    while set.free_step() {
        steps += 1;
    }
    assert!(steps > 5);
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..400)) {
        check_sorted(&data);
    }
}
