//! Bits of strings, and one gathered string that is made of others'.
//!
//! The gathered string belongs to the run and nobody sees it. It begins as the first string itself,
//! which it shares with its key where that is a bitmap.

use crate::field::Field;
use crate::generated::{BitOperation, bit_operation};
use crate::interpret::{Machine, Step};
use crate::registers::{Buffers, Value};
use crate::{Fault, Instruction, Key, Store};
use databox::{Bitmap, BitsView, Combination, Found, Kind, decimal};

pub(crate) fn bit_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let bit = place(vm, i.c);
    let value = vm.at_key(i.b, |store, key, _| {
        let mut digits = decimal::Buffer::new();
        store.bits(key, &mut digits).is_some_and(|bits| bits.get(bit))
    });
    vm.registers.set(i.a, Value::Int(value.into()));
    Step::Next
}

pub(crate) fn bits_prepare<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let chunk = vm.registers.cursor(i.b);
    if !vm.at_key(i.a, |store, key, _| store.is_unprepared(key)) {
        return Step::Next;
    }
    let mut bitmap = vm.registers.buffers().gathering.take().unwrap_or_default();
    let key = vm.registers.key(i.a, vm.input);
    let mut digits = decimal::Buffer::new();
    let next = match vm.store.bits(key, &mut digits) {
        Some(BitsView::Bytes(bytes)) => bitmap.extend_step(bytes, chunk),
        _ => return Step::Next,
    };
    if !vm.store.has_room(bitmap.heap_bytes()) {
        vm.store.discard_bits(bitmap);
        return vm.fault(Fault::OutOfMemory);
    }
    if let Some(next) = next {
        vm.registers.buffers().gathering = Some(bitmap);
        vm.registers.set(i.b, Value::Cursor(next));
        return Step::Again;
    }
    match vm.store.prepare_bits(key, bitmap) {
        Ok(()) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn bit_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (bit, value) = (place(vm, i.c), vm.registers.bool(last(i)));
    match vm.at_key(i.b, |store, key, _| store.set_bit(key, bit, value)) {
        Ok(before) => {
            let before = before.map_or(Value::Absent, |before| Value::Int(before.into()));
            vm.registers.set(i.a, before);
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn bits_rank<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (end, first) = (place(vm, i.c), vm.registers.cursor(last(i)));
    let (count, next) = vm.at_key(i.b, |store, key, _| {
        let mut digits = decimal::Buffer::new();
        let Some(bits) = store.bits(key, &mut digits) else { return (0, None) };
        let end = end.min(bits.len());
        let (count, next) = bits.count_step(first, end);
        (count, (next < end).then_some(next))
    });
    add_up(vm, i, (count, first, next))
}

/// Adds what a unit has counted to what those before it did; at the end that is the result.
fn add_up<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    (count, at, next): (u64, u64, Option<u64>),
) -> Step {
    let before = if at == 0 { 0 } else { vm.registers.buffers().counted };
    let counted = before.saturating_add(count);
    match next {
        Some(next) => {
            vm.registers.buffers().counted = counted;
            vm.registers.set(last(i), Value::Cursor(next));
            Step::Again
        }
        None => {
            vm.registers.set(i.a, Value::Int(int(counted)));
            Step::Next
        }
    }
}

pub(crate) fn bits_find_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    find(vm, i, true)
}

pub(crate) fn bits_find_clear<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    find(vm, i, false)
}

fn find<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, wanted: bool) -> Step {
    let first = place(vm, i.c).max(vm.registers.cursor(last(i)));
    let found = vm.at_key(i.b, |store, key, _| {
        let mut digits = decimal::Buffer::new();
        let bits = store.bits(key, &mut digits);
        bits.map_or(Found::Nowhere, |bits| bits.find_step(wanted, first, bits.len()))
    });
    found_at(vm, (i.a, last(i)), found)
}

pub(crate) fn bits_last<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let cursor = vm.registers.cursor(i.c);
    let found = vm.at_key(i.b, |store, key, _| {
        let mut digits = decimal::Buffer::new();
        let end = if cursor == 0 { u64::MAX } else { cursor };
        store.bits(key, &mut digits).map_or(Found::Nowhere, |bits| bits.find_last_step(end))
    });
    found_at(vm, (i.a, i.c), found)
}

pub(crate) fn bits_select<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (first, rank) = (vm.registers.cursor(last(i)), place(vm, i.c));
    let (found, left) = vm.at_key(i.b, |store, key, _| {
        let mut digits = decimal::Buffer::new();
        let bits = store.bits(key, &mut digits);
        bits.map_or((Found::Nowhere, rank), |bits| bits.select_step(first, rank))
    });
    if matches!(found, Found::Before(_)) {
        vm.registers.set(i.c, Value::Int(int(left)));
    }
    found_at(vm, (i.a, last(i)), found)
}

