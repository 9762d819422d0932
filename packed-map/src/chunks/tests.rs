//! Chunks against a model, and what a copy sees.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Blocks and what stands in them.
type Model = BTreeMap<Handle, Vec<u8>>;

fn check(chunks: &Chunks, model: &Model) {
    chunks.check();
    for (&handle, bytes) in model {
        assert!(chunks.bytes(handle) == bytes, "{handle:?}");
    }
    let units: usize = model.values().map(|bytes| bytes.len() / UNIT_BYTES).sum();
    assert_eq!(chunks.used_units(), units);
}

/// Applies one operation to both.
fn apply(chunks: &mut Chunks, model: &mut Model, (kind, pick, units): (u8, usize, usize)) {
    let kind = kind % 6;
    let picked = model.keys().nth(pick % model.len().max(1)).copied();
    match (kind, picked) {
        (0 | 1, _) | (_, None) => {
            let handle = chunks.alloc(kind + 1, units).unwrap();
            let bytes = vec![kind + 1; units * UNIT_BYTES];
            chunks.bytes_mut(handle).copy_from_slice(&bytes);
            assert!(model.insert(handle, bytes).is_none(), "a handle of a living block");
        }
        (2, Some(handle)) => {
            chunks.free(handle);
            model.remove(&handle);
        }
        (3, Some(handle)) => {
            if chunks.grow(handle, units) {
                let bytes = model.get_mut(&handle).unwrap();
                bytes.resize(units * UNIT_BYTES, 9);
                chunks.bytes_mut(handle).copy_from_slice(bytes);
            }
        }
        (4, Some(handle)) => {
            let other = *model.keys().last().unwrap();
            if other != handle {
                let (from, to) = chunks.pair(handle, other);
                let len = from.len().min(to.len());
                to[..len].copy_from_slice(&from[..len]);
                let bytes = model[&handle][..len].to_vec();
                model.get_mut(&other).unwrap()[..len].copy_from_slice(&bytes);
            }
        }
        _ => {
            let mut step = Step { free_percent_max: 10, units_left: 200, blocks_left: 3 };
            while let Some(moved) = chunks.next_move(&mut step) {
                let took = units % 3 > 0;
                if took {
                    let bytes = model.remove(&moved.from).unwrap();
                    model.insert(moved.to, bytes);
                }
                chunks.finish_move(moved, took);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_operations_agree_with_the_model(
        operations in prop::collection::vec((0u8..6, any::<usize>(), 1usize..90), 0..300),
        lent_at in 0usize..300,
    ) {
        let (mut chunks, mut model) = (Chunks::new(), Model::new());
        let mut lent = None;
        for (number, operation) in operations.into_iter().enumerate() {
            if number == lent_at {
                lent = Some((chunks.clone(), model.clone()));
            }
            apply(&mut chunks, &mut model, operation);
            if number % 16 == 0 {
                check(&chunks, &model);
            }
        }
        check(&chunks, &model);
        if let Some((mut copy, mut before)) = lent {
            check(&copy, &before);
            for number in 0..40 {
                apply(&mut copy, &mut before, (number, usize::from(number) * 7, 12));
            }
            check(&copy, &before);
            check(&chunks, &model);
        }
        let handles: Vec<_> = model.keys().copied().collect();
        handles.into_iter().for_each(|handle| chunks.free(handle));
        prop_assert_eq!((chunks.used_units(), chunks.held_bytes), (0, 0));
    }
}

#[test]
fn small_blocks_leave_little_room() {
    let mut chunks = Chunks::new();
    let mut handles: Vec<_> = (0..2000).map(|_| chunks.alloc(1, 10).unwrap()).collect();
    // Each grows bit by bit, as pages do, and moves where its chunk is full.
    for round in 1..8 {
        for handle in &mut handles {
            if !chunks.grow(*handle, 10 + round) {
                let moved = chunks.alloc(1, 10 + round).unwrap();
                chunks.free(*handle);
                *handle = moved;
            }
        }
        assert!(chunks.free_percent() <= 8, "{} in round {round}", chunks.free_percent());
    }
    chunks.check();
}

#[test]
fn pieces_are_dropped_until_nothing_is_held() {
    let mut chunks = Chunks::new();
    (0..20_000).for_each(|_| assert!(chunks.alloc(1, 7).is_ok()));
    let lent = chunks.clone();
    let (mut pieces, mut held) = (0, chunks.held_bytes);
    while chunks.drop_piece() {
        pieces += 1;
        assert!(held - chunks.held_bytes <= SEGMENT * 4096);
        held = chunks.held_bytes;
    }
    assert!(pieces > 8 && chunks.held_bytes == 0);
    lent.check();
}
