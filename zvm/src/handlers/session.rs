//! The connection and the server around it.

use crate::generated::{self, CommandFilter as FilterKind};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{CommandFilter, CommandView, Instruction, ReplySink, Session, Text};
use databox::decimal;

pub(crate) fn session_integer<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = match vm.session.get(generated::integer_field(i.b)) {
        Text::Integer(value) => value,
        // A session that has no number for it.
        Text::Bytes(_) => 0,
    };
    vm.registers.set(i.a, Value::Int(value));
    Step::Next
}

pub(crate) fn session_bytes<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let copied = vm.registers.copy_in(i.a, vm.session.get(generated::bytes_field(i.b)));
    vm.done(copied)
}

pub(crate) fn session_set<S, N: Session, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let value = vm.registers.bytes(i.b, vm.input, &mut digits);
    let accepted = vm.session.set(generated::setting(i.c), value);
    vm.registers.set(i.a, Value::Bool(accepted));
    Step::Next
}

pub(crate) fn session_select<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let found = vm.session.select(vm.registers.int(i.b));
    vm.registers.set(i.a, Value::Bool(found));
    Step::Next
}

pub(crate) fn session_protocol<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let accepted = vm.session.set_protocol(vm.registers.int(i.b));
    vm.registers.set(i.a, Value::Bool(accepted));
    Step::Next
}

pub(crate) fn session_authenticate<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (mut user_digits, mut password_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let user = vm.registers.bytes(i.b, vm.input, &mut user_digits);
    let password = vm.registers.bytes(i.c, vm.input, &mut password_digits);
    let accepted = vm.session.authenticate(user, password);
    vm.registers.set(i.a, Value::Bool(accepted));
    Step::Next
}

pub(crate) fn session_close<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    _: Instruction,
) -> Step {
    vm.session.close();
    Step::Next
}

pub(crate) fn words_add<S, N: Session, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let word = vm.registers.bytes(i.a, vm.input, &mut digits);
    vm.session.add_word(word);
    Step::Next
}

pub(crate) fn reply_answer<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.session.answer(generated::question(i.b), vm.sink);
    vm.replied(1)
}

pub(crate) fn session_reset<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    _: Instruction,
) -> Step {
    vm.session.reset();
    Step::Next
}

pub(crate) fn session_replies<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    vm.session.set_replies(generated::reply_mode(i.b));
    Step::Next
}

pub(crate) fn server_stop<S, N: Session, R>(vm: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    vm.session.stop();
    Step::Next
}

pub(crate) fn server_sleep<S, N: Session, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    if let Value::Float(seconds) = vm.registers.get(i.a) {
        vm.session.sleep(seconds);
    }
    Step::Next
}

pub(crate) fn reply_stats<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let kind = vm.registers.bytes(i.a, vm.input, &mut digits);
    vm.session.reply_stats(kind, vm.sink);
    vm.replied(1)
}

pub(crate) fn reply_command_info<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.a, vm.input, &mut digits);
    vm.session.reply_command(name, CommandView::Info, vm.sink);
    vm.replied(1)
}

pub(crate) fn reply_command_docs<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let name = vm.registers.bytes(i.a, vm.input, &mut digits);
    match vm.session.reply_command(name, CommandView::Docs, vm.sink) {
        0 => Step::Jump,
        _ => vm.replied(2),
    }
}

pub(crate) fn reply_commands<S, N: Session, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let mut digits = decimal::Buffer::new();
    let value = vm.registers.bytes(i.a, vm.input, &mut digits);
    let filter = match generated::command_filter(i.c) {
        FilterKind::All => CommandFilter::All,
        FilterKind::Pattern => CommandFilter::Pattern(value),
        FilterKind::Category => CommandFilter::Category(value),
        FilterKind::Module => CommandFilter::Module(value),
    };
    vm.session.reply_commands(filter, generated::command_view(i.b), vm.sink);
    vm.replied(1)
}
