//! A history for each anomaly, and its neighbour that has none; and random ones.

use super::*;
use carrier_compare::Random;
use proptest::prelude::*;

/// A transaction from `start` to `end`, in words: `a1:5` appends 5 to k1, `r1:5,6` reads that.
fn op(client: usize, start: u64, end: u64, words: &str) -> Operation {
    let mut commands = Vec::new();
    let mut outcomes = Vec::new();
    for word in words.split(' ') {
        let (head, elements) = word.split_at(word.find(':').expect("a colon") + 1);
        let key = head[1..head.len() - 1].parse().expect("a key");
        if head.starts_with('a') {
            commands.push(Command::Append(key, format!("{elements},")));
            outcomes.push(Outcome::Number(0));
        } else {
            commands.push(Command::Get(key));
            let text = (!elements.is_empty()).then(|| format!("{elements},"));
            outcomes.push(Outcome::Value(text));
        }
    }
    let outcomes = Some(outcomes);
    Operation { client, commands, outcomes, invoked_ns: start, completed_ns: end }
}

fn found(history: &[Operation]) -> &'static str {
    check(history, &[]).map_or_else(|anomaly| anomaly.name, |()| "nothing")
}

#[test]
fn what_has_an_order_passes() {
    let history = [
        op(0, 0, 10, "a1:1 r1:1 a2:2"),
        op(1, 5, 15, "r1:1 a1:3 r1:1,3"),
        op(2, 0, 20, "r2: r1:"),
        op(0, 30, 40, "r1:1,3 r2:2"),
    ];
    assert_eq!(found(&history), "nothing");
}

#[test]
fn g0() {
    let history =
        [op(0, 0, 10, "a1:1 a2:1"), op(1, 0, 10, "a1:2 a2:2"), op(2, 20, 30, "r1:1,2 r2:2,1")];
    assert_eq!(found(&history), "G0");
    // Somebody gets in between two appends of one transaction.
    let history = [op(0, 0, 10, "a1:1 a1:2"), op(1, 0, 10, "a1:3"), op(2, 20, 30, "r1:1,3,2")];
    assert_eq!(found(&history), "G0");
}

#[test]
fn g1a() {
    let aborted = [Command::Append(1, "2,".to_owned())];
    let history = [op(0, 0, 10, "a1:1"), op(1, 5, 15, "r1:1,2"), op(1, 20, 30, "r1:1,2")];
    let anomaly = check(&history, &aborted).expect_err("an aborted write was read");
    assert_eq!(anomaly.name, "G1a, aborted read");
}

#[test]
fn g1b() {
    let history = [op(0, 0, 10, "a1:1 a1:2"), op(1, 5, 15, "r1:1"), op(1, 20, 30, "r1:1,2")];
    assert_eq!(found(&history), "G1b, intermediate read");
}

#[test]
fn g1c() {
    let history =
        [op(0, 0, 10, "a1:1 r2:2"), op(1, 0, 10, "a2:2 r1:1"), op(2, 20, 30, "r1:1 r2:2")];
    assert_eq!(found(&history), "G1c");
}

#[test]
fn g_single() {
    // Read skew: the second of two writes is seen, and the first is not.
    let history = [op(0, 0, 10, "a1:1 a2:1"), op(1, 0, 10, "r1: r2:1"), op(2, 20, 30, "r1:1 r2:1")];
    assert_eq!(found(&history), "G-single");
    // A lost update: both saw nothing before they wrote.
    let history = [op(0, 0, 10, "r1: a1:1"), op(1, 0, 10, "r1: a1:2"), op(2, 20, 30, "r1:1,2")];
    assert_eq!(found(&history), "G-single");
}

#[test]
fn g2() {
    let history = [op(0, 0, 10, "r1: a2:1"), op(1, 0, 10, "r2: a1:1"), op(2, 20, 30, "r1:1 r2:1")];
    assert_eq!(found(&history), "G2");
}

