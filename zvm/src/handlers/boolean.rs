//! Booleans.

use crate::Instruction;
use crate::generated::{Truth, truth};
use crate::interpret::{Machine, Step};
use crate::registers::Value;

#[inline]
pub(crate) fn bool_const<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    vm.registers.set(i.a, Value::Bool(truth(i.b) == Truth::True));
    Step::Next
}

#[inline]
pub(crate) fn bool_not<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    let value = vm.registers.bool(i.b);
    vm.registers.set(i.a, Value::Bool(!value));
    Step::Next
}

#[inline]
pub(crate) fn bool_to_int<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    let value = vm.registers.bool(i.b);
    vm.registers.set(i.a, Value::Int(i64::from(value)));
    Step::Next
}
