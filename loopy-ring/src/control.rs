//! What the handles of one ring share beside its slots. It does not depend on the item type, so
//! that an item may hold a [`Permit`](crate::Permit).

use crate::{
    credit::Credits,
    park::ParkFlag,
    sync::{AtomicBool, AtomicUsize},
};

/// The park flag, the credits, and who is still there.
pub(crate) struct Control {
    /// Alone on its line: every `notify` writes it.
    pub(crate) parked: ParkFlag,
    /// Alone on its line: it is written when credits are taken and given back.
    pub(crate) credits: Credits,
    /// Producer handles alive. Written when one is cloned or dropped.
    pub(crate) producers: AtomicUsize,
    /// Set once, when the consumer is dropped.
    pub(crate) consumer_gone: AtomicBool,
}

impl Control {
    /// For a ring with one producer, one consumer and `reserved` credits.
    pub(crate) fn new(reserved: usize) -> Self {
        Self {
            parked: ParkFlag::new(),
            credits: Credits::new(reserved),
            producers: AtomicUsize::new(1),
            consumer_gone: AtomicBool::new(false),
        }
    }
}
