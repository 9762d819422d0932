//! What the integration tests share: servers to talk to, a client, a reference and a generator.
#![allow(dead_code, reason = "every test file includes all of this and uses a part")]

pub(crate) mod client;
pub(crate) mod generate;
pub(crate) mod peer;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod reference;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod transcript;

/// Writes a line of the summary, past the capture of the output of passing tests.
pub(crate) fn summary(line: &str) {
    use std::io::Write as _;
    // Nothing is lost with a line that a closed terminal does not take.
    let _ = writeln!(std::io::stderr().lock(), "     Summary {line}");
}
