//! Long histories of appends and reads, by what depends on what.
//!
//! As Elle does for lists: every appended element is another one, so a read of a key shows the
//! order in which its writers came, up to the read. From that follow the dependencies between
//! transactions, and from the clients' clocks which were over before others began. A history that
//! some serial order explains, which keeps to the clocks, has no cycle of these; a cycle is an
//! anomaly, named by the least it takes (Adya):
//!
//! | | edges of the cycle |
//! |---|---|
//! | G0 | write after write: two transactions overwrite each other |
//! | G1c | and reads of what was written: information goes in a circle |
//! | G-single | and one read of what somebody later overwrote: read skew, lost updates |
//! | G2 | and several of these: write skew |
//! | -realtime | and one was over before the other began: stale reads |
//!
//! Before that each read is looked at alone: elements that nobody wrote, that an aborted
//! transaction wrote (G1a), that are in the midst of somebody's writes (G1b), that contradict other
//! reads or the transaction's own writes, and appends that are nowhere.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::command::{Command, Key, Outcome};
use crate::graph::{Edge, Graph, Kind};
use crate::operation::Operation;

/// What no serial order explains.
#[derive(Debug)]
pub struct Anomaly {
    /// What it is called.
    pub name: &'static str,
    explanation: String,
}

/// Looks for an anomaly in a history of appends and reads. In the end of it, when all is over, each
/// key has to be read; `aborted` are the appends of transactions that are known to have had no
/// effect.
///
/// # Errors
///
/// The anomaly.
///
/// # Complexity
///
/// Linear in the history and the lengths of what was read, while there is no anomaly.
pub fn check(history: &[Operation], aborted: &[Command]) -> Result<(), Anomaly> {
    let mut lists = Lists::new(history, aborted);
    lists.read()?;
    lists.find_orders()?;
    lists.find_lost()?;
    lists.check_reads()?;
    let graph = lists.graph();
    for (name, kinds, once) in CYCLES {
        if let Some(cycle) = graph.cycle(kinds, *once) {
            return Err(lists.explain(name, &cycle));
        }
    }
    Ok(())
}

use Kind::{ReadWrite, RealTime, WriteRead, WriteWrite};

/// From the worst to the mildest.
const CYCLES: &[(&str, &[Kind], Option<Kind>)] = &[
    ("G0", &[WriteWrite], None),
    ("G1c", &[WriteWrite, WriteRead], None),
    ("G-single", &[WriteWrite, WriteRead], Some(ReadWrite)),
    ("G2", &[WriteWrite, WriteRead, ReadWrite], None),
    ("G0-realtime", &[WriteWrite, RealTime], None),
    ("G1c-realtime", &[WriteWrite, WriteRead, RealTime], None),
    ("G-single-realtime", &[WriteWrite, WriteRead, RealTime], Some(ReadWrite)),
    ("G2-realtime", &[WriteWrite, WriteRead, ReadWrite, RealTime], None),
];

/// An element of some key's list.
type Element<'a> = (Key, &'a str);

