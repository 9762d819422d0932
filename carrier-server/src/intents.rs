//! Intents: who goes next at keys that something unfinished holds.
//!
//! A transaction holds its keys on a shard from its turn there until it has ended; a program that
//! takes several turns holds its keys from one to the next. Whatever else wants such a key queues
//! behind, in the order of arrival, and goes when it is first at all of its keys. While nothing is
//! held, the table is empty, which is all that other requests look at.
//!
//! ```text
//!   key a:  T1  T3          T1 goes; T2 goes when T1 leaves b,
//!   key b:  T1  T2  T3      T3 when T1 has left a and T2 has left b
//! ```
//!
//! Nobody waits for someone who came later, so there is no deadlock on one shard; over several
//! there is none as transactions come to all shards in one order (`order.rs`).
//!
//! Bound (invariant 7): what queues here came in a batch, in a transaction, or from the parser of
//! this thread, and neither batches, transactions nor the requests of a connection that may be out
//! grow with the queue: a connection with a queued request is not parsed any further.

use crate::request::ConnectionKey;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// A key, by its hash. Two keys with one hash queue as if they were one, and so do keys of one name
/// in several namespaces, as there are commands that move them from one to the other.
pub(crate) type Mark = u64;

/// What a connection of a thread, or of this one, holds while a request of it waits or goes on
/// here: what it asks for later comes later, also where there is no key that both are about. It
/// costs the client nothing, who has to wait for the first reply anyway.
pub(crate) const fn of_connection(home: Option<usize>, connection: ConnectionKey) -> Mark {
    let thread = match home {
        Some(thread) => thread as u64 + 1,
        None => 0,
    };
    let number = (connection.index as u64) << 32 | connection.generation as u64;
    // Spread, so that it is no key's hash but by chance.
    (number ^ thread.rotate_right(8)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// What is held or wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marks {
    /// These keys; none twice.
    Keys(Box<[Mark]>),
    /// Everything on the shard.
    All,
}

impl Marks {
    /// These keys, each once.
    pub(crate) fn of(mut keys: Vec<Mark>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self::Keys(keys.into())
    }

    /// These and one more.
    pub(crate) fn and(self, mark: Mark) -> Self {
        match self {
            Self::Keys(keys) => Self::of([&keys[..], &[mark]].concat()),
            Self::All => Self::All,
        }
    }
}

/// A place in the queues: when it was taken, and where its entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket {
    number: u64,
    index: usize,
}

/// The queues of one shard; `W` is what waits in them.
#[derive(Debug)]
pub(crate) struct Intents<W> {
    /// Those who want a key that somebody holds. Mostly nobody does, which takes no allocation.
    queues: HashMap<Mark, VecDeque<Ticket>, BuildHasherDefault<MarkHasher>>,
    entries: Vec<Option<Entry<W>>>,
    /// Places of `entries` that hold nothing.
    free: Vec<usize>,
    /// Entries there are.
    len: usize,
    /// Those that hold or want everything, in order.
    all: VecDeque<Ticket>,
    next: u64,
}

#[derive(Debug)]
struct Entry<W> {
    number: u64,
    marks: Marks,
    /// How many of its queues have somebody before it.
    ahead: usize,
    /// What to do when it is first; taken out then.
    waiting: Option<W>,
}

impl<W> Default for Intents<W> {
    fn default() -> Self {
        Self {
            queues: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            len: 0,
            all: VecDeque::new(),
            next: 0,
        }
    }
}

impl<W> Intents<W> {
    /// Whether nothing is held.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a key is held or wanted by anyone.
    pub(crate) fn is_held(&self, mark: Mark) -> bool {
        !self.all.is_empty() || self.queues.contains_key(&mark)
    }

    /// Whether whoever wants these has to queue.
    pub(crate) fn is_blocked(&self, marks: &Marks) -> bool {
        match marks {
            Marks::All => !self.is_empty(),
            Marks::Keys(keys) => {
                !self.all.is_empty() || keys.iter().any(|key| self.queues.contains_key(key))
            }
        }
    }

