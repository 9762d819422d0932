//! W-TinyLFU (Einziger et al., 2017): a small window that takes everything in, and a main part,
//! itself two queues, that takes what leaves the window if it was asked for more often than what
//! would have to go.

use crate::cache::{Cache, Capacity};
use crate::lfu_sketch::LfuSketch;
use crate::nodes::{Id, Nodes, Queue};
use crate::random::Random;

pub(crate) struct TinyLfu {
    capacity: Capacity,
    sketch: LfuSketch,
    nodes: Nodes<Place>,
    window: Queue,
    /// Of the main part, what has come from the window or fallen from the other queue.
    probation: Queue,
    /// Of the main part, what was asked for there.
    protected: Queue,
    random: Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Window,
    Probation,
    Protected,
}

impl TinyLfu {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            sketch: LfuSketch::new(capacity.objects),
            nodes: Nodes::new(),
            window: Queue::EMPTY,
            probation: Queue::EMPTY,
            protected: Queue::EMPTY,
            random: Random::new(1),
        }
    }

    fn hit(&mut self, id: Id) {
        let place = self.nodes.get(id).data;
        self.detach(id);
        self.put(id, if place == Place::Window { place } else { Place::Protected });
        while self.protected.bytes > self.main_bytes() * PROTECTED_PERCENT / 100
            && let Some(id) = self.nodes.pop_back(&mut self.protected)
        {
            self.put(id, Place::Probation);
        }
    }

    /// Moves what the window has too much of to the main part, where it must be worth its place.
    fn settle(&mut self) {
        while self.window.bytes > self.window_bytes()
            && let Some(candidate) = self.nodes.pop_back(&mut self.window)
        {
            self.put(candidate, Place::Probation);
            while self.probation.bytes + self.protected.bytes > self.main_bytes() {
                let Some(loser) = self.loser(candidate) else { break };
                self.detach(loser);
                self.nodes.remove(loser);
                if loser == candidate {
                    break;
                }
            }
        }
    }

    /// The candidate, or the object of the main part that it displaces.
    fn loser(&mut self, candidate: Id) -> Option<Id> {
        let oldest = self.probation.back().filter(|&oldest| oldest != candidate);
        let Some(victim) = oldest.or_else(|| self.protected.back()) else { return Some(candidate) };
        let [new, old] = [candidate, victim].map(|id| self.sketch.estimate(self.nodes.get(id).key));
        // Now and then a tie or a defeat is overlooked, so that collisions of hashes cannot keep
        // a place for ever.
        let wins = new > old || new >= LUCKY_MIN && self.random.below(LUCKY_ONE_IN) == 0;
        Some(if wins { victim } else { candidate })
    }

    fn put(&mut self, id: Id, place: Place) {
        self.nodes.get_mut(id).data = place;
        let queue = match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected => &mut self.protected,
        };
        self.nodes.push_front(queue, id);
    }

    fn detach(&mut self, id: Id) {
        let queue = match self.nodes.get(id).data {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected => &mut self.protected,
        };
        self.nodes.detach(queue, id);
    }

    fn window_bytes(&self) -> u64 {
        self.capacity.percent(WINDOW_PERCENT)
    }

    fn main_bytes(&self) -> u64 {
        self.capacity.bytes - self.window_bytes()
    }
}

impl Cache for TinyLfu {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        self.sketch.add(key);
        let found = self.nodes.find(key);
        match found {
            Some(id) => self.hit(id),
            None => {
                let id = self.nodes.insert(key, bytes, Place::Window);
                self.put(id, Place::Window);
                self.settle();
            }
        }
        found.is_some()
    }
}

/// The window's share of the capacity.
const WINDOW_PERCENT: u64 = 1;

/// What the protected queue has of the main part.
const PROTECTED_PERCENT: u64 = 80;

/// A candidate asked for this often may win by luck ...
const LUCKY_MIN: u8 = 6;

/// ... once in so many times.
const LUCKY_ONE_IN: usize = 128;