#[test]
fn anomalies_of_time() {
    let stale = [op(0, 0, 10, "a1:1"), op(1, 11, 20, "r1:"), op(1, 30, 40, "r1:1")];
    assert_eq!(found(&stale), "G-single-realtime");
    let overlapping = [op(0, 0, 10, "a1:1"), op(1, 10, 20, "r1:"), op(1, 30, 40, "r1:1")];
    assert_eq!(found(&overlapping), "nothing");
    let turned = [op(0, 0, 10, "a1:1"), op(1, 11, 20, "a1:2"), op(1, 30, 40, "r1:2,1")];
    assert_eq!(found(&turned), "G0-realtime");
    let foreseen = [op(0, 0, 10, "r1:1"), op(1, 11, 20, "a1:1"), op(1, 30, 40, "r1:1")];
    assert_eq!(found(&foreseen), "G1c-realtime");
}

#[test]
fn time_orders_through_others() {
    // The chain of those who were over before others begins far back.
    let mut history = vec![op(0, 0, 10, "a1:1")];
    for at in 1..20 {
        history.push(op(at as usize % 3, at * 20, at * 20 + 10, "r2:"));
    }
    history.push(op(1, 500, 510, "r1:"));
    history.push(op(1, 600, 610, "r1:1 r2:"));
    assert_eq!(found(&history), "G-single-realtime");
}

#[test]
fn reads_that_are_wrong_by_themselves() {
    let end = op(9, 90, 99, "r1:1,2");
    let with = |wrong| [op(0, 0, 10, "a1:1"), op(1, 20, 30, "a1:2"), wrong, end.clone()];
    assert_eq!(found(&with(op(2, 0, 80, "r1:1"))), "nothing");
    assert_eq!(found(&with(op(2, 0, 80, "r1:2"))), "incompatible order");
    assert_eq!(found(&with(op(2, 0, 80, "r1:1,2,7"))), "garbage");
    assert_eq!(found(&with(op(2, 0, 80, "r1:1,2,1"))), "duplicate");
    assert_eq!(found(&with(op(2, 0, 80, "r1:1 r1:1,2"))), "internal");
    assert_eq!(found(&with(op(2, 0, 80, "a1:3 r1:1,2"))), "internal");
    assert_eq!(found(&with(op(2, 0, 80, "a1:3"))), "lost append");
}

#[test]
fn what_was_lost_may_have_happened_or_not() {
    let mut lost = op(0, 0, 10, "a1:1");
    lost.outcomes = None;
    lost.completed_ns = u64::MAX;
    let with = |end| [lost.clone(), op(1, 5, 15, "a1:2"), op(1, 20, 30, end)];
    assert_eq!(found(&with("r1:2")), "nothing");
    assert_eq!(found(&with("r1:1,2")), "nothing");
    assert_eq!(found(&with("r1:2,1")), "nothing");
}

#[test]
fn lists_are_read_as_strings_are() {
    let push = |element: &str| (Command::RPush(1, element.to_owned()), Outcome::Number(1));
    let range = |elements: &[&str]| {
        let values = elements.iter().map(|element| Some((*element).to_owned())).collect();
        (Command::LRange(1), Outcome::Values(values))
    };
    let op = |at: u64, result: (Command, Outcome)| Operation {
        client: 0,
        commands: vec![result.0],
        outcomes: Some(vec![result.1]),
        invoked_ns: at,
        completed_ns: at + 1,
    };
    let history = [op(0, push("1")), op(10, push("2")), op(20, range(&["1", "2"]))];
    assert_eq!(found(&history), "nothing");
    let history = [op(0, push("1")), op(10, push("2")), op(20, range(&["2", "1"]))];
    assert_eq!(found(&history), "G0-realtime");
}

#[test]
fn the_explanation_names_all_steps() {
    let history = [
        op(0, 0, 1_000, "a1:1 a2:1"),
        op(1, 0, 1_000, "r1: r2:1"),
        op(2, 2_000, 3_000, "r1:1 r2:1"),
    ];
    let expected = "G-single: a cycle of 2:
    T1 = client 1 at 0..1 us: GET k1 -> nil; GET k2 -> 1,
    T2 = client 0 at 0..1 us: APPEND k1 1, -> 0; APPEND k2 1, -> 0
T1 before T2: it read k1 without 1, which T2 appended
T2 before T1: it read 1 in k2";
    assert_eq!(check(&history, &[]).expect_err("read skew").to_string(), expected);
}

