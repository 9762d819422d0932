//! The servers that are compared: how each is started, and what it speaks.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use carrier_peers::{Launch, Program, Running};

use crate::bench::clock::pause;
use crate::bench::error::BenchError;
use crate::bench::figure::Protocol;
use crate::tool::Tool;

/// A server to be started again and again.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) version: String,
    launch: Launch,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Carrier,
    Known(Program),
    /// A command line, for a server of this protocol.
    Other(Protocol),
}

impl Subject {
    /// A build of Carrier.
    pub(crate) fn carrier(name: &str, path: &Path) -> Result<Self, BenchError> {
        let said = Tool::new(path, ".").arg("--version").output();
        let version = said.map_err(|_| BenchError::Syntax {
            option: "--against",
            found: format!("carrier={}", path.display()),
            expected: "the path of a build of carrier-server",
        })?;
        Ok(Self {
            name: name.to_owned(),
            version: version.trim().to_owned(),
            launch: Launch::carrier(path).named(name),
            kind: Kind::Carrier,
        })
    }

    /// A server as `--against` names it.
    pub(crate) fn parse(word: &str) -> Result<Self, BenchError> {
        let syntax =
            || BenchError::Syntax { option: "--against", found: word.to_owned(), expected: SYNTAX };
        let Some((name, what)) = word.split_once('=') else {
            let program = Program::of_name(word).ok_or_else(syntax)?;
            let launch = Launch::of(program)?;
            let version = program.version().unwrap_or_default();
            return Ok(Self { name: word.into(), version, launch, kind: Kind::Known(program) });
        };
        if name == "carrier" {
            return Self::carrier(BASE, Path::new(what));
        }
        if !what.contains("{port}") {
            return Err(syntax());
        }
        let protocol =
            if name.starts_with("memcached") { Protocol::Memcached } else { Protocol::Resp };
        let words = what.split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            name: name.to_owned(),
            version: String::new(),
            launch: Launch::command(name, words),
            kind: Kind::Other(protocol),
        })
    }

    /// The arguments that make it serve requests with so many threads.
    fn thread_words(&self, threads: usize) -> Vec<String> {
        match self.kind {
            Kind::Carrier => vec!["--threads".to_owned(), threads.to_string()],
            Kind::Other(_) => Vec::new(),
            Kind::Known(_) if threads == 1 => Vec::new(),
            Kind::Known(Program::Memcached) => vec!["-t".to_owned(), threads.to_string()],
            Kind::Known(Program::Dragonfly) => vec![format!("--proactor_threads={threads}")],
            Kind::Known(Program::Redis | Program::Valkey) => {
                vec!["--io-threads".to_owned(), threads.to_string()]
            }
        }
    }

    /// The arguments that give it a budget of so many MiB, in which it evicts; none where it is
    /// not known how to.
    pub(crate) fn budget(&self, mebibytes: u64) -> Option<Vec<String>> {
        let words = match self.kind {
            Kind::Carrier => vec!["--memory".to_owned(), format!("{mebibytes}MiB")],
            Kind::Known(Program::Memcached) => vec!["-m".to_owned(), mebibytes.to_string()],
            Kind::Known(Program::Dragonfly) => {
                vec![format!("--maxmemory={mebibytes}MB"), "--cache_mode=true".to_owned()]
            }
            Kind::Known(Program::Redis | Program::Valkey) => {
                let policy = ["--maxmemory-policy", "allkeys-lru"].map(str::to_owned);
                [vec!["--maxmemory".to_owned(), format!("{mebibytes}mb")], policy.to_vec()].concat()
            }
            Kind::Other(_) => return None,
        };
        Some(words)
    }

    /// Its policies of eviction that are compared, by names, with the arguments that choose each;
    /// they go behind those of [`budget`](Self::budget).
    pub(crate) fn policies(&self) -> Vec<(String, &'static [&'static str])> {
        match self.kind {
            Kind::Carrier => vec![(self.name.clone(), &["--evict", "snlru"])],
            Kind::Known(Program::Redis | Program::Valkey) => vec![
                (format!("{}-lru", self.name), &["--maxmemory-policy", "allkeys-lru"]),
                (format!("{}-lfu", self.name), &["--maxmemory-policy", "allkeys-lfu"]),
            ],
            _ => vec![(self.name.clone(), &[])],
        }
    }

    /// The arguments that make do with 1024 file descriptors.
    pub(crate) fn frugal(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Known(Program::Memcached) => &["-c", "1024"],
            _ => &[],
        }
    }

    /// Whether it can be spoken to in this language.
    pub(crate) fn speaks(&self, protocol: Protocol) -> bool {
        match self.kind {
            Kind::Carrier => true,
            Kind::Known(program) => program.is_memcached() == (protocol == Protocol::Memcached),
            Kind::Other(own) => own == protocol,
        }
    }

    /// Whether it is a build of Carrier.
    pub(crate) fn is_carrier(&self) -> bool {
        self.kind == Kind::Carrier
    }

    /// How it is started, for people.
    pub(crate) fn shown(&self, threads: usize) -> String {
        self.bare_launch(threads).shown()
    }

    /// How it is started with so many threads on these cores, to be changed; it ends with the
    /// thread that starts it.
    pub(crate) fn launch(&self, threads: usize, cpus: &str) -> Launch {
        self.bare_launch(threads).tied().pinned(cpus)
    }

    /// How it is started without any program between.
    pub(crate) fn bare_launch(&self, threads: usize) -> Launch {
        self.launch.clone().args(self.thread_words(threads))
    }
}

