//! What the command line may say.

use std::net::SocketAddr;
use std::path::PathBuf;

use carrier_compare::{OptionsError, Server};
use carrier_peers::Launch;
use clap::Parser;

use crate::workload::Workload;

/// Concurrent clients use a server, and what they see is checked for strict serializability.
#[derive(Debug, Clone, Parser)]
#[command(name = "carrier-history", version)]
pub struct Options {
    /// Carrier's binary
    #[arg(long, required_unless_present_any = ["redis", "at"])]
    server: Option<PathBuf>,
    /// A redis-server instead, which has one thread: to try the checks themselves
    #[arg(long)]
    redis: bool,
    /// A running server at HOST:PORT instead; it is emptied
    #[arg(long, value_name = "ADDRESS", conflicts_with = "redis")]
    at: Option<SocketAddr>,
    /// Seconds for each workload and server
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Numbers of threads of Carrier to go through
    #[arg(long, value_delimiter = ',', value_name = "N", default_value = "2,3")]
    threads: Vec<u16>,
    /// One more argument for Carrier's server; may be given several times
    #[arg(long = "pass", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pass: Vec<String>,
    /// What the clients' choices follow from [default: random]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only these workloads [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    pub workload: Vec<Workload>,
    /// Seconds that a client waits for a reply before that is a finding
    #[arg(long, default_value_t = 60)]
    pub patience: u64,
    /// Clients, where a workload shall not have its own number
    #[arg(long)]
    pub clients: Option<usize>,
}

impl Options {
    /// The servers, started.
    ///
    /// # Errors
    ///
    /// One cannot be started.
    pub fn servers(&self) -> Result<Vec<Server>, OptionsError> {
        if let Some(address) = self.at {
            return Ok(vec![Server::at(address)]);
        }
        let Some(path) = self.server.as_ref().filter(|_| !self.redis) else {
            return Ok(vec![Server::redis()?]);
        };
        let start = |threads: &u16| {
            let words = [&["--threads".to_owned(), threads.to_string()], &*self.pass].concat();
            Server::start(&words.join(" "), Launch::carrier(path).args(&words))
        };
        Ok(self.threads.iter().map(start).collect::<Result<_, _>>()?)
    }

    /// The command line that does the same again.
    #[must_use]
    pub fn repeat(&self, workload: Workload, label: &str, seed: u64) -> String {
        let pass = self.pass.iter().map(|word| format!(" --pass={word}")).collect::<String>();
        let clients = self.clients.map(|count| format!(" --clients {count}")).unwrap_or_default();
        let threads = label.strip_prefix("--threads ").and_then(|rest| rest.split(' ').next());
        let server = match threads {
            Some(threads) => format!(" --threads {threads}{pass}"),
            None if self.redis => " --redis".to_owned(),
            None => format!(" --at {label}"),
        };
        format!(
            "cargo xtask history --workload {} --seed {seed} --seconds {}{server}{clients}",
            workload.name(),
            self.seconds,
        )
    }
}