struct Lists<'a> {
    history: &'a [Operation],
    /// Who appended an element, and whether it was the last of theirs on that key.
    writers: HashMap<Element<'a>, (usize, bool)>,
    aborted: HashMap<Element<'a>, ()>,
    /// What each transaction read before it wrote that key itself.
    reads: Vec<(usize, Key, Vec<&'a str>)>,
    /// The longest read of each key, with who read it.
    orders: BTreeMap<Key, (usize, Vec<&'a str>)>,
}

impl<'a> Lists<'a> {
    fn new(history: &'a [Operation], aborted: &'a [Command]) -> Self {
        let mut writers = HashMap::new();
        for (at, operation) in history.iter().enumerate() {
            let mut last = HashMap::new();
            for element in operation.commands.iter().filter_map(appended) {
                if let Some(before) = last.insert(element.0, element) {
                    writers.insert(before, (at, false));
                }
                writers.insert(element, (at, true));
            }
        }
        let aborted = aborted.iter().filter_map(appended).map(|element| (element, ())).collect();
        Self { history, writers, aborted, reads: Vec::new(), orders: BTreeMap::new() }
    }

    /// Collects what transactions read of others, and holds it against what they did themselves.
    fn read(&mut self) -> Result<(), Anomaly> {
        for (at, operation) in self.history.iter().enumerate() {
            // By key: what others had written, and what this one appended since.
            let mut known: HashMap<Key, (Option<Vec<&'a str>>, Vec<&'a str>)> = HashMap::new();
            for (command, outcome) in operation.results() {
                if let Some((key, element)) = appended(command) {
                    known.entry(key).or_default().1.push(element);
                    continue;
                }
                let Some((key, elements)) = outcome.and_then(|outcome| elements(command, outcome))
                else {
                    continue;
                };
                let (others, own) = known.entry(key).or_default();
                let Some(before) = elements.len().checked_sub(own.len()) else {
                    return Err(self.anomaly("internal", &[at], "its own appends are missing"));
                };
                let (seen, tail) = elements.split_at(before);
                if tail != own.as_slice() {
                    return Err(self.anomaly("internal", &[at], "its own appends are missing"));
                }
                match others {
                    Some(others) if others.as_slice() != seen => {
                        return Err(self.anomaly(
                            "internal",
                            &[at],
                            "it read a key twice, with a \
                            different result",
                        ));
                    }
                    Some(_) => {}
                    None => {
                        *others = Some(seen.to_vec());
                        self.reads.push((at, key, seen.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }

    /// The order of each key's elements: its longest read, of which all others are a beginning.
    fn find_orders(&mut self) -> Result<(), Anomaly> {
        for (at, key, seen) in &self.reads {
            let order = self.orders.entry(*key).or_insert((*at, Vec::new()));
            if order.1.len() <= seen.len() {
                *order = (*at, seen.clone());
            }
        }
        for (at, key, seen) in &self.reads {
            let (longest, order) = &self.orders[key];
            if order.get(..seen.len()) != Some(seen.as_slice()) {
                let text = format!("they read k{key} in orders that contradict each other");
                return Err(self.anomaly("incompatible order", &[*at, *longest], &text));
            }
        }
        for (key, (at, order)) in &self.orders {
            let mut places = HashMap::new();
            for (place, element) in order.iter().enumerate() {
                if places.insert(*element, place).is_some() {
                    let text = format!("{element} is in k{key} twice");
                    return Err(self.anomaly("duplicate", &[*at], &text));
                }
                if self.aborted.contains_key(&(*key, element)) {
                    let text = format!("{element} in k{key} was written by one that was aborted");
                    return Err(self.anomaly("G1a, aborted read", &[*at], &text));
                }
                if !self.writers.contains_key(&(*key, element)) {
                    let text = format!("nobody appended `{element}` to k{key}");
                    return Err(self.anomaly("garbage", &[*at], &text));
                }
            }
        }
        Ok(())
    }

    /// Every append that was answered is in the order of its key.
    fn find_lost(&self) -> Result<(), Anomaly> {
        let seen: HashMap<Element<'_>, ()> = self
            .orders
            .iter()
            .flat_map(|(key, (_, order))| order.iter().map(move |element| ((*key, *element), ())))
            .collect();
        for (&(key, element), &(at, _)) in &self.writers {
            let is_certain = self.history[at].outcomes.is_some();
            if is_certain && !seen.contains_key(&(key, element)) {
                let text = format!("{element} was appended to k{key} and is nowhere");
                let reader = self.orders.get(&key).map(|(reader, _)| *reader);
                let about: Vec<usize> = [at].into_iter().chain(reader).collect();
                return Err(self.anomaly("lost append", &about, &text));
            }
        }
        Ok(())
    }

    /// No read ends in the midst of somebody's writes.
    fn check_reads(&self) -> Result<(), Anomaly> {
        for (at, key, seen) in &self.reads {
            let Some(last) = seen.last() else { continue };
            let (writer, is_last) = self.writers[&(*key, *last)];
            if !is_last && writer != *at {
                let text = format!("{last} in k{key} is not the last that its writer appended");
                return Err(self.anomaly("G1b, intermediate read", &[*at, writer], &text));
            }
        }
        Ok(())
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::new(self.history.len());
        for (&key, (_, order)) in &self.orders {
            let writers = order.iter().map(|element| self.writers[&(key, *element)].0);
            let writers: Vec<usize> = writers.collect();
            for (version, pair) in writers.windows(2).enumerate() {
                graph.add(pair[0], Edge { to: pair[1], kind: WriteWrite, key, version });
            }
        }
        for (at, key, seen) in &self.reads {
            let (key, version) = (*key, seen.len());
            if let Some(last) = seen.last() {
                let writer = self.writers[&(key, *last)].0;
                graph.add(writer, Edge { to: *at, kind: WriteRead, key, version });
            }
            if let Some(next) = self.orders[&key].1.get(version) {
                let to = self.writers[&(key, *next)].0;
                graph.add(*at, Edge { to, kind: ReadWrite, key, version });
            }
        }
        self.add_real_time(&mut graph);
        graph
    }

    /// Edges from each transaction to those that began after it was over, but for those that
    /// follow from others: at each time there are no more than clients.
    fn add_real_time(&self, graph: &mut Graph) {
        let mut events: Vec<(u64, bool, usize)> = Vec::new();
        for (at, operation) in self.history.iter().enumerate() {
            // At the same nanosecond beginnings come first: that orders less.
            events.push((operation.invoked_ns, false, at));
            if operation.completed_ns != u64::MAX {
                events.push((operation.completed_ns, true, at));
            }
        }
        events.sort_unstable();
        let mut frontier: Vec<usize> = Vec::new();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.history.len()];
        for (_, is_end, at) in events {
            if is_end {
                frontier.retain(|earlier| !before[at].contains(earlier));
                frontier.push(at);
                before[at].clear();
            } else {
                let edge = Edge { to: at, kind: RealTime, key: 0, version: 0 };
                frontier.iter().for_each(|&earlier| graph.add(earlier, edge));
                before[at].clone_from(&frontier);
            }
        }
    }

    fn anomaly(&self, name: &'static str, about: &[usize], text: &str) -> Anomaly {
        let mut explanation = text.to_owned();
        for &at in about {
            explanation.push_str(&format!("\n    {}", self.history[at]));
        }
        Anomaly { name, explanation }
    }

    fn explain(&self, name: &'static str, cycle: &[(usize, Edge)]) -> Anomaly {
        let mut lines = Vec::new();
        for (number, (at, _)) in cycle.iter().enumerate() {
            lines.push(format!("    T{} = {}", number + 1, self.history[*at]));
        }
        for (number, (_, edge)) in cycle.iter().enumerate() {
            let (from, to) = (number + 1, (number + 1) % cycle.len() + 1);
            let element = |version: usize| {
                let order = self.orders.get(&edge.key).map(|(_, order)| order);
                order.and_then(|order| order.get(version)).map_or("?", |element| *element)
            };
            let (key, version) = (edge.key, edge.version);
            lines.push(match edge.kind {
                WriteWrite => format!(
                    "T{from} before T{to}: in k{key}, {} comes right after {}",
                    element(version + 1),
                    element(version)
                ),
                WriteRead => format!(
                    "T{from} before T{to}: it read {} in k{key}",
                    element(version.saturating_sub(1))
                ),
                ReadWrite => format!(
                    "T{from} before T{to}: it read k{key} without {}, which T{to} appended",
                    element(version)
                ),
                RealTime => format!("T{from} before T{to}: it was over before the other began"),
            });
        }
        let explanation = format!("a cycle of {}:\n{}", cycle.len(), lines.join("\n"));
        Anomaly { name, explanation }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.explanation)
    }
}

impl std::error::Error for Anomaly {}

/// The element that a command appends. In a string it ends with [`SEPARATOR`].
fn appended(command: &Command) -> Option<Element<'_>> {
    match command {
        Command::Append(key, text) => Some((*key, text.trim_end_matches(SEPARATOR))),
        Command::RPush(key, text) => Some((*key, text)),
        _ => None,
    }
}

/// The elements that a command has read.
fn elements<'a>(command: &Command, outcome: &'a Outcome) -> Option<(Key, Vec<&'a str>)> {
    match (command, outcome) {
        (Command::Get(key), Outcome::Value(text)) => {
            let text = text.as_deref().unwrap_or_default();
            Some((*key, text.split_terminator(SEPARATOR).collect()))
        }
        (Command::LRange(key), Outcome::Values(values)) => {
            Some((*key, values.iter().flatten().map(String::as_str).collect()))
        }
        _ => None,
    }
}

/// What parts elements that are appended to a string.
pub const SEPARATOR: char = ',';

#[cfg(test)]
mod tests;
