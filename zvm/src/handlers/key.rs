//! Keys, whatever they hold.

use crate::generated::kind;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, ReplySink, ScanFilter, Store, Text};
use databox::decimal;

#[inline]
pub(crate) fn key_ensure<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.store.kind(vm.registers.key(i.a, vm.input)) {
        None => Step::Jump,
        Some(found) if found == kind(i.b) => Step::Next,
        Some(_) => vm.fault(Fault::WrongType),
    }
}

#[inline]
pub(crate) fn key_exists<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let found = vm.store.kind(vm.registers.key(i.b, vm.input)).is_some();
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

#[inline]
pub(crate) fn key_kind_name<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let kind = vm.store.kind(vm.registers.key(i.b, vm.input));
    let name = kind.map_or("none", databox::Kind::name);
    let copied = vm.registers.copy_in(i.a, Text::Bytes(name.as_bytes()));
    vm.done(copied)
}

#[inline]
pub(crate) fn key_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let removed = vm.store.remove(vm.registers.key(i.b, vm.input));
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

#[inline]
pub(crate) fn key_expiry<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let Some(expiry) = vm.store.expiry(vm.registers.key(i.b, vm.input)) else {
        return Step::Jump;
    };
    vm.registers.set(i.a, expiry.map_or(Value::Absent, milliseconds));
    Step::Next
}

#[inline]
pub(crate) fn key_expire<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let at_ms = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let found = vm.store.set_expiry(vm.registers.key(i.b, vm.input), Some(at_ms));
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

#[inline]
pub(crate) fn key_persist<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let expires = matches!(vm.store.expiry(key), Some(Some(_)));
    let cleared = expires && vm.store.set_expiry(key, None);
    vm.registers.set(i.a, Value::Bool(cleared));
    Step::Next
}

#[inline]
pub(crate) fn key_set_flags<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    // What is more than 32 bits wide cannot come from a parameter of type flags.
    let flags = u32::try_from(vm.registers.int(i.b)).unwrap_or(0);
    vm.store.set_flags(vm.registers.key(i.a, vm.input), flags);
    Step::Next
}

#[inline]
pub(crate) fn now_ms<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.registers.set(i.a, milliseconds(vm.store.now_ms()));
    Step::Next
}

/// The cursor stands before the keys in the reply but is known after them, so the keys wait in a
/// buffer, each behind its length.
pub(crate) fn reply_scan<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut keys = std::mem::take(&mut vm.registers.keys);
    let mut found = 0;
    let (mut pattern_digits, mut type_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let type_register = u8::try_from(i.imm).unwrap_or(0);
    let pattern = vm.registers.text(i.c, vm.input).map(|text| text.bytes(&mut pattern_digits));
    let type_name =
        vm.registers.text(type_register, vm.input).map(|text| text.bytes(&mut type_digits));
    let cursor = vm.registers.cursor(i.a);
    let count = u64::try_from(vm.registers.int(i.b)).unwrap_or(0);
    let next = vm.store.scan(cursor, count, ScanFilter { pattern, type_name }, &mut |key| {
        let mut digits = decimal::Buffer::new();
        let key = key.bytes(&mut digits);
        keys.extend_from_slice(&(key.len() as u64).to_le_bytes());
        keys.extend_from_slice(key);
        found += 1;
    });
    vm.sink.array(2);
    vm.sink.bytes(Text::Bytes(itoa::Buffer::new().format(next).as_bytes()));
    vm.sink.array(found);
    let mut rest = keys.as_slice();
    while let Some((len, behind)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((key, behind)) = behind.split_at_checked(len) else { break };
        vm.sink.bytes(Text::Bytes(key));
        rest = behind;
    }
    keys.clear();
    vm.registers.keys = keys;
    vm.replied(1)
}

fn milliseconds(at_ms: u64) -> Value {
    Value::Int(i64::try_from(at_ms).unwrap_or(i64::MAX))
}
