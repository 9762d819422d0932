//! Flow of control.

use crate::interpret::{Machine, Step, Variadic};
use crate::registers::Value;
use crate::signature::read_number;
use crate::{Fault, Instruction, ParamType, Store};

#[inline]
pub(crate) fn jump<S, N, R>(_: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    Step::Jump
}

#[inline]
pub(crate) fn jump_if<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    Step::jump_if(vm.registers.bool(i.a))
}

#[inline]
pub(crate) fn jump_unless<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    Step::jump_if(!vm.registers.bool(i.a))
}

#[inline]
pub(crate) fn jump_absent<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    Step::jump_if(vm.registers.is_absent(i.a))
}

#[inline]
pub(crate) fn args_first<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step
where
    S: Store,
{
    vm.registers.set(i.a, Value::Loop(0));
    Step::jump_if(!load_group(vm, 0, i.a))
}

#[inline]
pub(crate) fn args_next<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step
where
    S: Store,
{
    let group = vm.registers.group(i.a) + 1;
    vm.registers.set(i.a, Value::Loop(group));
    if load_group(vm, group, i.a) { Step::back_for(group) } else { Step::Next }
}

#[inline]
pub(crate) fn args_count<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let count = vm.variadic().map_or(0, |variadic| variadic.span.count);
    vm.registers.set(i.a, Value::Int(i64::try_from(count).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn halt<S, N, R>(_: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    Step::Stop
}

#[inline]
pub(crate) fn fault<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    vm.fault(Fault::Program(i.imm))
}

/// Loads a group of the variadic parameter into the registers behind a loop's position; false
/// where there is none of that number.
#[inline]
fn load_group<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, group: u32, position: u8) -> bool {
    let Some(Variadic { span, items }) = vm.variadic() else { return false };
    if group as usize >= span.count {
        return false;
    }
    let start = span.start + group as usize * span.stride;
    let mut register = position;
    for (offset, item) in items.iter().enumerate() {
        register = register.wrapping_add(1);
        let index = start + offset;
        let argument = u32::try_from(index).unwrap_or(u32::MAX);
        match item.ty {
            ParamType::Bytes => vm.registers.set(register, Value::Argument(argument)),
            ParamType::Key => {
                let known = vm.known_hash(group, offset);
                let hash = known.unwrap_or_else(|| vm.store.hash(vm.input.args.get(index)));
                vm.registers.set(register, Value::Key { argument, hash });
            }
            ty => {
                // Decoding has read it once, so it can be read.
                let value = read_number(ty, vm.input.args.get(index)).unwrap_or_default();
                vm.registers.set(register, value);
            }
        }
    }
    true
}
