//! What a server of one thread would do: the commands on a small state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::command::{Command, Key, Outcome, SetOp};

/// The keys that exist, and what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct State {
    keys: BTreeMap<Key, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Text(String),
    Set(BTreeSet<String>),
    List(Vec<String>),
}

impl State {
    /// Does what the command does, and answers as it does.
    pub fn apply(&mut self, command: &Command) -> Outcome {
        self.run(command).unwrap_or_else(|word| Outcome::Error(word.to_owned()))
    }

    fn run(&mut self, command: &Command) -> Result<Outcome, &'static str> {
        match command {
            Command::Get(key) => Ok(Outcome::Value(self.text(*key)?.map(str::to_owned))),
            Command::Set(key, text) => {
                self.keys.insert(*key, Value::Text(text.clone()));
                Ok(Outcome::Ok)
            }
            Command::Append(key, more) => {
                let mut text = self.text(*key)?.unwrap_or_default().to_owned();
                text.push_str(more);
                let len = text.len();
                self.keys.insert(*key, Value::Text(text));
                number(len)
            }
            Command::IncrBy(key, by) => self.increment(*key, *by),
            Command::MGet(keys) => {
                let of = |key: &Key| self.text(*key).ok().flatten().map(str::to_owned);
                Ok(Outcome::Values(keys.iter().map(of).collect()))
            }
            Command::MSet(pairs) => Ok(self.set_all(pairs, Outcome::Ok)),
            Command::MSetNx(pairs) => {
                if pairs.iter().any(|(key, _)| self.keys.contains_key(key)) {
                    return number(0);
                }
                Ok(self.set_all(pairs, Outcome::Number(1)))
            }
            Command::Del(keys) => {
                number(keys.iter().filter(|key| self.keys.remove(key).is_some()).count())
            }
            Command::Exists(keys) => {
                number(keys.iter().filter(|key| self.keys.contains_key(key)).count())
            }
            Command::Rename(..) | Command::RenameNx(..) | Command::Copy(..) => self.moved(command),
            Command::RPush(key, text) => self.push(*key, text),
            Command::LRange(key) => self.list(*key),
            _ => self.run_set(command),
        }
    }

    fn run_set(&mut self, command: &Command) -> Result<Outcome, &'static str> {
        match command {
            Command::SAdd(key, members) => {
                let mut set = self.set(*key)?;
                let added = members.iter().filter(|member| set.insert((*member).clone())).count();
                self.put(*key, set);
                number(added)
            }
            Command::SRem(key, members) => {
                let mut set = self.set(*key)?;
                let removed = members.iter().filter(|member| set.remove(*member)).count();
                self.put(*key, set);
                number(removed)
            }
            Command::SMove(from, to, member) => {
                let mut source = self.set(*from)?;
                // Redis looks at the destination only where there is a source.
                if source.is_empty() {
                    return number(0);
                }
                let mut target = self.set(*to)?;
                if from == to {
                    return number(usize::from(source.contains(member)));
                }
                if !source.remove(member) {
                    return number(0);
                }
                target.insert(member.clone());
                self.put(*from, source);
                self.put(*to, target);
                number(1)
            }
            Command::SMembers(key) => Ok(Outcome::Members(self.set(*key)?)),
            Command::SetOp(op, keys) => Ok(Outcome::Members(self.combined(*op, keys)?)),
            Command::SetOpStore(op, to, keys) => {
                let set = self.combined(*op, keys)?;
                let len = set.len();
                self.put(*to, set);
                number(len)
            }
            _ => Err("ERR"),
        }
    }

    fn moved(&mut self, command: &Command) -> Result<Outcome, &'static str> {
        let (Command::Rename(from, to) | Command::RenameNx(from, to) | Command::Copy(from, to, _)) =
            command
        else {
            return Err("ERR");
        };
        if matches!(command, Command::Copy(..)) && from == to {
            return Err("ERR");
        }
        let is_copy = matches!(command, Command::Copy(..));
        let Some(value) = self.keys.get(from).cloned() else {
            return if is_copy { number(0) } else { Err("ERR") };
        };
        let overwrites = matches!(command, Command::Rename(..) | Command::Copy(.., true));
        if self.keys.contains_key(to) && !overwrites {
            return number(0);
        }
        if !is_copy {
            self.keys.remove(from);
        }
        self.keys.insert(*to, value);
        if matches!(command, Command::Rename(..)) { Ok(Outcome::Ok) } else { number(1) }
    }

    fn increment(&mut self, key: Key, by: i64) -> Result<Outcome, &'static str> {
        let value: i64 = self.text(key)?.unwrap_or("0").parse().map_err(|_| "ERR")?;
        let sum = value.checked_add(by).ok_or("ERR")?;
        self.keys.insert(key, Value::Text(sum.to_string()));
        Ok(Outcome::Number(sum))
    }

    fn push(&mut self, key: Key, text: &str) -> Result<Outcome, &'static str> {
        let list = self.keys.entry(key).or_insert_with(|| Value::List(Vec::new()));
        let Value::List(list) = list else { return Err("WRONGTYPE") };
        list.push(text.to_owned());
        number(list.len())
    }

    fn list(&self, key: Key) -> Result<Outcome, &'static str> {
        match self.keys.get(&key) {
            None => Ok(Outcome::Values(Vec::new())),
            Some(Value::List(list)) => {
                Ok(Outcome::Values(list.iter().cloned().map(Some).collect()))
            }
            Some(_) => Err("WRONGTYPE"),
        }
    }

    fn text(&self, key: Key) -> Result<Option<&str>, &'static str> {
        match self.keys.get(&key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err("WRONGTYPE"),
        }
    }

    fn set(&self, key: Key) -> Result<BTreeSet<String>, &'static str> {
        match self.keys.get(&key) {
            None => Ok(BTreeSet::new()),
            Some(Value::Set(set)) => Ok(set.clone()),
            Some(_) => Err("WRONGTYPE"),
        }
    }

    /// An empty set is no key.
    fn put(&mut self, key: Key, set: BTreeSet<String>) {
        if set.is_empty() {
            self.keys.remove(&key);
        } else {
            self.keys.insert(key, Value::Set(set));
        }
    }

    fn set_all(&mut self, pairs: &[(Key, String)], outcome: Outcome) -> Outcome {
        for (key, text) in pairs {
            self.keys.insert(*key, Value::Text(text.clone()));
        }
        outcome
    }

    fn combined(&self, op: SetOp, keys: &[Key]) -> Result<BTreeSet<String>, &'static str> {
        let sets: Vec<_> = keys.iter().map(|key| self.set(*key)).collect::<Result<_, _>>()?;
        let mut sets = sets.into_iter();
        let first = sets.next().ok_or("ERR")?;
        Ok(sets.fold(first, |all, set| match op {
            SetOp::Union => &all | &set,
            SetOp::Inter => &all & &set,
            SetOp::Diff => &all - &set,
        }))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return f.write_str("nothing");
        }
        for (at, (key, value)) in self.keys.iter().enumerate() {
            let blank = if at == 0 { "" } else { ", " };
            let shown = match value {
                Value::Text(text) => text.clone(),
                Value::Set(set) => Outcome::Members(set.clone()).to_string(),
                Value::List(list) => format!("[{}]", list.join(" ")),
            };
            write!(f, "{blank}k{key}={shown}")?;
        }
        Ok(())
    }
}

