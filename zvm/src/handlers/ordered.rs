//! Sets in an order.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::{Order, Ordered, Set, decimal};

pub(crate) fn qset_add<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    add(vm, i, Order::Bytes)
}

pub(crate) fn qnset_add<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    add(vm, i, Order::Numbers)
}

fn add<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, order: Order) -> Step {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    let added = vm.store.ordered_add(vm.registers.key(i.b, vm.input), member, order);
    vm.registers.remember(i.b, vm.store.hint());
    match added {
        Ok(added) => {
            vm.registers.set(i.a, Value::Bool(added));
            Step::Next
        }
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

pub(crate) fn bytes_are_number<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut digits = decimal::Buffer::new();
    let text = vm.registers.bytes(i.b, vm.input, &mut digits);
    let is_number = Order::Numbers.takes(text);
    vm.registers.set(i.a, Value::Bool(is_number));
    Step::Next
}

pub(crate) fn ordered_rank<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let rank = find(vm, i).ok();
    vm.registers.set(i.a, rank.map_or(Value::Absent, |at| Value::Int(at.cast_signed())));
    Step::Next
}

pub(crate) fn ordered_place<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let place = find(vm, i).unwrap_or_else(|at| at);
    vm.registers.set(i.a, Value::Int(place.cast_signed()));
    Step::Next
}

fn find<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Result<u64, u64> {
    let mut digits = decimal::Buffer::new();
    let member = vm.registers.bytes(i.c, vm.input, &mut digits);
    vm.store.ordered_find(vm.registers.key(i.b, vm.input), member)
}

pub(crate) fn ordered_get<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (key, index) = (vm.registers.key(i.b, vm.input), vm.registers.int(i.c));
    let at = if index < 0 {
        vm.store.set_len(key).checked_sub(index.unsigned_abs())
    } else {
        Some(index.unsigned_abs())
    };
    match at.and_then(|at| vm.store.ordered_get(key, at)) {
        Some(text) => {
            let copied = vm.registers.copy_in(i.a, text);
            vm.done(copied)
        }
        None => {
            vm.registers.set(i.a, Value::Absent);
            Step::Next
        }
    }
}

/// The header goes out with the first unit; a set that does not change has that many members.
pub(crate) fn reply_ordered_range<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = u8::try_from(i.imm).unwrap_or(0);
    let out = vm.registers.cursor(cursor);
    let from = u64::try_from(vm.registers.int(i.b)).unwrap_or(u64::MAX);
    let count = u64::try_from(vm.registers.int(i.c)).unwrap_or(0);
    let next = vm.at_key(i.a, |store, key, sink| {
        let count = count.min(store.set_len(key).saturating_sub(from));
        if out == 0 {
            sink.array(usize::try_from(count).unwrap_or(usize::MAX));
        }
        let unit = count.saturating_sub(out).min(UNIT_ELEMENTS);
        if unit > 0 {
            store.set_scan(key, from + out, unit, &mut |member| sink.bytes(member));
        }
        (out + unit < count).then_some(out + unit)
    });
    match next {
        None => vm.replied(1),
        Some(next) => {
            vm.registers.set(cursor, Value::Cursor(next));
            Step::Again
        }
    }
}

/// A cursor is `0`, or `=` and the member that was visited last, so whatever is written between the
/// calls, a member that is there throughout is visited once.
pub(crate) fn reply_ordered_scan<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (mut digits, mut pattern_digits) = (decimal::Buffer::new(), decimal::Buffer::new());
    let pattern = vm.registers.text(u8::try_from(i.imm).unwrap_or(0), vm.input);
    let pattern = pattern.map(|text| text.bytes(&mut pattern_digits));
    let cursor = vm.registers.bytes(i.b, vm.input, &mut digits);
    let key = vm.registers.key(i.a, vm.input);
    let from = match cursor {
        b"0" => 0,
        [b'=', last @ ..] => vm.store.ordered_find(key, last).map_or_else(|at| at, |at| at + 1),
        _ => return vm.fault(Fault::InvalidCursor),
    };
    let unit = u64::try_from(vm.registers.int(i.c)).unwrap_or(1).clamp(1, UNIT_ELEMENTS);
    let mut found = Vec::new();
    let next = if from < vm.store.set_len(key) {
        vm.store.set_iterate(key, from, unit, pattern, &mut |member| found.push(member.to_vec()))
    } else {
        0
    };
    let mut cursor = vec![b'0'];
    if let Some(last) = next.checked_sub(1).and_then(|last| vm.store.ordered_get(key, last)) {
        cursor = [b"=".as_slice(), &last.to_vec()].concat();
    }
    vm.sink.array(2);
    vm.sink.bytes(Text::Bytes(&cursor));
    vm.sink.array(found.len());
    found.iter().for_each(|member| vm.sink.bytes(Text::canonical(member)));
    vm.replied(1)
}

pub(crate) fn gathered_to_qset<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    to_ordered(vm, i, Order::Bytes)
}

pub(crate) fn gathered_to_qnset<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    to_ordered(vm, i, Order::Numbers)
}

fn to_ordered<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, order: Order) -> Step {
    let cursor = vm.registers.cursor(i.a);
    let buffers = vm.registers.buffers();
    let mut ordered = buffers.ordered.take().unwrap_or_else(|| Ordered::new(order));
    let mut digits = decimal::Buffer::new();
    let add = |member: Text<'_>| _ = ordered.add(member.bytes(&mut digits));
    let gathered: Option<&Set> = buffers.gathered.as_ref();
    let next = gathered.map_or(0, |set| set.scan(cursor, UNIT_ELEMENTS, add));
    let fits = vm.store.has_room(ordered.heap_bytes());
    let buffers = vm.registers.buffers();
    buffers.ordered = Some(ordered);
    vm.registers.set(i.a, Value::Cursor(next));
    if !fits {
        return vm.fault(Fault::OutOfMemory);
    }
    if next != 0 {
        return Step::Again;
    }
    if let Some(set) = vm.registers.buffers().gathered.take() {
        vm.store.discard(set);
    }
    Step::Next
}