/// Transactions one after the other, each somewhere within a longer time of its client's; and
/// in the end a read of every key.
fn serial(seed: u64, len: u64) -> Vec<Operation> {
    let mut random = Random::new(seed);
    let (mut lists, mut history) = (vec![String::new(); 3], Vec::new());
    let mut over = [0_u64; 4];
    for at in 1..=len {
        let client = random.below(4);
        let now = at * 100;
        let invoked_ns = now.saturating_sub(random.below(300) as u64).max(over[client] + 1);
        if invoked_ns > now {
            continue;
        }
        let (mut commands, mut outcomes) = (Vec::new(), Vec::new());
        for part in 0..1 + random.below(4) {
            let key = random.below(3);
            if random.one_in(2) {
                let element = format!("{at}.{part},");
                lists[key].push_str(&element);
                commands.push(Command::Append(key as Key, element));
                outcomes.push(Outcome::Number(lists[key].len() as i64));
            } else {
                commands.push(Command::Get(key as Key));
                let text = (!lists[key].is_empty()).then(|| lists[key].clone());
                outcomes.push(Outcome::Value(text));
            }
        }
        let completed_ns = now + random.below(300) as u64;
        over[client] = completed_ns;
        let outcomes = Some(outcomes);
        history.push(Operation { client, commands, outcomes, invoked_ns, completed_ns });
    }
    for (key, text) in lists.into_iter().enumerate() {
        let value = (!text.is_empty()).then_some(text);
        history.push(Operation {
            client: 9,
            commands: vec![Command::Get(key as Key)],
            outcomes: Some(vec![Outcome::Value(value)]),
            invoked_ns: (len + 10) * 100,
            completed_ns: (len + 20) * 100,
        });
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_happened_in_some_order_passes(seed: u64, len in 1..200_u64) {
        prop_assert_eq!(found(&serial(seed, len)), "nothing");
    }

    /// A reader that sees the second half of a transaction and not its first.
    #[test]
    fn read_skew_is_found_anywhere(seed: u64, place in 0..100_usize) {
        let mut history = serial(seed, 100);
        let at = history[place.min(history.len() - 1)].completed_ns;
        history.push(op(7, at, at + 500, "a7:1 a8:1"));
        history.push(op(8, at, at + 500, "r7: r8:1"));
        history.push(op(8, 100_000, 100_001, "r7:1 r8:1"));
        prop_assert_eq!(found(&history), "G-single");
    }

    /// A key goes back to what it was some transactions ago.
    #[test]
    fn a_stale_read_is_found_anywhere(seed: u64, place in 0..100_usize) {
        let mut history = serial(seed, 100);
        let at = history[place.min(history.len() - 1)].completed_ns;
        history.push(op(7, at, at + 10, "a7:1"));
        history.push(op(7, at + 20, at + 30, "a7:2"));
        history.push(op(8, at + 31, at + 300, "r7:1"));
        history.push(op(8, 100_000, 100_001, "r7:1,2"));
        prop_assert_eq!(found(&history), "G-single-realtime");
    }

    /// An element that was acknowledged disappears from all that is read.
    #[test]
    fn a_lost_append_is_found_anywhere(seed: u64, choice: usize) {
        let mut history = serial(seed, 60);
        let written: Vec<(Key, String)> = history
            .iter()
            .flat_map(|operation| &operation.commands)
            .filter_map(appended)
            .map(|(key, element)| (key, format!("{element},")))
            .collect();
        prop_assume!(!written.is_empty());
        let (key, element) = &written[choice % written.len()];
        for operation in &mut history {
            let Some(outcomes) = &mut operation.outcomes else { continue };
            for (command, outcome) in operation.commands.iter().zip(outcomes) {
                if let (Command::Get(of), Outcome::Value(Some(text))) = (command, outcome)
                    && of == key
                {
                    *text = text.replace(element.as_str(), "");
                }
            }
        }
        prop_assert_ne!(found(&history), "nothing");
    }
}
