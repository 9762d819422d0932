//! Items: strings with what memcached's protocols know of them beside.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{
    Expiry, Fault, Instruction, ItemView, Key, Lease, OutOfMemory, ReplySink, Store, Text,
};
use databox::Kind;

#[inline]
pub(crate) fn reply_item<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let replied = vm.at_key(i.a, |store, key, sink| match store.item(key) {
        Some(item) => {
            sink.item(key.bytes, &item);
            Ok(true)
        }
        None => absent(store, key).map(|()| false),
    });
    reply_or_jump(vm, replied)
}

pub(crate) fn reply_item_details<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let replied = vm.at_key(i.a, |store, key, sink| {
        let Some((stamp, lease)) = store.stamp(key) else {
            return absent(store, key).map(|()| false);
        };
        sink.stamp(stamp);
        sink.lease(lease);
        let used_bytes = store.usage(key).unwrap_or(0);
        let found = store.item(key).map(|item| ItemView { used_bytes, ..item });
        let told = found.map(|item| sink.item_details(key.bytes, &item));
        Ok(told.is_some())
    });
    reply_or_jump(vm, replied)
}

#[inline]
fn reply_or_jump<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    replied: Result<bool, Fault>,
) -> Step {
    match replied {
        Ok(true) => vm.replied(1),
        Ok(false) => Step::Jump,
        Err(fault) => vm.fault(fault),
    }
}

#[inline]
pub(crate) fn reply_stamp<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let stamped = vm.at_key(i.a, |store, key, sink| {
        let stamp = match store.stamp(key) {
            None => return Ok(()),
            Some((0, lease)) => store.give_stamp(key, lease)?.unwrap_or(0),
            Some((stamp, _)) => stamp,
        };
        sink.stamp(stamp);
        Ok(())
    });
    done(vm, stamped)
}

pub(crate) fn reply_claim<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let wanted = vm.registers.bool(i.b);
    let claimed = vm.at_key(i.a, |store, key, sink| {
        let Some((_, mut lease)) = store.stamp(key) else { return Ok(()) };
        lease.is_won = !lease.is_claimed && (wanted || lease.is_stale);
        if lease.is_won {
            store.set_lease(key, lease)?;
        }
        sink.lease(lease);
        Ok(())
    });
    done(vm, claimed)
}

#[inline]
pub(crate) fn item_exists<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.at_key(i.b, |store, key, _| store.kind(key)) {
        Some(kind) if !is_item(kind) => vm.fault(Fault::WrongType),
        kind => {
            vm.registers.set(i.a, Value::Bool(kind.is_some()));
            Step::Next
        }
    }
}

#[inline]
pub(crate) fn item_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let at_ms = vm.registers.int(u8::try_from(i.imm).unwrap_or(0));
    let key = vm.registers.key(i.a, vm.input);
    let value = vm.registers.text(i.b, vm.input).unwrap_or(Text::Bytes(&[]));
    // What is more than 32 bits wide cannot come from a parameter of type flags.
    let flags = u32::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let written = vm.store.set_item(key, value, flags, moment(at_ms));
    vm.registers.remember(i.a, vm.store.hint());
    done(vm, written)
}

pub(crate) fn item_extend<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let before = vm.registers.bool(i.c);
    let key = vm.registers.key(i.a, vm.input);
    let piece = vm.registers.text(i.b, vm.input).unwrap_or(Text::Bytes(&[]));
    let written = vm.store.extend_item(key, piece, before);
    vm.registers.remember(i.a, vm.store.hint());
    done(vm, written)
}

pub(crate) fn item_expire<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let at_ms = moment(vm.registers.int(i.c));
    let found = vm.at_key(i.b, |store, key, _| match store.kind(key) {
        Some(kind) if !is_item(kind) => Err(Fault::WrongType),
        Some(_) => Ok(store.set_expiry(key, at_ms)),
        None => Ok(false),
    });
    match found {
        Ok(found) => {
            vm.registers.set(i.a, Value::Bool(found));
            Step::Next
        }
        Err(fault) => vm.fault(fault),
    }
}

