//! Our server as a child process on a port that was free.

use std::net::SocketAddr;
use std::process::Command;

use carrier_compare::Client;
use carrier_peers::Process;

/// A running `carrier-server`.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    /// The line that said it accepts.
    pub(crate) ready: String,
}

impl Server {
    /// Starts one with `threads` threads.
    pub(crate) fn with_threads(threads: usize) -> Self {
        Self::with_arguments(&["--threads", &threads.to_string()])
    }

    /// Starts one on a free port of the loopback interface.
    pub(crate) fn with_arguments(arguments: &[&str]) -> Self {
        Self::from_command(Command::new(PROGRAM).args(["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts one with a command that must make it listen on an IP address.
    pub(crate) fn from_command(command: &mut Command) -> Self {
        let process = Process::spawn(command).expect("the server's binary was built");
        let ready = process.wait_for_line(|line| line.contains(READY).then(|| line.to_owned()));
        let Some(ready) = ready else {
            panic!("the server did not start: {}", process.log());
        };
        let address = ready
            .split([' ', ','])
            .find_map(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no address in {ready:?}"));
        Self { process, address, ready }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }
}

/// The path of the server's binary.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_carrier-server");

const READY: &str = "ready on ";
