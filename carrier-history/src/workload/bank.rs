//! Transfers between accounts, and of tokens between sets, while connections are cut at random: in
//! every view that is one transaction the sum is what it was, and no token is missing or twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use carrier_compare::Random;

use crate::command::{Command, Key, Outcome, SetOp};
use crate::operation::Operation;
use crate::session::{Session, SessionError};
use crate::workload::{Finding, Run, Tally, joined};

/// Transfers until the time is over.
pub(super) fn run(run: &Run) -> Result<Result<Tally, Finding>, SessionError> {
    let mut sessions = run.sessions(run.clients.unwrap_or(CLIENTS))?;
    sessions[0].request(&["FLUSHALL"])?;
    let has_sets = sessions[0].known(&["SMOVE", "SUNION"])?.len() == 2;
    let accounts = ACCOUNTS.map(|key| (key, BALANCE.to_string())).to_vec();
    sessions[0].single(&Command::MSet(accounts))?;
    if has_sets {
        sessions[0].single(&Command::SAdd(SETS[0], tokens().into_iter().collect()))?;
    }
    let found = AtomicBool::new(false);
    let parts = thread::scope(|scope| {
        let clients: Vec<_> = sessions
            .iter_mut()
            .enumerate()
            .map(|(number, session)| {
                let (random, found) = (run.random(0, number), &found);
                let mut teller = Teller { session, random, has_sets, recent: Vec::new(), cut: 0 };
                scope.spawn(move || {
                    let done = teller.work(run, found);
                    done.map(|done| (done, teller.recent, teller.cut))
                })
            })
            .collect();
        joined(clients)
    })?;
    let mut tally = Tally::default();
    for ((done, _), _, cut) in &parts {
        tally = tally.and(Tally { operations: *done, cut: *cut, ..Tally::default() });
    }
    let wrong = parts.iter().find_map(|((_, wrong), _, _)| wrong.as_ref());
    let Some(wrong) = wrong else { return Ok(Ok(tally)) };
    let recent = parts.iter().flat_map(|(_, recent, _)| recent);
    let overlapping = recent.filter(|one| !one.precedes(wrong) && !wrong.precedes(one));
    let mut text = format!("the accounts hold {} in all, but:\n    {wrong}", sum());
    for operation in overlapping.take(SHOWN_MAX) {
        text.push_str(&format!("\nmeanwhile:\n    {operation}"));
    }
    Ok(Err(Finding::new(None, &text)))
}

/// A client.
struct Teller<'a> {
    session: &'a mut Session,
    random: Random,
    has_sets: bool,
    /// The last operations, to tell of them where a view is wrong.
    recent: Vec<Operation>,
    cut: u64,
}

impl Teller<'_> {
    /// Works until the time is over or something is wrong: how much, and what.
    fn work(
        &mut self,
        run: &Run,
        found: &AtomicBool,
    ) -> Result<(u64, Option<Operation>), SessionError> {
        let mut done = 0;
        while !run.is_over() && !found.load(Ordering::Relaxed) {
            done += 1;
            if self.random.one_in(3) {
                let view = self.view()?;
                if !is_whole(&view) {
                    found.store(true, Ordering::Relaxed);
                    return Ok((done, Some(view)));
                }
                continue;
            }
            self.transfer()?;
            if self.recent.len() > RECENT_MAX {
                self.recent.drain(..RECENT_MAX / 2);
            }
        }
        Ok((done, None))
    }

    fn view(&mut self) -> Result<Operation, SessionError> {
        match self.random.below(if self.has_sets { 4 } else { 2 }) {
            0 => self.session.single(&Command::MGet(ACCOUNTS.to_vec())),
            1 => self.session.exec(&ACCOUNTS.map(Command::Get)),
            2 => self.session.single(&Command::SetOp(SetOp::Union, SETS.to_vec())),
            _ => self.session.exec(&SETS.map(Command::SMembers)),
        }
    }

    fn transfer(&mut self) -> Result<(), SessionError> {
        if self.has_sets && self.random.one_in(2) {
            let tokens: Vec<String> = tokens().into_iter().collect();
            let (from, to) = (*self.random.pick(&SETS), *self.random.pick(&SETS));
            let token = self.random.pick(&tokens).clone();
            let moved = self.session.single(&Command::SMove(from, to, token))?;
            self.recent.push(moved);
            return Ok(());
        }
        let (from, to) = (*self.random.pick(&ACCOUNTS), *self.random.pick(&ACCOUNTS));
        let amount = self.random.between(1, 20);
        let commands = [Command::IncrBy(from, -amount), Command::IncrBy(to, amount)];
        if self.random.one_in(CUT_ONE_IN) {
            self.cut += 1;
            let lost = self.session.lose(&commands, &mut self.random)?;
            self.recent.push(lost);
        } else if self.random.one_in(4) {
            let reads = [Command::Get(from), Command::Get(to)];
            self.session.watched(&[from, to], &reads, &commands, &mut self.recent)?;
        } else {
            let done = self.session.exec(&commands)?;
            self.recent.push(done);
        }
        Ok(())
    }
}

