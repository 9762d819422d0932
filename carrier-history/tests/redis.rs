//! A server with one thread passes every workload: what is found elsewhere is no fault of checks.

use std::time::Duration;

use carrier_compare::{OptionsError, Server};
use carrier_history::{Clock, Run, Workload};
use clap::ValueEnum as _;

#[test]
fn redis_passes() {
    let server = match Server::redis() {
        Ok(server) => server,
        Err(OptionsError::Server(error)) => {
            let is_required = std::env::var_os("CARRIER_REQUIRE_PEERS").is_some_and(|v| v != "0");
            assert!(!is_required, "{error}");
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    for workload in Workload::value_variants() {
        let run = Run {
            address: server.address(),
            seed: 4,
            clock: Clock::start(),
            time: Duration::from_millis(500),
            patience: carrier_peers::PATIENCE,
            clients: None,
        };
        assert_eq!(workload.missing(&run).expect("it answers"), [""; 0]);
        let outcome = workload.run(&run).expect("it can be used");
        let tally = outcome.unwrap_or_else(|finding| panic!("{}: {finding}", workload.name()));
        assert!(tally.operations > 0);
    }
}
