//! The namespace of the request, on one shard.

use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Instruction, Store};

#[inline]
pub(crate) fn db_len<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let len = i64::try_from(vm.store.len()).unwrap_or(i64::MAX);
    vm.registers.set(i.a, Value::Int(len));
    Step::Next
}

pub(crate) fn db_use<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    match vm.store.use_database(vm.registers.int(i.b)) {
        Some(is_other) => {
            vm.registers.set(i.a, Value::Bool(is_other));
            Step::Next
        }
        None => Step::Jump,
    }
}

pub(crate) fn db_flush<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    vm.store.flush();
    Step::Next
}

pub(crate) fn db_flush_all<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, _: Instruction) -> Step {
    vm.store.flush_all();
    Step::Next
}
