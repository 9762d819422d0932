//! Is there an order of these operations that explains all replies? A search for it.
//!
//! After Wing and Gong, with Lowe's memory of where the search has been: pick an operation that may
//! come first, because none that is left was over before it began; apply it to the state; go on
//! with the rest where the state answers as the server did, and come back where that leads nowhere.
//! A pair of (operations done, state) that led nowhere once is not tried again. Each operation is
//! a whole transaction here, so what is found is an order of a strict serialization.
//!
//! An operation of nothing but reads that answers right at this point is taken at once, without a
//! choice: wherever else it might stand, it could as well stand here. (One that happens to change
//! nothing here, such as deleting a key that is not there, might change something elsewhere.)
//!
//! The search is exponential in the number of operations that overlap, so histories are cut into
//! segments of at most [`OPERATIONS_MAX`], between which nothing is under way.

use std::collections::HashSet;
use std::fmt;

use crate::command::{Command, Outcome};
use crate::model::State;
use crate::operation::Operation;

/// What the search found.
#[derive(Debug)]
pub enum Verdict {
    /// An order, by the operations' places.
    Explained(Vec<usize>),
    /// None.
    Unexplained(Box<Contradiction>),
    /// The search was given up: too many orders are possible.
    Undecided,
}

/// A reply that no order explains.
#[derive(Debug)]
pub struct Contradiction {
    /// The operations up to this reply, in the order of their beginnings. What was not over by
    /// then is without outcomes.
    pub history: Vec<Operation>,
    /// The one whose reply cannot be explained. Without it the history can.
    pub culprit: usize,
    /// The operations before it in the order that explains most.
    pub order: Vec<usize>,
    /// The state after these.
    pub state: State,
}

/// Looks for an order from the empty state on that explains all of `history`.
///
/// # Panics
///
/// There are more than [`OPERATIONS_MAX`] operations.
#[must_use]
pub fn check(history: &[Operation]) -> Verdict {
    let mut search = Search::new(history);
    match search.run() {
        Found::Order => Verdict::Explained(search.order),
        Found::GivenUp => Verdict::Undecided,
        Found::Nothing => contradiction(history),
    }
}

/// Finds the first reply that makes it impossible.
fn contradiction(history: &[Operation]) -> Verdict {
    let mut ends: Vec<u64> = history.iter().map(|operation| operation.completed_ns).collect();
    ends.retain(|&end| end != u64::MAX);
    ends.sort_unstable();
    // A history that is explained up to some reply is explained up to all earlier ones.
    let mut given_up = false;
    let first = ends.partition_point(|&end| {
        let found = Search::new(&up_to(history, end)).run();
        given_up |= matches!(found, Found::GivenUp);
        matches!(found, Found::Order)
    });
    let Some(&end) = ends.get(first).filter(|_| !given_up) else { return Verdict::Undecided };
    let history = up_to(history, end);
    let is_last = |operation: &Operation| operation.completed_ns == end;
    let culprit = history.iter().position(is_last).unwrap_or_default();
    // The culprit's reply lost, an order exists.
    let mut without = history.clone();
    if let Some(operation) = without.get_mut(culprit) {
        operation.outcomes = None;
        operation.completed_ns = u64::MAX;
    }
    let mut search = Search::new(&without);
    search.run();
    let order: Vec<usize> = search.order.iter().copied().filter(|&at| at != culprit).collect();
    let mut state = State::default();
    for &at in &order {
        history[at].commands.iter().for_each(|command| drop(state.apply(command)));
    }
    Verdict::Unexplained(Box::new(Contradiction { history, culprit, order, state }))
}

/// What was seen until `end`.
fn up_to(history: &[Operation], end: u64) -> Vec<Operation> {
    let mut seen: Vec<Operation> = history
        .iter()
        .filter(|operation| operation.invoked_ns <= end)
        .cloned()
        .map(|operation| match operation.completed_ns <= end {
            true => operation,
            false => Operation { outcomes: None, completed_ns: u64::MAX, ..operation },
        })
        .collect();
    seen.sort_by_key(|operation| operation.invoked_ns);
    seen
}

