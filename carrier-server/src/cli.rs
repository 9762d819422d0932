//! The command line.
//!
//! Everything that goes wrong before the server runs is one line on standard error and exit
//! code 2; what is wrong with sources of commands takes as many lines as it needs.

mod explain;
mod list;
mod sources;
mod trace;

use crate::catalog::Library;
use crate::clock::Clock;
use crate::config::{Config, Layout, LogLevel, Network, NetworkProtocol, is_loopback, parse_size};
use crate::server::Server;
use crate::socket::Address;
use clap::{Parser, Subcommand};
use kvstore::Policy;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use zvm::Access;

/// An in-memory database and cache for Redis and memcached clients.
#[derive(Debug, Parser)]
#[command(name = "carrier-server", version, about, disable_help_subcommand = true)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Reads this TOML file; what other flags say goes over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listens at HOST:PORT or unix:PATH instead of the configured networks; may be repeated.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    listen: Vec<Address>,
    /// Threads, each with a shard of its own.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// How roles are spread over threads.
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// The memory budget, as 512MB or 16GB.
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    memory: Option<u64>,
    /// Which keys make room when the memory budget is used up.
    #[arg(long, value_enum)]
    evict: Option<Evict>,
    /// Reads the `.zvml` files of this directory: they add commands or replace them.
    #[arg(long, value_name = "DIR")]
    commands: Option<PathBuf>,
    /// What is logged, to standard error.
    #[arg(long, value_enum)]
    log_level: Option<LogLevel>,
    /// For tests: rings of the least capacity that there can be.
    #[arg(long, hide = true)]
    tiny_rings: bool,
    /// Checks the configuration and exits.
    #[arg(long)]
    check_config: bool,
    /// Prints the configuration as a file and exits.
    #[arg(long)]
    print_config: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

/// Which keys make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Evict {
    /// None: writes are refused.
    Off,
    /// Those asked for the least and the longest ago.
    Snlru,
    /// Any that was not asked for again lately.
    RandomMemory,
    /// Any.
    Random,
}

impl Evict {
    const fn policy(self) -> Policy {
        match self {
            Self::Off => Policy::Refuse,
            Self::Snlru => Policy::SNLRU,
            Self::RandomMemory => Policy::RandomMemory,
            Self::Random => Policy::Random,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Lists every command: arity, flags, key positions, source file and line.
    Commands {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Checks or formats files of commands, without a server.
    Zvml {
        #[command(subcommand)]
        task: sources::Task,
    },
    /// Shows what one command is made of: its source, what each pass of the compiler makes of it,
    /// and its bytecode.
    Explain {
        /// Its name; a subcommand's is two words or `CLIENT|ID`.
        #[arg(required = true)]
        name: Vec<String>,
        /// Runs this request on an empty store, behind those before it, and shows the steps that
        /// the command takes in it; may be repeated.
        #[arg(long, value_name = "REQUEST")]
        trace: Vec<String>,
    },
}

/// Runs the program; what it returns is the process' exit code.
#[must_use]
pub fn run() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { task: Some(Task::Zvml { task }), .. }) => sources::run(&task),
        Ok(arguments) => match act(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(&message),
        },
        Err(error) if error.use_stderr() => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            fail(&format!("{} (see --help)", line.trim_start_matches("error: ")))
        }
        Err(help) => {
            print(&help.to_string());
            ExitCode::SUCCESS
        }
    }
}

fn act(arguments: Arguments) -> Result<(), String> {
    let clock = Clock::start();
    let library = Library::built_in().map_err(|error| error.to_string())?;
    let compiled_us = clock.elapsed().as_micros();
    let catalog = library.catalog();
    match &arguments.task {
        Some(Task::Commands { json: true }) => print(&list::json(catalog)),
        Some(Task::Commands { json: false }) => print(&list::table(catalog)),
        Some(Task::Zvml { .. }) => {}
        Some(Task::Explain { name, trace }) if trace.is_empty() => {
            print(&explain::text(&library, &name.join(" "))?);
        }
        Some(Task::Explain { name, trace }) => {
            print(&trace::text(catalog, &name.join(" "), trace)?);
        }
        None => {
            let config = configure(&arguments)?;
            if arguments.print_config {
                print(&config.to_toml());
            } else if !arguments.check_config {
                return serve(config, library, compiled_us);
            }
        }
    }
    Ok(())
}

