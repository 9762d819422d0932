//! Sorted sets.

use crate::handlers::float::float;
use crate::handlers::key::hold;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, Key, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::decimal;

#[inline]
pub(crate) fn sorted_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.at_key(i.b, |store, key, _| store.sorted_len(key));
    vm.registers.set(i.a, Value::Int(int(len)));
    Step::Next
}

#[inline]
pub(crate) fn sorted_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let score = float(vm, last(i));
    let added = vm.store.sorted_set(vm.registers.key(i.b, vm.input), member, score);
    vm.registers.remember(i.b, vm.store.hint());
    match added {
        Ok(added) => {
            vm.registers.set(i.a, Value::Bool(added));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

#[inline]
pub(crate) fn sorted_score<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let score = vm.store.sorted_score(vm.registers.key(i.b, vm.input), member);
    vm.registers.remember(i.b, vm.store.hint());
    vm.registers.set(i.a, score.map_or(Value::Absent, Value::Float));
    Step::Next
}

#[inline]
pub(crate) fn sorted_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let removed = vm.store.sorted_remove(vm.registers.key(i.b, vm.input), member);
    vm.registers.remember(i.b, vm.store.hint());
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

pub(crate) fn sorted_rank<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let rank = vm.store.sorted_rank(vm.registers.key(i.b, vm.input), member);
    vm.registers.set(i.a, rank.map_or(Value::Absent, |rank| Value::Int(int(rank))));
    Step::Next
}

pub(crate) fn sorted_at<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (key, rank) = (vm.registers.key(i.b, vm.input), vm.registers.int(i.c));
    let mut member = None;
    if let Ok(rank) = u64::try_from(rank) {
        vm.store.sorted_walk(key, rank, 1, false, &mut |text, _| member = Some(text.to_vec()));
    }
    match member {
        Some(member) => {
            let copied = vm.registers.copy_in(i.a, Text::Bytes(&member));
            vm.done(copied)
        }
        None => {
            vm.registers.set(i.a, Value::Absent);
            Step::Next
        }
    }
}

pub(crate) fn random_below<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let bound = u64::try_from(vm.registers.int(i.b)).unwrap_or(0);
    let number = if bound == 0 { 0 } else { vm.store.draw() % bound };
    vm.registers.set(i.a, Value::Int(int(number)));
    Step::Next
}

pub(crate) fn sorted_below<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (bound, inclusive) = (float(vm, i.c), vm.registers.bool(last(i)));
    let count = vm.at_key(i.b, |store, key, _| store.sorted_below(key, bound, inclusive));
    vm.registers.set(i.a, Value::Int(int(count)));
    Step::Next
}

pub(crate) fn sorted_before<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let bound = vm.registers.bytes(i.c, vm.input, &mut digits);
    let inclusive = vm.registers.bool(last(i));
    let count = vm.store.sorted_before(vm.registers.key(i.b, vm.input), bound, inclusive);
    vm.registers.set(i.a, Value::Int(int(count)));
    Step::Next
}

pub(crate) fn sorted_remove_range<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = last(i);
    let gone = vm.registers.cursor(cursor);
    let (rank, count) = (vm.registers.int(i.b), vm.registers.int(i.c));
    let (Ok(rank), Ok(count)) = (u64::try_from(rank), u64::try_from(count)) else {
        return Step::Next;
    };
    let unit = (count - gone).min(REMOVED_A_UNIT);
    let removed = vm.at_key(i.a, |store, key, _| store.sorted_remove_range(key, rank, unit));
    if removed < unit || gone + removed == count {
        return Step::Next;
    }
    vm.registers.set(cursor, Value::Cursor(gone + removed));
    Step::Again
}

pub(crate) fn reply_sorted_range<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, false, false)
}

pub(crate) fn reply_sorted_range_back<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, true, false)
}

pub(crate) fn reply_sorted_pairs<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, false, true)
}

pub(crate) fn reply_sorted_pairs_back<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, true, true)
}