pub(crate) fn bits_common<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let chunk = vm.registers.cursor(last(i));
    let keys = [i.b, i.c].map(|register| vm.registers.key(register, vm.input));
    let (mut count, mut next) = (0, None);
    vm.store.pair_of_bits(keys, &mut |one, two| (count, next) = one.common_step(&two, chunk));
    add_up(vm, i, (count, chunk, next))
}

pub(crate) fn gather_bits<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (key, chunk) = (vm.registers.key(i.a, vm.input), vm.registers.cursor(i.c));
    if is_no_string(vm, key, chunk) {
        return vm.fault(Fault::WrongType);
    }
    let mut digits = decimal::Buffer::new();
    let Some(bits) = vm.store.bits(key, &mut digits) else {
        return combine_nothing(vm, i);
    };
    let Buffers { gathered_bits, gathering, .. } = vm.registers.buffers();
    let next = match gathered_bits {
        Some(gathered) => gathered.combine_step(combination(i.b), bits, chunk),
        None => {
            let (made, next) = match bits {
                BitsView::Bitmap(bitmap) => (bitmap.clone(), None),
                bits => {
                    let mut made = gathering.take().unwrap_or_default();
                    let next = made.combine_step(Combination::Or, bits, chunk);
                    (made, next)
                }
            };
            *(if next.is_some() { gathering } else { gathered_bits }) = Some(made);
            next
        }
    };
    go_on_within_budget(vm, i.c, next)
}

/// What the gathered string is with an absent key.
fn combine_nothing<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let chunk = vm.registers.cursor(i.c);
    let gathered = vm.registers.buffers().gathered_bits.get_or_insert_default();
    let next = gathered.combine_step(combination(i.b), BitsView::Bytes(&[]), chunk);
    go_on(vm, i.c, next)
}

pub(crate) fn gather_bits_pair<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let chunk = vm.registers.cursor(last(i));
    let keys = [i.a, i.b].map(|register| vm.registers.key(register, vm.input));
    if keys.iter().any(|key| is_no_string(vm, *key, chunk)) {
        return vm.fault(Fault::WrongType);
    }
    let gathered = vm.registers.buffers().gathered_bits.take().filter(|_| chunk > 0);
    let mut gathered = gathered.unwrap_or_default();
    let mut next = None;
    vm.store.pair_of_bits(keys, &mut |one, two| {
        next = gathered.combine_pair_step(combination(i.c), (one, two), chunk);
    });
    vm.registers.buffers().gathered_bits = Some(gathered);
    go_on_within_budget(vm, last(i), next)
}

/// Beside the gathered string stands what was set more than once.
pub(crate) fn gather_bits_once<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (key, chunk) = (vm.registers.key(i.a, vm.input), vm.registers.cursor(i.b));
    if is_no_string(vm, key, chunk) {
        return vm.fault(Fault::WrongType);
    }
    let mut digits = decimal::Buffer::new();
    let bits = vm.store.bits(key, &mut digits).unwrap_or(BitsView::Bytes(&[]));
    let Buffers { gathered_bits, gathering, .. } = vm.registers.buffers();
    let once = gathered_bits.get_or_insert_default();
    let next = once.once_step(gathering.get_or_insert_default(), bits, chunk);
    go_on_within_budget(vm, i.b, next)
}

pub(crate) fn gathered_bits_invert<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let chunk = vm.registers.cursor(i.a);
    let gathered = vm.registers.buffers().gathered_bits.as_mut();
    let next = gathered.and_then(|gathered| gathered.invert_step(chunk));
    go_on_within_budget(vm, i.a, next)
}

pub(crate) fn gathered_bits_store<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let Buffers { gathered_bits, gathering, .. } = vm.registers.buffers();
    let bitmap = gathered_bits.take().unwrap_or_default();
    if let Some(more) = gathering.take() {
        vm.store.discard_bits(more);
    }
    let len = int(bitmap.len_bytes());
    match vm.store.put_bits(key, bitmap) {
        Ok(()) => {
            vm.registers.set(i.a, Value::Int(len));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

const fn combination(operation: u8) -> Combination {
    match bit_operation(operation) {
        BitOperation::And => Combination::And,
        BitOperation::Or => Combination::Or,
        BitOperation::Xor => Combination::Xor,
        BitOperation::AndNot => Combination::AndNot,
    }
}

/// Whether the key holds something else than a string; looked at before the first unit.
fn is_no_string<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, key: Key<'_>, cursor: u64) -> bool {
    cursor == 0 && vm.store.kind(key).is_some_and(|kind| kind != Kind::String)
}

/// Goes on behind a unit, if what is gathered is not too much.
fn go_on_within_budget<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    next: Option<u64>,
) -> Step {
    let Buffers { gathered_bits, gathering, .. } = vm.registers.buffers();
    let bytes = |bitmap: &Option<Bitmap>| bitmap.as_ref().map_or(0, Bitmap::heap_bytes);
    let gathered = bytes(gathered_bits) + bytes(gathering);
    if vm.store.has_room(gathered) {
        return go_on(vm, register, next);
    }
    vm.fault(Fault::OutOfMemory)
}

