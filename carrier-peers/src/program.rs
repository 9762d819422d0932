//! The servers that are known, and what each must be told.

use std::process::Command;

/// A server that Carrier is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// `redis-server`.
    Redis,
    /// `valkey-server`.
    Valkey,
    /// `dragonfly`.
    Dragonfly,
    /// `memcached`.
    Memcached,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Redis, Self::Valkey, Self::Dragonfly, Self::Memcached];

    /// The short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
            Self::Dragonfly => "dragonfly",
            Self::Memcached => "memcached",
        }
    }

    /// The program with this short name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|program| program.name() == name)
    }

    /// Whether it speaks memcached's protocol, not Redis'.
    #[must_use]
    pub const fn is_memcached(self) -> bool {
        matches!(self, Self::Memcached)
    }

    /// The first line that it says its version with; none where it is not installed.
    #[must_use]
    pub fn version(self) -> Option<String> {
        let output = Command::new(self.binary()).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().next().map(str::to_owned)
    }

    pub(crate) const fn binary(self) -> &'static str {
        match self {
            Self::Redis => "redis-server",
            Self::Valkey => "valkey-server",
            Self::Dragonfly => "dragonfly",
            Self::Memcached => "memcached",
        }
    }

    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Redis => "on Debian, `apt-get install redis-server`",
            Self::Valkey => "build it from the project's sources and put it on PATH",
            Self::Dragonfly => "take a binary of the project's releases and put it on PATH",
            Self::Memcached => "on Debian, `apt-get install memcached`",
        }
    }

    /// The arguments after the program, `{port}` to be replaced: loopback, no persistence.
    pub(crate) fn arguments(self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Redis | Self::Valkey => &[
                "--port",
                "{port}",
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
            ],
            Self::Dragonfly => &[
                "--port={port}",
                "--bind=127.0.0.1",
                "--dbfilename=",
                "--logtostderr",
                "--proactor_threads=1",
            ],
            Self::Memcached => &["-l", "127.0.0.1", "-p", "{port}", "-U", "0", "-m", "16384"],
        };
        let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        if self.is_memcached() {
            words.extend(["-c", "4096", "-t", "1"].map(str::to_owned));
            if rustix::process::geteuid().is_root() {
                words.extend(["-u", "root"].map(str::to_owned));
            }
        }
        words
    }

    /// What it logs when it accepts; none where only trying tells.
    pub(crate) const fn ready(self) -> Option<&'static str> {
        match self {
            Self::Redis | Self::Valkey => Some("Ready to accept connections"),
            Self::Dragonfly | Self::Memcached => None,
        }
    }
}
