//! What the command line may say.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use carrier_peers::Launch;
use clap::{Parser, ValueEnum};

use crate::comparison::{Comparison, Failure};
use crate::differences::Differences;
use crate::grammar::{Grammar, GrammarError};
use crate::servers::Server;

/// Sends random command sequences to Carrier and to redis-server 7.0 and compares every reply.
#[derive(Debug, Clone, Parser)]
#[command(name = "carrier-compare", version)]
pub struct Options {
    /// Carrier's binary
    #[arg(long, required_unless_present = "ours")]
    server: Option<PathBuf>,
    /// Folder of the *.gen files
    #[arg(long, default_value = "carrier-server/commands")]
    grammar: PathBuf,
    /// File of the deliberate differences
    #[arg(long, default_value = "carrier-compare/differences.txt")]
    differences: PathBuf,
    /// End after so many seconds [default: 60, unless --cases is given]
    #[arg(long)]
    pub seconds: Option<u64>,
    /// End after so many cases
    #[arg(long)]
    pub cases: Option<u64>,
    /// Seed of the first case; the next ones follow [default: random]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Numbers of threads of Carrier to go through
    #[arg(long, value_delimiter = ',', value_name = "N")]
    threads: Vec<u16>,
    /// Only this layout [default: fused with each number of threads, and staged once]
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// Only these commands; a first word alone means all its subcommands
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    commands: Vec<String>,
    /// A running Carrier at HOST:PORT instead of children; it is emptied
    #[arg(long, value_name = "ADDRESS")]
    ours: Option<SocketAddr>,
    /// A running server to compare with, instead of a redis-server of one's own; it is emptied
    #[arg(long, value_name = "ADDRESS")]
    theirs: Option<SocketAddr>,
    /// After a failure, leave both servers running with what its requests left, until Enter
    #[arg(long)]
    pub keep: bool,
    /// Go on after a failure, up to so many
    #[arg(long, default_value_t = 1)]
    pub failures: u64,
    /// Seconds without a reply after which it is missing
    #[arg(long, default_value_t = 10)]
    patience: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    Fused,
    Staged,
}

impl Options {
    /// Reads the files and starts the servers.
    ///
    /// # Errors
    ///
    /// A file that is not as it should be, a server that does not start.
    pub fn prepare(&self) -> Result<Comparison, OptionsError> {
        let mut grammar = Grammar::read(&self.grammar)?;
        if !self.commands.is_empty() {
            grammar.retain(&self.commands).map_err(OptionsError::Command)?;
        }
        let name = self.differences.display().to_string();
        let text = fs::read_to_string(&self.differences)
            .map_err(|source| OptionsError::File { path: self.differences.clone(), source })?;
        let differences = Differences::parse(&name, &text)?;
        let theirs = match self.theirs {
            Some(address) => Server::at(address),
            None => Server::redis()?,
        };
        let patience = Duration::from_secs(self.patience);
        Ok(Comparison { grammar, differences, ours: self.carriers()?, theirs, patience })
    }

    /// The command that runs a failing case again.
    #[must_use]
    pub fn repeat(&self, failure: &Failure) -> String {
        let mut line = format!("cargo xtask compare --cases 1 --seed {}", failure.seed);
        if self.ours.is_none() {
            line.push_str(&format!(" {}", failure.server));
        }
        if !self.commands.is_empty() {
            line.push_str(&format!(" --commands '{}'", self.commands.join(",")));
        }
        line
    }

    fn carriers(&self) -> Result<Vec<Server>, carrier_peers::Error> {
        if let Some(address) = self.ours {
            return Ok(vec![Server::at(address)]);
        }
        let path = self.server.as_deref().unwrap_or_else(|| Path::new("carrier-server"));
        let mut configurations: Vec<Vec<String>> = Vec::new();
        let of = |threads: u16, layout| {
            ["--threads".to_owned(), threads.to_string()]
                .into_iter()
                .chain(["--layout".to_owned(), layout])
                .collect()
        };
        let threads = if self.threads.is_empty() { &[1, 2, 3] } else { self.threads.as_slice() };
        if self.layout != Some(Layout::Staged) {
            configurations.extend(threads.iter().map(|n| of(*n, "fused".to_owned())));
        }
        if self.layout == Some(Layout::Staged) && !self.threads.is_empty() {
            configurations.extend(threads.iter().map(|n| of(*n, "staged".to_owned())));
        } else if self.layout != Some(Layout::Fused) && self.threads.is_empty() {
            configurations.push(vec!["--layout".to_owned(), "staged".to_owned()]);
        }
        configurations
            .iter()
            .map(|words| Server::start(&words.join(" "), Launch::carrier(path).args(words)))
            .collect()
    }
}

/// Why a comparison cannot begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum OptionsError {
    /// A file cannot be read.
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A grammar or the differences.
    Grammar(GrammarError),
    /// There is no line for this command.
    Command(String),
    /// A server does not start.
    Server(carrier_peers::Error),
    /// The redis-server is of another version, which is this.
    Version(String),
}

impl Display for OptionsError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Grammar(source) => write!(f, "{source}"),
            Self::Command(name) => write!(f, "no *.gen file has a line for `{name}`"),
            Self::Server(source) => write!(f, "{source}"),
            Self::Version(found) => {
                write!(f, "expected a redis-server 7.0 on PATH, found {}", found.trim())
            }
        }
    }
}

impl Error for OptionsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Grammar(source) => Some(source),
            Self::Server(source) => Some(source),
            Self::Command(_) | Self::Version(_) => None,
        }
    }
}

impl From<GrammarError> for OptionsError {
    fn from(source: GrammarError) -> Self {
        Self::Grammar(source)
    }
}

impl From<carrier_peers::Error> for OptionsError {
    fn from(source: carrier_peers::Error) -> Self {
        Self::Server(source)
    }
}
