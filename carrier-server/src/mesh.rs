//! One thread's ends of the rings: its own inbox, and a way to every other thread.
//!
//! ```text
//!            Work(batch)                    Done(batch)
//!  thread A ------------> ring of thread B ------------> ring of thread A
//!           plain slot                      reserved slot
//! ```
//!
//! A full ring of a peer is backpressure: the batch stays open here, and once it is large nothing
//! more is parsed until it is gone (invariant 7). Coming home cannot fail: every batch carries the
//! permit for a reserved slot of the ring it returns to. Nor can a message of a transaction: each
//! thread has slots of its own in every ring for as many as it may have out.

use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::config::{Terms, TestSwitches};
use crate::request::ConnectionKey;
use crate::socket::Stream;
use crate::transaction::{self, Transaction};
use crate::unfinished::LateReply;
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
    /// The reply of a program that took several turns, to a request of this thread's connections.
    Late(Box<LateReply>),
    /// A transaction has its turn on this thread's shard: the number of the part that it is there.
    Turn(Arc<Transaction>, usize),
    /// That part goes on.
    GoOn(Arc<Transaction>, usize),
    /// All parts of a transaction of this thread have ended.
    Finished(Arc<Transaction>),
    /// Nobody reads the replies any more that a thread's connection waits for.
    Gone(usize, ConnectionKey),
    /// A connection that is this thread's from now on.
    Connection(Stream, Terms),
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Done(batch) => Some(batch.permit()),
            _ => None,
        }
    }
}

/// The rings as one thread holds them.
#[derive(Debug)]
pub(crate) struct Mesh {
    me: usize,
    inbox: Consumer<Message>,
    /// The slots for transactions in all rings.
    permits: TransactionPermits,
    /// Turns of transactions in the own ring that were put there by this thread.
    own_turns: usize,
    /// The way to each thread; the one to this thread itself is for transactions.
    peers: Vec<Peer>,
    /// The thread that hosts each shard.
    hosts: Arc<[usize]>,
    /// The shard that this thread hosts.
    own_shard: Option<usize>,
    /// Batches at home. With those that are open or away: [`batches_out`] of the threads.
    #[expect(clippy::vec_box, reason = "they cross rings boxed and come back as they are")]
    pool: Vec<Box<Batch>>,
    /// Whether an open batch may have grown large.
    large: bool,
    /// Whether a ring has refused a batch that can take nothing more.
    congested: bool,
    /// Whether open batches take nothing more, because the commands have changed.
    closed: bool,
}

#[derive(Debug)]
struct Peer {
    producer: Producer<Message>,
    waker: Arc<Waker>,
    /// The batch that is being filled for that thread.
    open: Option<Box<Batch>>,
    /// Whether something was published since it was last notified.
    published: bool,
}

impl Mesh {
    /// The ends that thread `me` holds, of rings to all threads in order.
    pub(crate) fn new(
        me: usize,
        inbox: Consumer<Message>,
        ways: Vec<(Producer<Message>, Arc<Waker>)>,
        hosts: Arc<[usize]>,
        permits: TransactionPermits,
        (catalog, switches): (&Arc<Catalog>, TestSwitches),
    ) -> Self {
        let returns = std::iter::from_fn(|| inbox.try_reserve(1));
        let pool = returns
            .take(batches_out(ways.len(), switches))
            .map(|permit| Box::new(Batch::new(me, Arc::clone(catalog), permit)))
            .collect();
        let peers = ways
            .into_iter()
            .map(|(producer, waker)| Peer { producer, waker, open: None, published: false })
            .collect();
        let own_shard = hosts.iter().position(|&host| host == me);
        Self {
            me,
            inbox,
            permits,
            own_turns: 0,
            peers,
            hosts,
            own_shard,
            pool,
            large: false,
            congested: false,
            closed: false,
        }
    }

    /// Which thread this is.
    pub(crate) const fn thread(&self) -> usize {
        self.me
    }

    /// The shard that this thread hosts.
    pub(crate) const fn own_shard(&self) -> Option<usize> {
        self.own_shard
    }

    /// Whether the shard is another thread's.
    pub(crate) fn is_remote(&self, shard: usize) -> bool {
        self.own_shard != Some(shard)
    }

    /// Whether one more request can be taken, whatever shards it goes to.
    pub(crate) fn has_room(&self) -> bool {
        self.peers.len() == 1 || (!self.congested && self.pool.len() >= self.peers.len())
    }

