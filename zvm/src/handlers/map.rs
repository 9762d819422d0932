//! Maps.

use crate::generated::Aggregate;
use crate::handlers::key::{hold, reply_page};
use crate::handlers::reply::{close, open};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, Key, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::decimal;

#[inline]
pub(crate) fn map_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.at_key(i.b, |store, key, _| store.map_len(key));
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn map_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut digits, mut value_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let value = u8::try_from(i.imm).unwrap_or(0);
    let value = vm.registers.bytes(value, vm.input, &mut value_digits);
    let added = vm.store.map_set(vm.registers.key(i.b, vm.input), name, value);
    vm.registers.remember(i.b, vm.store.hint());
    match added {
        Ok(added) => {
            vm.registers.set(i.a, Value::Bool(added));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn map_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    match vm.store.map_get(vm.registers.key(i.b, vm.input), name) {
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

pub(crate) fn map_len_of<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let value = vm.store.map_get(vm.registers.key(i.b, vm.input), name);
    let len = value.map(|text| i64::try_from(text.len()).unwrap_or(i64::MAX));
    vm.registers.set(i.a, len.map_or(Value::Absent, Value::Int));
    Step::Next
}

#[inline]
pub(crate) fn map_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let removed = vm.store.map_remove(vm.registers.key(i.b, vm.input), name);
    vm.registers.remember(i.b, vm.store.hint());
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

pub(crate) fn reply_map_pairs<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, Aggregate::Map, |sink, name, value| {
        sink.bytes(name);
        sink.bytes(value);
    })
}

pub(crate) fn reply_map_names<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, Aggregate::Array, |sink, name, _| sink.bytes(name))
}

pub(crate) fn reply_map_values<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    walk(vm, i, Aggregate::Array, |sink, _, value| sink.bytes(value))
}

/// How many there are turns out: names that have expired may count in the length of the map.
fn walk<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    aggregate: Aggregate,
    pair: impl Fn(&mut R, Text<'_>, Text<'_>),
) -> Step {
    let cursor = vm.registers.cursor(i.b);
    if cursor == 0 {
        let len = vm.at_key(i.a, |store, key, _| store.map_len(key));
        open(vm, aggregate, usize::try_from(len).unwrap_or(usize::MAX));
    }
    let mut replied = 0;
    let next = vm.at_key(i.a, |store, key: Key<'_>, sink| {
        store.map_walk(key, cursor, UNIT_ELEMENTS, &mut |name, value| {
            pair(sink, name, value);
            replied += 1;
        })
    });
    vm.registers.elements += if aggregate == Aggregate::Map { 2 * replied } else { replied };
    vm.registers.set(i.b, Value::Cursor(next));
    if next == 0 { close(vm) } else { Step::Again }
}

#[inline]
pub(crate) fn map_update<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut digits, mut value_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let value = u8::try_from(i.imm).unwrap_or(0);
    let value = vm.registers.bytes(value, vm.input, &mut value_digits);
    let added = vm.store.map_update(vm.registers.key(i.b, vm.input), name, value);
    vm.registers.remember(i.b, vm.store.hint());
    match added {
        Ok(added) => {
            vm.registers.set(i.a, Value::Bool(added));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn map_expiry<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let Some(expiry) = vm.store.map_expiry(vm.registers.key(i.b, vm.input), name) else {
        return Step::Jump;
    };
    let at_ms = expiry.map(|at_ms| Value::Int(i64::try_from(at_ms).unwrap_or(i64::MAX)));
    vm.registers.set(i.a, at_ms.unwrap_or(Value::Absent));
    Step::Next
}

pub(crate) fn map_expire<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.c, vm.input, &mut digits);
    let at_ms = vm.registers.int(u8::try_from(i.imm).unwrap_or(0));
    // Moments before the epoch have passed.
    let at_ms = if at_ms == 0 { None } else { Some(u64::try_from(at_ms).unwrap_or(0)) };
    let set = vm.store.map_expire(vm.registers.key(i.b, vm.input), name, at_ms);
    vm.registers.remember(i.b, vm.store.hint());
    match set {
        Ok(found) => {
            vm.registers.set(i.a, Value::Bool(found));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn reply_map_scan<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut held = std::mem::take(&mut vm.registers.buffers().keys);
    let mut found = 0;
    let mut digits = decimal::Buffer::new();
    let pattern = u8::try_from(i.imm).unwrap_or(0);
    let pattern = vm.registers.text(pattern, vm.input).map(|text| text.bytes(&mut digits));
    let cursor = vm.registers.cursor(i.b);
    let wanted = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let unit = wanted.min(UNIT_ELEMENTS);
    let key = vm.registers.key(i.a, vm.input);
    let next = vm.store.map_scan(key, cursor, unit, pattern, &mut |name, value| {
        hold(&mut held, name);
        hold(&mut held, value);
        found += 2;
    });
    let left = wanted - unit;
    vm.registers.set(i.b, Value::Cursor(next));
    vm.registers.set(i.c, Value::Int(left.cast_signed()));
    let buffers = vm.registers.buffers();
    buffers.keys = held;
    buffers.keys_found += found;
    if next != 0 && left > 0 { Step::Again } else { reply_page(vm, next) }
}
