//! The one door: `cargo xtask <command>`.

mod codegen;

fn main() -> std::process::ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    match codegen::run(check) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