    /// The batch for a remote shard. Ask [`has_room`](Self::has_room) once before each request.
    pub(crate) fn batch_for(&mut self, shard: usize, catalog: &Arc<Catalog>) -> &mut Batch {
        let host = self.hosts.get(shard).copied().unwrap_or(0);
        let pool = &mut self.pool;
        let peer = &mut self.peers[host];
        let batch = peer.open.get_or_insert_with(|| {
            let mut batch = pool.pop().expect("has_room was true, so a batch is at home");
            if !Arc::ptr_eq(&batch.catalog, catalog) {
                batch.catalog = Arc::clone(catalog);
            }
            batch
        });
        self.large |= batch.is_large();
        batch
    }

    /// Publishes the open batches that have grown large, so that others begin with them.
    pub(crate) fn publish_large(&mut self) {
        if !self.large {
            return;
        }
        self.large = false;
        for peer in &mut self.peers {
            if peer.open.as_ref().is_some_and(|batch| batch.is_large()) {
                peer.publish();
                self.congested |= peer.open.is_some();
            }
        }
    }

    /// Publishes all open batches and wakes the threads that sleep. What a full ring refuses
    /// stays open for the next turn.
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        self.congested = false;
        for peer in &mut self.peers {
            peer.publish();
            let kept = peer.open.as_ref();
            self.congested |= kept.is_some_and(|batch| self.closed || batch.is_large());
            peer.wake()?;
        }
        self.closed &= self.congested;
        Ok(())
    }

    /// Adds nothing more to batches that a full ring has kept here: they are bound to commands
    /// that are not in force any more.
    pub(crate) fn close_batches(&mut self) {
        self.closed = self.is_stuck();
        self.congested |= self.closed;
    }

    /// Whether some batch could not be published.
    pub(crate) fn is_stuck(&self) -> bool {
        self.peers.iter().any(|peer| peer.open.is_some())
    }

    /// Sends an answered batch home.
    pub(crate) fn send_home(&mut self, batch: Box<Batch>) {
        let peer = &mut self.peers[batch.home];
        let pushed = peer.producer.push_carrying(Message::Done(batch));
        debug_assert!(pushed.is_ok(), "a batch holds the permit for its way home");
        peer.published = true;
    }

    /// Sends the reply of a program that took several turns to the thread that waits for it.
    ///
    /// # Errors
    ///
    /// The reply, where that thread's ring is full. Threads take from their rings whatever else
    /// they wait for, so there will be room.
    pub(crate) fn send_late(&mut self, late: LateReply) -> Result<(), LateReply> {
        let peer = &mut self.peers[late.home.unwrap_or(self.me)];
        match peer.producer.push(Message::Late(Box::new(late))) {
            Ok(()) => {
                peer.published = true;
                Ok(())
            }
            Err(loopy_ring::Full(Message::Late(late))) => Err(*late),
            Err(_) => unreachable!("a ring hands back what it was given"),
        }
    }

    /// The thread that hosts a shard.
    pub(crate) fn host(&self, shard: usize) -> usize {
        self.hosts.get(shard).copied().unwrap_or(0)
    }

    /// Publishes all open batches, and tells whether none is left.
    pub(crate) fn publish_all(&mut self) -> bool {
        self.peers.iter_mut().for_each(Peer::publish);
        !self.is_stuck()
    }

    /// Sends what concerns a transaction to a thread. Its coordinator may have no more out than
    /// [`transaction::out_max`] says.
    pub(crate) fn send_transaction(&mut self, thread: usize, message: Message) {
        let sender = match &message {
            Message::Turn(one, _) | Message::GoOn(one, _) | Message::Finished(one) => one.home,
            _ => self.me,
        };
        if thread == self.me && matches!(message, Message::Turn(..)) {
            self.own_turns += 1;
        }
        let permit = &self.permits[sender][thread];
        let peer = &mut self.peers[thread];
        let pushed = peer.producer.push_reserved(message, permit);
        debug_assert!(pushed.is_ok(), "a transaction has one slot in each ring");
        peer.published |= thread != self.me;
    }

    /// Whether the own ring holds transactions of this thread that have not had their turn here.
    pub(crate) const fn has_own_turns(&self) -> bool {
        self.own_turns > 0
    }

    /// Wakes a thread, if it sleeps.
    pub(crate) fn wake(&self, thread: usize) -> io::Result<()> {
        let peer = &self.peers[thread];
        if peer.producer.notify() { peer.waker.wake() } else { Ok(()) }
    }

    /// Tells all threads that a connection's client is gone. Those whose rings are full do some
    /// work for nobody.
    pub(crate) fn send_gone(&mut self, key: ConnectionKey) {
        for (thread, peer) in self.peers.iter_mut().enumerate() {
            if thread != self.me {
                let gone = Message::Gone(self.me, key);
                peer.published |= peer.producer.push(gone).is_ok();
            }
        }
    }

    /// Hands a connection to another thread.
    ///
    /// # Errors
    ///
    /// The connection, where that thread's ring is full.
    pub(crate) fn send_connection(
        &mut self,
        thread: usize,
        stream: Stream,
        terms: Terms,
    ) -> Result<(), Stream> {
        let peer = &mut self.peers[thread];
        match peer.producer.push(Message::Connection(stream, terms)) {
            Ok(()) => {
                peer.published = true;
                Ok(())
            }
            Err(loopy_ring::Full(Message::Connection(stream, _))) => Err(stream),
            Err(_) => unreachable!("a ring hands back what it was given"),
        }
    }

    /// Takes a batch that came home back into the pool.
    pub(crate) fn recycle(&mut self, mut batch: Box<Batch>) {
        batch.clear();
        self.pool.push(batch);
    }

    /// The next message.
    pub(crate) fn receive(&mut self) -> Option<Message> {
        let message = self.inbox.pop()?;
        if matches!(&message, Message::Turn(transaction, _) if transaction.home == self.me) {
            self.own_turns -= 1;
        }
        Some(message)
    }

    /// Announces that this thread is about to sleep. False where messages have come in: it may
    /// not.
    pub(crate) fn park(&mut self) -> bool {
        self.peers.len() == 1 || self.inbox.park() == Parked::MaySleep
    }

    /// Takes the announcement back.
    pub(crate) fn unpark(&mut self) {
        if self.peers.len() > 1 {
            self.inbox.unpark();
        }
    }
}

