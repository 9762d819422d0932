//! HyperLogLogs.
//!
//! The loaded one and the merged registers belong to the run. All are 12 KiB at most, which is less
//! than a unit may move.

use crate::generated::{self, HllView};
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Expiry, Fault, Instruction, ReplySink, Store, Text};
use databox::decimal;
use databox::hll::{Corrupted, Hll, Registers};

/// What a run does with HyperLogLogs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sketches {
    loaded: Hll,
    merged: Registers,
}

pub(crate) fn hll_load<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let mut digits = decimal::Buffer::new();
    let is_there = vm.store.kind(key).is_some();
    let loaded = match vm.store.string(key) {
        Some(text) => Hll::read(text.bytes(&mut digits)),
        // What does not stand in one piece is longer than any of them.
        None if is_there => None,
        None => {
            let mut fresh = Hll::new();
            // It is written only where it becomes another one, or as the first.
            fresh.invalidate();
            Some(fresh)
        }
    };
    let Some(loaded) = loaded else {
        vm.registers.set(i.a, Value::Absent);
        return Step::Next;
    };
    sketches(vm).loaded = loaded;
    vm.registers.set(i.a, Value::Bool(is_there));
    Step::Next
}

pub(crate) fn hll_save<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let sketches = std::mem::take(sketches(vm));
    let key = vm.registers.key(i.a, vm.input);
    let saved = vm.store.set_string(key, Text::Bytes(sketches.loaded.bytes()), Expiry::Keep);
    if saved.is_ok() { Step::Next } else { vm.fault(Fault::OutOfMemory) }
}

pub(crate) fn hll_add<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut sketches = std::mem::take(sketches(vm));
    let mut digits = decimal::Buffer::new();
    let added = sketches.loaded.add(vm.registers.bytes(i.b, vm.input, &mut digits));
    told(vm, i.a, sketches, added)
}

pub(crate) fn hll_count<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut sketches = std::mem::take(sketches(vm));
    let cached = sketches.loaded.cached();
    let count = cached.map_or_else(|| sketches.loaded.count(), Ok);
    if cached.is_none() && count.is_ok() {
        // A count that finds no room is computed again by the next one.
        let key = vm.registers.key(i.b, vm.input);
        let text = Text::Bytes(sketches.loaded.bytes());
        let _ = vm.store.set_string(key, text, Expiry::Keep);
    }
    let count = count.map_or(Value::Absent, |count| Value::Int(count.cast_signed()));
    vm.registers.set(i.a, count);
    Step::Next
}

pub(crate) fn hll_merge<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut sketches = std::mem::take(sketches(vm));
    let taken = sketches.merged.take(&sketches.loaded).map(|()| true);
    told(vm, i.a, sketches, taken)
}

pub(crate) fn hll_raise<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut sketches = std::mem::take(sketches(vm));
    let raised = sketches.loaded.merge(&sketches.merged).map(|()| true);
    told(vm, i.a, sketches, raised)
}

pub(crate) fn hll_merged_count<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let count = sketches(vm).merged.count();
    vm.registers.set(i.a, Value::Int(count.cast_signed()));
    Step::Next
}

pub(crate) fn hll_make_dense<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let mut sketches = std::mem::take(sketches(vm));
    let was_sparse = !sketches.loaded.is_dense();
    let made = sketches.loaded.make_dense().map(|()| was_sparse);
    told(vm, i.a, sketches, made)
}

pub(crate) fn reply_hll<S, N, R: ReplySink>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let sketches = std::mem::take(sketches(vm));
    match (generated::hll_view(i.a), sketches.loaded.opcodes()) {
        (HllView::Encoding, None) => vm.sink.status(b"dense"),
        (HllView::Encoding, Some(_)) => vm.sink.status(b"sparse"),
        (HllView::Runs, Some(text)) => vm.sink.bytes(Text::Bytes(text.as_bytes())),
        (HllView::Runs, None) => vm.sink.error(b"ERR HLL encoding is not sparse"),
        (HllView::Registers, _) => {
            let values = sketches.merged.values();
            vm.sink.array(values.len());
            values.iter().for_each(|&value| vm.sink.integer(value.into()));
        }
    }
    vm.replied(1)
}

/// What the run does with HyperLogLogs.
fn sketches<'m, S, N, R>(vm: &'m mut Machine<'_, S, N, R>) -> &'m mut Sketches {
    vm.registers.buffers().sketches.get_or_insert_default()
}

/// Puts the sketches back, and what came of it into a register.
fn told<S, N, R>(
    vm: &mut Machine<'_, S, N, R>,
    register: u8,
    changed: Sketches,
    result: Result<bool, Corrupted>,
) -> Step {
    *sketches(vm) = changed;
    vm.registers.set(register, result.map_or(Value::Absent, Value::Bool));
    Step::Next
}
