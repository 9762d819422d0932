//! A server that runs.

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::family;
use crate::process::Process;

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    name: String,
    process: Process,
    address: SocketAddr,
    ready: String,
}

impl Running {
    pub(crate) fn new(name: String, process: Process, address: SocketAddr, ready: String) -> Self {
        Self { name, process, address, ready }
    }

    /// The short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it accepts connections.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The line with which Carrier said that it accepts; empty for the others.
    #[must_use]
    pub fn ready_line(&self) -> &str {
        &self.ready
    }

    /// The process that was started: the wrapper, where there is one.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The process and its descendants, the oldest first.
    #[must_use]
    pub fn ids(&self) -> Vec<u32> {
        family::processes(self.id())
    }

    /// Nanoseconds that its threads, and those of its children, have run so far.
    #[must_use]
    pub fn cpu_ns(&self) -> u64 {
        self.process.cpu_ns()
    }

    /// Its resident memory and that of its children, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.process.resident_bytes()
    }

    /// The most that it and its children had resident at once each, since the last
    /// [`reset_peak`](Self::reset_peak) or their start, in bytes.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        self.process.peak_bytes()
    }

    /// Makes what is resident now the peak.
    pub fn reset_peak(&self) {
        self.process.reset_peak();
    }

    /// What it wrote to both of its streams so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.process.runs()
    }

    /// The first line from now on for which `find` gives something; none when the output ends
    /// before, or nothing comes for [`PATIENCE`](crate::PATIENCE).
    pub fn wait_for_line<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.process.wait_for_line(find)
    }

    /// Sends a signal; nothing happens where it has ended.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    ///
    /// Those of the system's call for waiting.
    pub fn terminate(&mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Asks the youngest of its processes to end and waits for the oldest: what runs under another
    /// program ends by itself, and that program reports what it has seen.
    ///
    /// # Errors
    ///
    /// Those of the system's call for waiting.
    pub fn terminate_inner(&mut self) -> io::Result<ExitStatus> {
        self.process.signal_inner(Signal::TERM);
        self.wait()
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    ///
    /// Those of the system's call for waiting.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.process.wait()
    }
}
