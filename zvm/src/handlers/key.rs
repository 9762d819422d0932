//! Keys, whatever they hold.

use crate::generated::Aggregate;
use crate::generated::kind;
use crate::handlers::reply::{close, open};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Expiry, Fault, Instruction, ReplySink, ScanFilter, Store, Text, UNIT_ELEMENTS};
use databox::decimal;

#[inline]
pub(crate) fn key_ensure<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.at_key(i.a, |store, key, _| store.kind(key)) {
        None => Step::Jump,
        Some(found) if found == kind(i.b) => Step::Next,
        Some(_) => vm.fault(Fault::WrongType),
    }
}

#[inline]
pub(crate) fn key_check<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.at_key(i.a, |store, key, _| store.kind(key)) {
        Some(found) if found != kind(i.b) => vm.fault(Fault::WrongType),
        _ => Step::Next,
    }
}

#[inline]
pub(crate) fn key_exists<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let found = vm.at_key(i.b, |store, key, _| store.kind(key)).is_some();
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

#[inline]
pub(crate) fn key_kind_name<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let kind = vm.at_key(i.b, |store, key, _| store.kind(key));
    let name = kind.map_or("none", databox::Kind::name);
    let copied = vm.registers.copy_in(i.a, Text::Bytes(name.as_bytes()));
    vm.done(copied)
}

#[inline]
pub(crate) fn key_remove<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let removed = vm.at_key(i.b, |store, key, _| store.remove(key));
    vm.registers.set(i.a, Value::Bool(removed));
    Step::Next
}

#[inline]
pub(crate) fn key_expiry<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let Some(expiry) = vm.at_key(i.b, |store, key, _| store.expiry(key)) else {
        return Step::Jump;
    };
    vm.registers.set(i.a, expiry.map_or(Value::Absent, integer));
    Step::Next
}

#[inline]
pub(crate) fn key_expire<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let at_ms = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let found = vm.at_key(i.b, |store, key, _| store.set_expiry(key, Some(at_ms)));
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

#[inline]
pub(crate) fn key_persist<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let expires = matches!(vm.at_key(i.b, |store, key, _| store.expiry(key)), Some(Some(_)));
    let cleared = expires && vm.at_key(i.b, |store, key, _| store.set_expiry(key, None));
    vm.registers.set(i.a, Value::Bool(cleared));
    Step::Next
}

#[inline]
pub(crate) fn key_set_flags<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    // What is more than 32 bits wide cannot come from a parameter of type flags.
    let flags = u32::try_from(vm.registers.int(i.b)).unwrap_or(0);
    vm.at_key(i.a, |store, key, _| store.set_flags(key, flags));
    Step::Next
}

#[inline]
pub(crate) fn now_ms<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.registers.set(i.a, integer(vm.store.now_ms()));
    Step::Next
}

pub(crate) fn key_random<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let name = vm.store.random_key();
    optional(vm, i.a, name)
}

pub(crate) fn key_encoding_name<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let name = vm.at_key(i.b, |store, key, _| store.encoding(key)).unwrap_or("none");
    let copied = vm.registers.copy_in(i.a, Text::Bytes(name.as_bytes()));
    vm.done(copied)
}

pub(crate) fn key_usage<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let bytes = vm.at_key(i.b, |store, key, _| store.usage(key));
    vm.registers.set(i.a, bytes.map_or(Value::Absent, integer));
    Step::Next
}

pub(crate) fn key_move<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let database = vm.registers.int(i.c);
    match vm.at_key(i.b, |store, key, _| store.move_key(key, database)) {
        Ok(Some(moved)) => {
            vm.registers.set(i.a, Value::Bool(moved));
            Step::Next
        }
        Ok(None) => Step::Jump,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn key_dump<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let payload = vm.at_key(i.b, |store, key, _| store.dump(key));
    optional(vm, i.a, payload)
}

