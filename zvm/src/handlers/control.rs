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
    Step::jump_if(vm.registers.get(i.a) == Value::Absent)
}

#[inline]
pub(crate) fn args_first<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step
where
    S: Store,
{
    vm.registers.set(i.a, Value::Loop(0));
    Step::jump_if(!load_group(vm, 0, i.b))
}

#[inline]
pub(crate) fn args_next<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step
where
    S: Store,
{
    let Value::Loop(position) = vm.registers.get(i.a) else {
        debug_assert!(false, "register {} holds no loop", i.a);
        return vm.fault(Fault::Internal);
    };
    let group = position + 1;
    vm.registers.set(i.a, Value::Loop(group));
    Step::jump_if(load_group(vm, group, i.b))
}

#[inline]
pub(crate) fn args_count<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let count = vm.variadic.map_or(0, |variadic| variadic.span.count);
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

/// Loads a group of the variadic parameter; false where there is none of that number.
#[inline]
fn load_group<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, group: u32, first: u8) -> bool {
    let Some(Variadic { span, items, first_key }) = vm.variadic else { return false };
    if group as usize >= span.count {
        return false;
    }
    let start = span.start + group as usize * span.stride;
    for (offset, item) in items.iter().enumerate() {
        let index = start + offset;
        let bytes = vm.input.args.get(index);
        let argument = u32::try_from(index).unwrap_or(u32::MAX);
        let value = match item.ty {
            ParamType::Key => {
                let known = first_key.and_then(|(at, hash)| (at == index).then_some(hash));
                Value::Key { argument, hash: known.unwrap_or_else(|| vm.store.hash(bytes)) }
            }
            ParamType::Bytes => Value::Argument(argument),
            // Decoding has read it once, so it can be read.
            ty => read_number(ty, bytes).unwrap_or_default(),
        };
        vm.registers.set(first.wrapping_add(u8::try_from(offset).unwrap_or(0)), value);
    }
    true
}
