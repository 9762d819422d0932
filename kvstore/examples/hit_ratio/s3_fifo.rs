//! S3-FIFO (Yang et al., SOSP 2023): a small queue that new objects must survive, a main one that
//! they stay in while they are asked for, and a ghost queue of the keys that did not survive.

use crate::cache::{Cache, Capacity};
use crate::nodes::{Id, Nodes, Queue};

pub(crate) struct S3Fifo {
    capacity: Capacity,
    nodes: Nodes<State>,
    small: Queue,
    main: Queue,
    /// Its objects are keys only; their bytes are what they would be.
    ghost: Queue,
}

#[derive(Debug)]
struct State {
    place: Place,
    /// How often it was asked for since it came, up to [`USES_MAX`].
    uses: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Small,
    Main,
    Ghost,
}

impl S3Fifo {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let (small, main, ghost) = (Queue::EMPTY, Queue::EMPTY, Queue::EMPTY);
        Self { capacity, nodes: Nodes::new(), small, main, ghost }
    }

    fn evict(&mut self) {
        if self.small.bytes >= self.capacity.percent(SMALL_PERCENT) {
            self.evict_small();
        } else {
            self.evict_main();
        }
    }

    /// Moves the oldest of the small queue on, until one has been evicted.
    fn evict_small(&mut self) {
        while let Some(id) = self.nodes.pop_back(&mut self.small) {
            if self.nodes.get(id).data.uses > 1 {
                self.put(id, Place::Main);
                continue;
            }
            self.put(id, Place::Ghost);
            while self.ghost.bytes > self.capacity.percent(100 - SMALL_PERCENT)
                && let Some(id) = self.nodes.pop_back(&mut self.ghost)
            {
                self.nodes.remove(id);
            }
            return;
        }
    }

    /// Gives the oldest of the main queue another round for each use, until one has none.
    fn evict_main(&mut self) {
        while let Some(id) = self.nodes.pop_back(&mut self.main) {
            let uses = self.nodes.get(id).data.uses;
            if uses == 0 {
                self.nodes.remove(id);
                return;
            }
            self.put(id, Place::Main);
            self.nodes.get_mut(id).data.uses = uses - 1;
        }
        self.evict_small();
    }

    /// Puts an object into a queue as one that was not asked for yet.
    fn put(&mut self, id: Id, place: Place) {
        self.nodes.get_mut(id).data = State { place, uses: 0 };
        let queue = match place {
            Place::Small => &mut self.small,
            Place::Main => &mut self.main,
            Place::Ghost => &mut self.ghost,
        };
        self.nodes.push_front(queue, id);
    }
}

impl Cache for S3Fifo {
    fn request(&mut self, key: u64, bytes: u32) -> bool {
        let known = self.nodes.find(key);
        let is_ghost = known.is_some_and(|id| self.nodes.get(id).data.place == Place::Ghost);
        if let Some(id) = known.filter(|_| !is_ghost) {
            let uses = &mut self.nodes.get_mut(id).data.uses;
            *uses = (*uses + 1).min(USES_MAX);
            return true;
        }
        if let Some(id) = known {
            self.nodes.detach(&mut self.ghost, id);
            self.nodes.remove(id);
        }
        if u64::from(bytes) <= self.capacity.bytes {
            while self.small.bytes + self.main.bytes + u64::from(bytes) > self.capacity.bytes {
                self.evict();
            }
            let place = if is_ghost { Place::Main } else { Place::Small };
            let id = self.nodes.insert(key, bytes, State { place, uses: 0 });
            self.put(id, place);
        }
        false
    }
}

/// The small queue's share of the capacity.
const SMALL_PERCENT: u64 = 10;

const USES_MAX: u8 = 3;
