//! Three transactions over three shards, every way in which their messages can come: the queues are
//! the shipped ones, the rest is what `transaction.rs` draws.

use super::{Intents, Mark, Marks, Ticket};
use std::collections::{HashSet, VecDeque};

/// On each touched shard, the keys that a transaction wants there.
type Plan = &'static [(usize, &'static [Mark])];

/// What comes to a shard, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Message {
    Turn(usize),
    GoOn(usize),
}

/// What becomes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// All transactions have ended; their order at each key.
    Ended(Vec<Vec<usize>>),
    /// Somebody waits for ever.
    Stuck,
}

/// A choice of who takes its next message, at each step, is a run; a run is made anew from its
/// choices, as queues are not copied.
struct Run {
    plans: &'static [Plan],
    rings: [VecDeque<Message>; SHARDS],
    intents: [Intents<usize>; SHARDS],
    tickets: Vec<[Option<Ticket>; SHARDS]>,
    missing: Vec<usize>,
    unended: Vec<usize>,
    /// Which transactions have written each key.
    written: Vec<(usize, Mark, usize)>,
}

impl Run {
    /// `orders` is that in which each shard gets the transactions.
    fn new(plans: &'static [Plan], orders: [[usize; 3]; SHARDS]) -> Self {
        let touches = |shard: usize, number: usize| plans[number].iter().any(|one| one.0 == shard);
        let rings = std::array::from_fn(|shard| {
            let own = orders[shard].into_iter().filter(|number| touches(shard, *number));
            own.map(Message::Turn).collect()
        });
        let parts: Vec<usize> = plans.iter().map(|plan| plan.len()).collect();
        Self {
            plans,
            rings,
            intents: Default::default(),
            tickets: vec![[None; SHARDS]; plans.len()],
            missing: parts.clone(),
            unended: parts,
            written: Vec::new(),
        }
    }

    fn keys(&self, number: usize, shard: usize) -> &'static [Mark] {
        self.plans[number].iter().find(|one| one.0 == shard).map_or(&[], |one| one.1)
    }

    /// Lets a shard take its next message.
    fn step(&mut self, shard: usize) {
        match self.rings[shard].pop_front() {
            Some(Message::Turn(number)) => {
                let marks = Marks::of(self.keys(number, shard).to_vec());
                let (ticket, first) = self.intents[shard].enter(marks, number);
                self.tickets[number][shard] = Some(ticket);
                first.into_iter().for_each(|number| self.arrive(number, shard));
            }
            Some(Message::GoOn(number)) => self.proceed(number, shard),
            None => {}
        }
    }

    fn arrive(&mut self, number: usize, shard: usize) {
        self.missing[number] -= 1;
        if self.missing[number] == 0 {
            let others = self.plans[number].iter().map(|one| one.0).filter(|other| *other != shard);
            others.for_each(|other| self.rings[other].push_back(Message::GoOn(number)));
            self.proceed(number, shard);
        }
    }

    fn proceed(&mut self, number: usize, shard: usize) {
        assert_eq!(self.missing[number], 0, "nobody writes before all have arrived");
        let keys = self.keys(number, shard).iter();
        self.written.extend(keys.map(|key| (shard, *key, number)));
        self.unended[number] -= 1;
        let ticket = self.tickets[number][shard].take().expect("it holds its keys");
        let mut ready = Vec::new();
        self.intents[shard].leave(ticket, |_, number| ready.push(number));
        ready.into_iter().for_each(|number| self.arrive(number, shard));
    }

    fn end(&self) -> End {
        if self.unended.iter().any(|unended| *unended > 0) {
            return End::Stuck;
        }
        assert!(self.intents.iter().all(Intents::is_empty));
        let mut keys: Vec<_> = self.written.iter().map(|one| (one.0, one.1)).collect();
        keys.sort_unstable();
        keys.dedup();
        let of_key = |key| {
            let own = self.written.iter().filter(move |one| (one.0, one.1) == key);
            own.map(|one| one.2).collect()
        };
        End::Ended(keys.into_iter().map(of_key).collect())
    }
}

/// The ends of all runs with these plans, where each shard gets transactions in its order.
fn ends(plans: &'static [Plan], orders: [[usize; 3]; SHARDS]) -> Vec<End> {
    let (mut ends, mut seen) = (Vec::new(), HashSet::new());
    let mut choices: Vec<Vec<usize>> = vec![Vec::new()];
    while let Some(chosen) = choices.pop() {
        let mut run = Run::new(plans, orders);
        chosen.iter().for_each(|shard| run.step(*shard));
        // Runs that have come to the same go on alike.
        if !seen.insert((run.rings.clone(), run.missing.clone(), run.written.clone())) {
            continue;
        }
        let able: Vec<usize> = (0..SHARDS).filter(|shard| !run.rings[*shard].is_empty()).collect();
        if able.is_empty() {
            ends.push(run.end());
        }
        choices.extend(able.into_iter().map(|shard| [&chosen[..], &[shard]].concat()));
    }
    ends
}

/// Whether transactions that meet at several keys come in one order at all of them.
fn is_one_order(keys: &[Vec<usize>]) -> bool {
    let place = |key: &Vec<usize>, wanted| key.iter().position(|number| *number == wanted);
    (0..3).all(|one| {
        (0..3).all(|two| {
            let places = |key: &Vec<usize>| Some(place(key, one)? < place(key, two)?);
            let mut orders = keys.iter().filter_map(places);
            let first = orders.next();
            orders.all(|order| Some(order) == first)
        })
    })
}

const SHARDS: usize = 3;
/// Each two meet at one shard, at two, or at all.
const CASES: [&[Plan]; 3] = [
    &[&[(0, &[1]), (1, &[1])], &[(1, &[1]), (2, &[1])], &[(2, &[1]), (0, &[1])]],
    &[&[(0, &[1]), (1, &[1, 2])], &[(1, &[2, 3]), (2, &[1])], &[(2, &[1]), (0, &[1]), (1, &[3])]],
    &[
        &[(0, &[1]), (1, &[1]), (2, &[1])],
        &[(0, &[1, 2]), (1, &[1]), (2, &[2])],
        &[(0, &[2]), (1, &[1]), (2, &[1, 2])],
    ],
];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn in_one_order_all_come_to_their_end() {
    for plans in CASES {
        for order in ORDERS {
            let ends = ends(plans, [order; SHARDS]);
            assert!(!ends.is_empty());
            for end in ends {
                let End::Ended(keys) = &end else { panic!("{plans:?} in {order:?}: {end:?}") };
                assert!(is_one_order(keys), "{plans:?} in {order:?}: {keys:?}");
            }
        }
    }
}

/// What the ordering point is for.
#[test]
fn in_several_orders_some_wait_for_each_other() {
    for plans in CASES {
        let mut faults = 0;
        for one in ORDERS {
            for two in ORDERS {
                let ends = ends(plans, [one, two, ORDERS[0]]);
                let is_fault = |end: &End| match end {
                    End::Stuck => true,
                    End::Ended(keys) => !is_one_order(keys),
                };
                faults += ends.iter().filter(|end| is_fault(end)).count();
            }
        }
        assert!(faults > 0, "{plans:?}");
    }
}
