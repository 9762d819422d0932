//! Fused opcodes. Where nothing is gained by knowing the whole sequence, they call the handlers
//! of its steps.

use super::control::{args_first, args_next};
use super::integer::int_count;
use super::reply::{reply_integer, reply_status};
use super::string::{integer, reply_pieces, string_set_integer};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, ReplySink, Store};
use databox::Kind;

/// Whether a key holds a string is asked only where no string was found: a hit is one look-up.
#[inline]
pub(crate) fn ensure_reply_string<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let is_right = vm.at_key(i.a, |store, key, sink| {
        if let Some(text) = store.string(key) {
            sink.bytes(text);
            return true;
        }
        let is_right = is_string_or_absent(store.kind(key));
        if is_right {
            reply_pieces(store, key, sink);
        }
        is_right
    });
    if is_right { vm.replied(1) } else { vm.fault(Fault::WrongType) }
}

#[inline]
pub(crate) fn ensure_string_integer<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = vm.at_key(i.b, |store, key, _| match store.string(key).map(integer) {
        Some(value) => Ok(value),
        None => match store.kind(key) {
            None => Ok(Some(0)),
            // What does not stand in one piece is longer than any integer.
            Some(Kind::String) => Ok(None),
            Some(_) => Err(Fault::WrongType),
        },
    });
    match value {
        Ok(Some(value)) => {
            vm.registers.set(i.a, Value::Int(value));
            Step::Next
        }
        Ok(None) => Step::Jump,
        Err(fault) => vm.fault(fault),
    }
}

#[inline]
pub(crate) fn int_add_const<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    match vm.registers.int(i.b).checked_add(i64::from(i.c.cast_signed())) {
        Some(sum) => {
            vm.registers.set(i.a, Value::Int(sum));
            Step::Next
        }
        None => Step::Jump,
    }
}

#[inline]
pub(crate) fn string_set_integer_end<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    match string_set_integer(vm, i) {
        Step::Next => reply_integer_end(vm, Instruction { a: i.b, ..i }),
        stopped => stopped,
    }
}

#[inline]
pub(crate) fn reply_status_end<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    reply_status(vm, i);
    Step::Stop
}

#[inline]
pub(crate) fn reply_integer_end<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    reply_integer(vm, i);
    Step::Stop
}

#[inline]
pub(crate) fn reply_digit_end<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.integer(i64::from(vm.registers.bool(i.a)));
    Step::Stop
}

#[inline]
pub(crate) fn args_count_first<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.registers.set(i.b, Value::Int(0));
    args_first(vm, i)
}

#[inline]
pub(crate) fn args_count_next_end<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    int_count(vm, &Instruction { a: i.c, ..i });
    match args_next(vm, i) {
        Step::Next => reply_integer_end(vm, Instruction { a: i.c, ..i }),
        back => back,
    }
}

fn is_string_or_absent(kind: Option<Kind>) -> bool {
    kind.is_none_or(|kind| kind == Kind::String)
}