/// The configuration that file and flags make together.
fn configure(arguments: &Arguments) -> Result<Config, String> {
    let mut config = match &arguments.config {
        None => Config::default(),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
            Config::parse(&name, &text).map_err(|error| error.to_string())?
        }
    };
    if !arguments.listen.is_empty() {
        config.networks = networks(&arguments.listen)?;
    }
    config.test_switches.tiny_rings = arguments.tiny_rings;
    if let Some(threads) = arguments.threads {
        config.threads = usize::from(threads);
    }
    config.layout = arguments.layout.unwrap_or(config.layout);
    if arguments.threads.is_some() && config.layout == Layout::Staged {
        return Err("--threads: expected the fused layout; the staged one takes `parsers` and \
                    `workers` in [runtime]"
            .to_owned());
    }
    config.memory.soft_stay_under = arguments.memory.or(config.memory.soft_stay_under);
    config.memory.policy = arguments.evict.map_or(config.memory.policy, Evict::policy);
    config.commands = arguments.commands.clone().or(config.commands);
    config.log_level = arguments.log_level.unwrap_or(config.log_level);
    Ok(config)
}

fn networks(addresses: &[Address]) -> Result<Vec<Network>, String> {
    let network = |(index, address): (usize, &Address)| match address {
        Address::Tcp { host, .. } if !is_loopback(host) => Err(format!(
            "--listen {address}: anyone who reaches this host can read and write everything; a \
             configuration file can allow it (allow_without_authentication = true)"
        )),
        _ => Ok(Network {
            name: format!("listen-{index}"),
            address: address.clone(),
            protocol: NetworkProtocol::Auto,
            access: Access::ALL,
        }),
    };
    addresses.iter().enumerate().map(network).collect()
}

/// Runs the server until a signal ends it.
fn serve(config: Config, mut library: Library, compiled_us: u128) -> Result<(), String> {
    start_log(config.log_level);
    raise_file_limit();
    if let Some(directory) = &config.commands {
        library.add_directory(directory).map_err(|error| error.to_string())?;
    }
    let (commands, opcodes) = (library.catalog().len(), library.catalog().opcodes_used());
    tracing::info!(commands, opcodes, microseconds = compiled_us, "commands compiled");
    let protocols: Vec<NetworkProtocol> = config.networks.iter().map(|n| n.protocol).collect();
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| error.to_string())?;
    let server = Server::start(config, library).map_err(|error| error.to_string())?;
    let places = server.addresses().iter().zip(protocols);
    let places: Vec<String> = places
        .map(|(address, protocol)| {
            format!("{address} ({})", format!("{protocol:?}").to_lowercase())
        })
        .collect();
    print(&format!("carrier-server ready on {}\n", places.join(", ")));
    let stopper = server.stopper();
    let handle = signals.handle();
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            tracing::info!(signal, "stopping");
            stopper.stop();
        }
    });
    let outcome = server.wait().map_err(|error| error.to_string());
    handle.close();
    outcome
}

fn start_log(level: LogLevel) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).init();
}

/// Lets the process have as many files open as the system allows it.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it was");
    }
}

fn parse_address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|expected| format!("expected {expected}"))
}

fn parse_memory(text: &str) -> Result<u64, String> {
    match parse_size(text) {
        Ok(0) => Err("expected a size above 0".to_owned()),
        Ok(bytes) => Ok(bytes),
        Err(expected) => Err(format!("expected {expected}")),
    }
}

fn fail(message: &str) -> ExitCode {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(io::stderr(), "carrier-server: {message}");
    ExitCode::from(2)
}

/// Writes to standard output, which a reader may have closed.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
