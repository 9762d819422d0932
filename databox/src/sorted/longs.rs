//! Members that are too long for a run, each an allocation of its own under a number.

use alloc::sync::Arc;
use packed_map::Table;

/// Long members by their numbers.
#[derive(Debug)]
pub(super) struct Longs {
    members: Table<Option<Arc<[u8]>>, SEGMENT>,
    /// Numbers that none has any more.
    unused: Table<u32, SEGMENT>,
    /// The bytes of the members' allocations.
    bytes: usize,
}

impl Longs {
    pub(super) const fn new() -> Self {
        Self { members: Table::new(), unused: Table::new(), bytes: 0 }
    }

    /// Keeps a member and returns its number.
    pub(super) fn add(&mut self, member: &[u8]) -> u32 {
        self.bytes += HEAD_BYTES + member.len();
        let kept = Some(Arc::from(member));
        if let Some(number) = self.unused.pop() {
            *self.members.get_mut(number as usize) = kept;
            return number;
        }
        self.members.push(kept);
        (self.members.len() - 1) as u32
    }

    pub(super) fn remove(&mut self, number: u32) {
        if let Some(member) = self.members.get_mut(number as usize).take() {
            self.bytes -= HEAD_BYTES + member.len();
            self.unused.push(number);
        }
        if self.unused.len() == self.members.len() {
            *self = Self::new();
        }
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        self.members.get(number as usize).as_deref().unwrap_or_default()
    }

    /// The bytes of the members and their tables.
    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes + self.members.bytes() + self.unused.bytes()
    }

    /// [`heap_bytes`](Self::heap_bytes), counted again from nothing.
    pub(super) fn recount_bytes(&self) -> usize {
        let members = self.members.iter().flatten().map(|member| HEAD_BYTES + member.len());
        members.sum::<usize>() + self.members.counted_bytes() + self.unused.counted_bytes()
    }

    /// At least as many bytes as [`heap_bytes`](Self::heap_bytes) can rise by in one write.
    pub(super) fn growth_max(&self, member: &[u8]) -> usize {
        HEAD_BYTES + member.len() + self.members.growth_max(1) + self.unused.growth_max(1)
    }

    pub(super) const fn copied_bytes(&self) -> usize {
        self.members.copied_bytes() + self.unused.copied_bytes()
    }

    /// How many members are kept.
    #[cfg(any(test, fuzzing, feature = "fuzzing"))]
    pub(super) fn len(&self) -> usize {
        self.members.iter().flatten().count()
    }

    /// Lets go of some members and tells whether there were any.
    pub(super) fn drop_piece(&mut self) -> bool {
        let dropped = self.members.pop_segment();
        self.bytes = self.members.iter().flatten().map(|one| HEAD_BYTES + one.len()).sum();
        dropped
    }
}

impl Clone for Longs {
    fn clone(&self) -> Self {
        let (members, unused) = (self.members.lend(), self.unused.lend());
        Self { members, unused, bytes: self.bytes }
    }
}

/// The two counts in front of a shared slice.
const HEAD_BYTES: usize = 16;

/// Members of a segment.
const SEGMENT: usize = 64;
