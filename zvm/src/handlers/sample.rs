//! Members of sets and names of maps, drawn at random.
//!
//! Without repetition, few of many are drawn until enough different ones are found, which the run
//! remembers as its gathered set; otherwise the container is walked, and each element is taken with
//! the likelihood that as many are as shall be. Both take a unit at a time.

use crate::generated::Aggregate;
use crate::handlers::reply::{close, open};
use crate::interpret::{Machine, Step};
use crate::registers::{Sample, Value};
use crate::{Instruction, Key, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::{Set, decimal};

pub(crate) fn set_random<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    random::<Members, _, _, _>(vm, i)
}

pub(crate) fn map_random<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    random::<Names, _, _, _>(vm, i)
}

pub(crate) fn reply_set_sample<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    sample::<Members, _, _, _>(vm, (i.a, i.b, i.c), false)
}

pub(crate) fn reply_map_sample<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let values = vm.registers.bool(i.c);
    sample::<Names, _, _, _>(vm, (i.a, i.b, u8::try_from(i.imm).unwrap_or(0)), values)
}

/// The header goes out with the first unit: nobody else changes the set meanwhile.
pub(crate) fn reply_set_taken<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (taken, wanted) = (vm.registers.cursor(i.c), vm.registers.int(i.b));
    let left = vm.at_key(i.a, |store, key, sink| {
        let left = u64::try_from(wanted).unwrap_or(0).min(store.set_len(key));
        if taken == 0 {
            sink.set(usize::try_from(left).unwrap_or(usize::MAX));
        }
        let unit = left.min(DRAWN_A_UNIT);
        let mut member = Vec::new();
        for _ in 0..unit {
            member.clear();
            let mut digits = decimal::Buffer::new();
            store.set_draw(key, &mut |text| member.extend_from_slice(text.bytes(&mut digits)));
            sink.bytes(Text::canonical(&member));
            store.set_remove(key, &member);
        }
        left - unit
    });
    if left == 0 {
        return vm.replied(1);
    }
    vm.registers.set(i.b, Value::Int(left.cast_signed()));
    vm.registers.set(i.c, Value::Cursor(taken + 1));
    Step::Again
}

fn random<C: Container, S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.b, vm.input);
    let mut drawn = None;
    C::draw(vm.store, key, &mut |text, _| drawn = Some(text.to_vec()));
    match drawn {
        Some(text) => {
            let copied = vm.registers.copy_in(i.a, Text::canonical(&text));
            vm.done(copied)
        }
        None => {
            vm.registers.set(i.a, Value::Absent);
            Step::Next
        }
    }
}

/// Replies so many elements, of which there may be less, as an array; where the number is below 0
/// so many draws. The cursor is the walk's, or says that this is not the first unit.
fn sample<C: Container, S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    (key, count, cursor): (u8, u8, u8),
    values: bool,
) -> Step {
    let wanted = vm.registers.int(count);
    let (len, seed) = vm.at_key(key, |store, key, _| (C::len(store, key), store.random()));
    if vm.registers.buffers().sample == Sample::None {
        let hint = if wanted < 0 { wanted.unsigned_abs() } else { wanted.unsigned_abs().min(len) };
        let pair = values && !vm.sink.is_resp3();
        let hint = hint.saturating_mul(1 + u64::from(pair));
        open(vm, Aggregate::Array, usize::try_from(hint).unwrap_or(usize::MAX));
        vm.registers.buffers().sample = match wanted {
            0 => return close(vm),
            _ if len == 0 => return close(vm),
            ..0 => Sample::Draws,
            _ if wanted.unsigned_abs() < len / 3 => Sample::Different,
            _ => Sample::Walk { left: len },
        };
    }
    let left = match vm.registers.buffers().sample {
        Sample::Walk { left } => {
            return walk::<C, _, _, _>(vm, (key, count, cursor), left, (values, seed));
        }
        Sample::Different => draw_different::<C, _, _, _>(vm, key, wanted, values),
        _ => draw::<C, _, _, _>(vm, key, wanted, values),
    };
    if left == 0 {
        vm.registers.buffers().sample = Sample::None;
        return close(vm);
    }
    vm.registers.set(count, Value::Int(left));
    Step::Again
}

/// Draws elements, never mind which were drawn before, and returns what is left of the number.
fn draw<C: Container, S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    key: u8,
    wanted: i64,
    values: bool,
) -> i64 {
    let key = vm.registers.key(key, vm.input);
    for _ in 0..DRAWN_A_UNIT.min(wanted.unsigned_abs()) {
        let (sink, mut replied) = (&mut *vm.sink, 0);
        let found = C::draw(vm.store, key, &mut |name, value| {
            replied = reply(sink, name, value.filter(|_| values));
        });
        if !found {
            return 0;
        }
        vm.registers.elements += replied;
    }
    wanted.saturating_add_unsigned(DRAWN_A_UNIT).min(0)
}

