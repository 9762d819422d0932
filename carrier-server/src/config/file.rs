//! The TOML file: its keys, and errors that name key and line.
//!
//! Keys are snake_case; the camelCase names of the original system are accepted as aliases.

use super::{
    Config, Layout, Limits, LogLevel, Memory, Network, NetworkProtocol, is_loopback, parse_size,
};
use crate::password::Password;
use crate::socket::Address;
use kvstore::Policy;
use serde::Deserialize;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use toml::Spanned;
use zvm::Access;

/// Where in which file something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// The key on that line, with its table's; empty where the line has none.
    pub key: String,
}

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is not TOML, or a key is unknown, missing or of the wrong type.
    Syntax {
        /// Where.
        at: Place,
        /// The TOML reader's own words.
        message: Box<str>,
    },
    /// A value is out of its range.
    Value {
        /// Where.
        at: Place,
        /// What would have been right.
        expected: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Syntax { at, .. } | Self::Value { at, .. }) = self;
        write!(f, "{}:{}: ", at.path, at.line)?;
        if !at.key.is_empty() {
            write!(f, "{}: ", at.key)?;
        }
        match self {
            Self::Syntax { message, .. } => f.write_str(message),
            Self::Value { expected, .. } => write!(f, "expected {expected}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks the text of a file.
pub(super) fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
    let source = Source { path, text };
    let file: File = toml::from_str(text).map_err(|error| {
        let at = source.place(error.span().map_or(0, |span| span.start));
        let message = error.message().lines().next().unwrap_or("not valid TOML").into();
        ConfigError::Syntax { at, message }
    })?;
    source.config(file)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    network: Vec<Spanned<NetworkTable>>,
    #[serde(default)]
    runtime: RuntimeTable,
    #[serde(default)]
    memory: MemoryTable,
    lru: Option<LruTable>,
    #[serde(default)]
    commands: CommandsTable,
    #[serde(default)]
    auth: AuthTable,
    #[serde(default)]
    log: LogTable,
    #[serde(default)]
    limits: LimitsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    name: Spanned<String>,
    host: Option<Spanned<String>>,
    port: Option<Spanned<i64>>,
    unix: Option<Spanned<String>>,
    #[serde(default = "NetworkTable::protocol")]
    protocol: NetworkProtocol,
    access: Option<Spanned<Rights>>,
    #[serde(default, alias = "allowWithoutAuthentication")]
    allow_without_authentication: bool,
}

impl NetworkTable {
    const fn protocol() -> NetworkProtocol {
        NetworkProtocol::Auto
    }
}

/// `["read", "write"]`, or in one string as the original has it: `"read write"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rights {
    List(Vec<String>),
    Words(String),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RuntimeTable {
    threads: Option<Spanned<i64>>,
    layout: Option<Layout>,
    #[serde(alias = "protocolParserInstances")]
    parsers: Option<Spanned<i64>>,
    #[serde(alias = "dataWorkerInstances")]
    workers: Option<Spanned<i64>>,
    #[serde(alias = "pinWorkersToCPU")]
    pin_threads: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct MemoryTable {
    #[serde(alias = "softStayUnder")]
    soft_stay_under: Option<Spanned<String>>,
    #[serde(alias = "precacheMultiplier")]
    precache_multiplier: Option<Spanned<i64>>,
    /// Redis' name of a policy, instead of a table `lru`.
    #[serde(alias = "maxmemory-policy")]
    maxmemory_policy: Option<Spanned<String>>,
}

/// What happens when the budget is used up. A file without this table has not said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LruTable {
    enable: bool,
    mode: Option<Spanned<String>>,
    #[serde(alias = "snlruLevels")]
    snlru_levels: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CommandsTable {
    directory: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    requirepass_sha256: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LogTable {
    level: Option<LogLevel>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    maxclients: Option<Spanned<i64>>,
    proto_max_bulk_len: Option<Spanned<String>>,
    item_size_max: Option<Spanned<String>>,
    client_output_buffer_pause: Option<Spanned<String>>,
    client_output_buffer_limit: Option<Spanned<String>>,
}

/// The file's text, for turning offsets into places.
struct Source<'a> {
    path: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn config(&self, file: File) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        if let Some(hash) = &file.auth.requirepass_sha256 {
            let password = Password::parse(hash.get_ref());
            config.password =
                Some(password.ok_or_else(|| self.value(hash.span().start, PASSWORD_HASH))?);
        }
        if file.lru.is_none() && file.memory.maxmemory_policy.is_none() {
            let is_dmp =
                |table: &&Spanned<NetworkTable>| table.get_ref().protocol == NetworkProtocol::Dmp;
            if let Some(table) = file.network.iter().find(is_dmp) {
                return Err(self.value(table.span().start, NO_POLICY));
            }
        }
        if !file.network.is_empty() {
            config.networks = self.networks(file.network, config.password.is_some())?;
        }
        let runtime = file.runtime;
        if let Some(threads) = self.count(runtime.threads.as_ref(), THREADS)? {
            config.threads = threads;
        }
        config.parsers = self.count(runtime.parsers.as_ref(), THREADS)?;
        config.workers = self.count(runtime.workers.as_ref(), THREADS)?;
        config.layout = runtime.layout.unwrap_or(config.layout);
        config.pin_threads = runtime.pin_threads.unwrap_or(config.pin_threads);
        config.memory = self.memory(&file.memory, file.lru.as_ref())?;
        config.commands = file.commands.directory;
        config.log_level = file.log.level.unwrap_or(config.log_level);
        config.limits = self.limits(&file.limits)?;
        Ok(config)
    }

    /// `secured`: clients have to give a password.
    fn networks(
        &self,
        tables: Vec<Spanned<NetworkTable>>,
        secured: bool,
    ) -> Result<Vec<Network>, ConfigError> {
        let mut names = HashSet::new();
        let mut networks = Vec::with_capacity(tables.len());
        for table in tables {
            let start = table.span().start;
            let mut table = table.into_inner();
            table.allow_without_authentication |= secured;
            let network = self.network(start, table, &mut names)?;
            networks.push(network);
        }
        Ok(networks)
    }

    fn network(
        &self,
        start: usize,
        table: NetworkTable,
        names: &mut HashSet<String>,
    ) -> Result<Network, ConfigError> {
        let name = table.name.get_ref();
        if name.is_empty() || !names.insert(name.clone()) {
            return Err(self.value(table.name.span().start, "a name that no other network has"));
        }
        let address = match (&table.unix, &table.host) {
            (Some(path), None) if !path.get_ref().is_empty() => {
                Address::Unix(path.get_ref().into())
            }
            (None, Some(host)) => {
                if !is_loopback(host.get_ref()) && !table.allow_without_authentication {
                    return Err(self.value(host.span().start, NOT_LOOPBACK));
                }
                let port = table.port.as_ref();
                let port = port.map_or(Ok(super::DEFAULT_PORT), |port| {
                    u16::try_from(*port.get_ref())
                        .map_err(|_| self.value(port.span().start, "a port from 0 to 65535"))
                })?;
                Address::Tcp { host: host.get_ref().clone(), port }
            }
            _ => return Err(self.value(start, "either `host` or `unix` in [[network]]")),
        };
        let access = match (&table.access, &address) {
            (Some(rights), _) => self.access(rights)?,
            (None, Address::Tcp { host, .. }) if !is_loopback(host) => REMOTE_ACCESS,
            (None, _) => Access::ALL,
        };
        Ok(Network { name: name.clone(), address, protocol: table.protocol, access })
    }

    fn memory(&self, table: &MemoryTable, lru: Option<&LruTable>) -> Result<Memory, ConfigError> {
        let soft_stay_under = self.size(table.soft_stay_under.as_ref())?;
        let mut memory = Memory { soft_stay_under, ..Memory::default() };
        if let Some(count) = &table.precache_multiplier {
            let in_range = usize::try_from(*count.get_ref()).ok().filter(|count| *count <= 64);
            memory.precache_multiplier =
                in_range.ok_or_else(|| self.value(count.span().start, "a number from 0 to 64"))?;
        }
        if let Some(name) = &table.maxmemory_policy {
            memory.policy = match name.get_ref().as_str() {
                "noeviction" => Policy::Refuse,
                "allkeys-lru" | "allkeys-lfu" => Policy::SNLRU,
                "allkeys-random" => Policy::Random,
                _ => return Err(self.value(name.span().start, REDIS_POLICIES)),
            };
            if lru.is_some() {
                return Err(self.value(name.span().start, "no table `lru` beside it"));
            }
        }
        let Some(lru) = lru else { return Ok(memory) };
        let levels = match &lru.snlru_levels {
            None => 4,
            Some(levels) => u8::try_from(*levels.get_ref())
                .ok()
                .filter(|levels| (1..=4).contains(levels))
                .ok_or_else(|| self.value(levels.span().start, "a number from 1 to 4"))?,
        };
        let policy = match lru.mode.as_ref().map(|mode| mode.get_ref().to_lowercase()).as_deref() {
            None | Some("snlru") => Policy::Snlru { levels },
            Some("random_memory") => Policy::RandomMemory,
            Some("random") => Policy::Random,
            Some(_) => {
                let start = lru.mode.as_ref().map_or(0, |mode| mode.span().start);
                return Err(self.value(start, "`SNLRU`, `RANDOM_MEMORY` or `RANDOM`"));
            }
        };
        memory.policy = if lru.enable { policy } else { Policy::Refuse };
        Ok(memory)
    }

    fn access(&self, rights: &Spanned<Rights>) -> Result<Access, ConfigError> {
        let words: Vec<&str> = match rights.get_ref() {
            Rights::List(list) => list.iter().map(String::as_str).collect(),
            Rights::Words(text) => text.split_whitespace().collect(),
        };
        let mut access = Access::NONE;
        for word in words {
            let named = Access::NAMES.iter().find(|(name, _)| *name == word);
            let Some((_, right)) = named else {
                return Err(self.value(rights.span().start, RIGHTS));
            };
            access = access.union(*right);
        }
        Ok(access)
    }

    fn limits(&self, table: &LimitsTable) -> Result<Limits, ConfigError> {
        let mut limits = Limits::default();
        if let Some(clients) = self.count(table.maxclients.as_ref(), CLIENTS)? {
            limits.maxclients = clients;
        }
        let sizes = [
            (&table.proto_max_bulk_len, &mut limits.proto_max_bulk_len),
            (&table.item_size_max, &mut limits.item_size_max),
            (&table.client_output_buffer_pause, &mut limits.client_output_buffer_pause),
            (&table.client_output_buffer_limit, &mut limits.client_output_buffer_limit),
        ];
        for (value, limit) in sizes {
            if let Some(bytes) = self.size(value.as_ref())? {
                *limit = usize::try_from(bytes).unwrap_or(usize::MAX);
            }
        }
        if limits.client_output_buffer_limit < limits.client_output_buffer_pause {
            let limit = table.client_output_buffer_limit.as_ref();
            let place = limit.or(table.client_output_buffer_pause.as_ref());
            let expected = "a limit not below `client_output_buffer_pause`";
            return Err(self.value(place.map_or(0, |value| value.span().start), expected));
        }
        Ok(limits)
    }

    fn count(
        &self,
        value: Option<&Spanned<i64>>,
        (max, expected): (usize, &'static str),
    ) -> Result<Option<usize>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        match usize::try_from(*value.get_ref()) {
            Ok(count) if (1..=max).contains(&count) => Ok(Some(count)),
            _ => Err(self.value(value.span().start, expected)),
        }
    }

    fn size(&self, value: Option<&Spanned<String>>) -> Result<Option<u64>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        match parse_size(value.get_ref()) {
            Ok(0) => Err(self.value(value.span().start, "a size above 0")),
            Ok(bytes) => Ok(Some(bytes)),
            Err(expected) => Err(self.value(value.span().start, expected)),
        }
    }

    fn value(&self, offset: usize, expected: &'static str) -> ConfigError {
        ConfigError::Value { at: self.place(offset), expected }
    }

    /// The line of an offset, and the key on it.
    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let text = self.text.lines().nth(line - 1).unwrap_or("").trim();
        let table = self.text.lines().take(line - 1).filter_map(table_name).last();
        let name = text.split_once('=').map_or("", |(key, _)| key.trim());
        let key = match (table, table_name(text)) {
            (_, Some(table)) => table.to_owned(),
            (Some(table), None) if !name.is_empty() => format!("{table}.{name}"),
            _ => name.to_owned(),
        };
        Place { path: self.path.to_owned(), line, key }
    }
}

/// The name in a table's header line.
fn table_name(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('[')?.split(']').next()?;
    Some(inner.trim_start_matches('[').trim())
}

const PASSWORD_HASH: &str = "the SHA-256 of a password in 64 hexadecimal digits";
const NOT_LOOPBACK: &str = "a loopback host: anyone who reaches another one can read and write \
    everything without `requirepass_sha256` in [auth]; say `allow_without_authentication = true` \
    in this [[network]] if that is wanted";
const NO_POLICY: &str = "a policy beside a network of memcached's protocol, whose clients expect \
    old items to make room: `enable = true` in [lru], or `enable = false` where a full memory is \
    to refuse them";
const REDIS_POLICIES: &str = "`noeviction`, `allkeys-lru`, `allkeys-lfu` or `allkeys-random`";
const RIGHTS: &str = "any of the rights `read`, `write`, `stats`, `admin`";
/// What clients from elsewhere may do unless the file says otherwise: not to change the server.
const REMOTE_ACCESS: Access = Access::READ.union(Access::WRITE).union(Access::STATS);
const THREADS: (usize, &str) = (1024, "a number from 1 to 1024");
const CLIENTS: (usize, &str) = (1_000_000, "a number from 1 to 1000000");

#[cfg(test)]
mod tests;
