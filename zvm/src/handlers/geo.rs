//! Places, and the search for those near one.
//!
//! A search belongs to the run and nobody sees it. What it finds is a scored set: by its distance,
//! which is negative where the farthest come first, or else by its number.

use crate::generated::{self, Places};
use crate::geo::{self, Place, Shape};
use crate::handlers::float::float;
use crate::interpret::{Machine, Step};
use crate::registers::Value;
use crate::{Fault, Instruction, Key, ReplySink, Store, Text, UNIT_ELEMENTS};
use databox::{SortedSet, decimal};

/// A search, and how far it has come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    middle: Place,
    shape: Shape,
    /// The ranges of scores that are still to be searched, the next one last.
    ranges: Vec<(f64, f64)>,
    /// The ranks that are left of the range being searched.
    ranks: (u64, u64),
    /// How much is replied; 0 is all.
    count: u64,
    sorted: bool,
    descending: bool,
    any: bool,
    with_distance: bool,
    with_hash: bool,
    with_place: bool,
    /// Meters.
    unit: f64,
    kept: Option<SortedSet>,
}

impl Search {
    fn new(middle: Place, shape: Shape) -> Self {
        let mut ranges = shape.ranges(middle);
        ranges.reverse();
        Self {
            middle,
            shape,
            ranges,
            ranks: (0, 0),
            count: 0,
            sorted: false,
            descending: false,
            any: false,
            with_distance: false,
            with_hash: false,
            with_place: false,
            unit: 1.0,
            kept: None,
        }
    }

    fn has_enough(&self, found: u64) -> bool {
        self.any && self.count > 0 && found >= self.count
    }

    /// How many of those that were found are wanted.
    fn wanted(&self, found: u64) -> u64 {
        if self.count == 0 { found } else { found.min(self.count) }
    }

    fn distance(&self, score: f64) -> f64 {
        geo::distance(self.middle, geo::place(score)) / self.unit
    }
}

pub(crate) fn geo_score<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let place = (float(vm, i.b), float(vm, i.c));
    let score = if geo::is_valid(place) { Value::Float(geo::score(place)) } else { Value::Absent };
    vm.registers.set(i.a, score);
    Step::Next
}

pub(crate) fn geo_longitude<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (longitude, _) = geo::place(float(vm, i.b));
    vm.registers.set(i.a, Value::Float(longitude));
    Step::Next
}

pub(crate) fn geo_latitude<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (_, latitude) = geo::place(float(vm, i.b));
    vm.registers.set(i.a, Value::Float(latitude));
    Step::Next
}

pub(crate) fn geo_distance<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let distance = geo::distance(geo::place(float(vm, i.b)), geo::place(float(vm, i.c)));
    vm.registers.set(i.a, Value::Float(distance));
    Step::Next
}

pub(crate) fn geo_hash<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let hash = geo::hash(float(vm, i.b));
    let copied = vm.registers.copy_in(i.a, Text::Bytes(&hash));
    vm.done(copied)
}

pub(crate) fn reply_geo_invalid<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let (longitude, latitude) = (float(vm, i.a), float(vm, i.b));
    let text = format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}");
    vm.sink.error(text.as_bytes());
    vm.replied(1)
}

pub(crate) fn reply_decimal<S, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let value = float(vm, i.a);
    match generated::places(i.b) {
        Places::Whole => decimal_of(vm.sink, value),
        Places::Four => fixed(vm.sink, value),
    }
    vm.replied(1)
}

pub(crate) fn geo_circle<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let shape = Shape::Circle { radius: float(vm, i.c) };
    begin(vm, i, shape)
}

pub(crate) fn geo_box<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let shape = Shape::Box { width: float(vm, i.c), height: float(vm, last(i)) };
    begin(vm, i, shape)
}

fn begin<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction, shape: Shape) -> Step {
    let middle = (float(vm, i.a), float(vm, i.b));
    vm.registers.buffers().places = Some(Box::new(Search::new(middle, shape)));
    Step::Next
}

pub(crate) fn geo_order<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let count = u64::try_from(vm.registers.int(i.a)).unwrap_or(0);
    let (sorted, descending) = (vm.registers.bool(i.b), vm.registers.bool(i.c));
    let any = vm.registers.bool(last(i));
    if let Some(search) = &mut vm.registers.buffers().places {
        (search.count, search.sorted, search.descending) = (count, sorted, descending);
        search.any = any;
    }
    Step::Next
}

pub(crate) fn geo_shown<S, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let (distance, hash) = (vm.registers.bool(i.a), vm.registers.bool(i.b));
    let (place, unit) = (vm.registers.bool(i.c), float(vm, last(i)));
    if let Some(search) = &mut vm.registers.buffers().places {
        (search.with_distance, search.with_hash, search.with_place) = (distance, hash, place);
        search.unit = unit;
    }
    Step::Next
}

pub(crate) fn geo_find<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let buffers = vm.registers.buffers();
    let Some(mut search) = buffers.places.take() else { return Step::Next };
    let mut found = buffers.scored.set.take().unwrap_or_else(|| SortedSet::new(key.hash));
    let (rank, end) = search.ranks;
    if rank < end {
        find_unit(vm.store, key, &mut search, &mut found);
    } else if let Some((low, high)) = search.ranges.pop() {
        search.ranks =
            (vm.store.sorted_below(key, low, false), vm.store.sorted_below(key, high, false));
    }
    let (rank, end) = search.ranks;
    let is_done =
        search.has_enough(found.len() as u64) || (rank >= end && search.ranges.is_empty());
    let fits = vm.store.has_room(found.heap_bytes());
    let buffers = vm.registers.buffers();
    buffers.scored.set = Some(found);
    buffers.places = Some(search);
    match (fits, is_done) {
        (false, _) => vm.fault(Fault::OutOfMemory),
        (true, true) => Step::Next,
        (true, false) => Step::Again,
    }
}