    /// Queues behind all who want some of the same. Where there are none, `work` comes back: it
    /// has its turn. [`leave`](Self::leave) must follow either way.
    pub(crate) fn enter(&mut self, marks: Marks, work: W) -> (Ticket, Option<W>) {
        let (ticket, ahead) = self.insert(marks);
        if ahead == 0 {
            return (ticket, Some(work));
        }
        if let Some(entry) = self.entries.get_mut(ticket.index).and_then(Option::as_mut) {
            entry.waiting = Some(work);
        }
        (ticket, None)
    }

    /// Holds what nobody else holds or wants, as [`is_blocked`](Self::is_blocked) has told.
    pub(crate) fn hold(&mut self, marks: Marks) -> Ticket {
        let (ticket, ahead) = self.insert(marks);
        debug_assert_eq!(ahead, 0, "nobody else holds it");
        ticket
    }

    /// Takes a place in the queues, and tells how many are ahead.
    fn insert(&mut self, marks: Marks) -> (Ticket, usize) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        let ticket = Ticket { number: self.next, index };
        self.next += 1;
        let mut ahead = self.all.len();
        match &marks {
            Marks::All => {
                ahead = self.len;
                self.all.push_back(ticket);
            }
            Marks::Keys(keys) => {
                for key in keys {
                    let queue = self.queues.entry(*key);
                    queue
                        .and_modify(|behind| {
                            behind.push_back(ticket);
                            ahead += 1;
                        })
                        .or_default();
                }
            }
        }
        let number = ticket.number;
        self.entries[index] = Some(Entry { number, marks, ahead, waiting: None });
        self.len += 1;
        (ticket, ahead)
    }

    /// What a ticket holds or wants.
    pub(crate) fn marks(&self, ticket: Ticket) -> Option<&Marks> {
        let entry = self.entries.get(ticket.index)?.as_ref()?;
        (entry.number == ticket.number).then_some(&entry.marks)
    }

    /// Lets go of all that one has which had its turn, but for a mark; whoever is first now is
    /// handed to `first`. One that holds everything goes on holding it.
    pub(crate) fn keep_only(
        &mut self,
        ticket: Ticket,
        kept: Mark,
        mut first: impl FnMut(Ticket, W),
    ) {
        let entry = self.entries.get_mut(ticket.index).and_then(Option::as_mut);
        let Some(entry) = entry.filter(|entry| entry.number == ticket.number) else { return };
        let Marks::Keys(keys) = &mut entry.marks else { return };
        let left = std::mem::replace(keys, Box::new([kept]));
        left.iter().filter(|key| **key != kept).for_each(|key| self.pass(*key, &mut first));
    }

    /// A key is let go of by who held it.
    fn pass(&mut self, key: Mark, first: &mut impl FnMut(Ticket, W)) {
        let Some(behind) = self.queues.get_mut(&key) else { return };
        match behind.pop_front() {
            Some(next) => self.advance(next, first),
            None => drop(self.queues.remove(&key)),
        }
    }

    /// Ends the turn of one that had it; whoever is first now is handed to `first`.
    pub(crate) fn leave(&mut self, ticket: Ticket, mut first: impl FnMut(Ticket, W)) {
        let Some(entry) = self.entries.get_mut(ticket.index).and_then(Option::take) else { return };
        debug_assert_eq!((entry.number, entry.ahead), (ticket.number, 0), "it had its turn");
        self.free.push(ticket.index);
        self.len -= 1;
        match entry.marks {
            Marks::All => {
                self.all.pop_front();
                let numbers = self.entries.iter().enumerate();
                let mut behind: Vec<Ticket> = numbers
                    .filter_map(|(index, entry)| {
                        Some(Ticket { number: entry.as_ref()?.number, index })
                    })
                    .collect();
                behind.sort_unstable();
                behind.into_iter().for_each(|ticket| self.advance(ticket, &mut first));
            }
            Marks::Keys(keys) => {
                keys.iter().for_each(|key| self.pass(*key, &mut first));
                for index in 0..self.all.len() {
                    let all = self.all[index];
                    if all > ticket {
                        self.advance(all, &mut first);
                    }
                }
            }
        }
        self.release_memory();
    }

    /// One less is ahead.
    fn advance(&mut self, ticket: Ticket, first: &mut impl FnMut(Ticket, W)) {
        let Some(entry) = self.entries.get_mut(ticket.index).and_then(Option::as_mut) else {
            return;
        };
        entry.ahead -= 1;
        if entry.ahead == 0
            && let Some(work) = entry.waiting.take()
        {
            first(ticket, work);
        }
    }

    fn release_memory(&mut self) {
        if self.len == 0 && self.queues.capacity().max(self.entries.capacity()) > KEPT {
            *self = Self { next: self.next, ..Self::default() };
        }
    }
}

