//! Lists.

use crate::generated::Aggregate;
use crate::handlers::reply::{close, open};
use crate::interpret::{Machine, Step};
use crate::registers::{Search, Value};
use crate::{Fault, Instruction, Key, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::decimal;

#[inline]
pub(crate) fn list_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.at_key(i.b, |store, key, _| store.list_len(key));
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn list_insert<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let element = vm.registers.bytes(i.c, vm.input, &mut digits);
    let (key, index) = (vm.registers.key(i.a, vm.input), vm.registers.int(i.b));
    // Behind the last one is a place to insert at, so -1 is the length here.
    let at = if index < 0 {
        vm.store.list_len(key).checked_sub(index.unsigned_abs() - 1)
    } else {
        Some(index.unsigned_abs())
    };
    let inserted = at.map_or(Ok(()), |at| vm.store.list_insert(key, at, element));
    vm.registers.remember(i.a, vm.store.hint());
    if inserted.is_ok() { Step::Next } else { vm.fault(Fault::OutOfMemory) }
}

pub(crate) fn list_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let at = at(vm.store, key, vm.registers.int(i.c));
    match at.and_then(|at| vm.store.list_get(key, at)) {
        Some(text) => {
            let copied = vm.registers.copy_in(i.a, text);
            vm.done(copied)
        }
        None => {
            vm.registers.set(i.a, Value::Absent);
            Step::Next
        }
    }
}

pub(crate) fn list_take<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let at = at(vm.store, key, vm.registers.int(i.c));
    let Some((at, text)) = at.and_then(|at| Some((at, vm.store.list_get(key, at)?))) else {
        vm.registers.set(i.a, Value::Absent);
        return Step::Next;
    };
    let copied = vm.registers.copy_in(i.a, text);
    if copied.is_ok() {
        // The register of the key may be the one that was just written.
        vm.store.list_remove(key, at, 1);
    }
    vm.done(copied)
}

#[inline]
pub(crate) fn list_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let element = vm.registers.bytes(i.c, vm.input, &mut digits);
    let key = vm.registers.key(i.a, vm.input);
    let at = at(vm.store, key, vm.registers.int(i.b));
    let set = at.map_or(Ok(()), |at| vm.store.list_set(key, at, element));
    vm.registers.remember(i.a, vm.store.hint());
    if set.is_ok() { Step::Next } else { vm.fault(Fault::OutOfMemory) }
}

pub(crate) fn list_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let cursor = last(i);
    let gone = vm.registers.cursor(cursor);
    let (at, count) = (vm.registers.int(i.b), vm.registers.int(i.c));
    let (Ok(at), Ok(count)) = (u64::try_from(at), u64::try_from(count)) else { return Step::Next };
    let unit = (count - gone).min(REMOVED_A_UNIT);
    let removed = vm.at_key(i.a, |store, key, _| store.list_remove(key, at, unit));
    if removed < unit || gone + removed == count {
        return Step::Next;
    }
    vm.registers.set(cursor, Value::Cursor(gone + removed));
    Step::Again
}

/// The cursor is how many elements were passed over, from the end that is searched from, in its
/// low half, and how many were removed in its high one: no memory holds a list that is longer.
pub(crate) fn reply_list_removed<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = vm.registers.cursor(last(i));
    let (passed, removed) = (cursor & HALF, cursor >> HALF_BITS);
    let mut wanted = vm.registers.int(i.b);
    let mut digits = decimal::Buffer::new();
    let element = vm.registers.bytes(i.c, vm.input, &mut digits);
    let key = vm.registers.key(i.a, vm.input);
    let is_back = wanted < 0;
    let len = vm.store.list_len(key);
    let from = if is_back { len.saturating_sub(passed) } else { passed };
    // The places of those that are equal, counted from `from`.
    let (mut hits, mut seen) = (0u64, 0u32);
    vm.store.list_walk(key, from, UNIT_ELEMENTS, is_back, &mut |text| {
        if is(text, element) {
            hits |= 1 << seen;
        }
        seen += 1;
    });
    let (mut kept, mut gone) = (0, 0);
    for place in 0..seen {
        if wanted == 0 || hits >> place & 1 == 0 {
            kept += 1;
            continue;
        }
        // From the front, what was removed has let the others move up.
        let at = if is_back { from - 1 - kept - gone } else { from + kept };
        vm.store.list_remove(key, at, 1);
        gone += 1;
        wanted -= wanted.signum();
    }
    let removed = removed + gone;
    if u64::from(seen) < UNIT_ELEMENTS || wanted == 0 {
        vm.sink.integer(removed.cast_signed());
        return vm.replied(1);
    }
    vm.registers.set(i.b, Value::Int(wanted));
    vm.registers.set(last(i), Value::Cursor(removed << HALF_BITS | (passed + kept)));
    Step::Again
}

pub(crate) fn list_find<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let cursor = last(i);
    let from = vm.registers.cursor(cursor);
    let mut digits = decimal::Buffer::new();
    let element = vm.registers.bytes(i.c, vm.input, &mut digits);
    let key = vm.registers.key(i.b, vm.input);
    let (mut found, mut seen) = (None, 0);
    vm.store.list_walk(key, from, UNIT_ELEMENTS, false, &mut |text| {
        if found.is_none() && is(text, element) {
            found = Some(from + seen);
        }
        seen += 1;
    });
    if let Some(at) = found {
        vm.registers.set(i.a, Value::Int(i64::try_from(at).unwrap_or(i64::MAX)));
    } else if seen < UNIT_ELEMENTS {
        vm.registers.set(i.a, Value::Absent);
    } else {
        vm.registers.set(cursor, Value::Cursor(from + seen));
        return Step::Again;
    }
    Step::Next
}