impl Peer {
    fn publish(&mut self) {
        let Some(batch) = self.open.take() else { return };
        match self.producer.push(Message::Work(batch)) {
            Ok(()) => self.published = true,
            Err(loopy_ring::Full(Message::Work(batch))) => self.open = Some(batch),
            Err(_) => unreachable!("a ring hands back what it was given"),
        }
    }

    fn wake(&mut self) -> io::Result<()> {
        if self.published {
            self.published = false;
            if self.producer.notify() {
                return self.waker.wake();
            }
        }
        Ok(())
    }
}

/// Batches that a thread may have out at a time, among `threads` threads: with `has_room` one for
/// each peer at least.
pub(crate) const fn batches_out(threads: usize, switches: TestSwitches) -> usize {
    match threads {
        0 | 1 => 0,
        _ if switches.tiny_rings => threads,
        _ => 4 * threads,
    }
}

/// For each thread its slots in each ring.
pub(crate) type TransactionPermits = Arc<[Box<[Permit]>]>;

/// Takes the slots for the transactions of all threads in all rings.
pub(crate) fn transaction_permits<'a>(
    rings: impl Iterator<Item = &'a Producer<Message>> + Clone,
    switches: TestSwitches,
) -> TransactionPermits {
    let threads = rings.clone().count();
    let of_thread = |_| {
        let own =
            rings.clone().map(|ring| ring.try_reserve(transaction::out_max(threads, switches)));
        own.map(|permit| permit.expect("capacity() reserves them for each thread")).collect()
    };
    (0..threads).map(of_thread).collect()
}

/// Slots of each ring: every batch of this thread may be on its way home, and every transaction of
/// any thread on its way here, while every other thread's batches and some connections are.
pub(crate) const fn capacity(threads: usize, switches: TestSwitches) -> loopy_ring::Capacity {
    let transactions = threads * transaction::out_max(threads, switches);
    let reserved = batches_out(threads, switches) + transactions;
    let plain = match switches.tiny_rings {
        true => 1,
        false if threads < PLAIN_MIN => PLAIN_MIN,
        false => threads,
    };
    let slots = (reserved + plain).next_power_of_two();
    // What is rounded up is plain, but for the least that there can be.
    let reserved = if switches.tiny_rings { slots - 1 } else { reserved };
    loopy_ring::Capacity { slots, reserved }
}

/// Plain slots of a ring at least.
const PLAIN_MIN: usize = 64;
