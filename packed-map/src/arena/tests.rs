//! Tests of the arena and of the strict place for tests, beside the model in `fuzzing.rs`.

use super::region::{REGION_BYTES, REGION_UNITS};
use super::*;
use proptest::prelude::*;
use std::thread;

fn arena(regions: usize) -> Arena {
    Arena::new(regions * REGION_BYTES).expect("so little can be reserved")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn blocks_keep_their_bytes(data in prop::collection::vec(any::<u8>(), 0..3000)) {
        fuzzing::check_arena(&data);
    }
}

/// Enough blocks for many regions, moved whenever a region less would do.
#[test]
fn pages_keep_their_bytes_while_they_are_moved() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let data: Vec<u8> = (0..400_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    let mut subject = fuzzing::Subject::new(arena(16), Arena::check);
    subject.run(&data, fuzzing::Sizes::Pages);
    let Figures { moves, live_bytes, .. } = subject.blocks.figures();
    assert!(moves > 1000, "{moves} moves");
    assert!(live_bytes > 3 << 20, "{live_bytes} bytes");
    subject.empty();
}

#[test]
fn a_reservation_has_a_size_that_handles_can_name() {
    assert_eq!(Arena::new(0).unwrap_err(), ReserveError::Size { bytes: 0 });
    let bytes = RESERVATION_BYTES_MAX + 1;
    let error = Arena::new(bytes).unwrap_err();
    assert_eq!(error, ReserveError::Size { bytes });
    assert!(error.to_string().contains(&bytes.to_string()));
    assert_eq!(Arena::new(1).unwrap().figures().reserved_bytes, REGION_BYTES);
}

#[test]
fn the_first_handle_is_not_null_and_comes_again() {
    let mut arena = arena(1);
    for _ in 0..3 {
        let block = arena.alloc(1, UNITS_MAX).unwrap();
        assert_eq!(block.bits(), 1);
        assert_eq!(arena.alloc(1, 1), Err(Exhausted { units: 1 }));
        arena.free(block);
        arena.check();
    }
}

#[test]
fn a_recycled_first_region_begins_behind_null_again() {
    let mut arena = arena(2);
    let first: Vec<_> = (0..3).map(|_| arena.alloc(1, 5000).unwrap()).collect();
    let second = arena.alloc(1, 5000).unwrap();
    first.into_iter().for_each(|block| arena.free(block));
    assert_eq!(arena.figures().spare_regions, 1);
    let rest = arena.alloc(1, REGION_UNITS - 5000).unwrap();
    assert_eq!(arena.alloc(1, 8).unwrap().bits(), 1);
    arena.check();
    assert_ne!(rest, second);
}

#[test]
fn neighbours_on_both_sides_become_one() {
    let mut arena = arena(1);
    let blocks: Vec<_> = (0..5).map(|_| arena.alloc(1, 10).unwrap()).collect();
    arena.free(blocks[1]);
    arena.free(blocks[3]);
    arena.free(blocks[2]);
    arena.check();
    assert_eq!(arena.alloc(1, 30), Ok(blocks[1]), "the three are one block of 30 units");
    arena.free(blocks[4]);
    assert_eq!(arena.figures().free_bytes, 0, "the last block goes back to the untouched end");
}

#[test]
fn a_block_grows_into_what_is_free_behind_it_and_shrinks() {
    let mut arena = arena(1);
    let blocks: Vec<_> = (0..3).map(|_| arena.alloc(1, 10).unwrap()).collect();
    arena.bytes_mut(blocks[0])[159] = 77;
    assert!(!arena.grow(blocks[0], 11));
    arena.free(blocks[1]);
    assert!(!arena.grow(blocks[0], 21));
    assert!(arena.grow(blocks[0], 14));
    arena.check();
    assert!(arena.grow(blocks[0], 20));
    arena.check();
    assert_eq!((arena.bytes(blocks[0]).len(), arena.bytes(blocks[0])[159]), (320, 77));
    assert!(arena.grow(blocks[0], 10));
    assert_eq!(arena.alloc(1, 10), Ok(blocks[1]));
    assert!(arena.grow(blocks[2], 1000), "into the untouched end");
    arena.check();
}

#[test]
#[should_panic(expected = "a block that was freed")]
fn a_block_is_freed_once() {
    let mut arena = arena(1);
    let blocks: Vec<_> = (0..2).map(|_| arena.alloc(1, 10).unwrap()).collect();
    arena.free(blocks[0]);
    arena.free(blocks[0]);
}

#[test]
#[should_panic(expected = "a handle from elsewhere")]
fn a_handle_beyond_the_reservation_is_refused() {
    arena(1).bytes(Handle::from_bits(REGION_UNITS as u32).unwrap());
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "only debug builds look")]
#[should_panic(expected = "a freed block was written to")]
fn a_write_after_free_is_noticed() {
    let mut arena = arena(1);
    let blocks: Vec<_> = (0..2).map(|_| arena.alloc(1, 10).unwrap()).collect();
    arena.free(blocks[0]);
    arena.memory.bytes_mut(blocks[0].unit(), 10)[80] = 1;
    let _ = arena.alloc(1, 10);
}

