//! Sets.

use crate::handlers::key::{hold, reply_page};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, ReplySink, Store, UNIT_ELEMENTS};
use databox::decimal;

#[inline]
pub(crate) fn set_add<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let added = vm.store.set_add(vm.registers.key(i.b, vm.input), member);
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
pub(crate) fn set_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let removed = vm.store.set_remove(vm.registers.key(i.b, vm.input), member);
    vm.registers.remember(i.b, vm.store.hint());
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

#[inline]
pub(crate) fn set_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.at_key(i.b, |store, key, _| store.set_len(key));
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn set_contains<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let found = vm.store.set_contains(vm.registers.key(i.b, vm.input), member);
    vm.registers.remember(i.b, vm.store.hint());
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

/// The header goes out with the first unit; a set that does not change has that many members.
pub(crate) fn reply_set_members<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = vm.registers.cursor(i.b);
    let next = vm.at_key(i.a, |store, key, sink| {
        if cursor == 0 {
            sink.set(usize::try_from(store.set_len(key)).unwrap_or(usize::MAX));
        }
        store.set_scan(key, cursor, UNIT_ELEMENTS, &mut |member| sink.bytes(member))
    });
    vm.registers.set(i.b, Value::Cursor(next));
    if next == 0 { vm.replied(1) } else { Step::Again }
}

pub(crate) fn reply_set_scan<S: Store, N, R: ReplySink>(
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
    let next = vm.store.set_iterate(key, cursor, unit, pattern, &mut |member| {
        hold(&mut held, member);
        found += 1;
    });
    let left = wanted - unit;
    vm.registers.set(i.b, Value::Cursor(next));
    vm.registers.set(i.c, Value::Int(left.cast_signed()));
    let buffers = vm.registers.buffers();
    buffers.keys = held;
    buffers.keys_found += found;
    if next != 0 && left > 0 { Step::Again } else { reply_page(vm, next) }
}
