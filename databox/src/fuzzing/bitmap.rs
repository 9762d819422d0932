//! What the fuzz target of bitmaps checks.

use crate::{Bitmap, BitsView, Combination, Databox, DecodeOptions, Found};
use alloc::vec::Vec;

/// Reads operations from `data`, applies them to a bitmap and to plain bytes, and panics where the
/// two differ, a clone has changed, or the bitmap's own counters are wrong.
pub fn check_bitmap(data: &[u8]) {
    let (mut bitmap, mut model) = (Bitmap::new(), Vec::new());
    let (mut lent, mut lent_model) = (bitmap.clone(), model.clone());
    for (number, operation) in data.chunks_exact(6).take(OPERATIONS_MAX).enumerate() {
        let &[kind, low, middle, high, len, fill] = operation else { continue };
        let bit = u64::from(u32::from_le_bytes([low, middle, high & 7, 0]));
        match kind % 8 {
            0..=3 => {
                let count = if kind >= 192 { u64::from(len) * 64 } else { u64::from(len % 8) + 1 };
                let step = u64::from(kind / 8 % 4) * 7 + 1;
                for bit in (bit..).step_by(step as usize).take(count as usize) {
                    let bound = bitmap.heap_bytes() + bitmap.set_growth_max(bit);
                    let before = bitmap.set(bit, fill % 3 > 0);
                    assert_eq!(before, set_in(&mut model, bit, fill % 3 > 0), "bit {bit}");
                    assert!(bitmap.heap_bytes() <= bound, "growth beyond its bound");
                }
            }
            4 => {
                let bytes = alloc::vec![fill; usize::from(len) * 97];
                let at = bit / 8;
                let bound = bitmap.heap_bytes() + bitmap.write_growth_max(at, bytes.len());
                bitmap.write(at, &bytes);
                assert!(bitmap.heap_bytes() <= bound, "growth beyond its bound");
                write_in(&mut model, at as usize, &bytes);
            }
            5 => {
                combine(&mut bitmap, how(len), BitsView::Bitmap(&lent));
                model = combined(how(len), &model, &lent_model);
            }
            6 => {
                let mut next = Some(0);
                while let Some(chunk) = next {
                    next = bitmap.invert_step(chunk);
                }
                model.iter_mut().for_each(|byte| *byte = !*byte);
            }
            _ => {
                let other = alloc::vec![fill; usize::from(len) * 301];
                let mut next = Some(0);
                let mut made = Bitmap::new();
                let pair = (BitsView::Bytes(&other), bitmap.view());
                while let Some(chunk) = next {
                    next = made.combine_pair_step(how(kind / 8), pair, chunk);
                }
                let expected = combined(how(kind / 8), &other, &model);
                check_reads(&made, &expected, bit);
            }
        }
        if number % 3 == 2 {
            lent.check();
            check_reads(&lent, &lent_model, bit);
            (lent, lent_model) = (bitmap.clone(), model.clone());
        }
        check_reads(&bitmap, &model, bit);
    }
    bitmap.check();
    let mut encoded = Vec::new();
    Databox::from(bitmap.clone()).encode(&mut encoded);
    let options = DecodeOptions { bytes_max: 1 << 24, members_max: 0, seed: 3 };
    let decoded = Databox::decode(&encoded, &options).expect("what encode wrote");
    assert_eq!(decoded.as_bitmap(), Some(&bitmap));
    assert_eq!(bitmap, Bitmap::from_bytes(&model));
    let mut value = Databox::from(bitmap);
    while value.free_step() {
        assert_eq!(value.heap_bytes(), value.recount_bytes());
    }
}

fn combine(bitmap: &mut Bitmap, how: Combination, other: BitsView<'_>) {
    let mut next = Some(0);
    while let Some(chunk) = next {
        next = bitmap.combine_step(how, other, chunk);
    }
}

const fn how(choice: u8) -> Combination {
    match choice % 4 {
        0 => Combination::And,
        1 => Combination::Or,
        2 => Combination::Xor,
        _ => Combination::AndNot,
    }
}

fn combined(how: Combination, one: &[u8], two: &[u8]) -> Vec<u8> {
    let byte = |of: &[u8], at: usize| of.get(at).copied().unwrap_or(0);
    let combine = |one: u8, two: u8| match how {
        Combination::And => one & two,
        Combination::Or => one | two,
        Combination::Xor => one ^ two,
        Combination::AndNot => one & !two,
    };
    let len = one.len().max(two.len());
    (0..len).map(|at| combine(byte(one, at), byte(two, at))).collect()
}

fn set_in(model: &mut Vec<u8>, bit: u64, value: bool) -> bool {
    let (at, mask) = ((bit / 8) as usize, 0x80 >> (bit % 8));
    model.resize(model.len().max(at + 1), 0);
    let before = model[at] & mask != 0;
    model[at] = if value { model[at] | mask } else { model[at] & !mask };
    before
}

fn write_in(model: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if !bytes.is_empty() {
        model.resize(model.len().max(at + bytes.len()), 0);
        model[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// Reads a bitmap in every way and compares that with what the bytes say.
fn check_reads(bitmap: &Bitmap, model: &[u8], bit: u64) {
    let (view, plain) = (bitmap.view(), BitsView::Bytes(model));
    assert_eq!(view.len_bytes(), model.len() as u64);
    assert_eq!(view.get(bit), plain.get(bit));
    let mut bytes = Vec::new();
    view.copy_bytes(bit / 8, 20_000, &mut bytes);
    let from = (bit as usize / 8).min(model.len());
    assert!(bytes == model[from..model.len().min(from + 20_000)]);
    bytes.clear();
    plain.copy_bytes(bit / 8, 20_000, &mut bytes);
    assert!(bytes == model[from..model.len().min(from + 20_000)]);
    for (first, end) in [(0, u64::MAX), (bit, bit + 100_000), (bit / 2, bit)] {
        assert_eq!(count(view, first, end), count(plain, first, end), "{first} to {end}");
        for wanted in [false, true] {
            let found = find(view, wanted, first, end);
            assert_eq!(found, find(plain, wanted, first, end), "{wanted} {first} {end}");
        }
        assert_eq!(find_last(view, end), find_last(plain, end));
        assert_eq!(select(view, first), select(plain, first));
    }
}

fn count(view: BitsView<'_>, first: u64, end: u64) -> u64 {
    let (mut at, mut sum) = (first, 0);
    loop {
        let (count, next) = view.count_step(at, end);
        sum += count;
        if next >= end.min(view.len()) {
            return sum;
        }
        at = next;
    }
}

fn find(view: BitsView<'_>, wanted: bool, first: u64, end: u64) -> Option<u64> {
    let mut at = first;
    loop {
        match view.find_step(wanted, at, end) {
            Found::At(bit) => return Some(bit),
            Found::Nowhere => return None,
            Found::Before(next) => at = next,
        }
    }
}

fn find_last(view: BitsView<'_>, end: u64) -> Option<u64> {
    let mut at = end;
    loop {
        match view.find_last_step(at) {
            Found::At(bit) => return Some(bit),
            Found::Nowhere => return None,
            Found::Before(next) => at = next,
        }
    }
}

fn select(view: BitsView<'_>, rank: u64) -> Option<u64> {
    let (mut at, mut left) = (0, rank);
    loop {
        match view.select_step(at, left) {
            (Found::At(bit), _) => return Some(bit),
            (Found::Nowhere, _) => return None,
            (Found::Before(next), rest) => (at, left) = (next, rest),
        }
    }
}

/// Operations of one run: each is followed by reading everything.
const OPERATIONS_MAX: usize = 24;
