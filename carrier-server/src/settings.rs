//! The settings that CONFIG GET finds under Redis' names, and those of them that CONFIG SET changes
//! while the server runs: what is configured here, and what clients ask for to learn that it is
//! off.

use crate::config::{Config, parse_size};
use crate::password::Password;
use crate::shared::Shared;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What can change while the server runs.
#[derive(Debug)]
pub(crate) struct Settings {
    maxclients: AtomicUsize,
    output_buffer_limit: AtomicUsize,
    /// In microseconds; -1: nothing is logged.
    slow_log_limit: AtomicI64,
    slow_log_len: AtomicUsize,
    password: Mutex<Option<Password>>,
}

/// One setting, as CONFIG knows it.
struct Setting {
    name: &'static str,
    read: fn(&Shared) -> String,
    /// `None`: it is as it was at the start.
    write: Option<Write>,
}

type Write = fn(&Shared, &[u8]) -> Result<Change, &'static str>;

/// A change that nothing can keep from happening.
enum Change {
    Maxclients(usize),
    OutputBufferLimit(usize),
    SlowLogLimit(i64),
    SlowLogLen(usize),
    Password(Option<Password>),
    /// The setting is as it should be.
    Nothing,
}

/// Why CONFIG SET changed nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SetError {
    /// There is no such setting, or a name has no value.
    Unknown(Vec<u8>),
    /// A setting cannot be set, or not twice, or a value is not one for it.
    Refused(&'static str, &'static str),
}

impl Settings {
    /// Those of a configuration.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            maxclients: AtomicUsize::new(config.limits.maxclients),
            output_buffer_limit: AtomicUsize::new(config.limits.client_output_buffer_limit),
            slow_log_limit: AtomicI64::new(SLOW_LOG_LIMIT_US),
            slow_log_len: AtomicUsize::new(SLOW_LOG_LEN),
            password: Mutex::new(config.password),
        }
    }

    /// How many clients there may be at a time.
    pub(crate) fn maxclients(&self) -> usize {
        self.maxclients.load(Ordering::Relaxed)
    }

    /// Bytes of unsent replies at which a client is disconnected.
    pub(crate) fn output_buffer_limit(&self) -> usize {
        self.output_buffer_limit.load(Ordering::Relaxed)
    }

    /// How long a request takes at least that is logged; `None`: nothing is.
    pub(crate) fn slow_log_limit(&self) -> Option<Duration> {
        let limit = u64::try_from(self.slow_log_limit.load(Ordering::Relaxed)).ok();
        limit.filter(|_| self.slow_log_len() > 0).map(Duration::from_micros)
    }

    /// How many of them are kept.
    pub(crate) fn slow_log_len(&self) -> usize {
        self.slow_log_len.load(Ordering::Relaxed)
    }

    /// The password that clients have to give, if one is asked for.
    pub(crate) fn password(&self) -> Option<Password> {
        *self.password.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, change: Change) {
        match change {
            Change::Maxclients(count) => self.maxclients.store(count, Ordering::Relaxed),
            Change::OutputBufferLimit(bytes) => {
                self.output_buffer_limit.store(bytes, Ordering::Relaxed);
            }
            Change::SlowLogLimit(us) => self.slow_log_limit.store(us, Ordering::Relaxed),
            Change::SlowLogLen(len) => self.slow_log_len.store(len, Ordering::Relaxed),
            Change::Password(password) => {
                *self.password.lock().unwrap_or_else(PoisonError::into_inner) = password;
            }
            Change::Nothing => {}
        }
    }
}

/// The names and values of all settings, in the order of their names.
pub(crate) fn all(shared: &Shared) -> impl Iterator<Item = (&'static str, String)> + '_ {
    SETTINGS.iter().map(|setting| (setting.name, (setting.read)(shared)))
}

/// Changes settings, all of them or none; name and value stand in turn.
///
/// # Errors
///
/// What is wrong with the first that is.
pub(crate) fn set(shared: &Shared, words: &[Box<[u8]>]) -> Result<(), SetError> {
    let mut changes: Vec<(&'static str, Change)> = Vec::new();
    for pair in words.chunks(2) {
        let name = pair.first().map_or(&[][..], |name| name);
        let setting =
            SETTINGS.iter().find(|known| name.eq_ignore_ascii_case(known.name.as_bytes()));
        let (Some(setting), Some(value)) = (setting, pair.get(1)) else {
            return Err(SetError::Unknown(name.to_vec()));
        };
        if changes.iter().any(|(other, _)| *other == setting.name) {
            return Err(SetError::Refused(setting.name, "duplicate parameter"));
        }
        let Some(write) = setting.write else {
            return Err(SetError::Refused(setting.name, "can't set immutable config"));
        };
        let change = write(shared, value);
        changes.push((setting.name, change.map_err(|why| SetError::Refused(setting.name, why))?));
    }
    changes.into_iter().for_each(|(_, change)| shared.settings.apply(change));
    Ok(())
}

/// The values among these words, name and value in turn, that nobody is to read.
pub(crate) fn secrets(words: &[Box<[u8]>]) -> impl Iterator<Item = Box<[u8]>> {
    let pairs = words.chunks(2).filter(|pair| pair[0].eq_ignore_ascii_case(b"requirepass"));
    pairs.filter_map(|pair| pair.get(1).cloned())
}

impl SetError {
    /// What the client is told.
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Self::Unknown(name) => {
                let head = b"ERR Unknown option or number of arguments for CONFIG SET - '";
                [&head[..], name, b"'"].concat()
            }
            Self::Refused(name, why) => {
                let head = "ERR CONFIG SET failed (possibly related to argument '";
                format!("{head}{name}') - {why}").into_bytes()
            }
        }
    }
}

