//! Transactions of a connection.

use crate::generated;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Instruction, Session};
use databox::decimal;

pub(crate) fn multi<S, N: Session, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let done = vm.session.multi(generated::multi(i.b));
    vm.registers.set(i.a, Value::Bool(done));
    Step::Next
}

pub(crate) fn multi_watch<S, N: Session, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let done = vm.session.watch(vm.registers.bytes(i.b, vm.input, &mut digits));
    vm.registers.set(i.a, Value::Bool(done));
    Step::Next
}
