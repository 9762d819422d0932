//! What the programs in this language share: how a check is run, reported and compared.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt::{self, Debug};
use std::process::ExitCode;
use std::time::Duration;

/// What came of a check.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Prints a line for each check, as `../README.md` describes them.
#[derive(Debug)]
pub struct Checks {
    failed: usize,
}

impl Checks {
    /// Begins with the client and the version that the manifest pins.
    #[must_use]
    pub fn new(client: &str, package: &str) -> Self {
        println!("client {client} {}", version(package));
        Self { failed: 0 }
    }

    /// Waits for a check, which fails where it takes too long.
    pub async fn run(&mut self, name: &str, check: impl Future<Output = Outcome>) {
        let outcome = match tokio::time::timeout(CHECK_MAX, check).await {
            Ok(outcome) => outcome,
            Err(late) => Err(late.into()),
        };
        self.report(name, &outcome);
    }

    /// Prints how a check went.
    pub fn report(&mut self, name: &str, outcome: &Outcome) {
        let line = match outcome {
            Ok(()) => format!("ok {name}"),
            Err(error) => match missing(error.as_ref()) {
                Some(command) => format!("missing {name}: {command}"),
                None => {
                    self.failed += 1;
                    format!("FAIL {name}: {error}")
                }
            },
        };
        println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    /// What the program ends with.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Host and port, from the command line.
///
/// # Panics
///
/// They are not there.
#[must_use]
pub fn address() -> (String, u16) {
    let mut words = std::env::args().skip(1);
    let address = words.next().zip(words.next().and_then(|port| port.parse().ok()));
    address.expect("HOST PORT on the command line")
}

/// The server does not have this command, in a protocol whose error does not name it.
#[derive(Debug)]
pub struct Missing(pub &'static str);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server has no {}", self.0)
    }
}

impl Error for Missing {}

/// Fails unless both are equal.
///
/// # Errors
///
/// Tells both.
pub fn same<T: PartialEq<U> + Debug, U: Debug>(got: T, expected: U) -> Outcome {
    if got == expected {
        return Ok(());
    }
    Err(format!("got {}, expected {}", shown(&got), shown(&expected)).into())
}

/// Fails unless the call failed with these words in its error.
///
/// # Errors
///
/// Tells what came instead.
pub fn refused<T: Debug, E: Error>(got: Result<T, E>, says: &str) -> Outcome {
    match got {
        Err(error) if error.to_string().contains(says) => Ok(()),
        Err(error) => Err(format!("got error {error}, expected it to say {says}").into()),
        Ok(got) => Err(format!("got {}, expected an error: {says}", shown(&got)).into()),
    }
}

/// The command that an error says the server does not have.
fn missing(error: &(dyn Error + Send + Sync + 'static)) -> Option<String> {
    if let Some(Missing(command)) = error.downcast_ref() {
        return Some((*command).to_owned());
    }
    let lower = error.to_string().to_lowercase();
    if let Some(rest) = behind(&lower, "unknown command ") {
        return word(rest).map(|command| command.to_uppercase());
    }
    if lower.contains("scripts are not run here") {
        return Some("EVAL".to_owned());
    }
    let subcommand = word(behind(&lower, "unknown subcommand ")?)?;
    let command = word(behind(&lower, ". try ")?)?;
    Some(format!("{command} {subcommand}").to_uppercase())
}

fn behind<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.find(mark).map(|at| &text[at + mark.len()..])
}

fn word(text: &str) -> Option<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    text.split(|c| !is_word(c)).find(|word| !word.is_empty())
}

fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let len = text.chars().count();
    if len <= SHOWN_MAX {
        return text;
    }
    format!("{}... ({len} characters)", text.chars().take(SHOWN_MAX).collect::<String>())
}

fn version(package: &str) -> &'static str {
    let line = MANIFEST.lines().find(|line| line.starts_with(&format!("{package} = ")));
    line.and_then(|line| line.split('"').nth(1)).map_or("?", |pin| pin.trim_start_matches('='))
}

const MANIFEST: &str = include_str!("../Cargo.toml");
const CHECK_MAX: Duration = Duration::from_secs(20);
const SHOWN_MAX: usize = 200;
