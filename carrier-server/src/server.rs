//! A server from its start to its end.

use crate::catalog::Library;
use crate::commands::Commands;
use crate::config::{Config, Terms};
use crate::layout::Plan;
use crate::listener::Listener;
use crate::mesh::{self, Mesh, Message};
use crate::prefault::Prefaulter;
use crate::reactor::{Reactor, Roles, WAKER};
use crate::shard_store::ShardPlace;
use crate::shared::Shared;
use crate::socket::{Acceptor, Address};
use crate::worker::Worker;
use kvstore::{RESERVATION_BYTES_MAX, Shard, ShardConfig};
use loopy_ring::{Consumer, Producer};
use mio::{Poll, Waker};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A running server.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    wakers: Vec<Arc<Waker>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    addresses: Vec<Address>,
}

/// Stops a server from any thread.
#[derive(Debug, Clone)]
pub struct Stopper {
    shared: Arc<Shared>,
    wakers: Vec<Arc<Waker>>,
}

/// Why a server does not start, or ends before it is told to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// A network's address cannot be listened at.
    Listen {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
    /// The system refuses something that a thread needs.
    System {
        /// What.
        what: &'static str,
        /// Why.
        error: io::Error,
    },
}

impl Server {
    /// Starts a server: when this returns, clients can connect.
    ///
    /// # Errors
    ///
    /// The first address or system resource that is not to be had; nothing goes on running.
    pub fn start(config: Config, library: Library) -> Result<Self, ServerError> {
        let plan = Plan::new(&config, available_cores());
        let (sockets, addresses) = listen(&config)?;
        let port = addresses.iter().find_map(|address| match address {
            Address::Tcp { port, .. } => Some(*port),
            Address::Unix(_) => None,
        });
        let threads = plan.threads.len();
        let random = random_words().map_err(system("random numbers"))?;
        let shards = plan.shards();
        let commands = Commands::new(library);
        let shared = Shared::new(config, commands, threads, shards, port.unwrap_or(0), random);
        let shared = Arc::new(shared);
        let reactors = assemble(&plan, &shared, sockets)?;
        let mut server = Self {
            shared: Arc::clone(&shared),
            wakers: reactors.iter().map(|(_, waker)| Arc::clone(waker)).collect(),
            threads: Vec::with_capacity(threads),
            addresses,
        };
        for (index, (reactor, _)) in reactors.into_iter().enumerate() {
            match server.spawn(index, reactor) {
                Ok(thread) => server.threads.push(thread),
                Err(error) => {
                    shared.give_up();
                    server.stopper().stop();
                    // What stopped them is told, not how they stopped.
                    let _ = server.wait();
                    return Err(ServerError::System { what: "a thread", error });
                }
            }
        }
        Ok(server)
    }

    /// Where clients connect, with the ports that the system chose.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// A handle that stops the server.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { shared: Arc::clone(&self.shared), wakers: self.wakers.clone() }
    }

    /// Runs a reactor on a thread of its own.
    fn spawn(&self, index: usize, reactor: Reactor) -> io::Result<JoinHandle<io::Result<()>>> {
        let pin = self.shared.config.pin_threads.then_some(index % available_cores());
        let guard = Guard { stopper: Some(self.stopper()) };
        thread::Builder::new().name(format!("carrier-{index}")).spawn(move || {
            if let Some(core) = pin {
                pin_to(core);
            }
            reactor.run()?;
            guard.disarm();
            Ok(())
        })
    }

    /// Waits until the server has stopped.
    ///
    /// # Errors
    ///
    /// Why a thread ended before it was told to.
    pub fn wait(self) -> Result<(), ServerError> {
        let mut outcome = Ok(());
        for thread in self.threads {
            let ended =
                thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")));
            let ended = ended.map_err(system("its event loop"));
            outcome = outcome.and(ended);
        }
        outcome
    }
}

impl Stopper {
    /// Tells the server to stop: no client is let in any more, what was read is answered, then
    /// [`Server::wait`] returns.
    pub fn stop(&self) {
        self.shared.stop();
        for waker in &self.wakers {
            // A thread that cannot be woken sees the flag when its timers are due.
            let _ = waker.wake();
        }
    }
}

/// Stops the server when its thread ends, by an error or a panic, before it was told to.
struct Guard {
    stopper: Option<Stopper>,
}

impl Guard {
    /// Lets the thread end: it was told to.
    fn disarm(mut self) {
        self.stopper = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(stopper) = &self.stopper {
            stopper.shared.give_up();
            stopper.stop();
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, error } => write!(f, "cannot listen at {address}: {error}"),
            Self::System { what, error } => write!(f, "the system refuses {what}: {error}"),
        }
    }
}