const SETTINGS: &[Setting] = &[
    Setting { name: "appendonly", read: |_| "no".to_owned(), write: Some(|_, to| only(to, "no")) },
    Setting { name: "bind", read: hosts, write: None },
    Setting {
        name: "client-output-buffer-limit",
        read: |shared| format!("normal {} 0 0", shared.settings.output_buffer_limit()),
        write: Some(output_buffer_limit),
    },
    Setting { name: "cluster-enabled", read: |_| "no".to_owned(), write: None },
    Setting { name: "databases", read: |_| crate::session::DATABASES.to_string(), write: None },
    Setting {
        name: "latency-monitor-threshold",
        read: |_| "0".to_owned(),
        write: Some(|_, to| only(to, "0")),
    },
    Setting {
        name: "maxclients",
        read: |shared| shared.settings.maxclients().to_string(),
        write: Some(maxclients),
    },
    Setting {
        name: "maxmemory",
        read: |shared| shared.budget.bytes().unwrap_or(0).to_string(),
        write: None,
    },
    Setting {
        name: "maxmemory-policy",
        read: |shared| shared.config.memory.redis_policy().to_owned(),
        write: None,
    },
    Setting {
        name: "notify-keyspace-events",
        read: |_| String::new(),
        write: Some(|_, to| only(to, "")),
    },
    Setting { name: "port", read: |shared| shared.port.to_string(), write: None },
    Setting {
        name: "proto-max-bulk-len",
        read: |shared| shared.config.limits.proto_max_bulk_len.to_string(),
        write: None,
    },
    Setting {
        name: "requirepass",
        read: |shared| shared.settings.password().map_or_else(String::new, |own| own.to_string()),
        write: Some(password),
    },
    Setting { name: "save", read: |_| String::new(), write: Some(|_, to| only(to, "")) },
    Setting {
        name: "slowlog-log-slower-than",
        read: |shared| shared.settings.slow_log_limit.load(Ordering::Relaxed).to_string(),
        write: Some(|_, to| match number(to)? {
            us @ -1.. => Ok(Change::SlowLogLimit(us)),
            _ => Err("argument must be between -1 and 9223372036854775807 inclusive"),
        }),
    },
    Setting {
        name: "slowlog-max-len",
        read: |shared| shared.settings.slow_log_len().to_string(),
        write: Some(|_, to| match usize::try_from(number(to)?) {
            Ok(len) => Ok(Change::SlowLogLen(len)),
            Err(_) => Err("argument must be between 0 and 9223372036854775807 inclusive"),
        }),
    },
    Setting { name: "timeout", read: |_| "0".to_owned(), write: Some(|_, to| only(to, "0")) },
];

/// A setting that has one value: to set it to that changes nothing.
fn only(value: &[u8], own: &str) -> Result<Change, &'static str> {
    let same = value.eq_ignore_ascii_case(own.as_bytes());
    if same { Ok(Change::Nothing) } else { Err("this server has one value for it") }
}

fn maxclients(_: &Shared, value: &[u8]) -> Result<Change, &'static str> {
    match usize::try_from(number(value)?) {
        Ok(count @ 1..=MAXCLIENTS_MAX) => Ok(Change::Maxclients(count)),
        _ => Err("argument must be between 1 and 1000000 inclusive"),
    }
}

fn number(value: &[u8]) -> Result<i64, &'static str> {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    number.ok_or("argument couldn't be parsed into an integer")
}

/// Redis' form, of which the hard limit of the class `normal` means something here.
fn output_buffer_limit(shared: &Shared, value: &[u8]) -> Result<Change, &'static str> {
    let text = std::str::from_utf8(value).map_err(|_| WRONG_LIMIT)?;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let mut change = Change::Nothing;
    for class in words.chunks(4) {
        let [name, hard, soft, seconds] = class else { return Err(WRONG_LIMIT) };
        let hard = parse_size(hard).map_err(|_| WRONG_LIMIT)?;
        parse_size(soft).map_err(|_| WRONG_LIMIT)?;
        seconds.parse::<u64>().map_err(|_| WRONG_LIMIT)?;
        match *name {
            "normal" => {
                // 0 is no limit to Redis.
                let bytes = if hard == 0 { u64::MAX } else { hard };
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                if bytes < shared.config.limits.client_output_buffer_pause {
                    return Err("below client_output_buffer_pause of the configuration");
                }
                change = Change::OutputBufferLimit(bytes);
            }
            "replica" | "slave" | "pubsub" => {}
            _ => return Err("Invalid client class specified in buffer limit configuration."),
        }
    }
    Ok(change)
}

fn password(_: &Shared, value: &[u8]) -> Result<Change, &'static str> {
    Ok(Change::Password((!value.is_empty()).then(|| Password::of(value))))
}

/// The addresses that are listened at, but for sockets of files.
pub(crate) fn hosts(shared: &Shared) -> String {
    let hosts = shared.config.networks.iter().filter_map(|network| match &network.address {
        crate::socket::Address::Tcp { host, .. } => Some(host.as_str()),
        crate::socket::Address::Unix(_) => None,
    });
    hosts.collect::<Vec<_>>().join(" ")
}

const WRONG_LIMIT: &str =
    "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
const MAXCLIENTS_MAX: usize = 1_000_000;
/// Redis' default.
const SLOW_LOG_LIMIT_US: i64 = 10_000;
/// Redis' default.
const SLOW_LOG_LEN: usize = 128;
