//! Replies that need neither store nor session.

use crate::generated::{Aggregate, aggregate};
use crate::interpret::{Machine, Step};
use crate::registers::{OpenAggregate, Value};
use crate::{Fault, Instruction, ReplySink, Text};
use databox::decimal;

#[inline]
pub(crate) fn reply_status<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.status(vm.input.literal(i.imm));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_status_of<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let text = vm.registers.text(i.a, vm.input).unwrap_or(Text::Bytes(&[]));
    match text {
        Text::Bytes(bytes) if !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n')) => {
            vm.sink.status(bytes);
        }
        _ => vm.sink.bytes(text),
    }
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_nil<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    vm.sink.nil();
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_nil_array<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    _: Instruction,
) -> Step {
    vm.sink.nil_array();
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_integer<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.integer(vm.registers.int(i.a));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_boolean<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.boolean(vm.registers.bool(i.a));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_bytes<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.bytes(vm.registers.text(i.a, vm.input).unwrap_or(Text::Bytes(&[])));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_literal<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.bytes(Text::Bytes(vm.input.literal(i.imm)));
    vm.replied(1)
}

pub(crate) fn reply_error<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    vm.sink.error(vm.registers.bytes(i.a, vm.input, &mut digits));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_array<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.sink.array(usize::try_from(i.imm).unwrap_or(0));
    vm.replied(1 - i64::from(i.imm))
}

#[inline]
pub(crate) fn reply_map<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.sink.map(usize::try_from(i.imm).unwrap_or(0));
    vm.replied(1 - 2 * i64::from(i.imm))
}

pub(crate) fn reply_set<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.sink.set(usize::try_from(i.imm).unwrap_or(0));
    vm.replied(1 - i64::from(i.imm))
}

pub(crate) fn reply_verbatim<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    vm.sink.verbatim(vm.registers.bytes(i.a, vm.input, &mut digits));
    vm.replied(1)
}

#[inline]
pub(crate) fn reply_open<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let hint = usize::try_from(vm.registers.int(i.a)).unwrap_or(0);
    open(vm, aggregate(i.b), hint);
    Step::Next
}

#[inline]
pub(crate) fn reply_close<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    _: Instruction,
) -> Step {
    close(vm)
}

/// Opens an aggregate; what is replied from now on are its elements.
#[inline]
pub(crate) fn open<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    kind: Aggregate,
    hint: usize,
) {
    let mark = match kind {
        Aggregate::Array => vm.sink.open_array(hint),
        Aggregate::Map => vm.sink.open_map(hint),
    };
    let elements_before = std::mem::take(&mut vm.registers.elements);
    vm.registers.buffers().open.push(OpenAggregate { mark, kind, elements_before });
}

/// Closes the aggregate opened last.
#[inline]
pub(crate) fn close<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>) -> Step {
    let Some(open) = vm.registers.buffers().open.pop() else {
        debug_assert!(false, "nothing is open");
        return vm.fault(Fault::Internal);
    };
    let len = usize::try_from(vm.registers.elements).unwrap_or(0);
    match open.kind {
        Aggregate::Array => vm.sink.close_array(open.mark, len),
        Aggregate::Map => vm.sink.close_map(open.mark, len / 2),
    }
    vm.registers.elements = open.elements_before;
    vm.replied(1)
}

#[inline]
pub(crate) fn resp3<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let is_resp3 = vm.sink.is_resp3();
    vm.registers.set(i.a, Value::Bool(is_resp3));
    Step::Next
}
