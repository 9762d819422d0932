//! Which transaction has to come before which, and why; cycles in that.

use std::collections::VecDeque;

use crate::command::Key;

/// Why one transaction comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// It wrote the version that the other's replaced.
    WriteWrite,
    /// The other read what it wrote.
    WriteRead,
    /// It read the version that the other's replaced (an anti-dependency).
    ReadWrite,
    /// It was over before the other began.
    RealTime,
}

/// A reason that leads to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    /// The later transaction.
    pub(crate) to: usize,
    /// Why it is later.
    pub(crate) kind: Kind,
    /// The key that it is about.
    pub(crate) key: Key,
    /// The place of the earlier version among those of the key; for a read, how many it saw.
    pub(crate) version: usize,
}

/// Transactions by number, and the edges that leave each.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: Vec<Vec<Edge>>,
}

impl Graph {
    /// So many transactions, unrelated.
    #[must_use]
    pub(crate) fn new(nodes: usize) -> Self {
        Self { edges: vec![Vec::new(); nodes] }
    }

    /// Adds an edge; none leads from a transaction to itself.
    pub(crate) fn add(&mut self, from: usize, edge: Edge) {
        if from != edge.to {
            self.edges[from].push(edge);
        }
    }

    /// A short cycle of edges of these kinds, each with where it begins. With `once` it holds
    /// exactly one edge of that kind, and else edges of `kinds`.
    #[must_use]
    pub(crate) fn cycle(&self, kinds: &[Kind], once: Option<Kind>) -> Option<Vec<(usize, Edge)>> {
        let all: Vec<Kind> = kinds.iter().copied().chain(once).collect();
        let components = self.components(&all);
        let within =
            |from: usize, edge: &Edge| components[from] == components[edge.to] && from != edge.to;
        let mut best: Option<Vec<(usize, Edge)>> = None;
        let mut tried = 0;
        for (from, edges) in self.edges.iter().enumerate() {
            let firsts = edges.iter().filter(|edge| match once {
                Some(kind) => edge.kind == kind,
                None => kinds.contains(&edge.kind),
            });
            for &first in firsts.filter(|edge| within(from, edge)) {
                let longest = best.as_ref().map_or(usize::MAX, |cycle| cycle.len() - 1);
                if let Some(mut path) = self.path(first.to, from, kinds, longest, &components) {
                    path.insert(0, (from, first));
                    best = Some(path);
                }
                tried += 1;
                // No cycle is shorter; or short enough, in a history that is wrong throughout.
                if best.as_ref().is_some_and(|cycle| cycle.len() == 2 || tried > TRIED_MAX) {
                    return best;
                }
            }
        }
        best
    }

