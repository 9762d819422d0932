//! Decimal fractions.

use crate::fraction::Fraction;
use crate::interpret::{Machine, Step};
use crate::{Instruction, Text};
use databox::decimal;

pub(crate) fn decimal_check<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    Step::jump_if(fraction(vm, i.a).is_none())
}

pub(crate) fn decimal_add<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let sum = fraction(vm, i.b).zip(fraction(vm, i.c)).and_then(|(left, right)| left.add(right));
    let Some(sum) = sum else { return Step::Jump };
    let copied = vm.registers.copy_in(i.a, Text::Bytes(sum.to_text().as_bytes()));
    vm.done(copied)
}

fn fraction<S, N, R>(vm: &Machine<'_, S, N, R>, register: u8) -> Option<Fraction> {
    let mut digits = decimal::Buffer::new();
    Fraction::parse(vm.registers.bytes(register, vm.input, &mut digits))
}
