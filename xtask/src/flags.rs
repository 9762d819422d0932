//! What the command line may say, typed.

use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::ci::Ci;
use crate::clients::Clients;
use crate::commands::Commands;
use crate::compare::Compare;
use crate::counts::Counts;
use crate::error::Error;
use crate::fuzz::Fuzz;
use crate::history::History;
use crate::workspace::Workspace;
use crate::{codegen, loom, tidy};

/// The one door of the workspace: code generation, checks, fuzzing and benchmarks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Flags {
    #[command(subcommand)]
    command: Command,
}

impl Flags {
    /// Runs the command that was asked for.
    pub(crate) fn run(self) -> Result<(), Error> {
        let workspace = Workspace::load()?;
        match self.command {
            Command::Bench(bench) => bench.run(&workspace),
            Command::Ci(ci) => ci.run(&workspace),
            Command::Clients(clients) => clients.run(&workspace),
            Command::Codegen { check } => codegen::run(check).map_err(Error::Codegen),
            Command::Commands(commands) => commands.run(&workspace),
            Command::Compare(compare) => compare.run(&workspace),
            Command::Counts(counts) => counts.run(&workspace),
            Command::Fuzz(fuzz) => fuzz.run(&workspace),
            Command::History(history) => history.run(&workspace),
            Command::Loom => loom::run(&workspace, &mut Default::default()),
            Command::Tidy => tidy::run(&workspace),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the benchmarks of every crate, or those of one.
    Bench(Box<Bench>),
    /// Run every check of the project in order, or one of them.
    Ci(Ci),
    /// Run real clients and programs against the server and print what each can do.
    Clients(Clients),
    /// Write the files that follow from `zvm/ops/*.toml`.
    Codegen {
        /// Compare them with what is there instead.
        #[arg(long)]
        check: bool,
    },
    /// Write which of Redis 7.0's commands are there to `carrier-server/COMMANDS.md`.
    Commands(Commands),
    /// Send random command sequences to Carrier and to redis-server and compare every reply.
    Compare(Compare),
    /// Count the instructions of key paths and compare them with those in the tree.
    Counts(Counts),
    /// Build all fuzz targets once and run them, or one of them.
    Fuzz(Fuzz),
    /// Let concurrent clients use the server and check what they see for strict serializability.
    History(History),
    /// Run the loom models of every crate that has some.
    Loom,
    /// Check the layers between crates and the rules of the house style.
    Tidy,
}
