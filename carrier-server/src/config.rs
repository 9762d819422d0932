//! What the server is told to do, checked as a whole before anything starts.
//!
//! A TOML file is read into [`file`]'s shape, which knows keys and places; the command line is
//! laid over it; what comes out is a [`Config`], which knows neither.

mod file;
mod memory;
mod size;

pub use file::{ConfigError, Place};
pub use memory::Memory;
pub use size::parse_size;

use crate::password::Password;
use crate::socket::Address;
use kvstore::Policy;
use std::fmt::Write as _;
use std::path::PathBuf;
use zvm::Access;

/// A complete and consistent configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Where and how clients connect; at least one.
    pub networks: Vec<Network>,
    /// Threads of the fused layout, and shards; at least 1.
    pub threads: usize,
    /// How roles are spread over threads.
    pub layout: Layout,
    /// Threads that parse and reply in the staged layout; `None`: by the number of cores.
    pub parsers: Option<usize>,
    /// Threads that own shards in the staged layout; `None`: by the number of cores.
    pub workers: Option<usize>,
    /// Whether each thread is pinned to a core of its own.
    pub pin_threads: bool,
    /// How much memory the data may take, and what happens beyond it.
    pub memory: Memory,
    /// The directory of further commands.
    pub commands: Option<PathBuf>,
    /// What is logged.
    pub log_level: LogLevel,
    /// The password that clients of the Redis protocol have to give first; `None`: none.
    pub password: Option<Password>,
    /// What clients may ask for at most.
    pub limits: Limits,
    /// What tests want to be otherwise.
    #[doc(hidden)]
    pub test_switches: TestSwitches,
}

/// What tests want to be otherwise; nothing for anyone else.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TestSwitches {
    /// Rings of the least capacity that there can be.
    pub tiny_rings: bool,
}

/// One place where clients connect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// A name for logs; unique.
    pub name: String,
    /// Where it listens.
    pub address: Address,
    /// What is spoken there.
    pub protocol: NetworkProtocol,
    /// What its clients may do.
    pub access: Access,
}

/// What holds for every client of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// What is spoken there.
    pub(crate) protocol: NetworkProtocol,
    /// What its clients may do.
    pub(crate) access: Access,
}

impl Network {
    /// What holds for its clients.
    pub(crate) const fn terms(&self) -> Terms {
        Terms { protocol: self.protocol, access: self.access }
    }
}

/// What is spoken on a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkProtocol {
    /// Told from a connection's first bytes.
    Auto,
    /// The Redis protocol.
    Drp,
    /// The memcached protocol.
    Dmp,
}

/// How roles are spread over threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// What measures best on this many cores.
    Auto,
    /// Every thread parses, works and replies, on connections and a shard of its own.
    Fused,
    /// Some threads parse and reply, others work.
    Staged,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Failures that need someone.
    Error,
    /// And what may become one.
    Warn,
    /// And the server's own life.
    Info,
    /// And every connection.
    Debug,
}

/// What clients may ask for at most, under Redis' names where Redis has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time.
    pub maxclients: usize,
    /// Bytes of one argument (`proto-max-bulk-len`).
    pub proto_max_bulk_len: usize,
    /// Bytes of an item's value in memcached's protocols (its `-I`).
    pub item_size_max: usize,
    /// Bytes of unsent replies at which a client's requests are not read any more until it has
    /// read some. Clients that send a whole pipeline before they read need room for its replies.
    pub client_output_buffer_pause: usize,
    /// Bytes of unsent replies at which a client is disconnected.
    pub client_output_buffer_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            networks: vec![Network {
                name: "main".to_owned(),
                address: Address::Tcp { host: "127.0.0.1".to_owned(), port: DEFAULT_PORT },
                protocol: NetworkProtocol::Auto,
                access: Access::ALL,
            }],
            threads: available_cores(),
            layout: Layout::Auto,
            parsers: None,
            workers: None,
            pin_threads: false,
            memory: Memory::default(),
            commands: None,
            log_level: LogLevel::Info,
            password: None,
            limits: Limits::default(),
            test_switches: TestSwitches::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            maxclients: 10_000,
            proto_max_bulk_len: 512 * 1024 * 1024,
            item_size_max: 1024 * 1024,
            client_output_buffer_pause: 8 * 1024 * 1024,
            client_output_buffer_limit: 1024 * 1024 * 1024,
        }
    }
}

