//! Byte strings.

use crate::handlers::string::integer;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::signature::parse_bound;
use crate::{Instruction, Text};
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

pub(crate) fn bytes_len<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.registers.text(i.b, vm.input).map_or(0, |text| text.len());
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

pub(crate) fn bytes_join<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut left_digits, mut right_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let left = vm.registers.bytes(i.b, vm.input, &mut left_digits);
    let joined = [left, vm.registers.bytes(i.c, vm.input, &mut right_digits)].concat();
    let copied = vm.registers.copy_in(i.a, Text::Bytes(&joined));
    vm.done(copied)
}

pub(crate) fn bytes_same_word<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut left_digits, mut right_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let left = vm.registers.bytes(i.b, vm.input, &mut left_digits);
    let right = vm.registers.bytes(i.c, vm.input, &mut right_digits);
    let same = left.eq_ignore_ascii_case(right);
    vm.registers.set(i.a, Value::Bool(same));
    Step::Next
}

pub(crate) fn bytes_starts<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (mut digits, mut prefix_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let text = vm.registers.bytes(i.b, vm.input, &mut digits);
    let starts = text.starts_with(vm.registers.bytes(i.c, vm.input, &mut prefix_digits));
    vm.registers.set(i.a, Value::Bool(starts));
    Step::Next
}

pub(crate) fn bytes_from<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let text = vm.registers.bytes(i.b, vm.input, &mut digits);
    let skipped = usize::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let rest = text.get(skipped..).unwrap_or_default().to_vec();
    let copied = vm.registers.copy_in(i.a, Text::Bytes(&rest));
    vm.done(copied)
}

pub(crate) fn bytes_float<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let value = parse_bound(vm.registers.bytes(i.b, vm.input, &mut digits));
    let Some(value) = value else { return Step::Jump };
    vm.registers.set(i.a, Value::Float(value));
    Step::Next
}
