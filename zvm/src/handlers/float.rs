//! Doubles.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Constant, Instruction, ReplySink};

#[inline]
pub(crate) fn float_const<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let index = usize::try_from(i.imm).unwrap_or(usize::MAX);
    let bits = match vm.input.constants.get(index) {
        Some(Constant::Integer(bits)) => *bits,
        _ => 0,
    };
    vm.registers.set(i.a, Value::Float(f64::from_bits(bits.cast_unsigned())));
    Step::Next
}

#[inline]
pub(crate) fn float_from_int<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
    let value = vm.registers.int(i.b) as f64;
    vm.registers.set(i.a, Value::Float(value));
    Step::Next
}

#[inline]
pub(crate) fn float_floor<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let value = float(vm, i.b).floor();
    // Both bounds are doubles; the upper one is the first that does not fit.
    if !(-INTEGERS..INTEGERS).contains(&value) {
        return Step::Jump;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
    vm.registers.set(i.a, Value::Int(value as i64));
    Step::Next
}

#[inline]
pub(crate) fn float_add<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    finite(vm, i, |left, right| left + right)
}

pub(crate) fn float_plus<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let sum = float(vm, i.b) + float(vm, i.c);
    if sum.is_nan() {
        return Step::Jump;
    }
    vm.registers.set(i.a, Value::Float(sum));
    Step::Next
}

#[inline]
pub(crate) fn float_sub<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    finite(vm, i, |left, right| left - right)
}

#[inline]
pub(crate) fn float_mul<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    finite(vm, i, |left, right| left * right)
}

#[inline]
pub(crate) fn float_div<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    finite(vm, i, |left, right| left / right)
}

#[inline]
pub(crate) fn float_equal<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    #[expect(clippy::float_cmp, reason = "equality is what the opcode tells")]
    compare(vm, i, |left, right| left == right)
}

#[inline]
pub(crate) fn float_less<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    compare(vm, i, |left, right| left < right)
}

#[inline]
pub(crate) fn float_less_equal<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    compare(vm, i, |left, right| left <= right)
}

#[inline]
pub(crate) fn reply_double<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = float(vm, i.a);
    vm.sink.double(value);
    vm.replied(1)
}

#[inline]
fn finite<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    operation: impl Fn(f64, f64) -> f64,
) -> Step {
    let result = operation(float(vm, i.b), float(vm, i.c));
    if !result.is_finite() {
        return Step::Jump;
    }
    vm.registers.set(i.a, Value::Float(result));
    Step::Next
}

#[inline]
fn compare<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    operation: impl Fn(f64, f64) -> bool,
) -> Step {
    let result = operation(float(vm, i.b), float(vm, i.c));
    vm.registers.set(i.a, Value::Bool(result));
    Step::Next
}

/// A register that the verifier knows to hold a double.
#[inline]
pub(crate) fn float<S, N, R>(vm: &Machine<'_, S, N, R>, register: u8) -> f64 {
    match vm.registers.get(register) {
        Value::Float(value) => value,
        _ => {
            debug_assert!(false, "no double");
            0.0
        }
    }
}

/// 2^63.
const INTEGERS: f64 = 9_223_372_036_854_775_808.0;
