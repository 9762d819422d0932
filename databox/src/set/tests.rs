//! The set against the standard library's, its forms, and what they cost.

use super::*;
use crate::SetView;
use crate::fuzzing::check_set;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn set(members: &[&str]) -> Set {
    let mut set = Set::new(9);
    members.iter().for_each(|member| assert!(set.add(member.as_bytes())));
    set
}

fn integers(count: i64) -> Set {
    let mut set = Set::new(9);
    for number in 0..count {
        assert!(set.add(Text::Integer(number).to_vec().as_slice()));
    }
    set
}

#[test]
fn small_sets_have_no_table() {
    assert_eq!(Set::new(1).heap_bytes(), 0);
    assert!(integers(512).as_small().is_some_and(|small| small.is_integers()));
    assert!(matches!(integers(513).form, Form::Table(_)));
    assert!(set(&["1", "x"]).as_small().is_some_and(|small| !small.is_integers()));
    assert!(matches!(set(&["1", &"x".repeat(240)]).form, Form::Table(_)));
}

#[test]
fn members_come_back_byte_for_byte_in_every_form() {
    for size in [0, 100, 600] {
        let mut set = integers(size);
        for member in ["007", "-0", "", "-9223372036854775808", "+1", "9223372036854775808"] {
            assert!(set.add(member.as_bytes()));
            assert!(!set.add(member.as_bytes()));
        }
        let all: BTreeSet<_> = set.iter().map(|member| member.to_vec()).collect();
        assert_eq!(all.len(), size as usize + 6);
        assert!(all.iter().all(|member| set.contains(member)));
        assert!(set.iter().any(|member| member.to_vec() == b"007"));
    }
}

#[test]
fn equal_sets_are_equal_in_every_form() {
    let mut shrunk = integers(600);
    for number in 3..600 {
        assert!(shrunk.remove(number.to_string().as_bytes()));
    }
    let small = integers(3);
    assert_eq!(shrunk, small);
    assert_eq!(shrunk.cmp(&small), Ordering::Equal);
    let hash = |set: &Set| crate::fuzzing::hash(&set.clone().into());
    assert_eq!(hash(&shrunk), hash(&small));
    assert!(set(&["1", "2"]) < set(&["1", "3"]));
    assert!(set(&["1"]) < set(&["1", "3"]));
}

#[test]
fn a_large_set_is_freed_in_steps() {
    let mut value = crate::Databox::from(integers(10_000));
    let before = value.heap_bytes();
    let mut steps = 1;
    while value.free_step() {
        steps += 1;
    }
    assert!(steps > 1, "{steps}");
    assert!(value.heap_bytes() < before / 20);
    assert!(!crate::Databox::from(integers(10)).free_step());
}

#[test]
fn a_lent_set_stays_as_it_was_and_a_write_to_it_copies_little() {
    let mut set = integers(100_000);
    let lent = set.clone();
    let mut most = 0;
    for number in 100_000..101_000 {
        let before = set.copied_bytes();
        assert!(set.add(format!("member:{number}").as_bytes()));
        assert!(set.remove((number - 100_000).to_string().as_bytes()));
        most = most.max(set.copied_bytes() - before);
    }
    assert!(set.copied_bytes() > 100_000 && most <= 2 * 64 * 1024, "{most}");
    set.check();
    let reader = std::thread::spawn(move || {
        lent.check();
        assert!((0..100_000).all(|number| lent.contains(number.to_string().as_bytes())));
        (lent.len(), lent)
    });
    let (len, home) = reader.join().unwrap();
    assert_eq!((len, set.len()), (100_000, 100_000));
    drop(home);
    let before = set.copied_bytes();
    (0..2000).for_each(|number| assert!(set.add(format!("alone:{number}").as_bytes())));
    assert_eq!(set.copied_bytes(), before, "nobody else has anything of it");
}

#[test]
fn one_write_to_a_lent_set_copies_at_most_64_kib() {
    let set = integers(100_000);
    for number in 0..200 {
        let mut own = set.clone();
        let member = format!("another:{number}");
        assert!(own.add(member.as_bytes()));
        assert!(own.copied_bytes() <= 64 * 1024, "{}", own.copied_bytes());
        let mut own = set.clone();
        assert!(own.remove((number * 499).to_string().as_bytes()));
        assert!(own.copied_bytes() <= 64 * 1024, "{}", own.copied_bytes());
    }
    let before = set.heap_bytes();
    assert_eq!((set.copied_bytes(), set.heap_bytes(), set.len()), (0, before, 100_000));
    set.check();
}

#[test]
fn a_set_that_shrinks_gives_its_room_back() {
    let mut set = integers(100_000);
    let full = set.heap_bytes();
    let removed = (0..100_000).filter(|number| number % 4 != 1);
    removed.for_each(|number| assert!(set.remove(number.to_string().as_bytes())));
    assert!(set.heap_bytes() < full * 2 / 5, "{} of {full}", set.heap_bytes());
    set.check();
}