pub(crate) fn item_stamp<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let stamp = vm.at_key(i.b, |store, key, _| match store.stamp(key) {
        Some((stamp, _)) => Ok(Some(stamp)),
        None => absent(store, key).map(|()| None),
    });
    match stamp {
        Ok(Some(stamp)) => {
            vm.registers.set(i.a, Value::Int(stamp.cast_signed()));
            Step::Next
        }
        Ok(None) => Step::Jump,
        Err(fault) => vm.fault(fault),
    }
}

pub(crate) fn item_claimed<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let lease = vm.at_key(i.b, |store, key, _| store.stamp(key)).unwrap_or_default().1;
    vm.registers.set(i.a, Value::Bool(lease.is_claimed));
    Step::Next
}

pub(crate) fn item_leave<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.at_key(i.a, |store, key, _| store.expiry(key));
    Step::Next
}

pub(crate) fn item_invalidate<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let is_claimed = vm.registers.bool(i.b);
    let lease = Lease { is_stale: true, is_claimed, is_won: false };
    let stamped = vm.at_key(i.a, |store, key, _| store.give_stamp(key, lease));
    done(vm, stamped.map(|_| ()))
}

#[inline]
pub(crate) fn item_number<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let number = vm.at_key(i.b, |store, key, _| match store.string(key) {
        Some(text) => Ok(number(text)),
        None => absent(store, key).map(|()| None),
    });
    match number {
        Ok(Some(number)) => {
            vm.registers.set(i.a, Value::Int(number.cast_signed()));
            Step::Next
        }
        Ok(None) => Step::Jump,
        Err(fault) => vm.fault(fault),
    }
}

#[inline]
pub(crate) fn item_set_number<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let number = vm.registers.int(i.b).cast_unsigned();
    let key = vm.registers.key(i.a, vm.input);
    let mut digits = itoa::Buffer::new();
    let text = match i64::try_from(number) {
        Ok(number) => Text::Integer(number),
        Err(_) => Text::Bytes(digits.format(number).as_bytes()),
    };
    let written = vm.store.set_string(key, text, Expiry::Keep);
    vm.registers.remember(i.a, vm.store.hint());
    done(vm, written)
}

#[inline]
pub(crate) fn number_add<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let sum = vm.registers.int(i.b).wrapping_add(vm.registers.int(i.c));
    vm.registers.set(i.a, Value::Int(sum));
    Step::Next
}

#[inline]
pub(crate) fn number_sub<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (left, right) = (vm.registers.int(i.b), vm.registers.int(i.c));
    let difference = left.cast_unsigned().saturating_sub(right.cast_unsigned());
    vm.registers.set(i.a, Value::Int(difference.cast_signed()));
    Step::Next
}

#[inline]
pub(crate) fn reply_number<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.number(vm.registers.int(i.a).cast_unsigned());
    vm.replied(1)
}

pub(crate) fn db_flush_at<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.store.flush_at(u64::try_from(vm.registers.int(i.a)).unwrap_or(0));
    Step::Next
}

/// Goes on, or stops for want of memory.
#[inline]
fn done<S, N, R>(vm: &mut Machine<'_, S, N, R>, written: Result<(), OutOfMemory>) -> Step {
    vm.done(written.map_err(|OutOfMemory| Fault::OutOfMemory))
}

/// Whether a key at which no item was found is absent: otherwise it holds another kind.
#[cold]
fn absent<S: Store>(store: &mut S, key: Key<'_>) -> Result<(), Fault> {
    store.kind(key).is_none_or(is_item).then_some(()).ok_or(Fault::WrongType)
}

const fn is_item(kind: Kind) -> bool {
    matches!(kind, Kind::String)
}

const fn moment(at_ms: i64) -> Option<u64> {
    if at_ms == 0 { None } else { Some(if at_ms < 0 { 0 } else { at_ms.cast_unsigned() }) }
}

/// The number that a string is, with blanks around it, as memcached takes them.
fn number(text: Text<'_>) -> Option<u64> {
    match text {
        Text::Integer(number) => u64::try_from(number).ok(),
        Text::Bytes(bytes) => {
            let digits = bytes.trim_ascii();
            let digits = digits.strip_prefix(b"+").unwrap_or(digits);
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            std::str::from_utf8(digits).ok()?.parse().ok()
        }
    }
}
