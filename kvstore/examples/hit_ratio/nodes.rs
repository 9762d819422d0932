//! The objects in a cache, found by key, in doubly linked queues.

/// The objects; `T` is what a policy keeps of each.
#[derive(Debug)]
pub(crate) struct Nodes<T> {
    nodes: Vec<Node<T>>,
    vacant: Vec<Id>,
    /// By key, which are dense.
    ids: Vec<Id>,
}

/// An object.
#[derive(Debug)]
pub(crate) struct Node<T> {
    pub(crate) key: u64,
    pub(crate) bytes: u32,
    pub(crate) data: T,
    /// Towards the front of its queue.
    newer: Id,
    /// Towards its back.
    older: Id,
}

/// Where an object is.
pub(crate) type Id = u32;

impl<T> Nodes<T> {
    pub(crate) fn new() -> Self {
        Self { nodes: Vec::new(), vacant: Vec::new(), ids: Vec::new() }
    }

    pub(crate) fn find(&self, key: u64) -> Option<Id> {
        self.ids.get(key as usize).copied().filter(|&id| id != NONE)
    }

    pub(crate) fn get(&self, id: Id) -> &Node<T> {
        &self.nodes[id as usize]
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> &mut Node<T> {
        &mut self.nodes[id as usize]
    }

    /// The next object towards the front of a queue.
    pub(crate) fn newer(&self, id: Id) -> Option<Id> {
        Some(self.get(id).newer).filter(|&id| id != NONE)
    }

    /// Adds an object that is not there, in no queue yet.
    pub(crate) fn insert(&mut self, key: u64, bytes: u32, data: T) -> Id {
        let node = Node { key, bytes, data, newer: NONE, older: NONE };
        let id = match self.vacant.pop() {
            Some(id) => {
                self.nodes[id as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as Id - 1
            }
        };
        if self.ids.len() <= key as usize {
            self.ids.resize(key as usize + 1, NONE);
        }
        self.ids[key as usize] = id;
        id
    }

    /// Removes an object that is in no queue.
    pub(crate) fn remove(&mut self, id: Id) {
        self.ids[self.nodes[id as usize].key as usize] = NONE;
        self.vacant.push(id);
    }

    pub(crate) fn push_front(&mut self, queue: &mut Queue, id: Id) {
        let node = self.get_mut(id);
        (node.newer, node.older) = (NONE, queue.front);
        queue.bytes += u64::from(node.bytes);
        match queue.front {
            NONE => queue.back = id,
            front => self.get_mut(front).newer = id,
        }
        queue.front = id;
    }

    /// Takes an object out of the queue that it is in.
    pub(crate) fn detach(&mut self, queue: &mut Queue, id: Id) {
        let Node { newer, older, bytes, .. } = *self.get(id);
        queue.bytes -= u64::from(bytes);
        match newer {
            NONE => queue.front = older,
            newer => self.get_mut(newer).older = older,
        }
        match older {
            NONE => queue.back = newer,
            older => self.get_mut(older).newer = newer,
        }
    }

    /// Takes the oldest object out of a queue.
    pub(crate) fn pop_back(&mut self, queue: &mut Queue) -> Option<Id> {
        let id = queue.back()?;
        self.detach(queue, id);
        Some(id)
    }
}

/// A queue of objects, the newest in front.
#[derive(Debug)]
pub(crate) struct Queue {
    front: Id,
    back: Id,
    /// The bytes of its objects.
    pub(crate) bytes: u64,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self { front: NONE, back: NONE, bytes: 0 };

    /// The oldest object.
    pub(crate) fn back(&self) -> Option<Id> {
        Some(self.back).filter(|&id| id != NONE)
    }
}

const NONE: Id = Id::MAX;
