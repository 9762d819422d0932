//! A child process that ends with its owner, and whose output is kept.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::family;

/// A running child. Dropping it kills it, and its children.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Lines as they come; closed when both of its streams are.
    lines: Receiver<String>,
    /// What it wrote to both of its streams so far.
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it, with its streams piped.
    ///
    /// # Errors
    ///
    /// Those of the system's call for starting a process.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let log = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = channel();
        let stdout = child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let stderr = child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        for stream in [stdout, stderr].into_iter().flatten() {
            let (log, sender) = (Arc::clone(&log), sender.clone());
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_str(&line);
                    log.push('\n');
                    drop(log);
                    // Nobody listens once the line that says that it is ready has come.
                    let _ = sender.send(line);
                }
            });
        }
        Ok(Self { child, lines, log })
    }

    /// The first line for which `find` gives something; none when the output ends before, or
    /// nothing comes for [`PATIENCE`].
    pub fn wait_for_line<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).ok()?;
            if let Some(found) = find(&line) {
                return Some(found);
            }
        }
    }

    /// Waits until it writes a line or closes its streams, for so long at most.
    pub(crate) fn listen(&self, at_most: Duration) {
        // What it says is in the log.
        let _ = self.lines.recv_timeout(at_most);
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to both of its streams so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a signal; nothing happens where it has ended.
    pub fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// Sends a signal to the youngest of it and its descendants.
    pub(crate) fn signal_inner(&self, signal: Signal) {
        send(family::processes(self.id()).last().copied().unwrap_or_else(|| self.id()), signal);
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    ///
    /// Those of the system's call for waiting.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Its resident memory and that of its children, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        family::resident_bytes(self.id())
    }

    /// The most that it and its children had resident at once each, since the last
    /// [`reset_peak`](Self::reset_peak) or their start, in bytes. The system keeps it: no peak is
    /// missed, however short.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        family::peak_bytes(self.id())
    }

    /// Makes what is resident now the peak.
    pub fn reset_peak(&self) {
        family::reset_peak(self.id());
    }

    /// Nanoseconds that its threads, and those of its children, have run so far.
    #[must_use]
    pub fn cpu_ns(&self) -> u64 {
        family::cpu_ns(self.id())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.runs() {
            // A wrapper that is killed would leave its children behind.
            for id in family::processes(self.child.id()) {
                send(id, Signal::KILL);
            }
            // An error means that it was waited for before.
            let _ = self.child.wait();
        }
        if thread::panicking() {
            let log = self.log();
            let start = log.char_indices().rev().nth(LOG_SHOWN_CHARS).map_or(0, |(at, _)| at);
            eprintln!("--- the log of process {} ---\n{}---", self.child.id(), &log[start..]);
        }
    }
}

fn send(id: u32, signal: Signal) {
    if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended by itself; then there is nobody to tell.
        let _ = kill_process(id, signal);
    }
}

/// How long to wait for what ought to come at once: only a hang is ever longer.
pub const PATIENCE: Duration = Duration::from_secs(60);

const LOG_SHOWN_CHARS: usize = 4_000;
