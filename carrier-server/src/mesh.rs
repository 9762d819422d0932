//! One thread's ends of the rings: its own inbox, and a sender to every other thread.
//!
//! ```text
//!            Work(batch)                    Done(batch)
//!  thread A ------------> ring of thread B ------------> ring of thread A
//!           plain slot                      reserved slot
//! ```
//!
//! A full ring of a peer is backpressure: the batch stays open here and connections are not read
//! until it is gone (invariant 7). Coming home cannot fail: every batch holds a reserved slot of
//! the ring it returns to.

use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::socket::Stream;
use crate::config::NetworkProtocol;
use loopy_ring::{Consumer, Parked, Permit, Producer, Reserved};
use mio::Waker;
use std::io;
use std::sync::Arc;

/// What a thread finds in its ring.
#[derive(Debug)]
pub(crate) enum Message {
    /// Requests for this thread's shard.
    Work(Box<Batch>),
    /// Requests of this thread's connections, answered.
    Done(Box<Batch>),
    /// A connection that is this thread's from now on.
    Connection(Stream, NetworkProtocol),
}

/// A batch on its way home.
struct Returning(Box<Batch>);

impl From<Returning> for Message {
    fn from(batch: Returning) -> Self {
        Self::Done(batch.0)
    }
}

/// The rings as one thread holds them.
#[derive(Debug)]
pub(crate) struct Mesh {
    me: usize,
    inbox: Consumer<Message>,
    peers: Vec<Peer>,
    /// The thread that hosts each shard.
    hosts: Arc<[usize]>,
    pool: Vec<Box<Batch>>,
    /// Whether this thread is marked as sleeping in its ring.
    parked: bool,
}

/// The way to one thread; the way to oneself is never used.
#[derive(Debug)]
struct Peer {
    producer: Producer<Message>,
    waker: Arc<Waker>,
    open: Option<Box<Batch>>,
    /// Whether something was published since the last wake-up.
    published: bool,
}
