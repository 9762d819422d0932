//! What to start, and how.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::process::{PATIENCE, Process};
use crate::program::Program;
use crate::running::Running;

/// A server to be started, once or several times.
#[derive(Debug, Clone)]
pub struct Launch {
    name: String,
    kind: Kind,
    /// The program and its arguments, `{port}` to be replaced.
    words: Vec<String>,
    /// A command that runs it, such as a debugger.
    wrapper: Vec<String>,
    cpus: Option<String>,
    tied: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Chooses its port and says it.
    Carrier,
    Known(Program),
    /// A command line of the caller's.
    Other,
}

impl Launch {
    /// Carrier's server at this path.
    #[must_use]
    pub fn carrier(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_string_lossy().into_owned();
        Self::new("carrier", Kind::Carrier, vec![path, "--listen".into(), "127.0.0.1:0".into()])
    }

    /// A known server, without persistence and with one thread for requests.
    ///
    /// # Errors
    ///
    /// [`Error::Absent`] where it is not installed.
    pub fn of(program: Program) -> Result<Self, Error> {
        if program.version().is_none() {
            let (program, hint) = (program.binary().to_owned(), program.hint());
            return Err(Error::Absent { program, hint });
        }
        let mut words = vec![program.binary().to_owned()];
        words.extend(program.arguments());
        Ok(Self::new(program.name(), Kind::Known(program), words))
    }

    /// Any server: its words, of which those that hold `{port}` get the port. It must listen on
    /// the loopback address.
    #[must_use]
    pub fn command(name: &str, words: Vec<String>) -> Self {
        Self::new(name, Kind::Other, words)
    }

    /// Also passes these arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        let text = |argument: S| argument.as_ref().to_string_lossy().into_owned();
        self.words.extend(arguments.into_iter().map(text));
        self
    }

    /// Names it otherwise.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Lets it run on these cores alone, as `taskset` writes them: `0`, `0,2`, `0-3`.
    #[must_use]
    pub fn pinned(mut self, cpus: &str) -> Self {
        self.cpus = Some(cpus.to_owned());
        self
    }

    /// Runs it by another command, such as `strace -c`, whose last argument it becomes.
    #[must_use]
    pub fn under<S: Into<String>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.wrapper = wrapper.into_iter().map(Into::into).collect();
        self
    }

    /// Makes the kernel kill it when the thread that starts it ends, in whatever way.
    #[must_use]
    pub fn tied(mut self) -> Self {
        self.tied = true;
        self
    }

    /// The short name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The command, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        self.words.join(" ")
    }

    /// Starts it and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or does not accept.
    pub fn start(&self) -> Result<Running, Error> {
        let mut last = None;
        // Another process may take a port between its choice and its use.
        for _ in 0..ATTEMPTS_MAX {
            match self.start_once() {
                Err(error @ Error::NotReady { .. }) if self.kind != Kind::Carrier => {
                    last = Some(error);
                }
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| self.not_ready("")))
    }

    /// Starts it on a port that was free a moment ago, and does not wait for it: for those who
    /// measure how long it takes.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn spawn(&self) -> Result<Running, Error> {
        let address = self.free_address()?;
        let listen = format!("127.0.0.1:{}", address.port());
        let process = self.process(&self.words_for(address, &listen))?;
        Ok(Running::new(self.name.clone(), process, address, String::new()))
    }

    fn new(name: &str, kind: Kind, words: Vec<String>) -> Self {
        let name = name.to_owned();
        Self { name, kind, words, wrapper: Vec::new(), cpus: None, tied: false }
    }

    fn start_once(&self) -> Result<Running, Error> {
        if self.kind == Kind::Carrier {
            let process = self.process(&self.words)?;
            let ready = process.wait_for_line(|line| line.contains(READY).then(|| line.to_owned()));
            let ready = ready.ok_or_else(|| self.not_ready(&process.log()))?;
            let address = ready.split([' ', ',']).find_map(|word| word.parse().ok());
            let address = address.ok_or_else(|| self.not_ready(&ready))?;
            return Ok(Running::new(self.name.clone(), process, address, ready));
        }
        let address = self.free_address()?;
        let mut process = self.process(&self.words_for(address, ""))?;
        let line = match self.kind {
            Kind::Known(program) => program.ready(),
            Kind::Carrier | Kind::Other => None,
        };
        let ready = match line {
            Some(line) => process.wait_for_line(|said| said.contains(line).then_some(())).is_some(),
            None => accepts(address, &mut process),
        };
        if !ready {
            return Err(self.not_ready(&process.log()));
        }
        Ok(Running::new(self.name.clone(), process, address, String::new()))
    }

    fn words_for(&self, address: SocketAddr, listen: &str) -> Vec<String> {
        let port = address.port().to_string();
        let told = |word: &String| match self.kind {
            Kind::Carrier if word == "127.0.0.1:0" => listen.to_owned(),
            _ => word.replace("{port}", &port),
        };
        self.words.iter().map(told).collect()
    }

    fn free_address(&self) -> Result<SocketAddr, Error> {
        let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let address = probe.and_then(|probe| probe.local_addr());
        address.map_err(|source| Error::Spawn { command: self.shown(), source })
    }

    fn process(&self, words: &[String]) -> Result<Process, Error> {
        let mut all: Vec<&str> = Vec::new();
        if self.tied {
            all.extend(["setpriv", "--pdeathsig", "KILL"]);
        }
        if let Some(cpus) = &self.cpus {
            all.extend(["taskset", "-c", cpus]);
        }
        all.extend(self.wrapper.iter().chain(words).map(String::as_str));
        let mut command = Command::new(all[0]);
        Process::spawn(command.args(&all[1..]))
            .map_err(|source| Error::Spawn { command: all.join(" "), source })
    }

    fn not_ready(&self, log: &str) -> Error {
        Error::NotReady { command: self.shown(), log: log.to_owned() }
    }
}

/// Tries to connect until it succeeds, the process ends, or patience does.
#[expect(clippy::disallowed_methods, reason = "a server that says nothing can only be tried")]
fn accepts(address: SocketAddr, process: &mut Process) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE && process.runs() {
        if TcpStream::connect_timeout(&address, PATIENCE).is_ok() {
            return process.runs();
        }
        process.listen(PAUSE);
    }
    false
}

const READY: &str = "ready on ";
const ATTEMPTS_MAX: usize = 10;
const PAUSE: Duration = Duration::from_millis(5);