/// Searches a unit of the ranks that are left.
fn find_unit<S: Store>(store: &mut S, key: Key<'_>, search: &mut Search, found: &mut SortedSet) {
    let (rank, end) = search.ranks;
    let unit = (end - rank).min(UNIT_ELEMENTS);
    let mut digits = decimal::Buffer::new();
    store.sorted_walk(key, rank, unit, false, &mut |member, score| {
        let number = found.len() as u64;
        if search.has_enough(number) {
            return;
        }
        let distance = search.shape.distance(search.middle, geo::place(score));
        let Some(distance) = distance else { return };
        let place = match (search.sorted, search.descending) {
            (false, _) => number as f64,
            (true, false) => distance,
            (true, true) => -distance,
        };
        found.set(member.bytes(&mut digits), place);
    });
    search.ranks = (rank + unit, end);
}

pub(crate) fn reply_geo_found<S: Store, N, R: ReplySink>(
    vm: &mut Machine<'_, S, N, R>,
    i: Instruction,
) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let out = vm.registers.cursor(i.b);
    let buffers = vm.registers.buffers();
    let search = buffers.places.take();
    let found = buffers.scored.set.take().unwrap_or_else(|| SortedSet::new(key.hash));
    let wanted = search.as_ref().map_or(0, |search| search.wanted(found.len() as u64));
    if out == 0 {
        vm.sink.array(usize_of(wanted));
    }
    let end = wanted.min(out + UNIT_ELEMENTS);
    if let Some(search) = &search {
        let mut digits = decimal::Buffer::new();
        found.walk(usize_of(out), usize_of(end - out), |member, _| {
            let score = vm.store.sorted_score(key, member.bytes(&mut digits)).unwrap_or(0.0);
            show(vm.sink, search, member, score);
        });
    }
    vm.registers.set(i.b, Value::Cursor(end));
    if end == wanted {
        vm.store.discard_sorted(found);
        return vm.replied(1);
    }
    let buffers = vm.registers.buffers();
    buffers.scored.set = Some(found);
    buffers.places = search;
    Step::Again
}

/// Replies a member that was found.
fn show<R: ReplySink>(sink: &mut R, search: &Search, member: Text<'_>, score: f64) {
    let shown = [search.with_distance, search.with_hash, search.with_place];
    let more = shown.iter().filter(|&&one| one).count();
    if more > 0 {
        sink.array(1 + more);
    }
    sink.bytes(member);
    if search.with_distance {
        fixed(sink, search.distance(score));
    }
    if search.with_hash {
        sink.integer(score as i64);
    }
    if search.with_place {
        let (longitude, latitude) = geo::place(score);
        sink.array(2);
        decimal_of(sink, longitude);
        decimal_of(sink, latitude);
    }
}

pub(crate) fn geo_keep<S: Store, N, R>(vm: &mut Machine<'_, S, N, R>, i: Instruction) -> Step {
    let key = vm.registers.key(i.a, vm.input);
    let (distances, done) = (vm.registers.bool(i.b), vm.registers.cursor(i.c));
    let buffers = vm.registers.buffers();
    let (Some(mut search), Some(found)) = (buffers.places.take(), buffers.scored.set.take()) else {
        return Step::Next;
    };
    let mut kept = search.kept.take().unwrap_or_else(|| SortedSet::new(key.hash));
    let wanted = search.wanted(found.len() as u64);
    let end = wanted.min(done + UNIT_ELEMENTS);
    let mut digits = decimal::Buffer::new();
    found.walk(usize_of(done), usize_of(end - done), |member, _| {
        let member = member.bytes(&mut digits);
        let score = vm.store.sorted_score(key, member).unwrap_or(0.0);
        kept.set(member, if distances { search.distance(score) } else { score });
    });
    let fits = vm.store.has_room(found.heap_bytes() + kept.heap_bytes());
    vm.registers.set(i.c, Value::Cursor(end));
    if end == wanted {
        vm.store.discard_sorted(found);
        vm.registers.buffers().scored.set = Some(kept);
    } else {
        search.kept = Some(kept);
        let buffers = vm.registers.buffers();
        buffers.scored.set = Some(found);
        buffers.places = Some(search);
    }
    match (fits, end == wanted) {
        (false, _) => vm.fault(Fault::OutOfMemory),
        (true, true) => Step::Next,
        (true, false) => Step::Again,
    }
}

/// Replies a double with up to 17 places, and no zeros at their end.
fn decimal_of<R: ReplySink>(sink: &mut R, value: f64) {
    let text = format!("{value:.17}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    sink.decimal(if text == "-0" { "0" } else { text });
}

/// Replies a double with four places.
fn fixed<R: ReplySink>(sink: &mut R, value: f64) {
    sink.bytes(Text::Bytes(format!("{value:.4}").as_bytes()));
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The register that the fourth operand names.
fn last(i: Instruction) -> u8 {
    u8::try_from(i.imm).unwrap_or(0)
}
