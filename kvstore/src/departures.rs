//! Keys that are gone without having been removed by anybody, for whoever wants to hear of them.

use crate::Namespace;
use databox::Text;

/// Why a key is gone that nobody removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Its moment had come.
    Expired,
    /// It made room.
    Evicted,
}

/// A key that is gone and that nobody removed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Departure {
    /// Where it was.
    pub ns: Namespace,
    /// The key.
    pub key: Box<[u8]>,
    /// Why it is gone.
    pub cause: Cause,
}

/// The departures that nobody has asked for yet, up to a number; beyond it they are counted alone.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    kept: Vec<Departure>,
    kept_max: usize,
    /// The bytes of the keys that are kept.
    key_bytes: usize,
    lost: u64,
}

impl Departures {
    /// Keeps up to this number from now on; 0, as at first, keeps none and counts none.
    pub(crate) fn keep(&mut self, kept_max: usize) {
        *self = Self { kept_max, ..Self::default() };
    }

    pub(crate) fn note(&mut self, ns: Namespace, key: Text<'_>, cause: Cause) {
        if self.kept.len() < self.kept_max {
            let key: Box<[u8]> = key.to_vec().into();
            self.key_bytes += key.len();
            self.kept.push(Departure { ns, key, cause });
        } else if self.kept_max > 0 {
            self.lost += 1;
        }
    }

    /// Those that are kept, and how many more there were; both begin anew.
    pub(crate) fn take(&mut self) -> (Vec<Departure>, u64) {
        self.key_bytes = 0;
        (std::mem::take(&mut self.kept), std::mem::take(&mut self.lost))
    }

    pub(crate) const fn bytes(&self) -> u64 {
        (self.kept.capacity() * size_of::<Departure>() + self.key_bytes) as u64
    }
}
