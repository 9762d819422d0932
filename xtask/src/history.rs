//! `cargo xtask history`: what concurrent clients see, checked for strict serializability.

use clap::Args;

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What to pass on to carrier-history.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct History {
    /// carrier-history's own flags, such as --seconds 60 --workload bank; --help lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl History {
    /// Half a minute, as the checks run it: three seconds for each workload at two and at three
    /// threads.
    pub(crate) fn short() -> Self {
        Self { arguments: vec!["--seconds".into(), "3".into()] }
    }

    /// Builds the server and the clients, optimised, and runs the latter.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let packages = ["--package", "carrier-server", "--package", "carrier-history"];
        workspace.cargo().args(["build", "--locked", "--release"]).args(packages).run()?;
        let built = workspace.target.join("release");
        let asks_for_another =
            self.arguments.iter().any(|word| word == "--redis" || word.starts_with("--at"));
        let mut tool = Tool::new(built.join("carrier-history"), &workspace.root);
        if !asks_for_another {
            tool = tool.arg("--server").arg(built.join("carrier-server"));
        }
        tool.args(&self.arguments).run()
    }
}