/// Whether a view shows the sum, or every token once.
fn is_whole(view: &Operation) -> bool {
    let outcomes = view.outcomes.as_deref().unwrap_or_default();
    let mut balances: Vec<Option<&str>> = Vec::new();
    let mut members: Vec<String> = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Value(value) => balances.push(value.as_deref()),
            Outcome::Values(values) => balances.extend(values.iter().map(Option::as_deref)),
            Outcome::Members(set) => members.extend(set.iter().cloned()),
            Outcome::Ok | Outcome::Number(_) | Outcome::Error(_) => return false,
        }
    }
    if !members.is_empty() || balances.is_empty() {
        members.sort_unstable();
        return members.iter().eq(tokens().iter());
    }
    let balance = |value: &Option<&str>| value.and_then(|value| value.parse::<i64>().ok());
    let balances: Option<Vec<i64>> = balances.iter().map(balance).collect();
    balances.is_some_and(|balances| {
        balances.len() == ACCOUNTS.len() && balances.iter().sum::<i64>() == sum()
    })
}

fn sum() -> i64 {
    BALANCE * ACCOUNTS.len() as i64
}

fn tokens() -> BTreeSet<String> {
    (b'a'..=b'j').map(|letter| char::from(letter).to_string()).collect()
}

const CLIENTS: usize = 8;
const ACCOUNTS: [Key; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const SETS: [Key; 3] = [10, 11, 12];
const BALANCE: i64 = 100;
const CUT_ONE_IN: usize = 50;
const RECENT_MAX: usize = 2_000;
const SHOWN_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn view(outcomes: Vec<Outcome>) -> Operation {
        let commands = vec![Command::MGet(ACCOUNTS.to_vec())];
        let outcomes = Some(outcomes);
        Operation { client: 0, commands, outcomes, invoked_ns: 0, completed_ns: 1 }
    }

    fn balances(of: [i64; 8]) -> Operation {
        view(vec![Outcome::Values(of.map(|balance| Some(balance.to_string())).to_vec())])
    }

    #[test]
    fn sums() {
        assert!(is_whole(&balances([100; 8])));
        assert!(is_whole(&balances([-100, 300, 100, 100, 100, 100, 100, 100])));
        assert!(!is_whole(&balances([99, 100, 100, 100, 100, 100, 100, 100])));
        assert!(!is_whole(&view(vec![Outcome::Values(vec![None; 8])])));
        assert!(!is_whole(&view(vec![Outcome::Error("ERR".to_owned())])));
    }

    #[test]
    fn tokens_are_there_once() {
        let all = tokens();
        let half: BTreeSet<String> = all.iter().take(5).cloned().collect();
        let rest = &all - &half;
        let sets = |sets: &[&BTreeSet<String>]| {
            view(sets.iter().map(|set| Outcome::Members((*set).clone())).collect())
        };
        assert!(is_whole(&sets(&[&half, &rest])));
        assert!(!is_whole(&sets(&[&half])));
        assert!(!is_whole(&sets(&[&half, &all])));
        assert!(!is_whole(&sets(&[])));
    }
}
