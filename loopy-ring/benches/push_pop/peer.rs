//! Other queues, as the benchmark uses them: bounded, one item at a time, refusing when full.

use std::sync::{Arc, mpsc};

use crossbeam_queue::ArrayQueue;

/// A queue of numbers, to be used from several threads.
pub(crate) trait Peer {
    /// Its crate.
    const NAME: &str;
    /// The end that items go in, one for each producer.
    type Sender: Clone + Send;
    /// The end that items come out.
    type Receiver;

    /// A queue with room for so many.
    fn new(slots: usize) -> (Self::Sender, Self::Receiver);

    /// Puts an item in, unless the queue is full.
    fn try_send(sender: &Self::Sender, item: u64) -> bool;

    /// Takes one out, if there is one.
    fn try_receive(receiver: &mut Self::Receiver) -> Option<u64>;
}

macro_rules! peers {
    ($($peer:ident $name:literal $sender:ty, $receiver:ty, $new:expr;)*) => {$(
        pub(crate) struct $peer;

        impl Peer for $peer {
            const NAME: &str = $name;
            type Sender = $sender;
            type Receiver = $receiver;

            fn new(slots: usize) -> (Self::Sender, Self::Receiver) {
                $new(slots)
            }

            #[inline]
            fn try_send(sender: &Self::Sender, item: u64) -> bool {
                sender.try_send(item).is_ok()
            }

            #[inline]
            fn try_receive(receiver: &mut Self::Receiver) -> Option<u64> {
                receiver.try_recv().ok()
            }
        }
    )*};
}

peers! {
    Crossbeam "crossbeam-channel"
        crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>,
        crossbeam_channel::bounded;
    Std "std-mpsc" mpsc::SyncSender<u64>, mpsc::Receiver<u64>, mpsc::sync_channel;
    Flume "flume" flume::Sender<u64>, flume::Receiver<u64>, flume::bounded;
    Thingbuf "thingbuf"
        thingbuf::mpsc::blocking::Sender<u64>, thingbuf::mpsc::blocking::Receiver<u64>,
        thingbuf::mpsc::blocking::channel;
}

/// crossbeam's queue without the channel around it.
pub(crate) struct Array;

impl Peer for Array {
    const NAME: &str = "array_queue";
    type Sender = Arc<ArrayQueue<u64>>;
    type Receiver = Arc<ArrayQueue<u64>>;

    fn new(slots: usize) -> (Self::Sender, Self::Receiver) {
        let queue = Arc::new(ArrayQueue::new(slots));
        (Arc::clone(&queue), queue)
    }

    #[inline]
    fn try_send(sender: &Self::Sender, item: u64) -> bool {
        sender.push(item).is_ok()
    }

    #[inline]
    fn try_receive(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.pop()
    }
}

/// Its `try_` calls answer within `Ok` whether they did anything.
pub(crate) struct Kanal;

impl Peer for Kanal {
    const NAME: &str = "kanal";
    type Sender = kanal::Sender<u64>;
    type Receiver = kanal::Receiver<u64>;

    fn new(slots: usize) -> (Self::Sender, Self::Receiver) {
        kanal::bounded(slots)
    }

    #[inline]
    fn try_send(sender: &Self::Sender, item: u64) -> bool {
        sender.try_send(item).is_ok_and(|sent| sent)
    }

    #[inline]
    fn try_receive(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.try_recv().ok().flatten()
    }
}
