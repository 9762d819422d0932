//! SIEVE (Zhang et al., NSDI 2024): a queue in order of insertion, a bit for what was visited,
//! and a hand that walks from the oldest to the newest and evicts the first that was not.

use crate::cache::{Cache, Capacity};
use crate::nodes::{Id, Nodes, Queue};

pub(crate) struct Sieve {
    capacity: Capacity,
    /// Whether each was visited.
    nodes: Nodes<bool>,
    queue: Queue,
    hand: Option<Id>,
}

impl Sieve {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { capacity, nodes: Nodes::new(), queue: Queue::EMPTY, hand: None }
    }

    fn evict(&mut self) {
        while let Some(id) = self.hand.or_else(|| self.queue.back()) {
            self.hand = self.nodes.newer(id);
            if !std::mem::take(&mut self.nodes.get_mut(id).data) {
                self.nodes.detach(&mut self.queue, id);
                self.nodes.remove(id);
                return;
            }
        }
    }
}

impl Cache for Sieve {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        if let Some(id) = self.nodes.find(key) {
            self.nodes.get_mut(id).data = true;
            return true;
        }
        if u64::from(bytes) <= self.capacity.bytes {
            while self.queue.bytes + u64::from(bytes) > self.capacity.bytes {
                self.evict();
            }
            let id = self.nodes.insert(key, bytes, false);
            self.nodes.push_front(&mut self.queue, id);
        }
        false
    }
}
