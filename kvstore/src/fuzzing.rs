//! What the fuzz target checks: a shard against the standard library's maps, with time.

use crate::{
    Cause, Expiry, ExpiryObserver, HashKey, Item, Key, Kind, Namespace, Policy, PutOptions, Shard,
    ShardConfig, SweepLimits, Text, WriteError,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    String(Vec<u8>),
    Set(BTreeSet<Vec<u8>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    value: Value,
    expires_at_ms: Option<u64>,
    flags: u32,
    stamp: u64,
}

type Model = BTreeMap<Vec<u8>, Held>;

/// Reads operations from `data`, applies them to a shard and to a model, and panics where the two
/// differ, a write exceeds the budget, or the ledger does not agree with a recount.
pub fn check_ops(data: &[u8]) {
    let mut input = Input(data);
    let budget_bytes = [None, Some(300_000), Some(4_000)][usize::from(input.byte() % 3)];
    let reservation_bytes = [64 << 20, 1 << 20][usize::from(input.byte() % 8 == 7)];
    let hash_key = Arc::new(HashKey::new([u64::from(input.byte()), 7]));
    let policy = [
        Policy::Refuse,
        Policy::Refuse,
        Policy::Snlru { levels: input.byte() },
        Policy::RandomMemory,
        Policy::Random,
    ][usize::from(input.byte() % 5)];
    let may_refuse = budget_bytes.is_some() || reservation_bytes < 64 << 20;
    let mut subject = Subject {
        may_refuse,
        shard: Shard::new(ShardConfig { hash_key, budget_bytes, policy, reservation_bytes })
            .expect("some address space"),
        models: Default::default(),
        now_ms: 1000,
    };
    subject.shard.keep_departures(usize::MAX);
    while !input.0.is_empty() {
        subject.step(&mut input);
        assert_eq!(subject.shard.ledger(), subject.shard.recount());
    }
    subject.compare();
    subject.shard.flush_all();
    while subject.shard.work(1) {
        assert_eq!(subject.shard.ledger(), subject.shard.recount());
    }
    while subject.shard.compact(true) {}
    subject.shard.set_policy(Policy::Refuse);
    assert!(subject.shard.is_empty());
    assert_eq!(subject.shard.figures().live_bytes, 0);
    assert_eq!(subject.shard.ledger().used(), 0);
}

struct Subject {
    /// Whether a write may find no room.
    may_refuse: bool,
    shard: Shard,
    models: [Model; 3],
    now_ms: u64,
}

impl Subject {
    fn step(&mut self, input: &mut Input<'_>) {
        let operation = input.byte();
        let ns = usize::from(input.byte() % 3);
        match operation % 20 {
            0..=3 => self.put(ns, input),
            4 => self.get(ns, &input.key()),
            5 => self.remove(ns, &input.key()),
            6 => self.set_expiry(ns, input),
            7 | 8 => self.set_add(ns, input),
            9 => self.set_remove(ns, input),
            10 => self.sweep(input),
            11 => self.scan(ns, input.byte()),
            12 => {
                self.now_ms += u64::from(input.byte());
                self.forget_due();
            }
            13 => match input.byte() {
                0..128 => self.set_flags(ns, &input.key(), u32::from(input.byte())),
                marks => self.give_stamp(ns, &input.key(), u64::from(marks) << 62),
            },
            14 => {
                self.shard.work(usize::from(input.byte()));
                self.shard.compact(input.byte().is_multiple_of(2));
            }
            15 => self.evict(input),
            16 => self.splice(ns, input),
            17 => self.move_key(ns, input),
            18 => self.set_bit(ns, input),
            _ => self.whole(ns, input.byte()),
        }
        self.forget_gone();
    }

    /// Removes keys of the policy's choice, changes the policy or the budget, or takes a step
    /// towards it.
    fn evict(&mut self, input: &mut Input<'_>) {
        let (kind, count) = (input.byte(), usize::from(input.byte() % 16));
        match kind % 8 {
            0 => self.shard.set_policy(Policy::Snlru { levels: count as u8 }),
            1 if self.may_refuse => self.shard.set_budget(Some(1 << count)),
            2 if self.may_refuse => self.shard.set_budget(Some(100_000)),
            3 => {
                let used = self.shard.ledger().used();
                let more = self.shard.stay_under();
                assert!(!more || self.shard.budget_bytes().is_some_and(|budget| used > budget));
            }
            _ => {
                let before = self.keys();
                let evicted = self.shard.evict(count);
                assert!(evicted <= count);
                assert_eq!(self.keys(), before - evicted as u64);
                let nothing_left = before == 0 || self.shard.policy() == Policy::Refuse;
                assert!(evicted == count || evicted as u64 == before || nothing_left);
            }
        }
    }

    /// Takes out of the model what the shard says has made room; what has expired is gone from it
    /// already.
    fn forget_gone(&mut self) {
        let (gone, lost) = self.shard.departures();
        assert_eq!(lost, 0);
        for departure in gone {
            let held = self.models[departure.ns.0 as usize].remove(&departure.key[..]);
            match departure.cause {
                Cause::Evicted => {
                    let due = |held: Held| held.expires_at_ms.is_some_and(|at| at <= self.now_ms);
                    assert!(held.is_none_or(|held| !due(held)));
                }
                Cause::Expired => assert!(held.is_none(), "it had not expired yet"),
            }
        }
    }

    fn splice(&mut self, ns: usize, input: &mut Input<'_>) {
        let (key, bytes, at) = (input.key(), input.value(), usize::from(input.byte()) * 30);
        let (ns_id, own, before) = (Namespace(ns as u32), self.shard.key(&key), self.before());
        let written = self.shard.splice_string(ns_id, own, at, &bytes, self.now_ms);
        self.forget_gone();
        self.within_budget(before);
        let is_set = self.held(ns, &key).is_some_and(Held::is_set);
        match (written, is_set) {
            (Err(WriteError::WrongKind(_)), true) => {}
            (Err(WriteError::OutOfBudget(_)), false) => assert!(self.may_refuse),
            (Ok(()), false) => {
                let value = Value::String(Vec::new());
                let empty = Held { value, expires_at_ms: None, flags: 0, stamp: 0 };
                let held = self.models[ns].entry(key.clone()).or_insert(empty);
                let Value::String(string) = &mut held.value else { unreachable!() };
                string.resize(string.len().max(at + bytes.len()), 0);
                string[at..at + bytes.len()].copy_from_slice(&bytes);
                // What is written anew has no stamp until somebody asks for one.
                held.stamp = 0;
            }
            (other, _) => panic!("{other:?}"),
        }
        self.get(ns, &key);
    }

    /// Sets or clears a bit, of a string in its place or of a bitmap.
    fn set_bit(&mut self, ns: usize, input: &mut Input<'_>) {
        let (key, bit) = (input.key(), u64::from(input.byte()) * 2311);
        let value = !input.byte().is_multiple_of(3);
        let (ns_id, own, before) = (Namespace(ns as u32), self.shard.key(&key), self.before());
        let mut written = self.shard.set_bit(ns_id, own, (bit, value), self.now_ms);
        self.forget_gone();
        if written == Ok(None) {
            let Some(Held { value: Value::String(string), .. }) = self.held(ns, &key) else {
                panic!("{key:?} holds no long string");
            };
            let bitmap = databox::Bitmap::from_bytes(string);
            let taken = self.shard.replace_string(ns_id, own, bitmap, self.now_ms);
            written = match taken {
                Ok(()) => self.shard.set_bit(ns_id, own, (bit, value), self.now_ms),
                Err(error) => Err(error.into()),
            };
        }
        self.forget_gone();
        self.within_budget(before);
        let is_set = self.held(ns, &key).is_some_and(Held::is_set);
        match (written, is_set) {
            (Err(WriteError::WrongKind(_)), true) => {}
            (Err(WriteError::OutOfBudget(_)), false) => assert!(self.may_refuse),
            (Ok(Some(was)), false) => {
                let empty = Value::String(Vec::new());
                let empty = Held { value: empty, expires_at_ms: None, flags: 0, stamp: 0 };
                let held = self.models[ns].entry(key.clone()).or_insert(empty);
                let Value::String(string) = &mut held.value else { unreachable!() };
                let (at, mask) = ((bit / 8) as usize, 0x80 >> (bit % 8));
                let grew = at >= string.len();
                string.resize(string.len().max(at + 1), 0);
                assert_eq!(was, string[at] & mask != 0);
                string[at] = if value { string[at] | mask } else { string[at] & !mask };
                // What is written anew has no stamp; a bit that stays as it was is not written.
                if grew || was != value {
                    held.stamp = 0;
                } else {
                    let item = self.shard.get(ns_id, own, self.now_ms);
                    held.stamp = item.map_or(0, |item| item.stamp());
                }
            }
            (other, _) => panic!("{other:?}"),
        }
        self.get(ns, &key);
    }

    fn move_key(&mut self, ns: usize, input: &mut Input<'_>) {
        let (key, to) = (input.key(), usize::from(input.byte() % 3));
        let (own, before) = (self.shard.key(&key), self.before());
        let (ns_id, to_id) = (Namespace(ns as u32), Namespace(to as u32));
        let moved = self.shard.move_key(ns_id, own, to_id, self.now_ms);
        self.forget_gone();
        self.within_budget(before);
        let free = self.held(to, &key).is_none();
        match (moved, free, self.held(ns, &key).is_some()) {
            (Err(_), true, true) => assert!(self.may_refuse),
            (Ok(moved), free, there) => {
                assert_eq!(moved, free && there);
                if moved && let Some(held) = self.models[ns].remove(&key) {
                    self.models[to].insert(key.clone(), held);
                }
            }
            (other, ..) => panic!("{other:?}"),
        }
        self.get(ns, &key);
        self.get(to, &key);
        let drawn = self.shard.random_key(ns_id, self.now_ms);
        assert_eq!(drawn.is_some(), !self.models[ns].is_empty());
        assert!(drawn.is_none_or(|key| self.models[ns].contains_key(&key)));
    }

    fn put(&mut self, ns: usize, input: &mut Input<'_>) {
        let times = if input.byte() >= 250 { 60 } else { 1 };
        for _ in 0..times {
            let (key, value, flags) = (input.key(), input.value(), u32::from(input.byte() / 128));
            let expiry = match input.byte() % 8 {
                0..=3 => Expiry::Never,
                4 | 5 => Expiry::Keep,
                _ => Expiry::At(self.now_ms + u64::from(input.byte()) - 50),
            };
            let options = PutOptions { expiry, flags };
            let (ns_id, text) = (Namespace(ns as u32), Text::Bytes(&value));
            let before = self.before();
            let own = self.shard.key(&key);
            let written = self.shard.put_string(ns_id, own, text, options, self.now_ms);
            self.forget_gone();
            if !matches!(expiry, Expiry::At(moment) if moment <= self.now_ms) {
                self.within_budget(before);
            }
            if written.is_err() {
                assert!(self.may_refuse);
                self.get(ns, &key);
                continue;
            }
            let old = self.held(ns, &key);
            let (expires_at_ms, flags) = match expiry {
                Expiry::Never => (None, flags),
                Expiry::At(moment) => (Some(moment), flags),
                Expiry::Keep => old.map_or((None, 0), |held| (held.expires_at_ms, held.flags)),
            };
            let held = Held { value: Value::String(value), expires_at_ms, flags, stamp: 0 };
            self.models[ns].insert(key, held);
            self.forget_due();
        }
    }

    fn get(&mut self, ns: usize, key: &[u8]) {
        let hash = self.shard.hash(key);
        let both = [(Namespace(ns as u32), hash), (Namespace(9), hash)];
        self.shard.prepare(&both);
        self.shard.prepare_writes(&both);
        let item = self.shard.get(Namespace(ns as u32), Key { bytes: key, hash }, self.now_ms);
        let found = item.map(|item| held(&item));
        assert_eq!(found.as_ref(), self.models[ns].get(key));
        assert_eq!(item.map(|item| item.kind() == Kind::Set), found.map(|held| held.is_set()));
    }

    fn remove(&mut self, ns: usize, key: &[u8]) {
        let own = self.shard.key(key);
        let removed = self.shard.remove(Namespace(ns as u32), own, self.now_ms);
        assert_eq!(removed, self.models[ns].remove(key).is_some());
    }

    fn set_expiry(&mut self, ns: usize, input: &mut Input<'_>) {
        let (key, kind) = (input.key(), input.byte());
        let moment = (kind % 4 != 0).then(|| self.now_ms + u64::from(kind) - 20);
        let own = self.shard.key(&key);
        let found = self.shard.set_expiry(Namespace(ns as u32), own, moment, self.now_ms);
        let held = self.models[ns].get_mut(&key);
        assert!(held.is_some() == found || (held.is_some() && self.may_refuse));
        if let Some(held) = held.filter(|_| found) {
            held.expires_at_ms = moment;
        }
        self.forget_due();
        let expiry = self.shard.expiry(Namespace(ns as u32), own, self.now_ms);
        assert_eq!(expiry, self.models[ns].get(&key).map(|held| held.expires_at_ms));
    }

    fn set_flags(&mut self, ns: usize, key: &[u8], flags: u32) {
        let own = self.shard.key(key);
        let found = self.shard.set_flags(Namespace(ns as u32), own, flags, self.now_ms);
        let held = self.models[ns].get_mut(key);
        assert!(held.is_some() == found || (held.is_some() && self.may_refuse));
        if let Some(held) = held.filter(|_| found) {
            held.flags = flags;
        }
    }

    fn give_stamp(&mut self, ns: usize, key: &[u8], marks: u64) {
        let own = self.shard.key(key);
        let stamp = self.shard.give_stamp(Namespace(ns as u32), own, marks, self.now_ms);
        let mut given = self.models.iter().flat_map(|model| model.values());
        assert!(given.all(|held| stamp != Some(held.stamp & (u64::MAX >> 2)) || stamp == Some(0)));
        let word = stamp.map(|stamp| stamp | marks);
        let held = self.models[ns].get_mut(key);
        assert!(held.is_some() == word.is_some() || (held.is_some() && self.may_refuse));
        if let Some((held, word)) = held.zip(word) {
            held.stamp = word;
        }
    }

    fn set_add(&mut self, ns: usize, input: &mut Input<'_>) {
        let key = input.key();
        let times = if input.byte() >= 250 { 150 } else { 1 };
        let first = input.value();
        for number in 0..times {
            let mut member = first.clone();
            if number > 0 {
                member.extend(Text::Integer(number).to_vec());
            }
            let before = self.before();
            let own = self.shard.key(&key);
            let added = self.shard.set_add(Namespace(ns as u32), own, &member, self.now_ms);
            self.forget_gone();
            self.within_budget(before);
            let value = Value::Set(BTreeSet::new());
            let empty = Held { value, expires_at_ms: None, flags: 0, stamp: 0 };
            match (added, self.models[ns].get(&key).is_some_and(|held| !held.is_set())) {
                (Err(WriteError::WrongKind(_)), true) => {}
                (Err(WriteError::OutOfBudget(_)), false) => {
                    assert!(self.may_refuse);
                }
                (Ok(new), false) => {
                    let held = self.models[ns].entry(key.clone()).or_insert(empty);
                    let Value::Set(set) = &mut held.value else { unreachable!() };
                    assert_eq!(new, set.insert(member));
                }
                (other, _) => panic!("{other:?}"),
            }
        }
        self.get(ns, &key);
    }

    fn set_remove(&mut self, ns: usize, input: &mut Input<'_>) {
        let (key, member) = (input.key(), input.value());
        let (ns_id, own, now_ms) = (Namespace(ns as u32), self.shard.key(&key), self.now_ms);
        let contained = self.shard.set_contains(ns_id, own, &member, now_ms);
        let len = self.shard.set_len(ns_id, own, now_ms);
        let removed = self.shard.set_remove(ns_id, own, &member, now_ms);
        assert_eq!(contained, removed);
        match self.models[ns].get_mut(&key) {
            None => assert_eq!((len, removed), (Ok(0), Ok(false))),
            Some(Held { value: Value::String(_), .. }) => assert!(len.is_err() && removed.is_err()),
            Some(Held { value: Value::Set(set), .. }) => {
                assert_eq!(len, Ok(set.len() as u64));
                assert_eq!(removed, Ok(set.remove(&member)));
                if set.is_empty() {
                    self.models[ns].remove(&key);
                }
            }
        }
        self.get(ns, &key);
    }

    fn sweep(&mut self, input: &mut Input<'_>) {
        struct Even(bool, u64);
        impl ExpiryObserver for Even {
            fn holds(&mut self, _: Namespace, key: Text<'_>) -> bool {
                self.0 && key.len().is_multiple_of(2)
            }
            fn expired(&mut self, _: Namespace, _: Text<'_>) {
                self.1 += 1;
            }
        }
        let mut observer = Even(input.byte().is_multiple_of(2), 0);
        let limits = SweepLimits { pages_max: usize::from(input.byte()), keys_max: 100 };
        let (expired, before) = (self.shard.expired(), self.keys());
        let report = self.shard.sweep(self.now_ms, limits, &mut observer);
        assert_eq!(self.shard.expired(), expired + report.swept);
        assert_eq!(self.keys(), before - report.swept);
        assert_eq!((report.swept, report.due), (observer.1, report.swept + report.skipped));
    }

    fn scan(&mut self, ns: usize, count: u8) {
        let mut seen = BTreeMap::new();
        let mut cursor = 0;
        loop {
            let id = Namespace(ns as u32);
            cursor = self.shard.scan(id, cursor, count.into(), self.now_ms, |key, item| {
                seen.insert(key.to_vec(), held(&item));
            });
            if cursor == 0 {
                break;
            }
        }
        assert_eq!(seen, self.models[ns]);
    }

    fn whole(&mut self, ns: usize, kind: u8) {
        let other = usize::from(kind / 4 % 3);
        match kind % 4 {
            0 => {
                self.shard.flush(Namespace(ns as u32));
                self.models[ns].clear();
                assert_eq!(self.shard.len(Namespace(ns as u32)), 0);
            }
            1 => {
                self.shard.swap(Namespace(ns as u32), Namespace(other as u32));
                self.models.swap(ns, other);
            }
            2 if kind > 200 => {
                self.shard.flush_all();
                self.models.iter_mut().for_each(BTreeMap::clear);
            }
            _ => self.compare(),
        }
    }

    fn compare(&mut self) {
        self.forget_due();
        for ns in 0..3 {
            self.scan(ns, 10);
            let id = Namespace(ns as u32);
            assert!(self.shard.len(id) >= self.models[ns].len() as u64);
            let expiring = self.models[ns].values().filter(|held| held.expires_at_ms.is_some());
            assert!(self.shard.expiring(id) >= expiring.count() as u64);
        }
    }

    fn keys(&self) -> u64 {
        (0..3).map(|ns| self.shard.len(Namespace(ns))).sum()
    }

    /// What the model has for a key that has not expired.
    fn held(&mut self, ns: usize, key: &[u8]) -> Option<&Held> {
        self.forget_due();
        self.models[ns].get(key)
    }

    fn forget_due(&mut self) {
        let now_ms = self.now_ms;
        for model in &mut self.models {
            model.retain(|_, held| held.expires_at_ms.is_none_or(|at| at > now_ms));
        }
    }

    /// What counts against the budget before a write, and how many keys had expired.
    fn before(&self) -> (u64, u64) {
        (self.shard.spent(), self.shard.expired())
    }

    /// A write has left the shard within its budget, or has not made it larger.
    #[track_caller]
    fn within_budget(&self, (before, expired): (u64, u64)) {
        let used = self.shard.spent();
        let budget = self.shard.budget_bytes().unwrap_or(u64::MAX);
        // A policy's own notes grow behind the write.
        let (slack, notes) = match self.shard.policy() {
            Policy::Refuse => (0, 0),
            _ => (budget / 32, 1024),
        };
        // The write may have found that the moment of its key had come, and a removal is not
        // refused, whatever place its value takes among those that are to be freed.
        let removal = if self.shard.expired() > expired { REMOVAL_BYTES_MAX } else { 0 };
        let before = before + removal;
        assert!(
            used <= before + notes || used <= budget.saturating_add(slack + notes),
            "{used} bytes, {before} before, budget {budget}, {:?}",
            self.shard.policy(),
        );
    }
}

impl Held {
    fn is_set(&self) -> bool {
        matches!(self.value, Value::Set(_))
    }
}

fn held(item: &Item<'_>) -> Held {
    let members = |set: databox::SetView<'_>| set.iter().map(|member| member.to_vec()).collect();
    let mut digits = databox::decimal::Buffer::new();
    let value = match item.bits(&mut digits) {
        Some(bits) => {
            let mut bytes = Vec::new();
            bits.copy_bytes(0, usize::MAX, &mut bytes);
            Value::String(bytes)
        }
        None => Value::Set(item.set().map(members).expect("a string or a set")),
    };
    let (flags, stamp) = (item.flags(), item.stamp());
    Held { value, expires_at_ms: item.expires_at_ms(), flags, stamp }
}

/// What a removal can cost: a place in the queue, and arrays of extras where pages merge.
const REMOVAL_BYTES_MAX: u64 = 256;

/// Values read from bytes; zeros where they have run out.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A key: few different ones, short, numeric and long.
    fn key(&mut self) -> Vec<u8> {
        match self.byte() {
            number @ 0..64 => Text::Integer(i64::from(number) * 1_000_003).to_vec(),
            number @ 64..240 => vec![b'k', number],
            number => vec![number; 300],
        }
    }

    /// A value of 0 to 70 KiB, often an integer.
    fn value(&mut self) -> Vec<u8> {
        let (kind, size) = (self.byte(), usize::from(self.byte()));
        match kind % 16 {
            0..=5 => Text::Integer(i64::from(kind) - size as i64).to_vec(),
            6 => vec![kind; size * 280],
            7 => vec![kind; size * 20],
            8 => vec![b'0'; size % 4],
            _ => vec![kind; size % 40],
        }
    }
}