enum Found {
    Order,
    Nothing,
    GivenUp,
}

struct Search<'a> {
    history: &'a [Operation],
    /// A bit for each operation with outcomes: those that an order has to hold.
    due: u128,
    /// Where the search has been to no avail.
    visited: HashSet<(u128, State)>,
    /// The operations taken so far.
    order: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(history: &'a [Operation]) -> Self {
        assert!(history.len() <= OPERATIONS_MAX, "a segment is too long");
        let due = |at: usize| u128::from(history[at].outcomes.is_some()) << at;
        let due = (0..history.len()).map(due).sum();
        Self { history, due, visited: HashSet::new(), order: Vec::new() }
    }

    fn run(&mut self) -> Found {
        self.step(0, &State::default())
    }

    /// Goes on from `state`, with the operations of `done` in it.
    fn step(&mut self, done: u128, state: &State) -> Found {
        if done & self.due == self.due {
            return Found::Order;
        }
        if self.visited.len() >= VISITED_MAX {
            return Found::GivenUp;
        }
        if !self.visited.insert((done, state.clone())) {
            return Found::Nothing;
        }
        let history = self.history;
        let left = |at: usize| done & (1 << at) == 0;
        let ends = (0..history.len()).filter(|&at| left(at)).map(|at| history[at].completed_ns);
        let first_end = ends.min().unwrap_or(u64::MAX);
        let may_come =
            (0..history.len()).filter(|&at| left(at) && history[at].invoked_ns <= first_end);
        let mut next = Vec::new();
        for at in may_come {
            let Some(after) = after(&history[at], state) else { continue };
            let is_due = history[at].outcomes.is_some();
            if is_due && history[at].commands.iter().all(Command::is_read) {
                next = vec![(at, after)];
                break;
            }
            // One whose reply was lost need not come here if it changes nothing here.
            if is_due || after != *state {
                next.push((at, after));
            }
        }
        for (at, after) in next {
            self.order.push(at);
            match self.step(done | 1 << at, &after) {
                Found::Nothing => self.order.pop(),
                found => return found,
            };
        }
        Found::Nothing
    }
}

/// The state after this operation, if it answers as it did.
fn after(operation: &Operation, state: &State) -> Option<State> {
    let mut after = state.clone();
    let explained = operation.results().all(|(command, seen)| {
        let outcome: Outcome = after.apply(command);
        seen.is_none_or(|seen| *seen == outcome)
    });
    explained.then_some(after)
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { history, culprit, order, state } = self;
        let operation = &history[*culprit];
        writeln!(f, "no order of what the clients did explains this reply:")?;
        writeln!(f, "    {operation}")?;
        writeln!(f, "what had begun by then, in an order that explains all other replies:")?;
        for &at in order.iter().skip(order.len().saturating_sub(SHOWN_MAX)) {
            let overlaps = !history[at].precedes(operation);
            writeln!(f, "    {}{}", history[at], if overlaps { "   (overlaps)" } else { "" })?;
        }
        let unplaced = |at: &usize| !order.contains(at) && at != culprit;
        for at in (0..history.len()).filter(unplaced) {
            writeln!(f, "    {}   (not over, without effect there)", history[at])?;
        }
        writeln!(f, "after these the state is: {state}")?;
        let mut state = state.clone();
        let answers: Vec<String> =
            operation.commands.iter().map(|command| state.apply(command).to_string()).collect();
        write!(f, "and the answer would be: {}", answers.join("; "))
    }
}

/// The most operations in one search.
pub const OPERATIONS_MAX: usize = 128;

/// The most places a search goes to: more than a real history of a few clients ever takes.
const VISITED_MAX: usize = 300_000;

const SHOWN_MAX: usize = 12;

#[cfg(test)]
mod tests;