/// Folds a mark, whose greater part is a keyed hash already.
#[derive(Debug, Default)]
pub(crate) struct MarkHasher(u64);

impl Hasher for MarkHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        // The keys of a shard have the top bits of their hashes in common, which a table looks at.
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Keys for which an empty table keeps room.
const KEPT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(keys: &[u64]) -> Marks {
        Marks::of(keys.to_vec())
    }

    #[test]
    fn a_key_is_left_to_the_next_in_line() {
        let mut intents = Intents::default();
        let (one, first) = intents.enter(keys(&[1, 2, 1]), "one");
        assert_eq!(first, Some("one"));
        let (two, first) = intents.enter(keys(&[2, 3]), "two");
        assert_eq!(first, None);
        let (three, first) = intents.enter(keys(&[3]), "three");
        assert_eq!(first, None, "it would overtake the second");
        let (four, first) = intents.enter(keys(&[4]), "four");
        assert_eq!(first, Some("four"));
        assert!(intents.is_held(3) && !intents.is_held(5));
        let mut order = Vec::new();
        for ticket in [four, one, two, three] {
            intents.leave(ticket, |_, work| order.push(work));
        }
        assert_eq!(order, ["two", "three"]);
        assert!(intents.is_empty() && intents.queues.is_empty());
    }

    #[test]
    fn everything_waits_for_all_before_and_holds_all_behind() {
        let mut intents = Intents::default();
        let (one, _) = intents.enter(keys(&[1]), "one");
        let (two, _) = intents.enter(keys(&[2]), "two");
        let (all, first) = intents.enter(Marks::All, "all");
        assert_eq!(first, None);
        let (three, first) = intents.enter(keys(&[]), "three");
        assert_eq!(first, None);
        let mut order = Vec::new();
        for ticket in [two, one, all, three] {
            intents.leave(ticket, |_, work| order.push(work));
        }
        assert_eq!(order, ["all", "three"]);
        assert!(intents.is_empty());
    }

    /// Against a list in order of arrival, of which everyone goes who shares nothing with anyone
    /// before.
    #[derive(Debug, Default)]
    struct Model(Vec<(Ticket, Marks)>);

    impl Model {
        fn may_go(&self, ticket: Ticket) -> bool {
            let at = self.0.iter().position(|(one, _)| *one == ticket).expect("it is there");
            let meets = |one: &Marks, two: &Marks| match (one, two) {
                (Marks::Keys(one), Marks::Keys(two)) => one.iter().any(|key| two.contains(key)),
                _ => true,
            };
            self.0[..at].iter().all(|(_, before)| !meets(before, &self.0[at].1))
        }
    }

    proptest! {
        #[test]
        fn goes_as_a_list_would(steps in proptest::collection::vec(
            (proptest::collection::vec(0..6_u64, 0..4), 0..12_u8, any::<proptest::sample::Index>()),
            1..80,
        )) {
            let mut intents = Intents::default();
            let mut model = Model::default();
            let mut going = Vec::new();
            for (wanted, kind, pick) in steps {
                if kind < 6 || going.is_empty() {
                    let marks = if kind == 0 { Marks::All } else { keys(&wanted) };
                    let blocked = intents.is_blocked(&marks);
                    let (ticket, first) = intents.enter(marks.clone(), ());
                    model.0.push((ticket, marks));
                    prop_assert_eq!(first.is_none(), blocked);
                    prop_assert_eq!(first.is_some(), model.may_go(ticket));
                    going.extend(first.map(|()| ticket));
                } else {
                    let ticket = going.remove(pick.index(going.len()));
                    model.0.retain(|(one, _)| *one != ticket);
                    intents.leave(ticket, |ticket, ()| going.push(ticket));
                }
                for (ticket, _) in &model.0 {
                    prop_assert_eq!(going.contains(ticket), model.may_go(*ticket));
                }
            }
        }
    }
}