/// The header goes out with the first unit; a set that does not change has that many members.
fn walk<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    back: bool,
    scored: bool,
) -> Step {
    let cursor = last(i);
    let out = vm.registers.cursor(cursor);
    let from = u64::try_from(vm.registers.int(i.b)).unwrap_or(u64::MAX);
    let count = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let next = vm.at_key(i.a, |store, key, sink| {
        let len = store.sorted_len(key);
        let from = from.min(len);
        let count = count.min(if back { from } else { len - from });
        let pairs = sink.is_resp3();
        if out == 0 {
            sink.array(header(count, scored, pairs));
        }
        let unit = count.saturating_sub(out).min(UNIT_ELEMENTS);
        let from = if back { from - out } else { from + out };
        store.sorted_walk(key, from, unit, back, &mut |member, score| {
            row(sink, member, scored.then_some(score), pairs);
        });
        (out + unit < count).then_some(out + unit)
    });
    match next {
        None => vm.replied(1),
        Some(next) => {
            vm.registers.set(cursor, Value::Cursor(next));
            Step::Again
        }
    }
}

/// What is left to take is counted in the register of the count.
pub(crate) fn reply_sorted_taken<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = last(i);
    let (out, count) = (vm.registers.cursor(cursor), vm.registers.int(i.b));
    let (back, wanted, pairs) = (count < 0, count.unsigned_abs(), vm.registers.bool(i.c));
    let left = vm.at_key(i.a, |store, key: Key<'_>, sink| {
        let len = store.sorted_len(key);
        if out == 0 {
            sink.array(header(wanted.min(len), true, pairs));
        }
        let unit = wanted.min(len).min(REMOVED_A_UNIT);
        let from = if back { len } else { 0 };
        store.sorted_walk(key, from, unit, back, &mut |member, score| {
            row(sink, member, Some(score), pairs);
        });
        if unit > 0 {
            store.sorted_remove_range(key, if back { len - unit } else { 0 }, unit);
        }
        if unit == len { 0 } else { wanted - unit }
    });
    if left == 0 {
        return vm.replied(1);
    }
    let left = int(left);
    vm.registers.set(i.b, Value::Int(if back { -left } else { left }));
    vm.registers.set(cursor, Value::Cursor(out + 1));
    Step::Again
}

pub(crate) fn reply_sorted_scan<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut held = std::mem::take(&mut vm.registers.buffers().keys);
    let mut found = 0;
    let mut digits = decimal::Buffer::new();
    let pattern = vm.registers.text(last(i), vm.input).map(|text| text.bytes(&mut digits));
    let cursor = vm.registers.cursor(i.b);
    let wanted = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let unit = wanted.min(UNIT_ELEMENTS);
    let key = vm.registers.key(i.a, vm.input);
    let next = vm.store.sorted_scan(key, cursor, unit, pattern, &mut |member, score| {
        held.extend_from_slice(&score.to_le_bytes());
        hold(&mut held, member);
        found += 2;
    });
    let left = wanted - unit;
    vm.registers.set(i.b, Value::Cursor(next));
    vm.registers.set(i.c, Value::Int(left.cast_signed()));
    let buffers = vm.registers.buffers();
    buffers.keys = held;
    buffers.keys_found += found;
    if next != 0 && left > 0 { Step::Again } else { reply_scored_page(vm, next) }
}

/// Replies the cursor, and what was found: members, each held behind its score.
fn reply_scored_page<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, cursor: u64) -> Step {
    let buffers = vm.registers.buffers();
    vm.sink.array(2);
    vm.sink.bytes(Text::Bytes(itoa::Buffer::new().format(cursor).as_bytes()));
    vm.sink.array(std::mem::take(&mut buffers.keys_found));
    let mut rest = buffers.keys.as_slice();
    while let Some((score, behind)) = rest.split_first_chunk::<8>() {
        let Some((len, behind)) = behind.split_first_chunk::<8>() else { break };
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((member, behind)) = behind.split_at_checked(len) else { break };
        vm.sink.bytes(Text::Bytes(member));
        vm.sink.double_text(f64::from_le_bytes(*score));
        rest = behind;
    }
    buffers.keys.clear();
    vm.replied(1)
}

/// How many elements an array of members with their scores has.
pub(super) fn header(count: u64, scored: bool, pairs: bool) -> usize {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if scored && !pairs { count.saturating_mul(2) } else { count }
}

/// Replies a member, and its score where that is asked for.
pub(super) fn row<R: ReplySink>(sink: &mut R, member: Text<'_>, score: Option<f64>, pairs: bool) {
    if score.is_some() && pairs {
        sink.array(2);
    }
    sink.bytes(member);
    if let Some(score) = score {
        sink.double(score);
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The register that the fourth operand names.
fn last(i: Instruction) -> u8 {
    u8::try_from(i.imm).unwrap_or(0)
}

/// Members that a unit of removing takes away: each is a write of its own.
const REMOVED_A_UNIT: u64 = 64;
