//! The map against the standard library's.

use super::*;
use crate::MapView;
use crate::fuzzing::check_map;
use proptest::prelude::*;

fn numbered(count: u64) -> Map {
    let mut map = Map::new(3);
    for number in 0..count {
        let (name, value) = (format!("field:{number}"), format!("{}", number * 7));
        assert!(map.set(name.as_bytes(), value.as_bytes()));
    }
    map
}

#[test]
fn small_maps_have_no_table() {
    assert_eq!(Map::new(1).heap_bytes(), 0);
    assert!(numbered(128).as_small().is_some());
    assert!(numbered(129).as_small().is_none());
    let mut map = numbered(2);
    assert!(!map.set(b"field:1", &[b'x'; 239]) && map.as_small().is_some());
    assert!(!map.set(b"field:1", &[b'x'; 240]) && map.as_small().is_none());
    assert_eq!(map.get(b"field:1").map(|text| text.len()), Some(240));
    map.check();
}

#[test]
fn equal_maps_are_equal_in_every_form() {
    let mut shrunk = numbered(600);
    (3..600).for_each(|number| assert!(shrunk.remove(format!("field:{number}").as_bytes())));
    let small = numbered(3);
    assert!(shrunk.as_small().is_none());
    assert_eq!((&shrunk, shrunk.cmp(&small)), (&small, Ordering::Equal));
    let hash = |map: &Map| crate::fuzzing::hash(&map.clone().into());
    assert_eq!(hash(&shrunk), hash(&small));
    shrunk.set(b"field:1", b"8");
    assert_ne!(shrunk, small);
}

#[test]
fn a_clone_of_a_large_map_stays_as_it_was() {
    let mut map = numbered(20_000);
    let lent = map.clone();
    for number in 0..2000 {
        map.set(format!("field:{number}").as_bytes(), b"another value");
    }
    assert!(map.copied_bytes() > 0);
    let reader = std::thread::spawn(move || lent == numbered(20_000));
    assert!(reader.join().unwrap());
    map.check();
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(data in prop::collection::vec(any::<u8>(), 0..600)) {
        check_map(&data);
    }
}

#[test]
fn a_scan_sees_what_stays_while_the_map_grows_and_shrinks() {
    let mut map = Map::new(7);
    (0..200).for_each(|number| assert!(map.set(format!("stays:{number}").as_bytes(), b"value")));
    let (mut cursor, mut seen, mut round) = (0, Vec::new(), 0u32);
    loop {
        let view = MapView::Map(&map, 0);
        cursor = view.scan(cursor, 1, |name, _| seen.push(name.to_vec()));
        if cursor == 0 {
            break;
        }
        round += 1;
        let names = |round: u32| (0..50).map(move |number| format!("goes:{round}:{number}"));
        if round % 40 < 20 {
            names(round).for_each(|name| assert!(map.set(name.as_bytes(), b"1")));
        } else {
            names(round - 20).for_each(|name| _ = map.remove(name.as_bytes()));
        }
        assert!(round < 100_000);
    }
    for number in 0..200 {
        assert!(seen.contains(&format!("stays:{number}").into_bytes()), "{number}");
    }
    map.check();
}

#[test]
fn moments_stay_with_their_names() {
    let mut map = Map::new(7);
    (0..10).for_each(|number| assert!(map.set(format!("n{number}").as_bytes(), b"value")));
    assert!(!map.set_expiry(b"absent", Some(5)));
    assert!(map.set_expiry(b"n1", None), "which it had");
    assert!(map.as_small().is_some());
    assert!(map.set_expiry(b"n1", Some(100)));
    assert!(map.set_expiry(b"n2", Some(200)));
    assert_eq!((map.expiring(), map.expiry(b"n1")), (2, Some(Some(100))));
    assert!(!map.update(b"n1", b"other"));
    assert_eq!(map.expiry(b"n1"), Some(Some(100)));
    assert!(!map.set(b"n2", b"other"));
    assert_eq!(map.expiry(b"n2"), Some(None));
    let view = MapView::Map(&map, 100);
    assert_eq!((view.get(b"n1"), view.expiry(b"n1"), view.len()), (None, None, 10));
    let mut seen = 0;
    view.walk(0, 100, |_, _| seen += 1);
    assert_eq!(seen, 9);
    assert!(map.clone().drop_due(b"n1", 100) && !map.drop_due(b"n1", 99));
    assert_eq!(map.sweep(99, (8, 64)).removed, 0);
    assert_eq!(map.sweep(100, (8, 64)).removed, 1);
    assert_eq!((map.len(), map.expiring()), (9, 0));
    map.check();
}
