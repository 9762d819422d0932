//! The servers of a comparison: children that can be started anew, or addresses of running ones.

use std::net::SocketAddr;

use carrier_peers::{Error, Launch, Program, Running};

use crate::options::OptionsError;

/// A server.
#[derive(Debug)]
pub struct Server {
    /// For a person: how it was started, or where it is.
    pub label: String,
    address: SocketAddr,
    child: Option<(Launch, Running)>,
}

impl Server {
    /// One that runs already. It is emptied again and again.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { label: address.to_string(), address, child: None }
    }

    /// Starts one, which ends with the value, or with the thread that calls.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(label: &str, launch: Launch) -> Result<Self, Error> {
        let launch = launch.tied();
        let running = launch.start()?;
        let address = running.address();
        Ok(Self { label: label.to_owned(), address, child: Some((launch, running)) })
    }

    /// Starts a redis-server of the version that Carrier follows.
    ///
    /// # Errors
    ///
    /// There is none, or one of another version.
    pub fn redis() -> Result<Self, OptionsError> {
        // It sweeps expired keys every hundredth of a second.
        let launch = Launch::of(Program::Redis)?.args(["--hz", "100"]);
        let version = Program::Redis.version().unwrap_or_default();
        match version.contains(" v=7.0.") {
            true => Ok(Self::start("redis-server", launch)?),
            false => Err(OptionsError::Version(version)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a child anew, on another port.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn restart(&mut self) -> Result<(), Error> {
        if let Some((launch, running)) = &mut self.child {
            *running = launch.start()?;
            self.address = running.address();
        }
        Ok(())
    }

    /// Whether it is a child that has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|(_, running)| !running.runs())
    }

    /// What a child wrote.
    #[must_use]
    pub fn log(&self) -> String {
        self.child.as_ref().map(|(_, running)| running.log()).unwrap_or_default()
    }
}