impl std::error::Error for ServerError {}

type Sockets = Vec<(Acceptor, Terms)>;

/// Listens at every network.
fn listen(config: &Config) -> Result<(Sockets, Vec<Address>), ServerError> {
    let mut sockets = Vec::new();
    let mut addresses = Vec::new();
    for network in &config.networks {
        let bound = Acceptor::bind(&network.address).and_then(|acceptor| {
            addresses.push(acceptor.address()?);
            Ok(acceptor)
        });
        let acceptor = bound
            .map_err(|error| ServerError::Listen { address: network.address.clone(), error })?;
        sockets.push((acceptor, network.terms()));
    }
    Ok((sockets, addresses))
}

/// Builds every thread's reactor, with rings between all of them.
fn assemble(
    plan: &Plan,
    shared: &Arc<Shared>,
    sockets: Sockets,
) -> Result<Vec<(Reactor, Arc<Waker>)>, ServerError> {
    let (count, switches) = (plan.threads.len(), shared.config.test_switches);
    let hosts: Arc<[usize]> = plan.hosts().into();
    let mut polls = Vec::with_capacity(count);
    let mut ways: Vec<(Producer<Message>, Arc<Waker>)> = Vec::with_capacity(count);
    let mut inboxes: Vec<Consumer<Message>> = Vec::with_capacity(count);
    for _ in 0..count {
        let poll = Poll::new().map_err(system("an epoll instance"))?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(system("a waker"))?;
        let (producer, consumer) = loopy_ring::ring(mesh::capacity(count, switches))
            .expect("capacity() gives a power of two above what it reserves");
        polls.push(poll);
        ways.push((producer, Arc::new(waker)));
        inboxes.push(consumer);
    }
    let (catalog, _) = shared.commands.current();
    let permits = mesh::transaction_permits(ways.iter().map(|(producer, _)| producer), switches);
    let mut listener = Some(Listener::new(sockets, plan.fronts()));
    let prefaulter =
        Prefaulter::start(shared.config.memory.precache_multiplier).map_err(system("a thread"))?;
    let mut reactors = Vec::with_capacity(count);
    for (index, (poll, inbox)) in polls.into_iter().zip(inboxes).enumerate() {
        let permits = Arc::clone(&permits);
        let hosts = Arc::clone(&hosts);
        let mesh = Mesh::new(index, inbox, ways.clone(), hosts, permits, (&catalog, switches));
        let worker = match plan.threads[index].shard {
            Some(shard) => Some(worker((shard, plan.shards()), shared, prefaulter.clone())?),
            None => None,
        };
        let roles = Roles { listener: listener.take(), worker };
        let reactor = Reactor::new(index, Arc::clone(shared), poll, mesh, roles)
            .map_err(system("a socket's registration"))?;
        reactors.push((reactor, Arc::clone(&ways[index].1)));
    }
    Ok(reactors)
}

/// The owner of the shard with this number, of so many.
fn worker(
    (index, count): (usize, usize),
    shared: &Shared,
    prefaulter: Prefaulter,
) -> Result<Worker, ServerError> {
    let string_len_max = shared.config.limits.proto_max_bulk_len;
    let config = ShardConfig {
        hash_key: Arc::clone(&shared.hash_key),
        budget_bytes: shared.budget.of_shard(),
        policy: shared.config.memory.policy,
        reservation_bytes: memory_bytes().min(RESERVATION_BYTES_MAX),
    };
    let shard = Shard::new(config).map_err(|error| ServerError::System {
        what: "address space for the keys",
        error: io::Error::other(error),
    })?;
    let place = ShardPlace { index, count, string_len_max };
    Ok(Worker::new(place, shard, prefaulter, Arc::clone(&shared.hash_key), shared.clock))
}

fn system(what: &'static str) -> impl Fn(io::Error) -> ServerError {
    move |error| ServerError::System { what, error }
}

fn random_words() -> io::Result<[u64; 4]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*chunk);
    }
    Ok(words)
}

/// Pins the calling thread to one core; without the right to, it stays where it is.
fn pin_to(core: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
        tracing::warn!(%error, core, "a thread could not be pinned");
    }
}

/// The memory of this machine, which no shard can come beyond; where it cannot be told, more than
/// there is.
fn memory_bytes() -> usize {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let unit = u64::from(info.mem_unit.max(1));
        #[allow(clippy::useless_conversion, reason = "as wide as the platform's long")]
        let bytes = u64::from(info.totalram).saturating_mul(unit);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
    #[cfg(not(target_os = "linux"))]
    usize::MAX
}

fn available_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
