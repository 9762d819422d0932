//! What the command line may say.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use crate::error::UsageError;
use crate::keys::{KeySpace, Order};
use crate::mix::{self, Mix};
use crate::plan::Plan;
use crate::setup::Step;
use crate::target::Target;
use crate::template::{Protocol, Template, World};
use crate::values::{Sizes, Values};
use crate::verify::Expect;

/// Sends requests to a RESP or memcached server, checks every reply, and measures.
#[derive(Debug, Clone, Parser)]
#[command(name = "carrier-load", version)]
pub struct Options {
    /// Host of the server; must be of this machine unless --allow-remote
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the server
    #[arg(long, short, default_value_t = 6379)]
    port: u16,
    /// Unix socket of the server, instead of host and port
    #[arg(long, short = 's')]
    unix: Option<PathBuf>,
    /// Let the server be another machine
    #[arg(long)]
    allow_remote: bool,
    /// Language of the server
    #[arg(long, value_enum, default_value_t = Language::Resp)]
    protocol: Language,
    /// Say HELLO 3 on each connection first
    #[arg(long)]
    resp3: bool,

    /// How many keys are preloaded and drawn
    #[arg(long, short, default_value_t = 100_000)]
    keys: u64,
    /// What keys begin with; decimal digits follow
    #[arg(long, default_value = "key:")]
    key_prefix: String,
    /// Bytes of a key, its prefix included
    #[arg(long, default_value_t = 16)]
    key_len: usize,
    /// Number of the first fresh key [default: --keys]
    #[arg(long)]
    fresh_from: Option<u64>,
    /// Order of keys: uniform, zipf:S, sequential, fresh, mixed:ORDER=WEIGHT,...
    #[arg(long, short, default_value = "uniform")]
    distribution: String,
    /// Values: BYTES, uniform:LOW-HIGH, lognormal:MEDIAN,SIGMA[,MAX], int:BOUND,
    /// hex:LENGTH
    #[arg(long, default_value = "32")]
    value: String,
    /// {int} is below this
    #[arg(long, default_value_t = 1_000_000_000)]
    int_bound: u64,
    /// {member} draws from so many members
    #[arg(long, default_value_t = 1000)]
    members: u64,

    /// Commands by name: NAME=WEIGHT,... [default: get, unless others are given]
    #[arg(long, short)]
    mix: Option<String>,
    /// File of commands: a line each, [WEIGHT] COMMAND ARGS [=> EXPECTED]
    #[arg(long)]
    mix_file: Option<PathBuf>,
    /// A command, like a line of a mix file; may be repeated
    #[arg(long)]
    command: Vec<String>,
    /// Send the commands in their order instead of drawing them; --pipeline is a multiple of their
    /// number, so that MULTI and EXEC stay together
    #[arg(long)]
    in_turn: bool,
    /// File of commands to run first, on one connection
    #[arg(long)]
    setup: Option<PathBuf>,
    /// Write all keys before the measured part
    #[arg(long)]
    preload: bool,
    /// What to write each key with, like a line of a mix file [default: a set]
    #[arg(long, requires = "preload")]
    preload_command: Option<String>,

    /// Requests that are sent together, in one write
    #[arg(long, short = 'P', default_value_t = 1)]
    pipeline: usize,
    /// Connections
    #[arg(long, short, default_value_t = 50)]
    connections: usize,
    /// Threads, among which the connections are divided
    #[arg(long, short, default_value_t = 1)]
    threads: usize,
    /// Open loop: requests a second, over all connections
    #[arg(long, short)]
    rate: Option<u64>,
    /// Open loop: ask for events without pause instead of sleeping until the next batch
    #[arg(long, requires = "rate")]
    spin: bool,
    /// Open loop: batches due within so long are meant to be sent together, at its beginning; few
    /// wake-ups of the load generator for small bursts at the server [0: at even intervals]
    #[arg(long, requires = "rate", value_parser = parse_time, default_value = "0")]
    tick: u64,
    /// Send so many requests first that are checked and not counted
    #[arg(long, default_value_t = 0)]
    warmup: u64,
    /// End after so many requests; 0 measures nothing
    #[arg(long, short = 'n')]
    requests: Option<u64>,
    /// End after so many seconds [default: 10, unless --requests is given]
    #[arg(long)]
    seconds: Option<f64>,

