//! `carrier-load`: exit code 0 if all replies were right, 1 if one was not, 2 for a wrong option,
//! 130 if the user ended the run.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "the result of a run is its output")]

use std::io::{self, Write};
use std::process::ExitCode;

use carrier_load::{Failure, Options};
use clap::Parser;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{}", one_line(&error.to_string()));
            return ExitCode::from(USAGE);
        }
    };
    let plan = match options.plan() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(USAGE);
        }
    };
    match plan.run() {
        // Whoever closed the output does not want the rest of it.
        Ok(report) => {
            let is_interrupted = report.is_interrupted();
            let _ = match options.wants_json() {
                true => writeln!(io::stdout(), "{}", report.to_json()),
                false => write!(io::stdout(), "{report}"),
            };
            if is_interrupted { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS }
        }
        Err(Failure::Interrupted) => {
            eprintln!("error: {}", Failure::Interrupted);
            ExitCode::from(INTERRUPTED)
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// What is wrong, without the lines of usage and advice behind it.
fn one_line(message: &str) -> String {
    let lines = message.lines().take_while(|line| !line.is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

const USAGE: u8 = 2;
/// What shells report of a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;
