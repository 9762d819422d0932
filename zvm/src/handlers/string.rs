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

pub(crate) fn string_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.at_key(i.b, |store, key, _| store.string(key).map_or(0, |text| text.len()));
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

pub(crate) fn string_splice<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let mut digits = decimal::Buffer::new();
    let bytes = vm.registers.bytes(i.c, vm.input, &mut digits);
    // No string reaches as far as the place that stands for one below zero.
    let at = u64::try_from(vm.registers.int(i.b)).unwrap_or(u64::MAX);
    let written = vm.store.splice_string(key, at, bytes);
    vm.registers.remember(i.a, vm.store.hint());
    match written {
        Ok(fits) => Step::jump_if(!fits),
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn reply_string_range<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (first, last) = (vm.registers.int(i.b), vm.registers.int(i.c));
    vm.at_key(i.a, |store, key, sink| {
        let mut digits = decimal::Buffer::new();
        let bytes = store.string(key);
        let bytes = bytes.as_ref().map_or(&[][..], |text| text.bytes(&mut digits));
        sink.bytes(Text::Bytes(range(bytes, first, last)));
    });
    vm.replied(1)
}

/// The bytes from one place to another, as Redis counts them.
fn range(bytes: &[u8], first: i64, last: i64) -> &[u8] {
    let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    if first < 0 && last < 0 && first > last {
        return &[];
    }
    let from_start = |place: i64| if place < 0 { (len + place).max(0) } else { place };
    let (first, last) = (from_start(first), from_start(last).min(len - 1));
    let place = |at: i64| usize::try_from(at).unwrap_or(usize::MAX);
    if first > last { &[] } else { bytes.get(place(first)..=place(last)).unwrap_or(&[]) }
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
