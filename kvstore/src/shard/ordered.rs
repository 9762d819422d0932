//! Operations on keys that hold sets in an order. Reading is as with other sets; a set that becomes
//! empty is no key.

use super::Shard;
use super::containers::Container;
use crate::{Key, Namespace, WriteError, WrongKind};
use databox::{Databox, Kind, Order, Ordered};
use packed_map::{Extras, NewValue};

impl Container for Ordered {
    /// Never asked for: there is no packed form, and a key may hold either kind.
    const KIND: Kind = Kind::SetQ;

    fn from_packed(_: &[u8], _: u64) -> Self {
        Self::new(Order::Bytes)
    }

    fn into_value(self) -> Databox {
        self.into()
    }

    fn of(value: &mut Databox) -> Option<&mut Self> {
        value.as_ordered_mut()
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl Shard {
    /// Adds a member to the ordered set at the key, which is made where there is none, and tells
    /// whether the member is new; what the order does not take is none.
    ///
    /// # Errors
    ///
    /// [`WriteError::WrongKind`] where the key holds something else, a set in another order too,
    /// and [`WriteError::OutOfBudget`] where the write could take the shard beyond its budget.
    pub fn ordered_add(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        (order, member): (Order, &[u8]),
        now_ms: u64,
    ) -> Result<bool, WriteError> {
        match self.look_up(ns, key, now_ms).map(|item| item.kind()) {
            None => {
                let mut set = Ordered::new(order);
                if !set.add(member) {
                    return Ok(false);
                }
                self.put(ns, key, NewValue::Boxed(set.into()), Extras::default())?;
                Ok(true)
            }
            Some(found) if found != order.kind() => Err(WrongKind { found }.into()),
            Some(_) => {
                let growth = |set: &mut Ordered| {
                    if set.contains(member) { 0 } else { set.add_growth_max(member) }
                };
                self.change_large(ns, key, growth, |set: &mut Ordered| set.add(member))
            }
        }
    }

    /// Removes a member from the ordered set that the key holds, and tells whether it was there.
    pub(super) fn ordered_remove(&mut self, ns: Namespace, key: Key<'_>, member: &[u8]) -> bool {
        let remove = |set: &mut Ordered| set.remove(member);
        self.change_large(ns, key, |_| 0, remove).unwrap_or(false)
    }

    /// The ordered set at the key, if there is one.
    ///
    /// # Errors
    ///
    /// [`WrongKind`] where the key holds something else.
    pub fn ordered(
        &mut self,
        ns: Namespace,
        key: Key<'_>,
        now_ms: u64,
    ) -> Result<Option<&Ordered>, WrongKind> {
        let Some(item) = self.get(ns, key, now_ms) else { return Ok(None) };
        let set = item.boxed().and_then(Databox::as_ordered);
        set.map(Some).ok_or_else(|| WrongKind { found: item.kind() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HashKey, ShardConfig};
    use std::sync::Arc;

    #[test]
    fn ordered_sets_are_read_as_sets_and_go_when_they_are_empty() {
        let hash_key = Arc::new(HashKey::new([1, 2]));
        let config = ShardConfig { reservation_bytes: 64 << 20, ..ShardConfig::new(hash_key) };
        let (mut shard, ns) = (Shard::new(config).unwrap(), Namespace(0));
        let key = shard.key(b"numbers");
        for number in (0..3_000).rev() {
            let member = number.to_string();
            assert_eq!(
                shard.ordered_add(ns, key, (Order::Numbers, member.as_bytes()), 1),
                Ok(true)
            );
        }
        assert_eq!(shard.ordered_add(ns, key, (Order::Numbers, b"+7"), 1), Ok(false));
        assert!(shard.ordered_add(ns, key, (Order::Bytes, b"7"), 1).is_err());
        assert!(shard.set_add(ns, key, b"7", 1).is_err());
        assert_eq!(shard.set_len(ns, key, 1), Ok(3_000));
        assert_eq!(shard.set_contains(ns, key, b"0007", 1), Ok(true));
        assert_eq!(shard.ordered(ns, key, 1).unwrap().unwrap().find(b"7"), Ok(7));
        let mut seen = Vec::new();
        shard.set_members(ns, key, 1, |member| seen.push(member.integer())).unwrap();
        assert!(seen.into_iter().eq((0..3_000).map(Some)));
        assert_eq!(shard.ledger(), shard.recount());
        for number in 0..3_000 {
            assert_eq!(shard.set_remove(ns, key, number.to_string().as_bytes(), 1), Ok(true));
        }
        assert_eq!(shard.len(ns), 0);
        while shard.work(8) {}
        assert_eq!(shard.ledger(), shard.recount());
    }
}
