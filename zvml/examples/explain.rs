//! Compiles a file and prints its programs, or what is wrong with it:
//! `cargo run -p zvml --example explain -- file.zvml [tokens|expanded|syntax|passes|ir|program]`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else {
        eprintln!("usage: explain file.zvml [tokens|expanded|syntax|passes|ir|program]");
        return ExitCode::FAILURE;
    };
    let stage = match args.next().as_deref() {
        Some("tokens") => zvml::Stage::Tokens,
        Some("expanded") => zvml::Stage::Expanded,
        Some("syntax") => zvml::Stage::Syntax,
        Some("passes") => zvml::Stage::Passes,
        Some("ir") => zvml::Stage::Ir,
        _ => zvml::Stage::Program,
    };
    let source = match std::fs::read_to_string(&path) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match zvml::explain(&path, &source, stage) {
        Ok(text) => match std::io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(diagnostics) => {
            eprint!("{diagnostics}");
            ExitCode::FAILURE
        }
    }
}
