//! memcached's segmented LRU: new objects in a hot queue, those asked for again in a warm one,
//! all others in a cold one, from whose end objects leave.
//!
//! An object is active once it was asked for twice since it came to its queue's front. At the
//! end of the hot and the warm queue the active go to warm and the others to cold; an object that
//! becomes active in the cold queue goes to warm.

use crate::cache::{Cache, Capacity};
use crate::nodes::{Id, Nodes, Queue};

pub(crate) struct Segmented {
    capacity: Capacity,
    nodes: Nodes<State>,
    queues: [Queue; 3],
}

#[derive(Debug)]
struct State {
    segment: Segment,
    fetched: bool,
    active: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Hot,
    Warm,
    Cold,
}

impl Segmented {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let queues = [Queue::EMPTY, Queue::EMPTY, Queue::EMPTY];
        Self { capacity, nodes: Nodes::new(), queues }
    }

    fn put(&mut self, id: Id, segment: Segment) {
        let state = &mut self.nodes.get_mut(id).data;
        (state.segment, state.active) = (segment, false);
        self.nodes.push_front(&mut self.queues[segment as usize], id);
    }

    /// Moves what is beyond the shares of hot and warm to where it belongs.
    fn juggle(&mut self) {
        for (segment, percent) in [(Segment::Hot, HOT_PERCENT), (Segment::Warm, WARM_PERCENT)] {
            while self.queues[segment as usize].bytes > self.capacity.percent(percent)
                && let Some(id) = self.nodes.pop_back(&mut self.queues[segment as usize])
            {
                let active = self.nodes.get(id).data.active;
                self.put(id, if active { Segment::Warm } else { Segment::Cold });
            }
        }
    }

    fn evict(&mut self) {
        for segment in [Segment::Cold, Segment::Warm, Segment::Hot] {
            if let Some(id) = self.nodes.pop_back(&mut self.queues[segment as usize]) {
                self.nodes.remove(id);
                return;
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.queues.iter().map(|queue| queue.bytes).sum()
    }
}

impl Cache for Segmented {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        if let Some(id) = self.nodes.find(key) {
            let state = &mut self.nodes.get_mut(id).data;
            state.active = state.fetched;
            state.fetched = true;
            if state.active && state.segment == Segment::Cold {
                self.nodes.detach(&mut self.queues[Segment::Cold as usize], id);
                self.put(id, Segment::Warm);
            }
            return true;
        }
        if u64::from(bytes) <= self.capacity.bytes {
            let state = State { segment: Segment::Hot, fetched: false, active: false };
            let id = self.nodes.insert(key, bytes, state);
            self.put(id, Segment::Hot);
            self.juggle();
            while self.bytes() > self.capacity.bytes {
                self.evict();
            }
        }
        false
    }
}

/// Shares of the capacity, as memcached has them unless told otherwise.
const HOT_PERCENT: u64 = 20;
const WARM_PERCENT: u64 = 40;
