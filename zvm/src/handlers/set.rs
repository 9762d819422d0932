//! Sets.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, ReplySink, Store};
use databox::decimal;

#[inline]
pub(crate) fn set_add<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    match vm.store.set_add(vm.registers.key(i.b, vm.input), member) {
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
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

#[inline]
pub(crate) fn set_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.store.set_len(vm.registers.key(i.b, vm.input));
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn set_contains<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let found = vm.store.set_contains(vm.registers.key(i.b, vm.input), member);
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

pub(crate) fn reply_set_members<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let len = vm.store.set_len(key);
    vm.sink.set(usize::try_from(len).unwrap_or(usize::MAX));
    let sink = &mut *vm.sink;
    vm.store.set_members(key, &mut |member| sink.bytes(member));
    vm.replied(1)
}