/// A server that runs, and the language in which it is spoken to.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    pub(crate) running: Running,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(
        subject: &Subject,
        protocol: Protocol,
        launch: &Launch,
    ) -> Result<Self, BenchError> {
        Ok(Self { name: subject.name.clone(), protocol, running: launch.start()? })
    }

    /// What its threads have run once they have come to rest: a server may put off what requests
    /// leave to do until none come.
    pub(crate) fn at_rest_cpu_ns(&self) -> u64 {
        let mut last = self.running.cpu_ns();
        for _ in 0..PAUSES_MAX {
            pause(PAUSE);
            let now = self.running.cpu_ns();
            if now - last < IDLE_NS {
                return now;
            }
            last = now;
        }
        last
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }
}

/// Splits `--against` at the commas behind which another server is named.
pub(crate) fn words(lists: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for list in lists {
        let mut is_first = true;
        for part in list.split(',') {
            match words.last_mut().filter(|last| !is_first && last.contains('=')) {
                Some(last) if !begins_a_server(part) => {
                    last.push(',');
                    last.push_str(part);
                }
                _ => words.push(part.to_owned()),
            }
            is_first = false;
        }
    }
    words
}

fn begins_a_server(part: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    Program::of_name(part).is_some() || part.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// Longer than Carrier waits before it takes itself to be idle.
const PAUSE: Duration = Duration::from_millis(150);
const PAUSES_MAX: usize = 20;
/// What timers take in a pause.
const IDLE_NS: u64 = 500_000;
/// The name of another build of ours.
const BASE: &str = "base";
const SYNTAX: &str =
    "redis, memcached, valkey, dragonfly, carrier=PATH or NAME=COMMAND LINE with {port}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_where_a_server_begins() {
        let lists = ["redis,memcached,carrier=old/carrier-server,valkey".to_owned()];
        assert_eq!(words(&lists), ["redis", "memcached", "carrier=old/carrier-server", "valkey"]);
        let lists = ["redis".to_owned(), "mine=server -a 1,2 -p {port},redis".to_owned()];
        assert_eq!(words(&lists), ["redis", "mine=server -a 1,2 -p {port}", "redis"]);
    }

    #[test]
    fn a_command_line_needs_a_place_for_the_port() {
        let mine = Subject::parse("mine=server -p {port}").expect("a command line");
        assert!(mine.speaks(Protocol::Resp) && !mine.speaks(Protocol::Memcached));
        assert_eq!(mine.shown(1), "server -p {port}");
        let mine = Subject::parse("memcached-new=server -p {port}").expect("a command line");
        assert!(mine.speaks(Protocol::Memcached) && !mine.speaks(Protocol::Resp));
        for word in ["mine=server", "rediss", "", "=server {port}-"] {
            let is_wrong = Subject::parse(word).is_err() || word.starts_with('=');
            assert!(is_wrong, "{word}");
        }
    }
}
