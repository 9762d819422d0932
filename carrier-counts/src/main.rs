//! `carrier-counts`: runs one named path, so that its instructions can be counted.
//!
//! `list` prints the paths, `run NAME` runs one and prints how many units it ran, `without NAME`
//! does so with what is to be taken off. `cargo xtask counts` calls all three.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "the number of units is the program's output")]

mod measure;
mod path;
mod paths;

use std::process::ExitCode;

use crate::path::{PATHS, Path};

/// The server's, so that what a path allocates costs what it costs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => PATHS.iter().for_each(|path| println!("{path}")),
        ["run", name] => match Path::find(name) {
            Some(path) => println!("{}", (path.run)()),
            None => return refuse(&format!("there is no path `{name}`")),
        },
        ["without", name] => match Path::find(name).and_then(|path| path.without) {
            Some(without) => println!("{}", without()),
            None => return refuse(&format!("nothing is taken off the path `{name}`")),
        },
        _ => return refuse("expected `list`, `run PATH` or `without PATH`"),
    }
    ExitCode::SUCCESS
}

fn refuse(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(2)
}
