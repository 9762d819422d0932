//! Several sorted sets, and one scored set that is made of theirs.
//!
//! Inputs and the scored set belong to the run and nobody sees them. Inputs share what they hold
//! with their keys, so they stay as they were when they were taken.

use crate::generated;
use crate::handlers::sorted::{header, row};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::scored::{Combine, Input, Members, Scored};
use crate::{Fault, Instruction, ReplySink, Store, UNIT_ELEMENTS};
use databox::{Kind, Set, SortedSet, decimal};

pub(crate) fn scored_input<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let weight = crate::handlers::float::float(vm, i.b);
    let members = match vm.store.kind(key) {
        None => Members::Set(Set::new(key.hash)),
        Some(Kind::Set) => {
            Members::Set(vm.store.lend_set(key).unwrap_or_else(|| Set::new(key.hash)))
        }
        Some(Kind::Sorted) => {
            let set = vm.store.lend_sorted(key);
            Members::Sorted(set.unwrap_or_else(|| SortedSet::new(key.hash)))
        }
        Some(_) => return vm.fault(Fault::WrongType),
    };
    vm.registers.buffers().scored.inputs.push(Input { members, weight });
    Step::Next
}

pub(crate) fn scored_union<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let combine = generated::combine(i.a);
    let cursor = vm.registers.cursor(i.b);
    let mut scored = std::mem::take(&mut vm.registers.buffers().scored);
    let mut set = scored.set.take().unwrap_or_else(|| {
        scored.sort();
        SortedSet::new(seed(vm))
    });
    let mut next = 0;
    if let Some(input) = scored.inputs.get(scored.done) {
        next = input.walk(cursor, UNIT_ELEMENTS, |member, score| {
            let before = if scored.done == 0 { None } else { set.score(member) };
            set.set(member, before.map_or(score, |before| combine.of(before, score)));
        });
        if next == 0 {
            scored.done += 1;
        }
    }
    let (fits, is_done) = (vm.store.has_room(set.heap_bytes()), scored.done >= scored.inputs.len());
    scored.set = Some(set);
    finish(vm, i.b, (scored, fits, is_done), next)
}

pub(crate) fn scored_intersection<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let combine = generated::combine(i.a);
    let wanted = |scored: &Scored, member: &[u8], score| scored.of_all(member, score, combine);
    keep(vm, i.b, Scored::sort, wanted)
}

pub(crate) fn scored_difference<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    keep(
        vm,
        i.a,
        |_| {},
        |scored, member, score| {
            let others = scored.inputs.iter().skip(1);
            others.map(|input| input.score(member)).all(|found| found.is_none()).then_some(score)
        },
    )
}

/// Keeps those members of the first input, once `first` has put it there, for which `wanted` has a
/// score.
fn keep<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    first: impl FnOnce(&mut Scored),
    wanted: impl Fn(&Scored, &[u8], f64) -> Option<f64>,
) -> Step {
    let cursor = vm.registers.cursor(register);
    let mut scored = std::mem::take(&mut vm.registers.buffers().scored);
    let mut set = scored.set.take().unwrap_or_else(|| {
        first(&mut scored);
        SortedSet::new(seed(vm))
    });
    let next = scored.inputs.first().map_or(0, |input| {
        input.walk(cursor, UNIT_ELEMENTS, |member, score| {
            if let Some(score) = wanted(&scored, member, score) {
                set.set(member, score);
            }
        })
    });
    let fits = vm.store.has_room(set.heap_bytes());
    scored.set = Some(set);
    finish(vm, register, (scored, fits, next == 0), next)
}

/// Goes on behind a unit: with the next one, or at the end with the next instruction.
fn finish<S: Store, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    (mut scored, fits, is_done): (Scored, bool, bool),
    next: u64,
) -> Step {
    if is_done {
        discard_inputs(vm.store, &mut scored);
    }
    vm.registers.buffers().scored = scored;
    vm.registers.set(register, Value::Cursor(next));
    match (fits, is_done) {
        (false, _) => vm.fault(Fault::OutOfMemory),
        (true, true) => Step::Next,
        (true, false) => Step::Again,
    }
}

pub(crate) fn scored_shared<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let limit = u64::try_from(vm.registers.int(i.b)).unwrap_or(0);
    let limit = if limit == 0 { u64::MAX } else { limit };
    let cursor = vm.registers.cursor(i.c);
    let mut scored = std::mem::take(&mut vm.registers.buffers().scored);
    if cursor == 0 {
        scored.sort();
    }
    let mut counted = scored.counted;
    let next = scored.inputs.first().map_or(0, |input| {
        input.walk(cursor, UNIT_ELEMENTS, |member, score| {
            counted += u64::from(scored.of_all(member, score, Combine::Sum).is_some());
        })
    });
    scored.counted = counted;
    let is_done = next == 0 || counted >= limit;
    if is_done {
        discard_inputs(vm.store, &mut scored);
        vm.registers.set(i.a, Value::Int(int(counted.min(limit))));
    }
    vm.registers.buffers().scored = scored;
    vm.registers.set(i.c, Value::Cursor(next));
    if is_done { Step::Next } else { Step::Again }
}