/// Goes on behind a unit: with the next one, or at the end with the next instruction.
fn go_on<S, N, R>(vm: &mut Machine<'_, S, N, R>, register: u8, next: Option<u64>) -> Step {
    vm.registers.set(register, Value::Cursor(next.unwrap_or(0)));
    if next.is_none() { Step::Next } else { Step::Again }
}

/// Where a search ended, or goes on.
fn found_at<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    (register, cursor): (u8, u8),
    found: Found,
) -> Step {
    let value = match found {
        Found::At(bit) => Value::Int(int(bit)),
        Found::Nowhere => Value::Absent,
        Found::Before(next) => {
            vm.registers.set(cursor, Value::Cursor(next));
            return Step::Again;
        }
    };
    vm.registers.set(register, value);
    Step::Next
}

/// The place that a register names; one below 0 is before all.
fn place<S, N, R>(vm: &Machine<'_, S, N, R>, register: u8) -> u64 {
    u64::try_from(vm.registers.int(register)).unwrap_or(0)
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The register that the fourth operand names.
fn last(i: Instruction) -> u8 {
    u8::try_from(i.imm).unwrap_or(0)
}

pub(crate) fn field_width<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let width = Field::parse(vm.registers.bytes(i.b, vm.input, &mut digits));
    let width = width.map_or(Value::Absent, |field| Value::Int(field.code()));
    vm.registers.set(i.a, width);
    Step::Next
}

pub(crate) fn field_offset<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let field = Field::of_code(vm.registers.int(i.c));
    let mut digits = decimal::Buffer::new();
    let offset = field.offset(vm.registers.bytes(i.b, vm.input, &mut digits));
    vm.registers.set(i.a, offset.map_or(Value::Absent, Value::Int));
    Step::Next
}

pub(crate) fn field_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (bit, field) = (place(vm, i.c), Field::of_code(vm.registers.int(last(i))));
    let bytes = vm.at_key(i.b, |store, key, _| window(store, key, bit).1);
    let value = field.read(u128::from_be_bytes(bytes), bit);
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}

pub(crate) fn field_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (bit, field) = (place(vm, i.b), Field::of_code(vm.registers.int(i.c)));
    let value = vm.registers.int(last(i));
    let written = vm.at_key(i.a, |store, key, _| {
        let (len, bytes) = window(store, key, bit);
        let changed = field.write(u128::from_be_bytes(bytes), bit, value).to_be_bytes();
        let kept = len.saturating_sub(bit / 8).min(field.bytes(bit));
        let changed = changed.get(..usize::try_from(kept).unwrap_or(0)).unwrap_or(&[]);
        store.splice_string(key, bit / 8, changed)
    });
    match written {
        Ok(_) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

/// The length of the string at a key, and its sixteen bytes from that of a bit on, zeros behind its
/// end.
fn window<S: Store>(store: &mut S, key: Key<'_>, bit: u64) -> (u64, [u8; 16]) {
    let mut digits = decimal::Buffer::new();
    let (mut bytes, mut window) = (Vec::with_capacity(16), [0; 16]);
    let len = store.bits(key, &mut digits).map_or(0, |bits| {
        bits.copy_bytes(bit / 8, window.len(), &mut bytes);
        bits.len_bytes()
    });
    window.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    (len, window)
}

pub(crate) fn field_wrap<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (field, sum) = field_sum(vm, i);
    vm.registers.set(i.a, Value::Int(field.wrap(sum)));
    Step::Next
}

pub(crate) fn field_saturate<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (field, sum) = field_sum(vm, i);
    vm.registers.set(i.a, Value::Int(field.saturate(sum)));
    Step::Next
}

pub(crate) fn field_check<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (field, sum) = field_sum(vm, i);
    let sum = if field.fits(sum) { Value::Int(field.wrap(sum)) } else { Value::Absent };
    vm.registers.set(i.a, sum);
    Step::Next
}

fn field_sum<S, N, R>(vm: &Machine<'_, S, N, R>, i: Instruction) -> (Field, i128) {
    let field = Field::of_code(vm.registers.int(last(i)));
    (field, field.sum(vm.registers.int(i.b), vm.registers.int(i.c)))
}