impl Config {
    /// Reads a configuration from the text of a TOML file. `path` names it in errors.
    ///
    /// # Errors
    ///
    /// The first thing wrong, with the key and the line it stands on.
    pub fn parse(path: &str, text: &str) -> Result<Self, ConfigError> {
        file::parse(path, text)
    }

    /// The configuration as a TOML file that would give it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        for network in &self.networks {
            let _ = writeln!(out, "[[network]]\nname = {}", quoted(&network.name));
            match &network.address {
                Address::Tcp { host, port } => {
                    let _ = writeln!(out, "host = {}\nport = {port}", quoted(host));
                    if !is_loopback(host) && self.password.is_none() {
                        let _ = writeln!(out, "allow_without_authentication = true");
                    }
                }
                Address::Unix(path) => {
                    let _ = writeln!(out, "unix = {}", quoted(&path.display().to_string()));
                }
            }
            let protocol = format!("{:?}", network.protocol).to_lowercase();
            let rights = Access::NAMES.iter().filter(|(_, right)| network.access.contains(*right));
            let rights: Vec<&str> = rights.map(|(name, _)| *name).collect();
            let _ = writeln!(out, "protocol = {protocol:?}\naccess = {rights:?}\n");
        }
        let layout = format!("{:?}", self.layout).to_lowercase();
        let _ = writeln!(out, "[runtime]\nthreads = {}\nlayout = {layout:?}", self.threads);
        for (key, count) in [("parsers", self.parsers), ("workers", self.workers)] {
            if let Some(count) = count {
                let _ = writeln!(out, "{key} = {count}");
            }
        }
        let _ = writeln!(out, "pin_threads = {}\n\n[memory]", self.pin_threads);
        if let Some(bytes) = self.memory.soft_stay_under {
            let _ = writeln!(out, "soft_stay_under = \"{bytes}\"");
        }
        let _ = writeln!(out, "precache_multiplier = {}", self.memory.precache_multiplier);
        out.push_str(&lru_table(self.memory.policy));
        if let Some(directory) = &self.commands {
            let directory = quoted(&directory.display().to_string());
            let _ = writeln!(out, "\n[commands]\ndirectory = {directory}");
        }
        if let Some(password) = &self.password {
            let _ = writeln!(out, "\n[auth]\nrequirepass_sha256 = \"{password}\"");
        }
        let level = format!("{:?}", self.log_level).to_lowercase();
        let _ = writeln!(out, "\n[log]\nlevel = {level:?}\n\n[limits]");
        let _ = writeln!(out, "maxclients = {}", self.limits.maxclients);
        let _ = writeln!(out, "proto_max_bulk_len = \"{}\"", self.limits.proto_max_bulk_len);
        let _ = writeln!(out, "item_size_max = \"{}\"", self.limits.item_size_max);
        let pause = self.limits.client_output_buffer_pause;
        let _ = writeln!(out, "client_output_buffer_pause = \"{pause}\"");
        let limit = self.limits.client_output_buffer_limit;
        let _ = writeln!(out, "client_output_buffer_limit = \"{limit}\"");
        out
    }
}

/// The table of a policy.
fn lru_table(policy: Policy) -> String {
    let (enable, rest) = match policy {
        Policy::Snlru { levels } => (true, format!("mode = \"SNLRU\"\nsnlru_levels = {levels}\n")),
        Policy::RandomMemory => (true, "mode = \"RANDOM_MEMORY\"\n".to_owned()),
        Policy::Random => (true, "mode = \"RANDOM\"\n".to_owned()),
        _ => (false, String::new()),
    };
    format!("\n[lru]\nenable = {enable}\n{rest}")
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Whether only this machine can reach a host.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The port without any configuration.
pub const DEFAULT_PORT: u16 = 64175;
