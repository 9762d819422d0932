//! Integers, and copying registers.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Constant, Instruction};

#[inline]
pub(crate) fn copy<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    vm.registers.copy(i.a, i.b);
    Step::Next
}

#[inline]
pub(crate) fn int_const<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    vm.registers.set(i.a, Value::Int(i64::from(i.imm)));
    Step::Next
}

#[inline]
pub(crate) fn int_wide<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    let index = usize::try_from(i.imm).unwrap_or(usize::MAX);
    let value = match vm.input.constants.get(index) {
        Some(Constant::Integer(value)) => *value,
        _ => 0,
    };
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}

#[inline]
pub(crate) fn int_add<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    checked(vm, i, i64::checked_add)
}

#[inline]
pub(crate) fn int_sub<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    checked(vm, i, i64::checked_sub)
}

#[inline]
pub(crate) fn int_mul<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    checked(vm, i, i64::checked_mul)
}

#[inline]
pub(crate) fn int_div<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    checked(vm, i, i64::checked_div)
}

#[inline]
pub(crate) fn int_equal<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    compare(vm, i, |left, right| left == right)
}

#[inline]
pub(crate) fn int_less<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    compare(vm, i, |left, right| left < right)
}

#[inline]
pub(crate) fn int_less_equal<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    compare(vm, i, |left, right| left <= right)
}

#[inline]
pub(crate) fn int_count<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    let counted = vm.registers.int(i.a).saturating_add(i64::from(vm.registers.bool(i.b)));
    vm.registers.set(i.a, Value::Int(counted));
    Step::Next
}

#[inline]
pub(crate) fn cursor_start<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    vm.registers.set(i.a, Value::Cursor(0));
    Step::Next
}

#[inline]
fn checked<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: &Instruction,
    operation: impl Fn(i64, i64) -> Option<i64>,
) -> Step {
    match operation(vm.registers.int(i.b), vm.registers.int(i.c)) {
        Some(value) => {
            vm.registers.set(i.a, Value::Int(value));
            Step::Next
        }
        None => Step::Jump,
    }
}

#[inline]
fn compare<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: &Instruction,
    relation: impl Fn(i64, i64) -> bool,
) -> Step {
    let holds = relation(vm.registers.int(i.b), vm.registers.int(i.c));
    vm.registers.set(i.a, Value::Bool(holds));
    Step::Next
}