pub(crate) fn list_search<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (rank, limit) = (vm.registers.int(i.a), vm.registers.int(i.b));
    vm.registers.buffers().search = Search {
        is_back: rank < 0,
        passed_over: rank.unsigned_abs().saturating_sub(1),
        limit: u64::try_from(limit).unwrap_or(0),
    };
    Step::Next
}

/// The cursor is how many elements were looked at. What is found is counted as what it is: the
/// elements of the array that is open.
pub(crate) fn reply_list_found<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let looked_at = vm.registers.cursor(last(i));
    let count = vm.registers.int(i.c);
    let is_array = count >= 0;
    if looked_at == 0 && is_array {
        open(vm, Aggregate::Array, usize::from(count == 1));
    }
    let Search { is_back, passed_over, limit } = vm.registers.buffers().search;
    let limit = if limit == 0 { u64::MAX } else { limit };
    let (places, seen) = matches(vm, i, (looked_at, is_back), UNIT_ELEMENTS.min(limit - looked_at));
    let over = passed_over.min(u64::from(places.count_ones()));
    vm.registers.buffers().search.passed_over -= over;
    for place in (0..seen).filter(|place| places >> place & 1 != 0).skip(over as usize) {
        let passed = looked_at + place;
        let at = if is_back { list_end(vm, i) - 1 - passed } else { passed };
        vm.sink.integer(at.cast_signed());
        vm.registers.elements += 1;
        if !is_array {
            return Step::Next;
        }
        if vm.registers.elements == count {
            return close(vm);
        }
    }
    if seen < UNIT_ELEMENTS || looked_at + seen == limit {
        if is_array {
            return close(vm);
        }
        vm.sink.nil();
        return vm.replied(1);
    }
    vm.registers.set(last(i), Value::Cursor(looked_at + seen));
    Step::Again
}

/// Which of up to `unit` elements of the list in register `a`, from the place `from` elements from
/// an end on, are equal to what is in register `b`, a bit each, and how many elements there were.
fn matches<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    (from, is_back): (u64, bool),
    unit: u64,
) -> (u64, u64) {
    let mut digits = decimal::Buffer::new();
    let element = vm.registers.bytes(i.b, vm.input, &mut digits);
    let key = vm.registers.key(i.a, vm.input);
    let at = if is_back { vm.store.list_len(key).saturating_sub(from) } else { from };
    let (mut places, mut seen) = (0u64, 0);
    vm.store.list_walk(key, at, unit, is_back, &mut |text| {
        places |= u64::from(is(text, element)) << seen;
        seen += 1;
    });
    (places, seen)
}

fn list_end<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> u64 {
    vm.store.list_len(vm.registers.key(i.a, vm.input))
}

/// The header goes out with the first unit; a list that does not change has that many elements.
pub(crate) fn reply_list_range<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = last(i);
    let out = vm.registers.cursor(cursor);
    let from = u64::try_from(vm.registers.int(i.b)).unwrap_or(u64::MAX);
    let count = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let next = vm.at_key(i.a, |store, key, sink| {
        let count = count.min(store.list_len(key).saturating_sub(from));
        if out == 0 {
            sink.array(usize::try_from(count).unwrap_or(usize::MAX));
        }
        let unit = count.saturating_sub(out).min(UNIT_ELEMENTS);
        store.list_walk(key, from + out, unit, false, &mut |element| sink.bytes(element));
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
pub(crate) fn reply_list_taken<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (out, count) = (vm.registers.cursor(i.c), vm.registers.int(i.b));
    let (is_back, wanted) = (count < 0, count.unsigned_abs());
    let taken = vm.at_key(i.a, |store, key, sink| {
        let len = store.list_len(key);
        if out == 0 {
            sink.array(usize::try_from(wanted.min(len)).unwrap_or(usize::MAX));
        }
        let unit = wanted.min(len).min(UNIT_ELEMENTS);
        let from = if is_back { len } else { 0 };
        store.list_walk(key, from, unit, is_back, &mut |element| sink.bytes(element));
        if unit > 0 {
            store.list_remove(key, if is_back { len - unit } else { 0 }, unit);
        }
        if unit == len { None } else { Some(unit) }
    });
    let left = taken.map_or(0, |taken| wanted - taken);
    if left == 0 {
        return vm.replied(1);
    }
    let left = left.cast_signed();
    vm.registers.set(i.b, Value::Int(if is_back { -left } else { left }));
    vm.registers.set(i.c, Value::Cursor(out + 1));
    Step::Again
}

/// The index from the front of an element that there may be.
fn at<S: Store>(store: &mut S, key: Key<'_>, index: i64) -> Option<u64> {
    if index < 0 {
        store.list_len(key).checked_sub(index.unsigned_abs())
    } else {
        Some(index.unsigned_abs())
    }
}

fn is(text: Text<'_>, element: &[u8]) -> bool {
    let mut digits = decimal::Buffer::new();
    text.bytes(&mut digits) == element
}

/// The register that the fourth operand names.
fn last(i: Instruction) -> u8 {
    u8::try_from(i.imm).unwrap_or(0)
}

/// The bits of a half of a cursor.
const HALF_BITS: u32 = 32;

const HALF: u64 = u32::MAX as u64;

const _: () = assert!(UNIT_ELEMENTS <= u64::BITS as u64);

/// Elements that a unit of removing takes away: about as many chunks as a unit may touch pages.
const REMOVED_A_UNIT: u64 = 512;
