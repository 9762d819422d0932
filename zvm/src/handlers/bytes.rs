//! Byte strings.

use crate::Instruction;
use crate::handlers::string::integer;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use databox::decimal;

#[inline]
pub(crate) fn bytes_const<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.registers.set(i.a, Value::Constant(i.imm.cast_unsigned()));
    Step::Next
}

#[inline]
pub(crate) fn bytes_equal<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut left_digits, mut right_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let equal = vm.registers.bytes(i.b, vm.input, &mut left_digits)
        == vm.registers.bytes(i.c, vm.input, &mut right_digits);
    vm.registers.set(i.a, Value::Bool(equal));
    Step::Next
}

pub(crate) fn bytes_integer<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let value = vm.registers.text(i.b, vm.input).and_then(integer);
    let Some(value) = value else { return Step::Jump };
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}
