//! What a key of the map store holds.

use databox::Kind;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) expires_at_ms: Option<u64>,
    pub(super) flags: u32,
    pub(super) stamp: u64,
    pub(super) lease: crate::Lease,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    String(Vec<u8>),
    Set(BTreeSet<Vec<u8>>),
    List(Vec<Vec<u8>>),
    Map(BTreeMap<Vec<u8>, Vec<u8>>),
    Sorted(databox::SortedSet),
}

impl Entry {
    pub(super) fn new(value: Value) -> Self {
        let lease = crate::Lease::default();
        Self { value, expires_at_ms: None, flags: 0, stamp: 0, lease }
    }

    pub(super) fn is_gone(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }

    pub(super) const fn kind(&self) -> Kind {
        match self.value {
            Value::String(_) => Kind::String,
            Value::Set(_) => Kind::Set,
            Value::List(_) => Kind::List,
            Value::Map(_) => Kind::Map,
            Value::Sorted(_) => Kind::Sorted,
        }
    }
}