fn number(count: usize) -> Result<Outcome, &'static str> {
    Ok(Outcome::Number(i64::try_from(count).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn keys_are_moved_whole() {
        let mut state = State::default();
        assert_eq!(state.apply(&Command::Rename(1, 2)), Outcome::Error(text("ERR")));
        assert_eq!(state.apply(&Command::Copy(1, 2, true)), Outcome::Number(0));
        state.apply(&Command::SAdd(1, vec![text("a"), text("b")]));
        state.apply(&Command::Set(2, text("x")));
        assert_eq!(state.apply(&Command::RenameNx(1, 2)), Outcome::Number(0));
        assert_eq!(state.apply(&Command::Rename(1, 2)), Outcome::Ok);
        assert_eq!(state.apply(&Command::Get(2)), Outcome::Error(text("WRONGTYPE")));
        assert_eq!(state.apply(&Command::Copy(2, 1, false)), Outcome::Number(1));
        assert_eq!(state.to_string(), "k1={a b}, k2={a b}");
    }

    #[test]
    fn sets_that_are_empty_are_gone() {
        let mut state = State::default();
        state.apply(&Command::SAdd(1, vec![text("a")]));
        assert_eq!(state.apply(&Command::SMove(1, 2, text("a"))), Outcome::Number(1));
        assert_eq!(state.apply(&Command::SMove(1, 2, text("a"))), Outcome::Number(0));
        let store = Command::SetOpStore(SetOp::Diff, 3, vec![2, 2]);
        assert_eq!(state.apply(&store), Outcome::Number(0));
        assert_eq!(state.apply(&Command::Exists(vec![1, 2, 3, 2])), Outcome::Number(2));
    }

    #[test]
    fn lists_and_numbers() {
        let mut state = State::default();
        state.apply(&Command::RPush(1, text("a")));
        assert_eq!(state.apply(&Command::LRange(1)).to_string(), "[a]");
        assert_eq!(state.apply(&Command::IncrBy(1, 1)), Outcome::Error(text("WRONGTYPE")));
        assert_eq!(state.apply(&Command::IncrBy(2, -3)), Outcome::Number(-3));
        assert_eq!(state.apply(&Command::MGet(vec![1, 2, 3])).to_string(), "[nil -3 nil]");
    }
}