#[test]
fn promotion_stays_within_its_bound() {
    let mut set = Set::new(2);
    for number in 0..200 {
        let member = format!("{number:064}");
        let bound = set.heap_bytes() + set.add_growth_max(member.as_bytes());
        assert!(set.add(member.as_bytes()));
        assert!(set.heap_bytes() <= bound, "member {number}");
    }
    let mut set = integers(512);
    let long = "x".repeat(100_000);
    let bound = set.heap_bytes() + set.add_growth_max(long.as_bytes());
    assert!(set.add(long.as_bytes()));
    assert!(set.heap_bytes() <= bound);
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..600)) {
        check_set(&data);
    }

    #[test]
    fn adding_is_commutative_and_idempotent(
        mut members in prop::collection::vec("-?[0-9]{0,3}|[a-z]{0,70}", 0..40),
    ) {
        let mut one = Set::new(1);
        members.iter().for_each(|member| { one.add(member.as_bytes()); });
        members.reverse();
        let mut two = Set::new(2);
        for member in members.iter().chain(&members) {
            two.add(member.as_bytes());
        }
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(one.cmp(&two), Ordering::Equal);
    }

    #[test]
    fn removing_undoes_adding(
        members in prop::collection::btree_set("[0-9a-z]{0,5}", 0..200),
        extra in "[0-9A-Z]{1,80}",
    ) {
        let mut set = Set::new(1);
        members.iter().for_each(|member| { set.add(member.as_bytes()); });
        let before = set.clone();
        if set.add(extra.as_bytes()) {
            prop_assert!(set.remove(extra.as_bytes()));
        }
        prop_assert_eq!(set, before);
    }
}

#[test]
fn a_scan_visits_every_member_once() {
    for (len, prefix) in [(0, ""), (1, ""), (500, ""), (100, "m"), (5000, "m"), (700, "")] {
        let mut set = Set::new(7);
        for number in 0..len {
            set.add(format!("{prefix}{number}").as_bytes());
        }
        for count in [0, 1, 64, 10_000] {
            let (mut seen, mut cursor) = (Vec::new(), 0);
            loop {
                let before = seen.len();
                cursor = set.scan(cursor, count, |member| seen.push(member.to_vec()));
                let visited = (seen.len() - before) as u64;
                assert!(cursor == 0 || visited >= count, "{visited} of {count}");
                if cursor == 0 {
                    break;
                }
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), len, "{prefix} by {count}");
        }
    }
}

/// Between two calls of a scan the set grows by splits, or shrinks by merges and moves; what is
/// there throughout is seen, and what was never there is not.
#[test]
fn a_scan_sees_what_stays_while_the_set_grows_and_shrinks() {
    for (start, batch) in [(0, 40), (150, 7), (3_000, 500)] {
        let mut set = Set::new(7);
        let stays = |number: u32| format!("stays:{number}");
        (0..100).for_each(|number| assert!(set.add(stays(number).as_bytes())));
        (0..start).for_each(|number| assert!(set.add(format!("goes:{number}").as_bytes())));
        let (mut cursor, mut seen, mut next, mut round) = (0, Vec::new(), start, 0u32);
        let mut first = 0;
        loop {
            cursor = set.scan(cursor, 1, |member| seen.push(member.to_vec()));
            if cursor == 0 {
                break;
            }
            round += 1;
            if round / 20 % 2 == 0 {
                for number in next..next + batch {
                    set.add(format!("goes:{number}").as_bytes());
                }
                next += batch;
            } else {
                let end = (first + 2 * batch).min(next);
                (first..end).for_each(|number| _ = set.remove(format!("goes:{number}").as_bytes()));
                first = end;
            }
            assert!(round < 100_000);
        }
        for number in 0..100 {
            assert!(seen.contains(&stays(number).into_bytes()), "{number} from {start}");
        }
        let known =
            |member: &Vec<u8>| member.starts_with(b"stays:") || member.starts_with(b"goes:");
        assert!(seen.iter().all(known));
        set.check();
    }
}

#[test]
fn a_set_that_grows_takes_little_at_a_time() {
    let mut set = Set::new(7);
    for number in 0..150_000u32 {
        let before = set.heap_bytes();
        assert!(set.add(format!("member:{number}").as_bytes()));
        let grown = set.heap_bytes().abs_diff(before);
        assert!(grown <= 64 * 1024, "{grown} bytes at {number}");
    }
    set.check();
}

#[test]
fn any_member_may_be_drawn() {
    for len in [1u64, 50, 5_000] {
        let mut set = Set::new(7);
        (0..len).for_each(|number| assert!(set.add(format!("m{number}").as_bytes())));
        let mut seen = alloc::collections::BTreeMap::new();
        let mut random = 1u64;
        for _ in 0..40 * len {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mixed = xxhash_rust::xxh3::xxh3_64(&random.to_le_bytes());
            let drawn = SetView::Set(&set).draw(mixed).unwrap().to_vec();
            *seen.entry(drawn).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len() as u64, len, "each of {len} is drawn in forty times as many draws");
        assert!(seen.values().all(|&times| times < 160), "{:?}", seen.values().max());
    }
}
