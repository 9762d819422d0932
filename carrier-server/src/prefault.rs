//! A thread that has memory put under what shards are about to write.
//!
//! The first write to a page of fresh memory waits for the system. Where the configuration asks for
//! it, workers hand their arenas' next regions to this thread, which waits instead of them. It ends
//! when the last worker has let go of its end, or when the system does not do it.

use kvstore::Prefault;
use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

/// A worker's end.
#[derive(Debug, Clone)]
pub(crate) struct Prefaulter {
    /// How many regions each shard is to have ahead.
    pub(crate) regions: usize,
    /// None once the thread has ended.
    sender: Option<SyncSender<Prefault>>,
}

impl Prefaulter {
    /// Starts the thread; with no region to have ahead there is none.
    pub(crate) fn start(regions: usize) -> io::Result<Self> {
        if regions == 0 {
            return Ok(Self { regions, sender: None });
        }
        let (sender, receiver) = sync_channel::<Prefault>(QUEUED_MAX);
        thread::Builder::new().name("carrier-prefault".into()).spawn(move || {
            // What cannot be backed now will be as it is written.
            receiver.into_iter().all(Prefault::populate)
        })?;
        Ok(Self { regions, sender: Some(sender) })
    }

    /// Takes what `upcoming` tells of, given how many regions are to be ahead, until there is no
    /// more. What finds the thread busy is dropped, and backed as it is written.
    #[inline]
    pub(crate) fn follow(&mut self, mut upcoming: impl FnMut(usize) -> Option<Prefault>) {
        let Some(sender) = &self.sender else { return };
        while let Some(region) = upcoming(self.regions) {
            if let Err(TrySendError::Disconnected(_)) = sender.try_send(region) {
                self.sender = None;
                return;
            }
        }
    }
}

/// Regions that wait for the thread.
const QUEUED_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use kvstore::{HashKey, Namespace, PutOptions, Shard, ShardConfig, Text};
    use std::sync::Arc;

    #[test]
    fn a_shard_has_as_many_regions_ahead_as_it_is_to_have() {
        let config = ShardConfig::new(Arc::new(HashKey::new([1, 2])));
        let reservation_bytes = 16 << 20;
        let mut shard = Shard::new(ShardConfig { reservation_bytes, ..config }).unwrap();
        let mut prefaulter = Prefaulter::start(3).unwrap();
        prefaulter.follow(|regions| shard.upcoming(regions));
        assert_eq!(shard.figures().spare_regions, 0, "nothing is written yet");
        for number in 0..500_u32 {
            let bytes = number.to_le_bytes();
            let key = shard.key(&bytes);
            let text = Text::Bytes(&[b'v'; 2000]);
            shard.put_string(Namespace(0), key, text, PutOptions::default(), 0).unwrap();
            prefaulter.follow(|regions| shard.upcoming(regions));
        }
        let ahead = shard.figures();
        assert!((2..=3).contains(&ahead.spare_regions), "{ahead:?}");
        let mut none = Prefaulter::start(0).unwrap();
        none.follow(|_| unreachable!("nobody asks for regions"));
    }
}
