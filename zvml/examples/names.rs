//! Prints the commands in files, those of templates included, a line each: file, protocol, name.
//! `cargo run -p zvml --example names -- FILE...`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    for path in std::env::args().skip(1) {
        let compiled = std::fs::read_to_string(&path)
            .map_err(|error| format!("{path}: {error}"))
            .and_then(|source| zvml::compile(&path, &source).map_err(|e| e.to_string()));
        let programs = match compiled {
            Ok(programs) => programs,
            Err(message) => {
                eprintln!("{message}");
                return ExitCode::FAILURE;
            }
        };
        for program in programs {
            let protocol = format!("{:?}", program.protocol).to_lowercase();
            // A reader that has seen enough may close the pipe.
            let _ = writeln!(std::io::stdout(), "{path}\t{protocol}\t{}", program.name);
        }
    }
    ExitCode::SUCCESS
}
