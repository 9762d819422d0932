//! `cargo xtask clients`: real clients and programs against a server of ours.
//!
//! What they are and how they are run stands in `clients/`; here a server is started for them.

use carrier_peers::{Launch, Program};
use clap::Args;

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// Which clients to run, and against what.
#[derive(Args, Debug)]
pub(crate) struct Clients {
    /// Run them against this server instead: redis, valkey or memcached. A check that fails there
    /// too is wrong itself.
    #[arg(long)]
    against: Option<String>,
    /// Run this client alone; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Threads of our server.
    #[arg(long, default_value_t = 2)]
    threads: u16,
    /// Show checks that went well too.
    #[arg(long)]
    verbose: bool,
}

impl Clients {
    /// Starts the server, runs `clients/run`, and stops the server.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let (launch, protocol) = self.server(workspace)?;
        let server = launch.tied().start().map_err(Error::Peer)?;
        let address = server.address();
        Tool::new(workspace.root.join("clients").join("run"), &workspace.root)
            .args([address.ip().to_string(), address.port().to_string()])
            .args(protocol.into_iter().flat_map(|protocol| ["--protocol", protocol]))
            .args(self.only.iter().flat_map(|name| ["--only", name]))
            .args(self.verbose.then_some("--verbose"))
            .arg("--work")
            .arg(workspace.target.join("clients"))
            .run()
    }

    /// What to start, and the protocol it speaks if that is one alone.
    fn server(&self, workspace: &Workspace) -> Result<(Launch, Option<&'static str>), Error> {
        let Some(name) = &self.against else {
            workspace.cargo().args(["build", "--locked", "--release"]).run()?;
            let ours = Launch::carrier(workspace.target.join("release").join("carrier-server"));
            return Ok((ours.args(["--threads", &self.threads.to_string()]), None));
        };
        let program = Program::of_name(name).ok_or_else(|| Error::Unknown {
            what: "server",
            name: name.clone(),
            known: Program::ALL.into_iter().map(|program| program.name().to_owned()).collect(),
        })?;
        let protocol = if program.is_memcached() { "memcached" } else { "resp" };
        Ok((Launch::of(program).map_err(Error::Peer)?, Some(protocol)))
    }
}
