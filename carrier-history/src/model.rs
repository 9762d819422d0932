//! What a server of one thread would do: the commands on a small state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::command::{Command, Key, Outcome, SetOp};

/// The keys that exist, and what they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct State {
    keys: BTreeMap<Key, Value>,
    /// Those of the other database.
    others: BTreeMap<Key, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Text(String),
    Set(BTreeSet<String>),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
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
            Command::LRange(key) => {
                Ok(Outcome::Values(self.list(*key)?.into_iter().map(Some).collect()))
            }
            Command::LPop(key) => {
                let mut list = self.list(*key)?;
                let first = (!list.is_empty()).then(|| list.remove(0));
                self.put_list(*key, list);
                Ok(Outcome::Value(first))
            }
            Command::LMove(from, to, is_last) => self.move_element(*from, *to, *is_last),
            Command::TextMove(from, to) => self.move_text(*from, *to),
            Command::HSet(..) | Command::HIncrBy(..) | Command::HDel(..) | Command::HGetAll(_) => {
                self.run_map(command)
            }
            Command::Move(_)
            | Command::CopyOver(..)
            | Command::SwapDb
            | Command::FlushDb
            | Command::FlushAll => self.run_databases(command),
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

    fn list(&self, key: Key) -> Result<Vec<String>, &'static str> {
        match self.keys.get(&key) {
            None => Ok(Vec::new()),
            Some(Value::List(list)) => Ok(list.clone()),
            Some(_) => Err("WRONGTYPE"),
        }
    }

    /// An empty list is no key.
    fn put_list(&mut self, key: Key, list: Vec<String>) {
        if list.is_empty() {
            self.keys.remove(&key);
        } else {
            self.keys.insert(key, Value::List(list));
        }
    }

    fn move_element(&mut self, from: Key, to: Key, is_last: bool) -> Result<Outcome, &'static str> {
        let mut source = self.list(from)?;
        // Redis looks at the destination only where there is a source.
        if source.is_empty() {
            return Ok(Outcome::Value(None));
        }
        self.list(to)?;
        let element = source.remove(if is_last { source.len() - 1 } else { 0 });
        self.put_list(from, source);
        let mut target = self.list(to)?;
        target.insert(if is_last { 0 } else { target.len() }, element.clone());
        self.put_list(to, target);
        Ok(Outcome::Value(Some(element)))
    }

    fn move_text(&mut self, from: Key, to: Key) -> Result<Outcome, &'static str> {
        let Some(text) = self.text(from)?.map(str::to_owned) else {
            return Ok(Outcome::Number(-1));
        };
        let whole = self.text(to)?.unwrap_or_default().to_owned() + &text;
        self.keys.insert(to, Value::Text(whole));
        self.keys.remove(&from);
        number(self.text(to)?.map_or(0, str::len))
    }

    fn run_map(&mut self, command: &Command) -> Result<Outcome, &'static str> {
        match command {
            Command::HSet(key, field, text) => {
                let mut map = self.map(*key)?;
                let is_new = map.insert(field.clone(), text.clone()).is_none();
                self.put_map(*key, map);
                number(usize::from(is_new))
            }
            Command::HIncrBy(key, field, by) => {
                let mut map = self.map(*key)?;
                let value = map.get(field).map_or("0", String::as_str);
                let sum = value.parse::<i64>().map_err(|_| "ERR")?.checked_add(*by).ok_or("ERR")?;
                map.insert(field.clone(), sum.to_string());
                self.put_map(*key, map);
                Ok(Outcome::Number(sum))
            }
            Command::HDel(key, fields) => {
                let mut map = self.map(*key)?;
                let removed = fields.iter().filter(|field| map.remove(*field).is_some()).count();
                self.put_map(*key, map);
                number(removed)
            }
            Command::HGetAll(key) => {
                let pairs = self.map(*key)?.into_iter();
                Ok(Outcome::Members(pairs.map(|(field, text)| format!("{field}={text}")).collect()))
            }
            _ => Err("ERR"),
        }
    }

    fn map(&self, key: Key) -> Result<BTreeMap<String, String>, &'static str> {
        match self.keys.get(&key) {
            None => Ok(BTreeMap::new()),
            Some(Value::Map(map)) => Ok(map.clone()),
            Some(_) => Err("WRONGTYPE"),
        }
    }

    /// An empty map is no key.
    fn put_map(&mut self, key: Key, map: BTreeMap<String, String>) {
        if map.is_empty() {
            self.keys.remove(&key);
        } else {
            self.keys.insert(key, Value::Map(map));
        }
    }

    fn run_databases(&mut self, command: &Command) -> Result<Outcome, &'static str> {
        match command {
            Command::SwapDb => std::mem::swap(&mut self.keys, &mut self.others),
            Command::FlushDb => self.keys.clear(),
            Command::FlushAll => {
                self.keys.clear();
                self.others.clear();
            }
            Command::Move(key) => {
                let Some(value) = self.keys.get(key).cloned() else { return number(0) };
                if self.others.contains_key(key) {
                    return number(0);
                }
                self.keys.remove(key);
                self.others.insert(*key, value);
                return number(1);
            }
            Command::CopyOver(from, to, replaces) => {
                let Some(value) = self.keys.get(from).cloned() else { return number(0) };
                if self.others.contains_key(to) && !replaces {
                    return number(0);
                }
                self.others.insert(*to, value);
                return number(1);
            }
            _ => return Err("ERR"),
        }
        Ok(Outcome::Ok)
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
                Value::Map(map) => format!("{map:?}"),
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
    fn databases_change_places() {
        let mut state = State::default();
        state.apply(&Command::HSet(1, text("f"), text("x")));
        assert_eq!(state.apply(&Command::CopyOver(1, 2, false)), Outcome::Number(1));
        assert_eq!(state.apply(&Command::Move(1)), Outcome::Number(1));
        assert_eq!(state.apply(&Command::Exists(vec![1, 2])), Outcome::Number(0));
        assert_eq!(state.apply(&Command::SwapDb), Outcome::Ok);
        assert_eq!(state.apply(&Command::HGetAll(2)).to_string(), "{f=x}");
        state.apply(&Command::FlushDb);
        state.apply(&Command::SwapDb);
        assert_eq!(state, State::default());
    }

    #[test]
    fn elements_and_texts_move() {
        let mut state = State::default();
        for one in ["a", "b"] {
            state.apply(&Command::RPush(1, text(one)));
        }
        assert_eq!(state.apply(&Command::LMove(1, 1, true)).to_string(), "b");
        assert_eq!(state.apply(&Command::LMove(1, 2, false)).to_string(), "b");
        assert_eq!(state.apply(&Command::LPop(1)).to_string(), "a");
        assert_eq!(state.apply(&Command::LMove(1, 3, true)).to_string(), "nil");
        state.apply(&Command::Set(3, text("xy")));
        assert_eq!(state.apply(&Command::TextMove(3, 4)), Outcome::Number(2));
        assert_eq!(state.apply(&Command::TextMove(4, 4)), Outcome::Number(0));
        assert_eq!(state.apply(&Command::TextMove(4, 3)), Outcome::Number(-1));
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
