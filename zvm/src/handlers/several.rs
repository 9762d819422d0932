//! Several keys: values that move between them, and one gathered set that is made of theirs.
//!
//! The gathered set belongs to the run and nobody sees it. It begins as the first set itself, which
//! it shares with its key until one of them changes.

use crate::interpret::{Machine, Step};
use crate::registers::{Buffers, Value};
use crate::{Fault, Instruction, Key, ReplySink, Store, UNIT_ELEMENTS};
use databox::{Kind, Set, decimal};

pub(crate) fn key_copy<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (from, to) = (vm.registers.key(i.b, vm.input), vm.registers.key(i.c, vm.input));
    let copied = vm.store.copy_key(from, to);
    moved(vm, i.a, copied.ok())
}

pub(crate) fn key_rename<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (from, to) = (vm.registers.key(i.b, vm.input), vm.registers.key(i.c, vm.input));
    let renamed = vm.store.rename_key(from, to);
    moved(vm, i.a, renamed.ok())
}

fn moved<S, N, R>(vm: &mut Machine<'_, S, N, R>, register: u8, found: Option<bool>) -> Step {
    let Some(found) = found else { return vm.fault(Fault::OutOfMemory) };
    vm.registers.set(register, Value::Bool(found));
    Step::Next
}

pub(crate) fn db_swap<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let number = |register| u32::try_from(vm.registers.int(register)).ok();
    if let (Some(one), Some(two)) = (number(i.a), number(i.b)) {
        vm.store.swap(one, two);
    }
    Step::Next
}

pub(crate) fn gather_smallest<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    if is_no_set(vm, key, 0) {
        return vm.fault(Fault::WrongType);
    }
    let len = vm.store.set_len(key);
    let gathered = vm.registers.buffers().gathered.as_ref();
    if gathered.is_none_or(|gathered| len < gathered.len() as u64) {
        let set = vm.store.lend_set(key).unwrap_or_else(|| Set::new(key.hash));
        vm.registers.buffers().gathered = Some(set);
    }
    Step::Next
}

pub(crate) fn gather_union<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let cursor = vm.registers.cursor(i.b);
    if is_no_set(vm, key, cursor) {
        return vm.fault(Fault::WrongType);
    }
    let mut gathered = match vm.registers.buffers().gathered.take() {
        Some(gathered) => gathered,
        None => match vm.store.lend_set(key) {
            Some(set) => {
                vm.registers.buffers().gathered = Some(set);
                return Step::Next;
            }
            // One that cannot be lent is gone over.
            None => Set::new(key.hash),
        },
    };
    let mut digits = decimal::Buffer::new();
    let next = vm.store.set_scan(key, cursor, UNIT_ELEMENTS, &mut |member| {
        gathered.add(member.bytes(&mut digits));
    });
    let fits = vm.store.has_room(gathered.heap_bytes());
    vm.registers.buffers().gathered = Some(gathered);
    if fits { go_on(vm, i.b, next) } else { vm.fault(Fault::OutOfMemory) }
}

/// Goes over the gathered set, which stays as it is, and makes another one.
pub(crate) fn gather_intersection<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    if is_no_set(vm, key, vm.registers.cursor(i.b)) {
        return vm.fault(Fault::WrongType);
    }
    keep(vm, i.b, |store, member| store.set_contains(key, member))
}

/// Goes over the smaller of the two.
pub(crate) fn gather_difference<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let cursor = vm.registers.cursor(i.b);
    if is_no_set(vm, key, cursor) {
        return vm.fault(Fault::WrongType);
    }
    let len = vm.store.set_len(key);
    let buffers = vm.registers.buffers();
    let Some(gathered) = &mut buffers.gathered else {
        let set = vm.store.lend_set(key).unwrap_or_else(|| Set::new(key.hash));
        vm.registers.buffers().gathered = Some(set);
        return Step::Next;
    };
    let by_gathered = buffers.kept.is_some() || (cursor == 0 && gathered.len() as u64 <= len);
    if by_gathered {
        return keep(vm, i.b, |store, member| !store.set_contains(key, member));
    }
    let mut digits = decimal::Buffer::new();
    let next = vm.store.set_scan(key, cursor, UNIT_ELEMENTS, &mut |member| {
        gathered.remove(member.bytes(&mut digits));
    });
    go_on(vm, i.b, next)
}