pub(crate) fn scored_range<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let register = u8::try_from(i.imm).unwrap_or(0);
    let done = vm.registers.cursor(register);
    let (rank, count) = (vm.registers.int(i.b), vm.registers.int(i.c));
    let rank = u64::try_from(rank).unwrap_or(u64::MAX);
    let count = u64::try_from(count).unwrap_or(0);
    let key = vm.registers.key(i.a, vm.input);
    let set = vm.registers.buffers().scored.set.take();
    let mut set = set.unwrap_or_else(|| SortedSet::new(key.hash));
    let (unit, before) = ((count - done).min(UNIT_ELEMENTS), set.len());
    let mut digits = decimal::Buffer::new();
    let from = rank.saturating_add(done);
    vm.store.sorted_walk(key, from, unit, false, &mut |member, score| {
        set.set(member.bytes(&mut digits), score);
    });
    let is_done = ((set.len() - before) as u64) < UNIT_ELEMENTS;
    let fits = vm.store.has_room(set.heap_bytes());
    vm.registers.buffers().scored.set = Some(set);
    vm.registers.set(register, Value::Cursor(done + unit));
    match (fits, is_done) {
        (false, _) => vm.fault(Fault::OutOfMemory),
        (true, true) => Step::Next,
        (true, false) => Step::Again,
    }
}

/// Floyd's way to draw different numbers: where one was drawn before, the last that may be drawn
/// now was not.
pub(crate) fn scored_drawn<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let done = vm.registers.cursor(i.c);
    let len = vm.store.sorted_len(key);
    let count = u64::try_from(vm.registers.int(i.b)).unwrap_or(0).min(len);
    let set = vm.registers.buffers().scored.set.take();
    let mut set = set.unwrap_or_else(|| SortedSet::new(key.hash));
    let end = count.min(done + UNIT_ELEMENTS);
    let mut digits = decimal::Buffer::new();
    for number in done..end {
        let last = len - count + number;
        let drawn = vm.store.draw() % (last + 1);
        for rank in [drawn, last] {
            let before = set.len();
            vm.store.sorted_walk(key, rank, 1, false, &mut |member, score| {
                set.set(member.bytes(&mut digits), score);
            });
            if set.len() > before {
                break;
            }
        }
    }
    let fits = vm.store.has_room(set.heap_bytes());
    vm.registers.buffers().scored.set = Some(set);
    vm.registers.set(i.c, Value::Cursor(end));
    match (fits, end == count) {
        (false, _) => vm.fault(Fault::OutOfMemory),
        (true, true) => Step::Next,
        (true, false) => Step::Again,
    }
}

pub(crate) fn reply_sorted_drawn<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let register = u8::try_from(i.imm).unwrap_or(0);
    let (out, scored) = (vm.registers.cursor(register), vm.registers.bool(i.c));
    let count = u64::try_from(vm.registers.int(i.b)).unwrap_or(0);
    let next = vm.at_key(i.a, |store, key, sink| {
        let (len, pairs) = (store.sorted_len(key), sink.is_resp3());
        let count = if len == 0 { 0 } else { count };
        if out == 0 {
            sink.array(header(count, scored, pairs));
        }
        let end = count.min(out + UNIT_ELEMENTS);
        for _ in out..end {
            let rank = store.draw() % len;
            store.sorted_walk(key, rank, 1, false, &mut |member, score| {
                row(sink, member, scored.then_some(score), pairs);
            });
        }
        (end < count).then_some(end)
    });
    match next {
        None => vm.replied(1),
        Some(next) => {
            vm.registers.set(register, Value::Cursor(next));
            Step::Again
        }
    }
}

pub(crate) fn scored_len<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = vm.registers.buffers().scored.set.as_ref().map_or(0, SortedSet::len);
    vm.registers.set(i.a, Value::Int(int(len as u64)));
    Step::Next
}

pub(crate) fn scored_store<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let set = vm.registers.buffers().scored.set.take();
    match vm.store.put_sorted(key, set.unwrap_or_else(|| SortedSet::new(key.hash))) {
        Ok(()) => Step::Next,
        Err(_) => vm.fault(Fault::OutOfMemory),
    }
}

/// The header goes out with the first unit.
pub(crate) fn reply_scored<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (scored, out) = (vm.registers.bool(i.a), vm.registers.cursor(i.b));
    let pairs = vm.sink.is_resp3();
    let set = vm.registers.buffers().scored.set.take();
    let len = set.as_ref().map_or(0, SortedSet::len) as u64;
    if out == 0 {
        vm.sink.array(header(len, scored, pairs));
    }
    let end = len.min(out + UNIT_ELEMENTS);
    if let Some(set) = set {
        let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        set.walk(usize_of(out), usize_of(end - out), |member, score| {
            row(vm.sink, member, scored.then_some(score), pairs);
        });
        if end < len {
            vm.registers.buffers().scored.set = Some(set);
        } else {
            vm.store.discard_sorted(set);
        }
    }
    vm.registers.set(i.b, Value::Cursor(end));
    if end < len { Step::Again } else { vm.replied(1) }
}

/// Lets go of inputs that are not needed any more.
fn discard_inputs<S: Store>(store: &mut S, scored: &mut Scored) {
    for input in scored.inputs.drain(..) {
        match input.members {
            Members::Sorted(set) => store.discard_sorted(set),
            Members::Set(set) => store.discard(set),
        }
    }
}

/// A seed for the hash of a set that is made of others.
fn seed<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>) -> u64 {
    vm.store.draw()
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