#[test]
fn compaction_gives_regions_back_and_keeps_contents() {
    let mut arena = arena(64);
    let mut blocks: Vec<_> = (0..20_000u32)
        .map(|number| {
            let block = arena.alloc(1, 8 + number as usize % 73).unwrap();
            arena.bytes_mut(block)[8..12].copy_from_slice(&number.to_le_bytes());
            (block, number)
        })
        .collect();
    let full = arena.figures().committed_bytes;
    blocks.retain(|&(block, number)| {
        let stays = number.wrapping_mul(2_654_435_761) >> 30 == 0;
        if !stays {
            arena.free(block);
        }
        stays
    });
    let mut steps = 0;
    loop {
        let mut step = Step { free_percent_max: 4, units_left: 4096, blocks_left: 64 };
        let mut copied = 0;
        while let Some(moved) = arena.next_move(&mut step) {
            let own = blocks.iter_mut().find(|(block, _)| *block == moved.from).unwrap();
            own.0 = moved.to;
            copied += arena.bytes(moved.to).len() / UNIT_BYTES;
            arena.finish_move(moved, true);
        }
        arena.check();
        assert!(copied < 4096 + 81);
        if step.units_left > 0 && step.blocks_left > 0 {
            break;
        }
        steps += 1;
    }
    let Figures { committed_bytes, live_bytes, free_bytes, spare_regions, .. } = arena.figures();
    assert!(steps > 4, "the work was bounded");
    assert!(committed_bytes < full / 2, "{committed_bytes} of {full}");
    let needed = live_bytes + live_bytes / 20 + (spare_regions + 2) * REGION_BYTES;
    assert!(committed_bytes <= needed && free_bytes < live_bytes / 20 + REGION_BYTES);
    for (block, number) in blocks {
        assert_eq!(arena.bytes(block)[8..12], number.to_le_bytes());
    }
}

#[test]
fn a_victim_that_cannot_be_emptied_is_left_alone() {
    let mut arena = arena(8);
    let blocks: Vec<_> = (0..800).map(|_| arena.alloc(1, 100).unwrap()).collect();
    for block in blocks.iter().skip(1).step_by(2) {
        arena.free(*block);
    }
    let refuse_all = |arena: &mut Arena| {
        let mut step =
            Step { free_percent_max: 0, units_left: usize::MAX, blocks_left: usize::MAX };
        let mut moves = 0;
        while let Some(moved) = arena.next_move(&mut step) {
            arena.finish_move(moved, false);
            moves += 1;
        }
        arena.check();
        moves
    };
    assert!(refuse_all(&mut arena) > 300, "each closed region was tried");
    assert_eq!(refuse_all(&mut arena), 0, "and none a second time");
    assert_eq!(arena.figures().moves, 0);
    blocks.iter().step_by(4).for_each(|block| arena.free(*block));
    assert!(refuse_all(&mut arena) > 0, "until it has changed");
}

#[test]
fn regions_beyond_the_spare_ones_go_back_to_the_system() {
    let mut arena = arena(16);
    let blocks: Vec<_> = (0..12).map(|_| arena.alloc(1, UNITS_MAX).unwrap()).collect();
    assert_eq!(arena.figures().committed_bytes, 12 * REGION_BYTES);
    blocks.into_iter().for_each(|block| arena.free(block));
    let Figures { committed_bytes, spare_regions, .. } = arena.figures();
    assert_eq!((committed_bytes / REGION_BYTES, spare_regions), (5, 4));
    let blocks: Vec<_> = (0..16).map(|_| arena.alloc(1, UNITS_MAX).unwrap()).collect();
    assert!(arena.alloc(1, UNITS_MAX).is_err());
    arena.check();
    assert_eq!(blocks.len(), 16);
}

#[test]
fn a_region_is_populated_ahead_by_another_thread() {
    let mut arena = arena(3);
    assert!(arena.upcoming(1).is_none());
    let block = arena.alloc(1, 100).unwrap();
    assert!(arena.upcoming(1).is_none(), "the open region is hardly used");
    arena.alloc(1, 9000).unwrap();
    let ahead = arena.upcoming(1).unwrap();
    assert_eq!(ahead.bytes(), REGION_BYTES);
    assert!(arena.upcoming(1).is_none(), "one region is ahead");
    assert_eq!(arena.figures().committed_bytes, 2 * REGION_BYTES);
    thread::spawn(move || ahead.populate()).join().unwrap();
    let next = arena.alloc(1, 9000).unwrap();
    assert_eq!(next.unit(), REGION_UNITS);
    assert_eq!(arena.figures().committed_bytes, 2 * REGION_BYTES);
    arena.check();
    arena.free(block);
    let late = arena.upcoming(1).unwrap();
    drop(arena);
    thread::spawn(move || late.populate()).join().unwrap();
}

#[test]
fn exact_blocks_move_each_in_turn() {
    let mut blocks = Exact::new(1, 1000);
    let own: Vec<_> = (1..=10).map(|units| blocks.alloc(5, units).unwrap()).collect();
    let mut step = Step { free_percent_max: 12, units_left: 1000, blocks_left: 1000 };
    let mut from = Vec::new();
    while let Some(moved) = blocks.next_move(&mut step) {
        from.push(moved.from);
        blocks.finish_move(moved, true);
    }
    assert_eq!(from, own);
    assert_eq!((blocks.len(), blocks.used_units()), (10, 55));
    blocks.check();
}

#[test]
#[should_panic(expected = "bytes 2 to 4")]
fn exact_blocks_notice_an_overwritten_size() {
    let mut blocks = Exact::new(1, 1000);
    let block = blocks.alloc(5, 3).unwrap();
    blocks.bytes_mut(block)[2..4].fill(9);
    blocks.check();
}

#[test]
#[should_panic(expected = "a living block")]
fn exact_blocks_are_not_found_after_they_were_freed() {
    let mut blocks = Exact::new(1, 1000);
    let block = blocks.alloc(5, 3).unwrap();
    blocks.free(block);
    blocks.bytes(block);
}