/// Keeps those members of the gathered set for which `wanted` holds, a unit of them at a time.
fn keep<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    mut wanted: impl FnMut(&mut S, &[u8]) -> bool,
) -> Step {
    let cursor = vm.registers.cursor(register);
    let buffers = vm.registers.buffers();
    let Some(gathered) = &buffers.gathered else { return Step::Next };
    let mut kept = buffers.kept.take().unwrap_or_else(|| gathered.empty_like());
    let mut digits = decimal::Buffer::new();
    let next = gathered.scan(cursor, UNIT_ELEMENTS, |member| {
        let member = member.bytes(&mut digits);
        if wanted(vm.store, member) {
            kept.add(member);
        }
    });
    let Buffers { gathered, kept: unfinished, .. } = vm.registers.buffers();
    let place = if next == 0 { gathered } else { unfinished };
    if let Some(before) = place.replace(kept) {
        vm.store.discard(before);
    }
    go_on(vm, register, next)
}

pub(crate) fn gathered_len<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let buffers = vm.registers.buffers();
    let len = match &buffers.ordered {
        Some(ordered) => ordered.len(),
        None => buffers.gathered.as_ref().map_or(0, Set::len),
    };
    vm.registers.set(i.a, Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
    Step::Next
}

pub(crate) fn gathered_store<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    if let Some(ordered) = vm.registers.buffers().ordered.take() {
        return match vm.store.put_ordered(key, ordered) {
            Ok(()) => Step::Next,
            Err(_) => vm.fault(Fault::OutOfMemory),
        };
    }
    let set = vm.registers.buffers().gathered.take().unwrap_or_else(|| Set::new(key.hash));
    match vm.store.put_set(key, set) {
        Ok(()) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

/// The header goes out with the first unit.
pub(crate) fn reply_gathered<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let cursor = vm.registers.cursor(i.a);
    if vm.registers.buffers().ordered.is_some() {
        return reply_ordered(vm, i.a, cursor);
    }
    let gathered = vm.registers.buffers().gathered.as_ref();
    if cursor == 0 {
        vm.sink.set(gathered.map_or(0, Set::len));
    }
    let sink = &mut *vm.sink;
    let next = gathered.map_or(0, |set| set.scan(cursor, UNIT_ELEMENTS, |text| sink.bytes(text)));
    vm.registers.set(i.a, Value::Cursor(next));
    if next != 0 {
        return Step::Again;
    }
    if let Some(set) = vm.registers.buffers().gathered.take() {
        vm.store.discard(set);
    }
    vm.replied(1)
}

/// The gathered set in its order, as an array.
fn reply_ordered<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    out: u64,
) -> Step {
    let Some(ordered) = vm.registers.buffers().ordered.take() else { return Step::Next };
    if out == 0 {
        vm.sink.array(ordered.len());
    }
    let from = usize::try_from(out).unwrap_or(usize::MAX);
    ordered.walk(from, UNIT_ELEMENTS as usize, |member| vm.sink.bytes(member));
    let next = out + UNIT_ELEMENTS;
    if next < ordered.len() as u64 {
        vm.registers.buffers().ordered = Some(ordered);
        vm.registers.set(register, Value::Cursor(next));
        return Step::Again;
    }
    vm.store.discard_ordered(ordered);
    vm.replied(1)
}

/// Whether the key holds something else than a set; looked at before the first unit.
fn is_no_set<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, key: Key<'_>, cursor: u64) -> bool {
    cursor == 0 && vm.store.kind(key).is_some_and(|kind| !SETS.contains(&kind))
}

/// Goes on behind a unit: with the next one, or at the end with the next instruction.
fn go_on<S, N, R>(vm: &mut Machine<'_, S, N, R>, register: u8, next: u64) -> Step {
    vm.registers.set(register, Value::Cursor(next));
    if next == 0 { Step::Next } else { Step::Again }
}

/// The kinds that are sets. Programs that are about one of them check that by themselves.
const SETS: [Kind; 3] = [Kind::Set, Kind::SetQ, Kind::SetQn];
