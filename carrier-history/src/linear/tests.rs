//! Histories written by hand, each with its neighbour that has an order; and random ones.

use super::*;
use crate::command::{Command, SetOp};
use carrier_compare::Random;
use proptest::prelude::*;

/// An operation from `start` to `end`.
fn op(client: usize, start: u64, end: u64, results: &[(Command, Outcome)]) -> Operation {
    let (commands, outcomes) = results.iter().cloned().unzip();
    let outcomes = Some(outcomes);
    Operation { client, commands, outcomes, invoked_ns: start, completed_ns: end }
}

/// One whose reply was lost.
fn lost(client: usize, start: u64, command: Command) -> Operation {
    let commands = vec![command];
    Operation { client, commands, outcomes: None, invoked_ns: start, completed_ns: u64::MAX }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn set(key: u32, value: &str) -> (Command, Outcome) {
    (Command::Set(key, text(value)), Outcome::Ok)
}

fn get(key: u32, value: &str) -> (Command, Outcome) {
    (Command::Get(key), Outcome::Value(some(value)))
}

fn mset(pairs: &[(u32, &str)]) -> (Command, Outcome) {
    let pairs = pairs.iter().map(|(key, value)| (*key, text(value))).collect();
    (Command::MSet(pairs), Outcome::Ok)
}

fn mget(results: &[(u32, &str)]) -> (Command, Outcome) {
    let (keys, values) = results.iter().map(|(key, value)| (*key, some(value))).unzip();
    (Command::MGet(keys), Outcome::Values(values))
}

fn some(value: &str) -> Option<String> {
    (value != "nil").then(|| value.to_owned())
}

fn is_explained(history: &[Operation]) -> bool {
    matches!(check(history), Verdict::Explained(_))
}

fn culprit(history: &[Operation]) -> String {
    match check(history) {
        Verdict::Unexplained(contradiction) => {
            contradiction.history[contradiction.culprit].to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_overlaps_may_come_in_either_order() {
    for seen in ["a", "b"] {
        let history = [
            op(0, 0, 10, &[set(1, "a")]),
            op(1, 5, 15, &[set(1, "b")]),
            op(0, 20, 30, &[get(1, seen)]),
        ];
        assert!(is_explained(&history));
    }
}

#[test]
fn what_was_over_before_comes_first() {
    let history =
        [op(0, 0, 4, &[set(1, "a")]), op(1, 5, 15, &[set(1, "b")]), op(0, 20, 30, &[get(1, "a")])];
    assert_eq!(culprit(&history), "client 0 at 0..0 us: GET k1 -> a");
}

#[test]
fn a_stale_read_is_found() {
    let history = [op(0, 0, 10, &[set(1, "a")]), op(1, 11, 20, &[get(1, "nil")])];
    assert!(!is_explained(&history));
    let overlapping = [op(0, 0, 10, &[set(1, "a")]), op(1, 9, 20, &[get(1, "nil")])];
    assert!(is_explained(&overlapping));
}

#[test]
fn half_of_a_write_is_found() {
    let both = mset(&[(1, "a"), (2, "a")]);
    let whole = |read| [op(0, 0, 100, std::slice::from_ref(&both)), op(1, 10, 20, &[read])];
    assert!(is_explained(&whole(mget(&[(1, "a"), (2, "a")]))));
    assert!(is_explained(&whole(mget(&[(1, "nil"), (2, "nil")]))));
    assert!(!is_explained(&whole(mget(&[(1, "a"), (2, "nil")]))));
    // In a transaction of two reads as well.
    let torn = [op(0, 0, 100, &[both]), op(1, 10, 20, &[get(1, "nil"), get(2, "a")])];
    assert!(!is_explained(&torn));
}

#[test]
fn two_who_see_different_orders_are_found() {
    let history = [
        op(0, 0, 100, &[set(1, "a")]),
        op(1, 0, 100, &[set(2, "b")]),
        op(2, 10, 20, &[mget(&[(1, "a"), (2, "nil")])]),
        op(3, 10, 20, &[mget(&[(1, "nil"), (2, "b")])]),
    ];
    assert!(!is_explained(&history));
}

#[test]
fn write_skew_is_found() {
    let reads_and_writes = |client, reads, writes| {
        op(client, 0, 100, &[(Command::Exists(vec![reads]), Outcome::Number(0)), set(writes, "x")])
    };
    assert!(!is_explained(&[reads_and_writes(0, 1, 2), reads_and_writes(1, 2, 1)]));
}

#[test]
fn a_lost_update_is_found() {
    let add =
        |client, end, sum| op(client, 0, end, &[(Command::IncrBy(1, 1), Outcome::Number(sum))]);
    assert!(is_explained(&[add(0, 10, 1), add(1, 20, 2)]));
    assert!(!is_explained(&[add(0, 10, 1), add(1, 20, 1)]));
}

#[test]
fn a_key_in_two_places_is_found() {
    let history = [
        op(0, 0, 1, &[set(1, "a")]),
        op(0, 2, 100, &[(Command::Rename(1, 2), Outcome::Ok)]),
        op(1, 10, 20, &[mget(&[(1, "a"), (2, "a")])]),
    ];
    assert!(!is_explained(&history));
}

#[test]
fn a_member_in_no_place_is_found() {
    let member = || vec![text("m")];
    let union = |members: Vec<String>| {
        (Command::SetOp(SetOp::Union, vec![1, 2]), Outcome::Members(members.into_iter().collect()))
    };
    let history = |seen| {
        [
            op(0, 0, 1, &[(Command::SAdd(1, member()), Outcome::Number(1))]),
            op(0, 2, 100, &[(Command::SMove(1, 2, text("m")), Outcome::Number(1))]),
            op(1, 10, 20, &[union(seen)]),
        ]
    };
    assert!(is_explained(&history(member())));
    assert!(!is_explained(&history(Vec::new())));
}

/// A write that changes nothing now may be needed later: it must not be taken at once.
#[test]
fn a_write_without_effect_may_have_one_later() {
    let store = (Command::SetOpStore(SetOp::Union, 1, vec![2]), Outcome::Number(0));
    let history = [
        op(0, 0, 100, &[store]),
        op(1, 10, 20, &[(Command::SAdd(1, vec![text("m")]), Outcome::Number(1))]),
        op(1, 30, 40, &[(Command::Exists(vec![1]), Outcome::Number(0))]),
    ];
    assert!(is_explained(&history));
}

#[test]
fn what_was_lost_may_have_happened_or_not() {
    for seen in ["a", "nil"] {
        let history = [lost(0, 0, Command::Set(1, text("a"))), op(1, 10, 20, &[get(1, seen)])];
        assert!(is_explained(&history));
    }
    let and_back = [
        lost(0, 0, Command::Set(1, text("a"))),
        op(1, 10, 20, &[get(1, "a")]),
        op(1, 30, 40, &[get(1, "nil")]),
    ];
    assert!(!is_explained(&and_back));
    let too_early = [op(1, 10, 20, &[get(1, "a")]), lost(0, 21, Command::Set(1, text("a")))];
    assert!(!is_explained(&too_early));
}

#[test]
fn the_explanation_names_reply_order_and_state() {
    let history = [
        op(0, 0, 1_000, &[mset(&[(1, "a"), (2, "b")])]),
        op(1, 2_000, 3_000, &[mget(&[(1, "a"), (2, "nil")])]),
        op(1, 4_000, 5_000, &[get(1, "a")]),
    ];
    let Verdict::Unexplained(contradiction) = check(&history) else { panic!("it is explained") };
    let expected = "no order of what the clients did explains this reply:
    client 1 at 2..3 us: MGET k1 k2 -> [a nil]
what had begun by then, in an order that explains all other replies:
    client 0 at 0..1 us: MSET k1 a k2 b -> OK
after these the state is: k1=a, k2=b
and the answer would be: [a b]";
    assert_eq!(contradiction.to_string(), expected);
}

/// Runs random commands one after the other, each somewhere within a longer time, so that those of
/// different clients overlap.
fn serial(seed: u64, len: usize, transactions: bool) -> Vec<Operation> {
    let known = crate::draw::names().into_iter().collect();
    let mut draw = crate::draw::Draw::new(Random::new(seed), &known, "v".to_owned());
    let (mut state, mut history) = (State::default(), Vec::new());
    // When each client's last operation was over.
    let mut over = [0_u64; 4];
    for at in 0..len as u64 {
        let count = if transactions { 1 + draw.random().below(3) } else { 1 };
        let commands: Vec<Command> = (0..count).map(|_| draw.command()).collect();
        let outcomes = Some(commands.iter().map(|command| state.apply(command)).collect());
        let client = draw.random().below(4);
        let now = (at + 1) * 100;
        let invoked_ns = now.saturating_sub(draw.random().below(300) as u64).max(over[client] + 1);
        let completed_ns = now.max(invoked_ns) + draw.random().below(300) as u64;
        if invoked_ns > now {
            // The client is still at its last operation; nobody knows of this one's effect.
            state = replay(&history);
            continue;
        }
        over[client] = completed_ns;
        history.push(Operation { client, commands, outcomes, invoked_ns, completed_ns });
    }
    history
}

fn replay(history: &[Operation]) -> State {
    let mut state = State::default();
    for command in history.iter().flat_map(|operation| &operation.commands) {
        state.apply(command);
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_happened_in_some_order_is_explained(seed: u64, transactions: bool) {
        let history = serial(seed, 40, transactions);
        prop_assert!(is_explained(&history));
    }

    #[test]
    fn what_was_lost_is_explained_too(seed: u64, each in 2..6_usize) {
        let mut history = serial(seed, 30, true);
        for operation in history.iter_mut().step_by(each) {
            operation.outcomes = None;
            operation.completed_ns = u64::MAX;
        }
        prop_assert!(!matches!(check(&history), Verdict::Unexplained(_)));
    }

    /// Somewhere in a right history, two reads see a write by halves.
    #[test]
    fn a_torn_write_is_found_anywhere(seed: u64, place in 0..30_usize, torn_read: bool) {
        let mut history = serial(seed, 30, true);
        let place = place.min(history.len() - 1);
        let at = history[place].completed_ns;
        let (old, new) = ("old", "new");
        history.push(op(7, at, at + 1, &[mset(&[(20, old), (21, old)])]));
        history.push(op(7, at + 2, at + 400, &[mset(&[(20, new), (21, new)])]));
        let reads = [(20, new), (21, old)];
        if torn_read {
            history.push(op(8, at + 3, at + 300, &[mget(&reads)]));
        } else {
            history.push(op(8, at + 3, at + 100, &[get(20, new)]));
            history.push(op(9, at + 101, at + 300, &[get(21, old)]));
        }
        prop_assert!(!is_explained(&history));
    }

    /// A value that was overwritten, and whose end everybody has seen, comes back.
    #[test]
    fn a_stale_read_is_found_anywhere(seed: u64, place in 0..30_usize) {
        let mut history = serial(seed, 30, false);
        let place = place.min(history.len() - 1);
        let at = history[place].completed_ns;
        history.push(op(7, at, at + 10, &[set(20, "old")]));
        history.push(op(7, at + 11, at + 20, &[set(20, "new")]));
        history.push(op(8, at + 21, at + 300, &[get(20, "old")]));
        prop_assert!(!is_explained(&history));
    }
}
