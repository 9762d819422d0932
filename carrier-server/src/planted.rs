//! Faults that are planted, to see that the checks of histories find them. They exist with the
//! feature `planted-faults` alone; without it nothing of this is in the server.

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Transactions are published without the ordering point: shards see them in several orders.
    Order,
    /// A shard does not wait for the others to arrive before it begins to write.
    Arrival,
    /// Watched keys may change.
    Watch,
}

/// Whether the fault is planted: `CARRIER_PLANTED` names it.
#[cfg(feature = "planted-faults")]
pub(crate) fn is_planted(fault: Fault) -> bool {
    use std::sync::OnceLock;

    static PLANTED: OnceLock<Option<Fault>> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| match std::env::var("CARRIER_PLANTED").as_deref() {
        Ok("order") => Some(Fault::Order),
        Ok("arrival") => Some(Fault::Arrival),
        Ok("watch") => Some(Fault::Watch),
        _ => None,
    });
    *planted == Some(fault)
}

/// No fault is.
#[cfg(not(feature = "planted-faults"))]
pub(crate) const fn is_planted(_: Fault) -> bool {
    false
}