    /// Count the replies that took longer than this, such as 250us, 1ms or 2s; may be repeated
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    count_above: Vec<u64>,

    /// What is checked beyond the bytes of values. A key's value is the same each time it is
    /// written, so that with `values` a write over an older one can be lost and not be missed
    #[arg(long, value_enum, default_value_t = Verify::Values)]
    verify: Verify,
    /// Whether a key without a value is an error [default: refuse with --preload, else allow]
    #[arg(long, value_enum)]
    misses: Option<Misses>,
    /// Seconds without a reply after which it is missing
    #[arg(long, default_value_t = 10.0)]
    patience: f64,
    /// What all random choices and values follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// No progress line
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Redis'
    Resp,
    /// memcached's text
    Memcached,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Verify {
    /// A value is that of its key
    Values,
    /// It is also the one that was written last: each key is left to one connection, and all are
    /// read again in the end
    Writes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Misses {
    /// Count it
    Allow,
    /// End the run
    Refuse,
}

impl Options {
    /// Reads what the options mean, files included.
    ///
    /// # Errors
    ///
    /// The first option that makes no sense, alone or with the others.
    pub fn plan(&self) -> Result<Plan, UsageError> {
        self.check_numbers()?;
        let order = Order::parse(&self.distribution)?;
        let world = self.world(&order)?;
        let mix = self.mix(&world)?;
        if self.verify == Verify::Writes {
            self.check_owned(&mix)?;
        }
        if self.in_turn && !self.pipeline.is_multiple_of(mix.len()) {
            let found = self.pipeline.to_string();
            return Err(UsageError::new("--pipeline", &found, "a multiple of the commands"));
        }
        let line = self.preload_command.as_deref().unwrap_or(match self.protocol {
            Language::Resp => "SET {key} {value}",
            Language::Memcached => "set {key} 0 0 {value}",
        });
        let preload = mix::parse_line(line, &world)
            .map_err(|error| UsageError::of_line("--preload-command", None, line, error))?;
        if self.preload && preload.1.keys != 1 {
            return Err(UsageError::new("--preload-command", line, "one {key} or {id}"));
        }
        let setup = match &self.setup {
            Some(path) => Step::parse(&place(path), &read("--setup", path)?, &world)?,
            None => Vec::new(),
        };
        let refuses = self.misses.map_or(self.preload, |misses| misses == Misses::Refuse);
        let default_seconds = self.requests.is_none().then_some(DEFAULT_SECONDS);
        Ok(Plan {
            target: self.target()?,
            says_hello: self.resp3,
            setup,
            preload: self.preload.then(|| Mix::new(vec![preload])),
            mix: if self.in_turn { Mix::new(mix).in_turn() } else { Mix::new(mix) },
            order,
            fresh_from: self.fresh_from.unwrap_or(self.keys),
            pipeline: self.pipeline,
            connections: self.connections,
            threads: self.threads,
            rate: self.rate,
            tick_ns: self.tick.max(1),
            warm_up: self.warmup,
            bounds_ns: self.count_above.clone(),
            spins: self.spin,
            requests: self.requests,
            limit_ns: self.seconds.or(default_seconds).map(nanos),
            must_hit: refuses,
            owns_keys: self.verify == Verify::Writes,
            patience_ns: nanos(self.patience),
            seed: self.seed,
            shows_progress: !self.quiet,
            world,
        })
    }

    /// Whether the result is to be JSON.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        self.json
    }

    fn check_numbers(&self) -> Result<(), UsageError> {
        let check = |option: &str, number: u64, max: u64, expected| {
            if (1..=max).contains(&number) {
                return Ok(());
            }
            Err(UsageError::new(option, &number.to_string(), expected))
        };
        check("--keys", self.keys, 1 << 40, "1 to 2^40")?;
        check("--pipeline", self.pipeline as u64, 1 << 16, "1 to 65536")?;
        check("--connections", self.connections as u64, 1 << 16, "1 to 65536")?;
        check("--threads", self.threads as u64, self.connections as u64, "1 to --connections")?;
        check("--rate", self.rate.unwrap_or(1), 1_000_000_000, "1 to 10^9 a second")?;
        check("--int-bound", self.int_bound, i64::MAX as u64, "1 to 2^63-1")?;
        check("--members", self.members, 10_000_000_000, "1 to 10^10")?;
        for (option, seconds) in [("--seconds", self.seconds), ("--patience", Some(self.patience))]
        {
            if let Some(seconds) = seconds.filter(|s| !(*s > 0.0 && *s <= SECONDS_MAX)) {
                let found = seconds.to_string();
                return Err(UsageError::new(option, &found, "above 0, at most 1000000"));
            }
        }
        if self.resp3 && self.protocol != Language::Resp {
            return Err(UsageError::new("--resp3", "memcached", "--protocol resp beside it"));
        }
        Ok(())
    }

    fn world(&self, order: &Order) -> Result<World, UsageError> {
        let found = self.key_len.to_string();
        let error = |expected| UsageError::new("--key-len", &found, expected);
        let len_max = if self.protocol == Language::Resp { 1 << 16 } else { 250 };
        if self.key_len > len_max {
            return Err(error("at most 65536 bytes, 250 in memcached"));
        }
        if self.key_prefix.bytes().any(|byte| byte <= b' ' || byte == 127) {
            let expected = "no blanks and no control characters";
            return Err(UsageError::new("--key-prefix", &self.key_prefix, expected));
        }
        let digits = self.key_len.saturating_sub(self.key_prefix.len());
        let fresh_from = self.fresh_from.unwrap_or(self.keys);
        let fresh = self.requests.unwrap_or(UNBOUNDED_FRESH).saturating_mul(KEYS_A_REQUEST);
        let highest = if order.has_fresh() { fresh_from.saturating_add(fresh) } else { self.keys };
        let needed = (highest - 1).checked_ilog10().unwrap_or(0) as usize + 1;
        if digits < needed {
            return Err(error("room for the prefix and the digits of the highest key"));
        }
        if fresh_from < self.keys {
            let found = fresh_from.to_string();
            return Err(UsageError::new("--fresh-from", &found, "at least --keys"));
        }
        Ok(World {
            protocol: match self.protocol {
                Language::Resp => Protocol::Resp,
                Language::Memcached => Protocol::Memcached,
            },
            space: KeySpace {
                prefix: self.key_prefix.clone().into_bytes(),
                digits,
                count: self.keys,
            },
            values: Values::new(Sizes::parse(&self.value)?, self.seed),
            int_bound: self.int_bound,
            members: self.members,
        })
    }

    fn mix(&self, world: &World) -> Result<Vec<(u32, Template)>, UsageError> {
        let mut commands = Vec::new();
        if let Some(names) = &self.mix {
            commands.append(&mut mix::parse_names(names, world)?);
        }
        if let Some(path) = &self.mix_file {
            let text = read("--mix-file", path)?;
            commands.append(&mut mix::parse_lines(&place(path), &text, world)?);
        }
        for line in &self.command {
            let command = mix::parse_line(line, world)
                .map_err(|error| UsageError::of_line("--command", None, line, error))?;
            commands.push(command);
        }
        if commands.is_empty() {
            commands = mix::parse_names("get", world)?;
        }
        if let Some((_, template)) = commands.iter().find(|(_, t)| t.keys > KEYS_A_REQUEST as usize)
        {
            return Err(UsageError::new("command", &template.name, "at most 1000 keys"));
        }
        Ok(commands)
    }

    /// What can be said about writes: only single reads and writes of values that are there.
    fn check_owned(&self, mix: &[(u32, Template)]) -> Result<(), UsageError> {
        let error = |expected| Err(UsageError::new("--verify", "writes", expected));
        if !self.preload || self.preload_command.is_some() || self.misses == Some(Misses::Allow) {
            return error("--preload by plain sets, and no misses allowed");
        }
        if self.keys < self.connections as u64 {
            return error("at least as many keys as connections");
        }
        let is_plain = |template: &Template| {
            let reads = matches!(template.expect, Expect::Value | Expect::Values);
            template.keys == 1 && (template.writes && template.expect == Expect::Ok || reads)
        };
        if !mix.iter().all(|(_, template)| is_plain(template)) {
            return error("a mix of single gets and sets");
        }
        Ok(())
    }

    fn target(&self) -> Result<Target, UsageError> {
        if let Some(path) = &self.unix {
            return Ok(Target::Unix(path.clone()));
        }
        let error = |expected| UsageError::new("--host", &self.host, expected);
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        let mut addresses = addresses.map_err(|_| error("an address or a known name"))?;
        let address = addresses.next().ok_or_else(|| error("a name with an address"))?;
        if !self.allow_remote && !is_local(address.ip()) {
            return Err(error("an address of this machine (127.0.0.1), or --allow-remote"));
        }
        Ok(Target::Tcp(address))
    }
}

/// Nanoseconds of a time such as `250us`, `1ms`, `0.5s` or `0`.
fn parse_time(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "" if digits == "0" => 1.0,
        _ => return Err(TIME_SYNTAX.to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| TIME_SYNTAX.to_owned())?;
    let is_sound = number >= 0.0 && number * unit <= SECONDS_MAX * 1e9;
    is_sound.then_some((number * unit) as u64).ok_or_else(|| TIME_SYNTAX.to_owned())
}

fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn read(option: &str, path: &Path) -> Result<String, UsageError> {
    std::fs::read_to_string(path)
        .map_err(|_| UsageError::new(option, &place(path), "a text file that can be read"))
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

const TIME_SYNTAX: &str = "a number and ns, us, ms or s, at most 1000000s";
const DEFAULT_SECONDS: f64 = 10.0;
const SECONDS_MAX: f64 = 1e6;
/// More requests than a run that time bounds can send.
const UNBOUNDED_FRESH: u64 = 1_000_000_000;
const KEYS_A_REQUEST: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan, String> {
        let args = ["carrier-load"].into_iter().chain(line.split_whitespace());
        let options = Options::try_parse_from(args).map_err(|error| error.to_string())?;
        options.plan().map_err(|error| error.to_string())
    }

    #[test]
    fn a_run_is_always_bounded() {
        let bounds = |line| plan(line).map(|plan| (plan.requests, plan.limit_ns));
        assert_eq!(bounds(""), Ok((None, Some(10_000_000_000))));
        assert_eq!(bounds("-n 5"), Ok((Some(5), None)));
        assert_eq!(bounds("-n 5 --seconds 0.5"), Ok((Some(5), Some(500_000_000))));
    }

    #[test]
    fn other_machines_are_refused_unless_allowed() {
        for host in ["192.0.2.1", "::ffff:192.0.2.1", "0.0.0.0"] {
            assert!(plan(&format!("--host {host}")).is_err(), "{host}");
            assert!(plan(&format!("--host {host} --allow-remote")).is_ok(), "{host}");
        }
        for host in ["127.0.0.1", "127.9.9.9", "::1"] {
            assert!(plan(&format!("--host {host}")).is_ok(), "{host}");
        }
    }

    #[test]
    fn misses_are_refused_where_all_keys_were_written() {
        let must_hit = |line| plan(line).map(|plan| plan.must_hit);
        assert_eq!(must_hit(""), Ok(false));
        assert_eq!(must_hit("--preload"), Ok(true));
        assert_eq!(must_hit("--preload --misses allow"), Ok(false));
        assert_eq!(must_hit("--misses refuse"), Ok(true));
    }

    #[test]
    fn options_that_make_no_sense_are_refused() {
        for line in [
            "--keys 0",
            "--pipeline 0",
            "--threads 51",
            "--rate 0",
            "--seconds 0",
            "--patience -1",
            "--seconds nan",
            "--key-len 5 --keys 11",
            "--key-len 300 --protocol memcached",
            "--distribution fresh --key-len 8",
            "--mix got",
            "--mix get,set --in-turn --pipeline 3",
            "--verify writes",
            "--verify writes --preload --mix incr",
            "--verify writes --preload --keys 10",
            "--mix-file does-not-exist",
            "--fresh-from 5",
            "--resp3 --protocol memcached",
            "--preload --preload-command PING",
            "--tick 1ms",
            "--rate 5 --tick 1",
            "--count-above 1 ms",
            "--count-above -1ms",
            "--count-above 1mm",
        ] {
            assert!(plan(line).is_err(), "{line}");
        }
        assert!(plan("--verify writes --preload --mix get,set").is_ok());
    }
}
