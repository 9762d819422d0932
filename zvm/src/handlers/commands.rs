//! The table of commands itself.

use crate::generated;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Instruction, ReplySink, Session};
use databox::decimal;

pub(crate) fn reply_compiled<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let source = vm.registers.bytes(i.a, vm.input, &mut digits);
    vm.session.reply_compiled(source, generated::compile_purpose(i.b), vm.sink);
    vm.replied(1)
}

pub(crate) fn reply_source<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.a, vm.input, &mut digits);
    vm.session.reply_source(name, generated::source_form(i.b), vm.sink);
    vm.replied(1)
}

pub(crate) fn command_drop<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.b, vm.input, &mut digits);
    let dropped = vm.session.drop_command(name);
    vm.registers.set(i.a, Value::Bool(dropped));
    Step::Next
}

pub(crate) fn reply_reloaded<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    _: Instruction,
) -> Step {
    vm.session.reply_reloaded(vm.sink);
    vm.replied(1)
}
