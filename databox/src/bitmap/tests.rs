//! Bitmaps against plain bytes, and what they promise of their size.

use super::*;
use crate::fuzzing::check_bitmap;
use proptest::prelude::*;

#[test]
fn sparse_bits_take_few_bytes() {
    let mut bitmap = Bitmap::new();
    let mut state = 1_u64;
    for _ in 0..100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bitmap.set(state >> 32, true);
    }
    assert!(bitmap.heap_bytes() < 40 * 100_000, "{}", bitmap.heap_bytes());
    bitmap.check();
}

#[test]
fn what_is_full_takes_nearly_nothing() {
    let mut bitmap = Bitmap::new();
    bitmap.grow(1 << 29);
    let mut next = Some(0);
    while let Some(chunk) = next {
        next = bitmap.invert_step(chunk);
    }
    assert!(bitmap.heap_bytes() < 3 << 20, "{}", bitmap.heap_bytes());
    let (mut ones, mut at) = (0, 0);
    while at < 1 << 32 {
        let (count, next) = bitmap.view().count_step(at, 1 << 32);
        (ones, at) = (ones + count, next);
    }
    assert_eq!(ones, 1 << 32);
    bitmap.check();
}

#[test]
fn bits_that_are_set_in_a_row_become_a_run() {
    let mut bitmap = Bitmap::new();
    for bit in 0..65_536 {
        bitmap.set(bit, true);
    }
    assert_eq!(bitmap.heap_bytes() - Bitmap::new().heap_bytes(), {
        let mut one = Bitmap::new();
        one.set(0, true);
        one.heap_bytes() - Shared::<u16>::bytes_of(4) + Shared::<Run>::bytes_of(1)
    });
    for bit in 0..65_536 {
        assert!(bitmap.set(bit, false));
    }
    assert!(matches!(bitmap.chunk(0), ChunkView::Empty));
    bitmap.check();
}

#[test]
fn a_write_to_what_is_lent_copies_one_chunk() {
    let mut bitmap = Bitmap::from_bytes(&[0x55; 1 << 20]);
    let lent = bitmap.clone();
    assert_eq!(bitmap.copied_bytes(), 0);
    bitmap.set(0, true);
    let copied = bitmap.copied_bytes();
    assert!(copied > 8192 && copied < 16 * 1024, "{copied}");
    bitmap.set(2, true);
    assert_eq!(bitmap.copied_bytes(), copied);
    assert!(!lent.view().get(0) && bitmap.view().get(0));
}

proptest! {
    #[test]
    fn a_bitmap_is_its_bytes(data in proptest::collection::vec(any::<u8>(), 0..72)) {
        check_bitmap(&data);
    }
}
