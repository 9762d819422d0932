//! The arena beside the general allocator: blocks as pages need them, 8 to 80 units, exchanged
//! for others at random; and reading a block through its handle.

#![allow(missing_docs, reason = "criterion's macros generate a public function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use packed_map::{Arena, Blocks, Handle, Step, UNIT_BYTES};
use std::hint::black_box;

/// How many blocks live at a time.
const BLOCKS: usize = 50_000;

/// How many are exchanged in one pass.
const EXCHANGES: u64 = 1000;

/// Numbers by Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    fn units(&mut self) -> usize {
        8 + self.below(73)
    }
}

/// A block that knows its place in the list of all.
fn block(arena: &mut Arena, random: &mut Random, index: usize) -> Handle {
    let block = arena.alloc(1, random.units()).expect("the range is large enough");
    arena.bytes_mut(block)[4..8].copy_from_slice(&(index as u32).to_le_bytes());
    block
}

fn filled(random: &mut Random) -> (Arena, Vec<Handle>) {
    let mut arena = Arena::new(256 << 20).expect("the range can be reserved");
    let blocks: Vec<_> = (0..BLOCKS).map(|index| block(&mut arena, random, index)).collect();
    assert!(blocks.iter().all(|&block| arena.bytes(block).len() >= 8 * UNIT_BYTES));
    (arena, blocks)
}

fn exchange(c: &mut Criterion) {
    let mut group = c.benchmark_group("exchange");
    group.throughput(Throughput::Elements(EXCHANGES));
    let mut random = Random(1);
    let (mut arena, mut blocks) = filled(&mut random);
    group.bench_function("arena", |b| {
        b.iter(|| {
            for _ in 0..EXCHANGES {
                let index = random.below(BLOCKS);
                let block = block(&mut arena, &mut random, index);
                arena.free(std::mem::replace(&mut blocks[index], block));
            }
        });
    });
    let new = |random: &mut Random| Vec::<u8>::with_capacity(random.units() * UNIT_BYTES);
    let mut boxes: Vec<_> = (0..BLOCKS).map(|_| new(&mut random)).collect();
    group.bench_function("general allocator", |b| {
        b.iter(|| {
            for _ in 0..EXCHANGES {
                let mut block = new(&mut random);
                block.push(1);
                boxes[random.below(BLOCKS)] = block;
            }
        });
    });
    group.finish();
}

fn read(c: &mut Criterion) {
    let mut random = Random(2);
    let (arena, blocks) = filled(&mut random);
    let mut group = c.benchmark_group("read the first line");
    group.throughput(Throughput::Elements(EXCHANGES));
    group.bench_function("arena", |b| {
        b.iter(|| {
            let block = |_| arena.bytes(blocks[random.below(BLOCKS)])[20];
            (0..EXCHANGES).map(block).fold(0, u8::wrapping_add)
        });
    });
    group.finish();
}

fn compact(c: &mut Criterion) {
    let mut random = Random(3);
    let (mut arena, mut blocks) = filled(&mut random);
    c.bench_function("exchange and compact/arena", |b| {
        b.iter(|| {
            let index = random.below(BLOCKS);
            let block = block(&mut arena, &mut random, index);
            arena.free(std::mem::replace(&mut blocks[index], block));
            let mut step = Step { free_percent_max: 6, units_left: 160, blocks_left: 8 };
            while let Some(moved) = arena.next_move(&mut step) {
                let own = arena.bytes(moved.to)[4..8].try_into().expect("four bytes");
                let index = u32::from_le_bytes(own) as usize;
                assert_eq!(blocks[index], moved.from);
                blocks[index] = moved.to;
                arena.finish_move(moved, true);
            }
            black_box(arena.used_units())
        });
    });
}

criterion_group!(benches, exchange, read, compact);
criterion_main!(benches);
