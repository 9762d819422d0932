#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod departures;
mod error;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hash;
mod item;
mod jobs;
mod key;
mod ledger;
mod lent;
mod policy;
mod recent;
mod shard;
mod sharded;
mod space;
mod spaces;
mod steps;

pub use databox::{
    Bitmap, BitsView, Databox, End, Kind, ListView, MapView, Members, Set, SetView, SortedSet,
    SortedView, Text, decimal,
};
pub use departures::{Cause, Departure};
pub use error::{OutOfBudget, WriteError, WrongKind};
pub use hash::{HashKey, route};
pub use item::{Expiry, Item, PutOptions};
pub use key::{Key, Namespace};
pub use ledger::Ledger;
pub use lent::Lent;
pub use packed_map::{Figures, Prefault, RESERVATION_BYTES_MAX, ReserveError};
pub use policy::Policy;
pub use shard::{
    Contents, ExpiryObserver, IN_PLACE_MAX_BYTES, Shard, ShardConfig, SweepLimits, SweepReport,
};
pub use sharded::Sharded;
pub use steps::Steps;
