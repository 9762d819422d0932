//! Flow of control.

use crate::generated::{self, Elements as ContainerElements};
use crate::interpret::{Machine, Step, Variadic};
use crate::operand::{RANGE_MAX, UNIT_ELEMENTS};
use crate::registers::Value;
use crate::signature::read_number;
use crate::{Args, ChoiceSet, Fault, Instruction, ParamType, Store};

#[inline]
pub(crate) fn jump<S, N, R>(_: &mut Machine<'_, S, N, R>, _: &Instruction) -> Step {
    Step::Jump
}

#[inline]
pub(crate) fn jump_if<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    Step::jump_if(vm.registers.bool(i.a))
}

#[inline]
pub(crate) fn jump_unless<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    Step::jump_if(!vm.registers.bool(i.a))
}

#[inline]
pub(crate) fn jump_absent<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
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
    if load_group(vm, group, i.a) { vm.round() } else { Step::Next }
}

#[inline]
pub(crate) fn args_count<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let count = vm.variadic().map_or(0, |variadic| variadic.span.count);
    vm.registers.set(i.a, Value::Int(i64::try_from(count).unwrap_or(i64::MAX)));
    Step::Next
}

#[inline]
pub(crate) fn range_first<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (low, high) = (vm.registers.int(i.b), vm.registers.int(i.c));
    if low > high {
        return Step::Jump;
    }
    let left = high.checked_sub(low).and_then(|left| u32::try_from(left).ok());
    let Some(left) = left.filter(|left| *left < RANGE_MAX) else {
        return vm.fault(Fault::RangeTooLong);
    };
    vm.registers.set(i.a, Value::Range { at: low, left });
    vm.registers.set(i.a.wrapping_add(1), Value::Int(low));
    Step::Next
}

#[inline]
pub(crate) fn range_next<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
    let (at, left) = vm.registers.range(i.a);
    let (Some(at), Some(left)) = (at.checked_add(1), left.checked_sub(1)) else {
        return Step::Next;
    };
    vm.registers.set(i.a, Value::Range { at, left });
    vm.registers.set(i.a.wrapping_add(1), Value::Int(at));
    vm.round()
}

pub(crate) fn elements_first<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    match read_elements(vm, i, 0) {
        Ok(()) if load_element(vm, i, 0) => Step::Next,
        Ok(()) => Step::Jump,
        Err(fault) => vm.fault(fault),
    }
}

pub(crate) fn elements_next<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let next = vm.registers.group(i.a).wrapping_add(1);
    if load_element(vm, i, next) {
        return vm.round();
    }
    let cursor = vm.registers.buffers().elements.cursor;
    if cursor == 0 {
        return Step::Next;
    }
    match read_elements(vm, i, cursor) {
        Ok(()) if load_element(vm, i, 0) => Step::JumpUnit,
        Ok(()) => Step::Next,
        Err(fault) => vm.fault(fault),
    }
}

/// Reads a unit of a container from a cursor on.
fn read_elements<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    mut cursor: u64,
) -> Result<(), Fault> {
    let mut read = std::mem::take(&mut vm.registers.buffers().elements);
    read.values.clear();
    loop {
        cursor = vm.at_key(i.b, |store, key, _| match generated::elements(i.c) {
            ContainerElements::SetMembers => {
                store.set_scan(key, cursor, UNIT_ELEMENTS, &mut |member| read.push(member))
            }
            ContainerElements::ListValues => {
                store.list_walk(key, cursor, UNIT_ELEMENTS, false, &mut |value| read.push(value));
                let visited = read.values.len() as u64;
                if visited < UNIT_ELEMENTS { 0 } else { cursor + visited }
            }
            ContainerElements::MapPairs => {
                store.map_walk(key, cursor, UNIT_ELEMENTS, &mut |name, value| {
                    read.push(name);
                    read.push(value);
                })
            }
            ContainerElements::SortedPairs => {
                store.sorted_walk(key, cursor, UNIT_ELEMENTS, false, &mut |member, score| {
                    read.push(member);
                    read.values.push(Value::Float(score));
                });
                let visited = read.values.len() as u64 / 2;
                if visited < UNIT_ELEMENTS { 0 } else { cursor + visited }
            }
        });
        if cursor == 0 || !read.values.is_empty() {
            break;
        }
    }
    read.cursor = cursor;
    vm.registers.keep_elements(read)
}

/// Loads an element of what was read into the registers behind a loop's position; false where
/// there is none of that number.
fn load_element<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, number: u32) -> bool {
    let yields = ChoiceSet::Elements.yields().get(usize::from(i.c));
    let len = yields.map_or(1, |types| types.len());
    let first = number as usize * len;
    for (register, offset) in (i.a.wrapping_add(1)..).zip(0..len) {
        let Some(value) = vm.registers.buffers().elements.values.get(first + offset) else {
            return false;
        };
        let value = *value;
        vm.registers.set(register, value);
    }
    vm.registers.set(i.a, Value::Loop(number));
    true
}

pub(crate) fn options_first<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    Step::jump_if(!load_option(vm, i, None))
}

pub(crate) fn options_next<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (at, _) = vm.registers.range(i.a);
    let next = usize::try_from(at).unwrap_or(usize::MAX);
    if load_option(vm, i, Some(next)) { vm.round() } else { Step::Next }
}

/// Loads the next option of a group, from an argument on, into the registers behind a loop's
/// position; false where there is none.
fn load_option<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
    from: Option<usize>,
) -> bool {
    let signature = vm.signature();
    let args = *vm.input.args;
    let from = from.unwrap_or_else(|| vm.options_start());
    let Some((first, group)) = signature.group_of(usize::from(i.b)) else { return false };
    let options = first..first + group.options.len();
    let Some(found) = signature.next_option(args, from, &options) else { return false };
    let mut register = i.a;
    for (number, option) in options.zip(&group.options) {
        let given = number == found.number;
        let mut set = |value| {
            register = register.wrapping_add(1);
            vm.registers.set(register, value);
        };
        if option.operands.is_empty() {
            set(Value::Bool(given));
        }
        for (index, item) in (found.operands..).zip(&option.operands) {
            let value = given.then(|| read_argument(item.ty, args, index));
            set(value.unwrap_or_default());
        }
    }
    let at = i64::try_from(found.next).unwrap_or(i64::MAX);
    vm.registers.set(i.a, Value::Range { at, left: 0 });
    true
}

pub(crate) fn list_float<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let value = match (vm.registers.get(i.b), vm.registers.get(i.c)) {
        (Value::Loop(group), Value::Argument(first)) => {
            let index = (first as usize).saturating_add(group as usize);
            read_argument(ParamType::Float, *vm.input.args, index)
        }
        _ => Value::Absent,
    };
    vm.registers.set(i.a, value);
    Step::Next
}

/// An argument that decoding has read once, so that it can be read.
fn read_argument(ty: ParamType, args: Args<'_>, index: usize) -> Value {
    match ty {
        ParamType::Bytes => Value::Argument(u32::try_from(index).unwrap_or(u32::MAX)),
        ty => read_number(ty, args.get(index)).unwrap_or_default(),
    }
}

#[inline]
pub(crate) fn halt<S, N, R>(_: &mut Machine<'_, S, N, R>, _: &Instruction) -> Step {
    Step::Stop
}

#[inline]
pub(crate) fn fault<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: &Instruction) -> Step {
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