    /// The shortest way, of fewer than `longest` edges, within a component.
    fn path(
        &self,
        from: usize,
        to: usize,
        kinds: &[Kind],
        longest: usize,
        components: &[usize],
    ) -> Option<Vec<(usize, Edge)>> {
        let mut came: std::collections::HashMap<usize, (usize, Edge)> = Default::default();
        let mut queue = VecDeque::from([(from, 0)]);
        while let Some((at, length)) = queue.pop_front() {
            if at == to {
                let mut path = Vec::with_capacity(length);
                let mut at = to;
                while let Some(&(before, edge)) = came.get(&at).filter(|_| at != from) {
                    path.push((before, edge));
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            if length + 1 >= longest {
                continue;
            }
            for edge in self.edges[at].iter().filter(|edge| kinds.contains(&edge.kind)) {
                let fits = components[edge.to] == components[at] && edge.to != from;
                if fits && !came.contains_key(&edge.to) {
                    came.insert(edge.to, (at, *edge));
                    queue.push_back((edge.to, length + 1));
                }
            }
        }
        None
    }

    /// The strongly connected component of each transaction (Tarjan), by edges of these kinds.
    fn components(&self, kinds: &[Kind]) -> Vec<usize> {
        let mut tarjan = Tarjan {
            graph: self,
            kinds,
            index: vec![NEW; self.edges.len()],
            low: vec![0; self.edges.len()],
            component: vec![NEW; self.edges.len()],
            stack: Vec::new(),
            next: 0,
        };
        for root in 0..self.edges.len() {
            if tarjan.index[root] == NEW {
                tarjan.visit(root);
            }
        }
        tarjan.component
    }
}

struct Tarjan<'a> {
    graph: &'a Graph,
    kinds: &'a [Kind],
    /// The order of discovery.
    index: Vec<usize>,
    /// The first discovered that is still on the stack and can be reached.
    low: Vec<usize>,
    /// The root of the component, once that is complete.
    component: Vec<usize>,
    stack: Vec<usize>,
    next: usize,
}

impl Tarjan<'_> {
    /// Without recursion: chains are as long as histories.
    fn visit(&mut self, root: usize) {
        let mut calls = vec![(root, 0)];
        self.discover(root);
        while let Some((at, edge)) = calls.pop() {
            let Some(next) = self.graph.edges[at].get(edge) else {
                self.finish(at);
                if let Some(&(parent, _)) = calls.last() {
                    self.low[parent] = self.low[parent].min(self.low[at]);
                }
                continue;
            };
            calls.push((at, edge + 1));
            if !self.kinds.contains(&next.kind) {
                continue;
            }
            if self.index[next.to] == NEW {
                self.discover(next.to);
                calls.push((next.to, 0));
            } else if self.component[next.to] == NEW {
                self.low[at] = self.low[at].min(self.index[next.to]);
            }
        }
    }

    fn discover(&mut self, at: usize) {
        self.index[at] = self.next;
        self.low[at] = self.next;
        self.next += 1;
        self.stack.push(at);
    }

    fn finish(&mut self, at: usize) {
        if self.low[at] != self.index[at] {
            return;
        }
        while let Some(member) = self.stack.pop() {
            self.component[member] = at;
            if member == at {
                break;
            }
        }
    }
}

const NEW: usize = usize::MAX;

/// Edges from which a shorter cycle is looked for.
const TRIED_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, usize, Kind)]) -> Graph {
        let mut graph = Graph::new(8);
        for &(from, to, kind) in edges {
            graph.add(from, Edge { to, kind, key: 0, version: 0 });
        }
        graph
    }

    #[test]
    fn the_shortest_cycle_is_found() {
        use Kind::WriteWrite;
        let long = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 4), (3, 4)];
        let graph = graph(&long.map(|(from, to)| (from, to, WriteWrite)));
        let cycle = graph.cycle(&[WriteWrite], None).expect("there are two");
        let nodes: Vec<usize> = cycle.iter().map(|(from, _)| *from).collect();
        assert_eq!(nodes, [4, 5, 6]);
    }

    #[test]
    fn kinds_are_kept_apart() {
        use Kind::{ReadWrite, WriteRead, WriteWrite};
        let graph = graph(&[(0, 1, WriteWrite), (1, 2, ReadWrite), (2, 0, WriteRead)]);
        assert!(graph.cycle(&[WriteWrite, WriteRead], None).is_none());
        let cycle = graph.cycle(&[WriteWrite, WriteRead], Some(ReadWrite)).expect("one");
        assert_eq!(cycle.len(), 3);
        let two = self::graph(&[(0, 1, ReadWrite), (1, 0, ReadWrite)]);
        assert!(two.cycle(&[WriteWrite, WriteRead], Some(ReadWrite)).is_none());
        assert!(two.cycle(&[WriteWrite, WriteRead, ReadWrite], None).is_some());
    }

    #[test]
    fn what_has_an_order_has_no_cycle() {
        let edges: Vec<_> = (0..7).map(|at| (at, at + 1, Kind::RealTime)).collect();
        assert!(graph(&edges).cycle(&[Kind::RealTime], None).is_none());
    }
}
