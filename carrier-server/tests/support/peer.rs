//! The servers that ours is compared with: redis-server 7.0 and memcached, where installed.

use std::fmt::Display;
use std::net::SocketAddr;

use carrier_compare::{Client, Server};
use carrier_peers::{Launch, Program};

use super::summary;

/// A running server that ours is compared with. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    _server: Server,
}

impl Peer {
    /// Starts a redis-server 7.0. Without one, says in the summary that `what` was not compared.
    pub(crate) fn redis(what: &str) -> Option<Self> {
        Self::of(what, Server::redis())
    }

    /// Starts a memcached. Without one, says in the summary that `what` was not compared.
    pub(crate) fn memcached(what: &str) -> Option<Self> {
        let launch = Launch::of(Program::Memcached);
        Self::of(what, launch.and_then(|launch| Server::start("memcached", launch)))
    }

    fn of(what: &str, started: Result<Server, impl Display>) -> Option<Self> {
        match started {
            Ok(server) => Some(Self { address: server.address(), _server: server }),
            Err(error) => {
                missing(what, &error);
                None
            }
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }
}

/// Says that `what` was not compared; a failure where `CARRIER_REQUIRE_PEERS` is set.
pub(crate) fn missing(what: &str, reason: &impl Display) {
    let required = std::env::var_os("CARRIER_REQUIRE_PEERS").is_some_and(|value| value != "0");
    assert!(!required, "{what}: {reason}");
    summary(&format!("{what}: not compared, {reason}"));
}
