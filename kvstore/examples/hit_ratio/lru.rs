//! Least recently used, exactly.

use crate::cache::{Cache, Capacity};
use crate::nodes::{Nodes, Queue};

pub(crate) struct Lru {
    capacity: Capacity,
    nodes: Nodes<()>,
    queue: Queue,
}

impl Lru {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { capacity, nodes: Nodes::new(), queue: Queue::EMPTY }
    }
}

impl Cache for Lru {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        let found = self.nodes.find(key);
        match found {
            Some(id) => {
                self.nodes.detach(&mut self.queue, id);
                self.nodes.push_front(&mut self.queue, id);
            }
            None => {
                let id = self.nodes.insert(key, bytes, ());
                self.nodes.push_front(&mut self.queue, id);
                while self.queue.bytes > self.capacity.bytes
                    && let Some(id) = self.nodes.pop_back(&mut self.queue)
                {
                    self.nodes.remove(id);
                }
            }
        }
        found.is_some()
    }
}
