//! What the integration tests share: servers to talk to, and recorded conversations.
//! The client is carrier-compare's.
//!
//! Variables of the environment that the tests read:
//!
//! - `CARRIER_SEED`: the seed of what is random, a number or the word `random`.
//! - `CARRIER_SCALE`: how many times more than by default to test.
//! - `CARRIER_REQUIRE_PEERS=1`: a server to compare with that is not installed is a failure.
//! - `CARRIER_RECORD=1`: write the recorded replies anew.
#![allow(dead_code, reason = "every test file includes all of this and uses a part")]

pub(crate) mod peer;
pub(crate) mod scratch;
pub(crate) mod seed;
pub(crate) mod server;
pub(crate) mod transcript;

/// Writes a line of the summary, past the capture of the output of passing tests.
pub(crate) fn summary(line: &str) {
    use std::io::Write as _;
    // Nothing is lost with a line that a closed terminal does not take.
    let _ = writeln!(std::io::stderr().lock(), "     Summary {line}");
}
