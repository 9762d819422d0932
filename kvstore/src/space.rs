//! One namespace's directory and what its values hold.

use crate::hash::HashKey;
use crate::jobs::{self, Jobs};
use crate::ledger::Ledger;
use crate::shard::NameSweep;
use databox::Databox;
use packed_map::{Arena, HashKeys, PageMap};
use std::sync::Arc;

/// The keys of one namespace.
#[derive(Debug)]
pub(crate) struct Space {
    pub(crate) map: Map,
    /// The bytes that values outside the pages have allocated.
    pub(crate) value_bytes: u64,
    /// Where the next sweep goes on.
    pub(crate) sweep_cursor: u64,
    /// How far the sweep of names has come.
    pub(crate) names: NameSweep,
    /// Visits of whoever makes room.
    pub(crate) visits: u64,
}

pub(crate) type Map = PageMap<Databox, SharedKey>;

impl Space {
    /// An empty one, whose blocks are marked with `owner`.
    pub(crate) fn new(key: Arc<HashKey>, owner: u8) -> Self {
        let map = Map::with_owner(SharedKey(key), owner);
        Self { map, value_bytes: 0, sweep_cursor: 0, names: NameSweep::default(), visits: 0 }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger {
            maps: self.map.used_bytes() as u64,
            values: self.value_bytes,
            tables: SPACE_BYTES,
            ..Ledger::default()
        }
    }

    pub(crate) fn used(&self) -> u64 {
        self.ledger().used()
    }

    /// [`ledger`](Self::ledger), counted again from nothing.
    pub(crate) fn recount(&self, arena: &Arena) -> Ledger {
        let values = self.map.iter(arena).filter_map(|entry| match entry.value() {
            packed_map::Value::Boxed(value) => Some(jobs::recount(value)),
            _ => None,
        });
        let maps = self.map.recount_bytes(arena) as u64;
        Ledger { maps, values: values.sum(), ..self.ledger() }
    }

    /// Hands a value that was taken out of the map over to its destruction.
    pub(crate) fn destroy(&mut self, value: Databox, jobs: &mut Jobs) {
        self.value_bytes -= value.heap_bytes() as u64;
        jobs.destroy(value);
    }

    /// Removes one page and tells whether there are more.
    pub(crate) fn drain_page(&mut self, arena: &mut Arena, jobs: &mut Jobs) -> bool {
        let value_bytes = &mut self.value_bytes;
        self.map.drain_bucket(arena, |value| {
            *value_bytes -= value.heap_bytes() as u64;
            jobs.destroy(value);
        })
    }
}

/// The hash key, shared by all directories of a shard.
#[derive(Debug)]
pub(crate) struct SharedKey(Arc<HashKey>);

impl HashKeys for SharedKey {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        self.0.hash(key)
    }
}

/// What a namespace costs in the table of namespaces.
pub(crate) const SPACE_BYTES: u64 = (size_of::<Space>() + size_of::<(u32, Box<Space>)>()) as u64;
