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
    vm.at_key(i.a, |store, key, sink| match store.string(key) {
        Some(text) => sink.bytes(text),
        None => sink.nil(),
    });
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
    let value = vm.at_key(i.b, |store, key, _| store.string(key).map_or(Some(0), integer));
    let Some(value) = value else { return Step::Jump };
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}

/// The integer that a string is.
#[inline]
pub(crate) fn integer(text: Text<'_>) -> Option<i64> {
    match text {
        Text::Integer(value) => Some(value),
        Text::Bytes(bytes) => decimal::parse(bytes),
    }
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
    let written = vm.store.set_string(key, value, expiry);
    vm.registers.remember(i.a, vm.store.hint());
    match written {
        Ok(()) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}