pub(crate) fn key_restore<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let payload = vm.registers.bytes(i.b, vm.input, &mut digits);
    let expiry = match u64::try_from(vm.registers.int(i.c)) {
        Ok(at_ms) if at_ms > 0 => Expiry::At(at_ms),
        _ => Expiry::Never,
    };
    let restored = vm.store.restore(vm.registers.key(i.a, vm.input), payload, expiry);
    vm.registers.remember(i.a, vm.store.hint());
    match restored {
        Ok(restored) => Step::jump_if(!restored),
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn dump_is_whole<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let whole = databox::dump::is_whole(vm.registers.bytes(i.b, vm.input, &mut digits));
    vm.registers.set(i.a, Value::Bool(whole));
    Step::Next
}

pub(crate) fn db_number<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.registers.set(i.a, Value::Int(i64::from(vm.store.database())));
    Step::Next
}

/// Bytes that may be absent, into a register.
fn optional<S, N, R>(vm: &mut Machine<'_, S, N, R>, to: u8, bytes: Option<Vec<u8>>) -> Step {
    let Some(bytes) = bytes else {
        vm.registers.set(to, Value::Absent);
        return Step::Next;
    };
    let copied = vm.registers.copy_in(to, Text::Bytes(&bytes));
    vm.done(copied)
}

/// The array is opened by the first unit and closed by the last.
pub(crate) fn reply_keys<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = vm.registers.cursor(i.b);
    if cursor == 0 {
        open(vm, Aggregate::Array, 0);
    }
    let mut digits = decimal::Buffer::new();
    let pattern = Some(vm.registers.bytes(i.a, vm.input, &mut digits));
    let filter = ScanFilter { pattern, type_name: None };
    let (store, sink, mut found) = (&mut *vm.store, &mut *vm.sink, 0);
    let scanned = store.scan(cursor, UNIT_ELEMENTS, filter, &mut |key| {
        sink.bytes(key);
        found += 1;
    });
    vm.replied(found);
    vm.registers.set(i.b, Value::Cursor(scanned.cursor));
    if scanned.more { Step::Again } else { close(vm) }
}

/// The cursor stands before the keys in the reply but is known after them, so the keys wait in a
/// buffer, each behind its length, from one unit to the next.
pub(crate) fn reply_scan<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut keys = std::mem::take(&mut vm.registers.buffers().keys);
    let mut found = 0;
    let (mut pattern_digits, mut type_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let type_register = u8::try_from(i.imm).unwrap_or(0);
    let pattern = vm.registers.text(i.c, vm.input).map(|text| text.bytes(&mut pattern_digits));
    let type_name =
        vm.registers.text(type_register, vm.input).map(|text| text.bytes(&mut type_digits));
    let cursor = vm.registers.cursor(i.a);
    let wanted = u64::try_from(vm.registers.int(i.b)).unwrap_or(0);
    let unit = wanted.min(UNIT_ELEMENTS);
    let scanned = vm.store.scan(cursor, unit, ScanFilter { pattern, type_name }, &mut |key| {
        hold(&mut keys, key);
        found += 1;
    });
    let left = wanted - unit;
    vm.registers.set(i.a, Value::Cursor(scanned.cursor));
    vm.registers.set(i.b, Value::Int(left.cast_signed()));
    let buffers = vm.registers.buffers();
    buffers.keys = keys;
    buffers.keys_found += found;
    if scanned.more && left > 0 { Step::Again } else { reply_page(vm, scanned.cursor) }
}

/// Keeps a text until the page that it is in is replied.
pub(super) fn hold(held: &mut Vec<u8>, text: Text<'_>) {
    let mut digits = decimal::Buffer::new();
    let text = text.bytes(&mut digits);
    held.extend_from_slice(&(text.len() as u64).to_le_bytes());
    held.extend_from_slice(text);
}

/// Replies the cursor, and what was found.
pub(super) fn reply_page<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, cursor: u64) -> Step {
    let buffers = vm.registers.buffers();
    vm.sink.array(2);
    vm.sink.bytes(Text::Bytes(itoa::Buffer::new().format(cursor).as_bytes()));
    vm.sink.array(std::mem::take(&mut buffers.keys_found));
    let mut rest = buffers.keys.as_slice();
    while let Some((len, behind)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((key, behind)) = behind.split_at_checked(len) else { break };
        vm.sink.bytes(Text::Bytes(key));
        rest = behind;
    }
    buffers.keys.clear();
    vm.replied(1)
}

/// A number into a register, the largest for one that is larger.
fn integer(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
