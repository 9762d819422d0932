//! `cargo xtask compare`: random command sequences against Carrier and redis-server.

use clap::Args;

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What to pass on to carrier-compare.
#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct Compare {
    /// carrier-compare's own flags, such as --seconds 60; --help lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Compare {
    /// A minute, as the checks run it: the same cases each time, so that what fails is what has
    /// changed. Others are for longer runs by hand, which begin at random.
    pub(crate) fn minute() -> Self {
        Self { arguments: ["--seconds", "60", "--seed", "1000000"].map(Into::into).to_vec() }
    }

    /// Builds the server and the comparator, optimised, and runs the latter.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<(), Error> {
        let packages = ["--package", "carrier-server", "--package", "carrier-compare"];
        workspace.cargo().args(["build", "--locked", "--release"]).args(packages).run()?;
        let built = workspace.target.join("release");
        Tool::new(built.join("carrier-compare"), &workspace.root)
            .arg("--server")
            .arg(built.join("carrier-server"))
            .args(&self.arguments)
            .run()
    }
}
