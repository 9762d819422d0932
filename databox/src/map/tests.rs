//! The map against the standard library's.

use super::*;
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
