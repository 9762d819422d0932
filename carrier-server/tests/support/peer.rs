//! The servers that ours is compared with: redis-server 7.0 and memcached, where installed.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;

use super::client::Client;
use super::process::Process;
use super::summary;

/// A running server that ours is compared with.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Peer {
    /// Starts a redis-server 7.0. Without one, says in the summary that `what` was not compared.
    pub(crate) fn redis(what: &str) -> Option<Self> {
        let version = version_of("redis-server", "--version");
        if !version.as_deref().is_some_and(|line| line.contains("v=7.0.")) {
            return missing(what, "redis-server 7.0", version);
        }
        Some(start(|port| {
            let mut command = Command::new("redis-server");
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
            command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
            (command, "Ready to accept connections")
        }))
    }

    /// Starts a memcached. Without one, says in the summary that `what` was not compared.
    pub(crate) fn memcached(what: &str) -> Option<Self> {
        let version = version_of("memcached", "--version");
        if version.is_none() {
            return missing(what, "memcached", version);
        }
        Some(start(|port| {
            let mut command = Command::new("memcached");
            command.args(["-l", "127.0.0.1", "-p", &port.to_string(), "-U", "0", "-vv"]);
            if rustix::process::geteuid().is_root() {
                command.args(["-u", "root"]);
            }
            (command, "server listening")
        }))
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }
}

/// Whether a missing peer is a failure: it is where `CARRIER_REQUIRE_PEERS` is set.
fn required() -> bool {
    std::env::var_os("CARRIER_REQUIRE_PEERS").is_some_and(|value| value != "0")
}

fn missing(what: &str, peer: &str, found: Option<String>) -> Option<Peer> {
    let found = found.map_or(String::new(), |version| format!(" (found: {})", version.trim()));
    assert!(!required(), "{what}: {peer} is not installed{found}");
    summary(&format!("{what}: not compared, {peer} is not installed{found}"));
    None
}

fn version_of(program: &str, flag: &str) -> Option<String> {
    let output = Command::new(program).arg(flag).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// Starts a server that must be told its port. Another process may take the port that was found
/// free before the server does; then there is another one.
fn start(command: impl Fn(u16) -> (Command, &'static str)) -> Peer {
    for _ in 0..ATTEMPTS_MAX {
        let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = probe.local_addr().expect("a bound socket has an address");
        drop(probe);
        let (mut command, ready) = command(address.port());
        let process = Process::spawn(&mut command).expect("it was there to say its version");
        if process.wait_for_line(|line| line.contains(ready).then_some(())).is_some() {
            return Peer { process, address };
        }
    }
    panic!("no peer started in {ATTEMPTS_MAX} attempts");
}

const ATTEMPTS_MAX: usize = 10;