/// Draws elements that were not drawn before, and returns what is left of the number.
fn draw_different<C: Container, S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    key: u8,
    wanted: i64,
    values: bool,
) -> i64 {
    let key = vm.registers.key(key, vm.input);
    let mut drawn = vm.registers.buffers().gathered.take().unwrap_or_else(|| Set::new(key.hash));
    let (sink, mut left, mut replied) = (&mut *vm.sink, wanted, 0);
    for _ in 0..DRAWN_A_UNIT {
        let mut digits = decimal::Buffer::new();
        let found = C::draw(vm.store, key, &mut |name, value| {
            if drawn.add(name.bytes(&mut digits)) {
                replied += reply(sink, name, value.filter(|_| values));
                left -= 1;
            }
        });
        if left == 0 || !found {
            left = if found { left } else { 0 };
            break;
        }
    }
    vm.registers.elements += replied;
    if left == 0 {
        vm.store.discard(drawn);
    } else {
        vm.registers.buffers().gathered = Some(drawn);
    }
    left
}

/// Goes over a unit of the container. What is left to visit and what is left to take tell how
/// likely the next one is taken.
fn walk<C: Container, S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    (key, count, cursor): (u8, u8, u8),
    mut left: u64,
    (values, seed): (bool, u64),
) -> Step {
    let mut wanted = u64::try_from(vm.registers.int(count)).unwrap_or(0);
    let from = vm.registers.cursor(cursor);
    let key = vm.registers.key(key, vm.input);
    let (sink, mut replied, mut dice) = (&mut *vm.sink, 0, seed);
    let next = C::walk(vm.store, key, from, &mut |name, value| {
        dice = next_random(dice);
        if dice % left.max(1) < wanted {
            wanted -= 1;
            replied += reply(sink, name, value.filter(|_| values));
        }
        left = left.saturating_sub(1);
    });
    vm.registers.elements += replied;
    if next == 0 || wanted == 0 {
        vm.registers.buffers().sample = Sample::None;
        return close(vm);
    }
    vm.registers.buffers().sample = Sample::Walk { left };
    vm.registers.set(count, Value::Int(wanted.cast_signed()));
    vm.registers.set(cursor, Value::Cursor(next));
    Step::Again
}

/// Replies an element and tells how many replies that were.
fn reply<R: ReplySink>(sink: &mut R, name: Text<'_>, value: Option<Text<'_>>) -> i64 {
    let Some(value) = value else {
        sink.bytes(name);
        return 1;
    };
    let is_pair = sink.is_resp3();
    if is_pair {
        sink.array(2);
    }
    sink.bytes(name);
    sink.bytes(value);
    if is_pair { 1 } else { 2 }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
const fn next_random(state: u64) -> u64 {
    let word = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// What elements are drawn from: names, and perhaps their values.
trait Container {
    fn len<S: Store>(store: &mut S, key: Key<'_>) -> u64;

    fn draw<S: Store>(
        store: &mut S,
        key: Key<'_>,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> bool;

    fn walk<S: Store>(
        store: &mut S,
        key: Key<'_>,
        cursor: u64,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> u64;
}

/// A set.
struct Members;

impl Container for Members {
    fn len<S: Store>(store: &mut S, key: Key<'_>) -> u64 {
        store.set_len(key)
    }

    fn draw<S: Store>(
        store: &mut S,
        key: Key<'_>,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> bool {
        store.set_draw(key, &mut |member| visit(member, None))
    }

    fn walk<S: Store>(
        store: &mut S,
        key: Key<'_>,
        cursor: u64,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> u64 {
        store.set_scan(key, cursor, UNIT_ELEMENTS, &mut |member| visit(member, None))
    }
}

/// A map.
struct Names;

impl Container for Names {
    fn len<S: Store>(store: &mut S, key: Key<'_>) -> u64 {
        store.map_len(key)
    }

    fn draw<S: Store>(
        store: &mut S,
        key: Key<'_>,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> bool {
        store.map_draw(key, &mut |name, value| visit(name, Some(value)))
    }

    fn walk<S: Store>(
        store: &mut S,
        key: Key<'_>,
        cursor: u64,
        visit: &mut dyn FnMut(Text<'_>, Option<Text<'_>>),
    ) -> u64 {
        store.map_walk(key, cursor, UNIT_ELEMENTS, &mut |name, value| visit(name, Some(value)))
    }
}

/// Draws of a unit; each looks at a few pages.
const DRAWN_A_UNIT: u64 = 8;
