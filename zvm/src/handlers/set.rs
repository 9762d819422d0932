//! Sets.

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
