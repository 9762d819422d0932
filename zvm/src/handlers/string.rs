//! Strings.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Expiry, Fault, Instruction, ReplySink, Store, Text};
use databox::decimal;

#[inline]
pub(crate) fn reply_string<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    match vm.store.string(vm.registers.key(i.a, vm.input)) {
        Some(text) => vm.sink.bytes(text),
        None => vm.sink.nil(),
    }
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_item<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let flags = vm.store.flags(key);
    match vm.store.string(key) {
        Some(text) => vm.sink.item(key.bytes, text, flags, None),
        None => return Step::Jump,
    }
    vm.replied(1)
}

pub(crate) fn string_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.store.string(vm.registers.key(i.b, vm.input)) {
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

#[inline]
pub(crate) fn string_integer<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = match vm.store.string(vm.registers.key(i.b, vm.input)) {
        None => 0,
        Some(Text::Integer(value)) => value,
        Some(Text::Bytes(bytes)) => match decimal::parse(bytes) {
            Some(value) => value,
            None => return Step::Jump,
        },
    };
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}

#[inline]
pub(crate) fn string_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    write(vm, i, Expiry::Never)
}

#[inline]
pub(crate) fn string_set_keep<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    write(vm, i, Expiry::Keep)
}

#[inline]
pub(crate) fn string_set_until<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let at_ms = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    write(vm, i, Expiry::At(at_ms))
}

#[inline]
pub(crate) fn string_set_integer<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    write(vm, i, Expiry::Keep)
}

#[inline]
fn write<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, expiry: Expiry) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let value = vm.registers.text(i.b, vm.input).unwrap_or(Text::Bytes(&[]));
    match vm.store.set_string(key, value, expiry) {
        Ok(()) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}
