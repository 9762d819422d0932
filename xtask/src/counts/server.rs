//! What a request costs the server in user space, from the socket back to the socket.
//!
//! The server runs under callgrind twice, `carrier-load` sends it a different number of requests,
//! and what start, preload and end cost is in both. The hash key of the server is another in each
//! run; over so many keys that moves the count by some tenths of a percent.

use carrier_peers::Launch;

use crate::counts::callgrind::Callgrind;
use crate::error::Error;
use crate::tool::Tool;

/// One kind of request, sent in pipelines of one depth over one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerPath {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// As `carrier-load` names them.
    protocol: &'static str,
    mix: &'static str,
    pipeline: u32,
}

impl ServerPath {
    /// All of them.
    pub(super) const ALL: &[Self] = &[
        Self::new("server-get-1", "GET, the whole server, one at a time", "get", 1),
        Self::new("server-get-16", "GET, the whole server, 16 at a time", "get", 16),
        Self::new("server-set-1", "SET, the whole server, one at a time", "set", 1),
        Self::new("server-set-16", "SET, the whole server, 16 at a time", "set", 16),
        Self::memcached("memcached-get-1", "memcached's get, one at a time", "get", 1),
        Self::memcached("memcached-get-16", "memcached's get, 16 at a time", "get", 16),
        Self::memcached("memcached-get-64", "memcached's get, 64 at a time", "get", 64),
        Self::memcached("memcached-set-16", "memcached's set, 16 at a time", "set", 16),
        Self::memcached("memcached-set-64", "memcached's set, 64 at a time", "set", 64),
    ];

    const fn new(name: &'static str, unit: &'static str, mix: &'static str, pipeline: u32) -> Self {
        Self { name, unit, protocol: "resp", mix, pipeline }
    }

    const fn memcached(
        name: &'static str,
        unit: &'static str,
        mix: &'static str,
        pipeline: u32,
    ) -> Self {
        Self { protocol: "memcached", ..Self::new(name, unit, mix, pipeline) }
    }

    /// Instructions per request.
    pub(super) fn count(&self, callgrind: &Callgrind) -> Result<f64, Error> {
        let few = self.serve(callgrind, REQUESTS_FEW)?;
        let many = self.serve(callgrind, REQUESTS_MANY)?;
        Ok((many as f64 - few as f64) / (REQUESTS_MANY - REQUESTS_FEW) as f64)
    }

    /// All instructions of a server that answers so many requests.
    fn serve(&self, callgrind: &Callgrind, requests: u64) -> Result<u64, Error> {
        let output = callgrind.output_of(&format!("{}-{requests}", self.name));
        let mut valgrind = vec!["valgrind".to_owned()];
        valgrind.extend(Callgrind::arguments(&output));
        let mut server = Launch::carrier(callgrind.binary("carrier-server"))
            .args(["--threads", "1"])
            .under(valgrind)
            .tied()
            .start()
            .map_err(Error::Peer)?;
        Tool::new(callgrind.binary("carrier-load"), ".")
            .args(["--port", &server.address().port().to_string(), "--quiet"])
            .args(["--protocol", self.protocol, "--mix", self.mix])
            .args(["--connections", "1", "--keys", KEYS, "--preload"])
            .args(["--pipeline", &self.pipeline.to_string(), "--requests", &requests.to_string()])
            .output()?;
        let line = "carrier-server, asked to end".to_owned();
        let status = server.terminate().map_err(|source| Error::Start { line, source })?;
        if !status.success() {
            return Err(Error::Ended { line: "carrier-server".to_owned(), code: status.code() });
        }
        Callgrind::total(&output)
    }
}

const KEYS: &str = "20000";
const REQUESTS_FEW: u64 = 1_600;
const REQUESTS_MANY: u64 = 41_600;
