//! Strings.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Expiry, Fault, Instruction, Key, ReplySink, Store, Text};
use databox::{BitsView, decimal};

#[inline]
pub(crate) fn reply_string<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.at_key(i.a, |store, key, sink| match store.string(key) {
        Some(text) => sink.bytes(text),
        None => reply_pieces(store, key, sink),
    });
    vm.replied(1)
}

/// Replies a string that does not stand in one piece; nil where there is none.
#[cold]
pub(crate) fn reply_pieces<S: Store, R: ReplySink>(store: &mut S, key: Key<'_>, sink: &mut R) {
    match store.bits(key, &mut decimal::Buffer::new()) {
        Some(bits) => sink.bits(bits, 0, bits.len_bytes()),
        None => sink.nil(),
    }
}

/// The bytes of a string that does not stand in one piece.
#[cold]
fn pieces<S: Store>(store: &mut S, key: Key<'_>) -> Option<Vec<u8>> {
    let mut digits = decimal::Buffer::new();
    let bits = store.bits(key, &mut digits)?;
    let mut bytes = Vec::new();
    bits.copy_bytes(0, usize::MAX, &mut bytes);
    Some(bytes)
}

pub(crate) fn string_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.store.string(vm.registers.key(i.b, vm.input)) {
        Some(text) => {
            let copied = vm.registers.copy_in(i.a, text);
            vm.done(copied)
        }
        None => match pieces(vm.store, vm.registers.key(i.b, vm.input)) {
            Some(bytes) => {
                let copied = vm.registers.copy_in(i.a, Text::Bytes(&bytes));
                vm.done(copied)
            }
            None => {
                vm.registers.set(i.a, Value::Absent);
                Step::Next
            }
        },
    }
}

#[inline]
pub(crate) fn string_integer<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = vm.at_key(i.b, |store, key, _| match store.string(key) {
        Some(text) => integer(text),
        // What does not stand in one piece is longer than any integer.
        None => store.kind(key).is_none().then_some(0),
    });
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
    let len = vm.at_key(i.b, |store, key, _| match store.string(key) {
        Some(text) => text.len() as u64,
        None => {
            let mut digits = decimal::Buffer::new();
            store.bits(key, &mut digits).map_or(0, |bits| bits.len_bytes())
        }
    });
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
        match store.bits(key, &mut digits) {
            Some(BitsView::Bytes(bytes)) => {
                let (from, len) = range(bytes.len() as u64, first, last);
                let bytes = bytes.get(from as usize..).unwrap_or(&[]);
                sink.bytes(Text::Bytes(bytes.get(..len as usize).unwrap_or(&[])));
            }
            Some(bits) => {
                let (from, len) = range(bits.len_bytes(), first, last);
                sink.bits(bits, from, len);
            }
            None => sink.bytes(Text::Bytes(&[])),
        }
    });
    vm.replied(1)
}

/// The bytes from one place to another, as Redis counts them: from where on, and how many.
fn range(len: u64, first: i64, last: i64) -> (u64, u64) {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    if first < 0 && last < 0 && first > last {
        return (0, 0);
    }
    let from_start = |place: i64| if place < 0 { (len + place).max(0) } else { place };
    let (first, last) = (from_start(first), from_start(last).min(len - 1));
    if first > last { (0, 0) } else { (first.unsigned_abs(), last.abs_diff(first) + 1) }
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
