//! The one door: `cargo xtask <command>`.
//!
//! `flags.rs` names the commands; each has a file of its own. What a person runs here is what the
//! checks of the project run: there is no second script.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a command finds out is its output")]

mod bench;
mod ci;
mod clients;
mod codegen;
mod commands;
mod compare;
mod counts;
mod error;
mod flags;
mod fuzz;
mod history;
mod loom;
mod tally;
mod tidy;
mod tool;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::flags::Flags;

fn main() -> ExitCode {
    match Flags::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
