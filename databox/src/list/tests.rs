//! The list against the standard library's deque.

use super::*;
use crate::fuzzing::check_list;
use proptest::prelude::*;

fn numbered(count: u64) -> List {
    let mut list = List::new();
    (0..count).for_each(|number| list.push(End::Back, format!("element:{number}").as_bytes()));
    list
}

#[test]
fn a_hundred_values_of_sixteen_bytes_are_one_run() {
    let mut list = List::new();
    (0..100u64).for_each(|number| list.push(End::Back, format!("{number:016x}").as_bytes()));
    let small = list.as_small().unwrap();
    // Of these some are digits alone, but with leading zeros.
    assert_eq!(small.bytes().len(), 3 + 1 + 1600);
}

#[test]
fn a_large_list_is_read_from_any_place() {
    let list = numbered(100_000);
    list.check();
    for index in [0, 1, 99_999, 50_000, 12_345, 77_777] {
        let expected = format!("element:{index}");
        assert_eq!(list.get(index).map(|text| text.to_vec()), Some(expected.into_bytes()));
        let mut seen = Vec::new();
        list.walk(index, 300, |text| seen.push(text.to_vec()));
        list.walk_back(index, 300, |text| seen.insert(0, text.to_vec()));
        let range = index.saturating_sub(300)..(index + 300).min(100_000);
        assert!(seen.into_iter().eq(range.map(|own| format!("element:{own}").into_bytes())));
    }
    assert_eq!(list.get(100_000), None);
}

#[test]
fn a_large_list_takes_little_beside_its_elements() {
    let mut list = List::new();
    for number in 0..100_000u64 {
        list.push(End::Back, format!("v{number:015}").as_bytes());
    }
    let bytes = list.heap_bytes();
    assert!(bytes < 100_000 * 165 / 10, "{bytes}");
    let mut turned = List::new();
    list.iter().for_each(|text| turned.push(End::Front, &text.to_vec()));
    assert!(turned.heap_bytes() < 100_000 * 18, "{}", turned.heap_bytes());
}

#[test]
fn a_list_is_emptied_from_either_end_and_freed_in_steps() {
    let mut list = numbered(30_000);
    while list.len() > 10 {
        list.replace(0, 3, None);
        list.replace(list.len() - 2, 2, None);
    }
    list.check();
    assert!(list.heap_bytes() < 2000, "{}", list.heap_bytes());
    let mut list = numbered(30_000);
    list.replace(5, 29_000, None);
    assert_eq!((list.len(), list.get(5)), (1000, Some(Text::Bytes(b"element:29005"))));
    list.check();
    let mut steps = 0;
    while list.free_step() {
        steps += 1;
        assert_eq!(list.heap_bytes(), list.recount_bytes());
    }
    assert!(steps > 0);
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..800)) {
        check_list(&data);
    }
}
