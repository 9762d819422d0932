//! `cargo xtask history`: what concurrent clients see, checked for strict serializability.

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What to pass on to carrier-history.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct History {
    /// Plant a fault in the server: then the run succeeds when it is found.
    #[arg(long, value_enum)]
    planted: Option<Fault>,
    /// Give the server the smallest rings that can work.
    #[arg(long)]
    tiny_rings: bool,
    /// carrier-history's own flags, such as --seconds 60 --workload bank; --help lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// A fault that the server has when it is built for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Fault {
    /// Shards see transactions in several orders, and wait for each other.
    Order,
    /// Shards write before all have arrived.
    Arrival,
    /// Watched keys may change.
    Watch,
}

impl History {
    /// Half a minute, as the checks run it: three seconds for each workload at two and at three
    /// threads.
    pub(crate) fn short() -> Self {
        Self { planted: None, tiny_rings: false, arguments: vec!["--seconds".into(), "3".into()] }
    }

    /// Builds the server and the clients, optimised, and runs the latter.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let build = || workspace.cargo().args(["build", "--locked", "--release"]);
        build().args(["--package", "carrier-history"]).run()?;
        let built = workspace.target.join("release");
        let tool = Tool::new(built.join("carrier-history"), &workspace.root);
        if self.arguments.iter().any(|word| word == "--redis" || word.starts_with("--at")) {
            return tool.args(&self.arguments).run();
        }
        let server = ["--package", "carrier-server"];
        let tool = tool.args(self.tiny_rings.then_some("--pass=--tiny-rings"));
        let Some(fault) = self.planted else {
            build().args(server).run()?;
            let tool = tool.arg("--server").arg(built.join("carrier-server"));
            return tool.args(&self.arguments).run();
        };
        // Elsewhere, so that nobody takes this server for the real one.
        let target = workspace.target.join("planted");
        let build = build().args(server).args(["--features", "planted-faults"]);
        build.arg("--target-dir").arg(&target).run()?;
        let tool = tool.arg("--server").arg(target.join("release/carrier-server"));
        let tool = tool.env("CARRIER_PLANTED", fault.name()).args(["--patience", "5"]);
        match tool.args(&self.arguments).run() {
            Err(Error::Ended { code: Some(1), .. }) => Ok(()),
            Ok(()) => Err(Error::NotFound { fault: fault.name() }),
            failed => failed,
        }
    }
}

impl Fault {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
