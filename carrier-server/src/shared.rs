//! What all threads of a server share: read often, written almost never.

use crate::budget::Budget;
use crate::clients::Clients;
use crate::clock::Clock;
use crate::commands::Commands;
use crate::config::Config;
use crate::settings::Settings;
use crate::slow_log::SlowLog;
use crate::stats::Stats;
use kvstore::HashKey;
use loopy_ring::TryLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// The server around the threads.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What it was told to do.
    pub(crate) config: Config,
    /// What of it can change while it runs.
    pub(crate) settings: Settings,
    /// Who is connected.
    pub(crate) clients: Arc<Clients>,
    /// Which requests took long.
    pub(crate) slow_log: SlowLog,
    /// What all shards together may hold.
    pub(crate) budget: Budget,
    /// The commands in force.
    pub(crate) commands: Commands,
    /// Counters of all threads.
    pub(crate) stats: Stats,
    /// The key of the hash that routes and finds keys; fresh in each process.
    pub(crate) hash_key: Arc<HashKey>,
    /// Where transactions get their order.
    pub(crate) order: TryLock,
    /// How many shards there are.
    pub(crate) shards: usize,
    /// When the server started, in milliseconds since the Unix epoch.
    pub(crate) started_ms: u64,
    /// Time since the server started.
    pub(crate) clock: Clock,
    /// The port of the first TCP network, for INFO; 0 without one.
    pub(crate) port: u16,
    /// Identifies this run of the server.
    pub(crate) run_id: String,
    /// The number of the connection taken in last.
    last_connection: AtomicU64,
    /// Set once, when the server is to stop.
    stopping: AtomicBool,
    /// Threads that still have something to answer while stopping.
    busy_threads: AtomicUsize,
    /// Set where a thread has ended before its time, so that no other waits for it.
    broken: AtomicBool,
}

impl Shared {
    /// What the threads of a server with this configuration share.
    pub(crate) fn new(
        config: Config,
        commands: Commands,
        threads: usize,
        shards: usize,
        port: u16,
        random: [u64; 4],
    ) -> Self {
        let [a, b, c, d] = random;
        let memory = &config.memory;
        Self {
            settings: Settings::new(&config),
            clients: Arc::default(),
            slow_log: SlowLog::default(),
            budget: Budget::new(memory.budget_bytes(), memory.policy, shards),
            config,
            commands,
            stats: Stats::new(threads),
            hash_key: Arc::new(HashKey::new([a, b])),
            order: TryLock::new(),
            shards,
            started_ms: Clock::unix_ms(),
            clock: Clock::start(),
            port,
            run_id: format!("{c:016x}{d:016x}{:08x}", std::process::id()),
            last_connection: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            busy_threads: AtomicUsize::new(threads),
            broken: AtomicBool::new(false),
        }
    }

    /// Numbers a connection.
    pub(crate) fn number_connection(&self) -> u64 {
        self.last_connection.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The hash of a key.
    #[inline]
    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        self.hash_key.hash(key)
    }

    /// The shard that owns keys with this hash.
    pub(crate) fn shard_of(&self, hash: u64) -> usize {
        kvstore::route(hash, self.shards)
    }

    /// Tells all threads to stop; they see it when they next wake up.
    pub(crate) fn stop(&self) {
        // Release/Acquire: who sees the flag also sees what happened before it was set.
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the server is to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Notes that one thread has answered all it had to.
    pub(crate) fn finish_thread(&self) {
        self.busy_threads.fetch_sub(1, Ordering::AcqRel);
    }

    /// Notes that a thread has ended before its time: the others cannot serve without it.
    pub(crate) fn give_up(&self) {
        self.broken.store(true, Ordering::Release);
        self.stop();
    }

    /// Whether no thread has anything left to answer, or can answer it.
    pub(crate) fn is_finished(&self) -> bool {
        self.busy_threads.load(Ordering::Acquire) == 0 || self.broken.load(Ordering::Acquire)
    }
}
