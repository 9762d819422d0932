//! A client that notes what it does, when, and what it sees.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use carrier_compare::{Client, Random, ReplyExt as _, multibulk};
use drp_parser::Reply;

use crate::clock::Clock;
use crate::command::{Command, Key, LOADED, Outcome};
use crate::operation::Operation;

/// A connection, and who uses it.
#[derive(Debug)]
pub struct Session {
    address: SocketAddr,
    client: Client,
    number: usize,
    clock: Clock,
    /// How long to wait for a reply.
    patience: Duration,
    /// What was sent last, for a person.
    last: String,
    /// What stands before the numbers of keys.
    pub prefix: String,
}

/// Why there is nothing to note.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The connection failed.
    Io(io::Error),
    /// This client waits for a reply to this in vain.
    Silence(usize, String),
    /// The server answered something that the protocol has no place for.
    Reply(Box<Reply>),
}

impl Session {
    /// Connects; `number` is the client's in the history.
    ///
    /// # Errors
    ///
    /// The server does not accept.
    pub fn connect(
        address: SocketAddr,
        number: usize,
        clock: Clock,
        patience: Duration,
    ) -> Result<Self, SessionError> {
        let mut client = Client::try_connect(address)?;
        client.wait_at_most(patience)?;
        let (last, prefix) = (String::new(), String::new());
        Ok(Self { address, client, number, clock, patience, last, prefix })
    }

    /// Which of `names` the server knows.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub fn known(
        &mut self,
        names: &[&'static str],
    ) -> Result<BTreeSet<&'static str>, SessionError> {
        let mut known = BTreeSet::new();
        for &name in names {
            let reply = self.request(&["COMMAND", "INFO", name])?;
            let is_known = match &reply {
                Reply::Array(entries) => {
                    entries.iter().any(|entry| !matches!(entry, Reply::Nil | Reply::NilArray))
                }
                _ => false,
            };
            known.extend(is_known.then_some(name));
        }
        Ok(known)
    }

    /// Teaches the server a command of several keys, if it is one that learns any.
    ///
    /// # Errors
    ///
    /// It does not answer, or does not accept it.
    pub(crate) fn load(&mut self) -> Result<(), SessionError> {
        if !self.known(&["ZVML"])?.is_empty() {
            let reply = self.request(&["ZVML", "LOAD", LOADED])?;
            if matches!(reply, Reply::Error(_)) {
                return Err(SessionError::Reply(Box::new(reply)));
            }
        }
        Ok(())
    }

    /// Sends one request and reads its reply.
    ///
    /// # Errors
    ///
    /// The connection fails.
    pub fn request(&mut self, words: &[&str]) -> Result<Reply, SessionError> {
        self.last = words.join(" ");
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.client.write(&multibulk(&words))?;
        self.reply()
    }

    /// Does one command by itself.
    ///
    /// # Errors
    ///
    /// The connection fails.
    pub fn single(&mut self, command: &Command) -> Result<Operation, SessionError> {
        let bytes = self.encoded(command);
        self.last = command.to_string();
        let invoked_ns = self.clock.ns();
        self.client.write(&bytes)?;
        let reply = self.reply()?;
        let outcomes = vec![command.outcome(&reply)];
        Ok(self.noted(vec![command.clone()], Some(outcomes), invoked_ns))
    }

    /// Sends commands at once and notes each as an operation of its own: they overlap.
    ///
    /// # Errors
    ///
    /// The connection fails.
    pub fn pipelined(&mut self, commands: &[Command]) -> Result<Vec<Operation>, SessionError> {
        let bytes: Vec<u8> = commands.iter().flat_map(|command| self.encoded(command)).collect();
        self.last = format!("at once: {}", listed(commands));
        let invoked_ns = self.clock.ns();
        self.client.write(&bytes)?;
        let mut done = Vec::new();
        for command in commands {
            let reply = self.reply()?;
            let outcomes = vec![command.outcome(&reply)];
            done.push(self.noted(vec![command.clone()], Some(outcomes), invoked_ns));
        }
        Ok(done)
    }

    /// Does commands as one, by MULTI and EXEC in one write.
    ///
    /// # Errors
    ///
    /// The connection fails, or the server does not queue what it is sent.
    pub fn exec(&mut self, commands: &[Command]) -> Result<Operation, SessionError> {
        let invoked_ns = self.clock.ns();
        let outcomes = self.multi(commands)?;
        let outcomes = outcomes.ok_or_else(|| SessionError::Reply(Box::new(Reply::NilArray)))?;
        Ok(self.noted(commands.to_vec(), Some(outcomes), invoked_ns))
    }

    /// Watches the keys of `reads`, reads them, and does `commands` as one if nobody has changed
    /// those keys meanwhile. Then what was read is as if it had been read with them, so it is part
    /// of the operation. Notes the reads by themselves in any case; whether it went through.
    ///
    /// # Errors
    ///
    /// As [`exec`](Self::exec).
    pub fn watched(
        &mut self,
        keys: &[Key],
        reads: &[Command],
        commands: &[Command],
        noted: &mut Vec<Operation>,
    ) -> Result<bool, SessionError> {
        let mut words = vec!["WATCH".to_owned()];
        words.extend(keys.iter().map(|key| format!("{}{key}", self.prefix)));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let reply = self.request(&words)?;
        if reply != Reply::ok() {
            return Err(SessionError::Reply(Box::new(reply)));
        }
        let first = noted.len();
        for read in reads {
            let operation = self.single(read)?;
            noted.push(operation);
        }
        let invoked_ns = self.clock.ns();
        let Some(outcomes) = self.multi(commands)? else { return Ok(false) };
        let seen = noted[first..].iter().filter_map(|read| read.outcomes.clone()).flatten();
        let outcomes = seen.chain(outcomes).collect();
        let all = reads.iter().chain(commands).cloned().collect();
        noted.push(self.noted(all, Some(outcomes), invoked_ns));
        Ok(true)
    }

    /// Sends commands as one, or a part of their bytes, and cuts the connection without reading a
    /// reply: nobody knows whether they take effect. Connects anew.
    ///
    /// # Errors
    ///
    /// The server does not accept.
    pub fn lose(
        &mut self,
        commands: &[Command],
        random: &mut Random,
    ) -> Result<Operation, SessionError> {
        let bytes = self.encoded_multi(commands);
        let sent = if random.one_in(3) { random.below(bytes.len()) } else { bytes.len() };
        let invoked_ns = self.clock.ns();
        // Whether the server gets any of it is as unknown as the rest.
        let _ = self.client.write(&bytes[..sent]);
        let how = *random.pick(&[Shutdown::Both, Shutdown::Write, Shutdown::Read]);
        let _ = self.client.stream().shutdown(how);
        let operation = self.noted(commands.to_vec(), None, invoked_ns);
        self.client = Client::try_connect(self.address)?;
        self.client.wait_at_most(self.patience)?;
        Ok(operation)
    }

    /// The outcomes of commands between MULTI and EXEC; none where a watch has failed.
    fn multi(&mut self, commands: &[Command]) -> Result<Option<Vec<Outcome>>, SessionError> {
        let bytes = self.encoded_multi(commands);
        self.last = format!("in EXEC: {}", listed(commands));
        self.client.write(&bytes)?;
        let mut unexpected = None;
        for at in 0..=commands.len() {
            let expected = if at == 0 { Reply::ok() } else { Reply::status("QUEUED") };
            let reply = self.reply()?;
            if reply != expected {
                unexpected.get_or_insert(reply);
            }
        }
        let reply = self.reply()?;
        match (unexpected, reply) {
            (None, Reply::Array(replies)) if replies.len() == commands.len() => {
                let outcome = |(command, reply): (&Command, &Reply)| command.outcome(reply);
                Ok(Some(commands.iter().zip(&replies).map(outcome).collect()))
            }
            (None, Reply::Nil | Reply::NilArray) => Ok(None),
            (unexpected, reply) => Err(SessionError::Reply(Box::new(unexpected.unwrap_or(reply)))),
        }
    }

    fn noted(
        &self,
        commands: Vec<Command>,
        outcomes: Option<Vec<Outcome>>,
        invoked_ns: u64,
    ) -> Operation {
        let completed_ns = if outcomes.is_some() { self.clock.ns() } else { u64::MAX };
        Operation { client: self.number, commands, outcomes, invoked_ns, completed_ns }
    }

    fn encoded(&self, command: &Command) -> Vec<u8> {
        let words = command.words(&self.prefix);
        multibulk(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
    }

    fn encoded_multi(&self, commands: &[Command]) -> Vec<u8> {
        let mut bytes = multibulk(&[b"MULTI"]);
        bytes.extend(commands.iter().flat_map(|command| self.encoded(command)));
        bytes.extend(multibulk(&[b"EXEC"]));
        bytes
    }

    fn reply(&mut self) -> Result<Reply, SessionError> {
        match self.client.read_frame() {
            Ok(frame) => Ok(Reply::decode(&frame)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(SessionError::Silence(self.number, std::mem::take(&mut self.last)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn listed(commands: &[Command]) -> String {
    commands.iter().map(Command::to_string).collect::<Vec<_>>().join("; ")
}

impl From<io::Error> for SessionError {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) => write!(f, "a connection failed: {source}"),
            Self::Silence(client, words) => {
                write!(f, "client {client} gets no reply, its last request being: {words}")
            }
            Self::Reply(reply) => write!(f, "a reply that is out of place: {reply:?}"),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            Self::Reply(_) | Self::Silence(..) => None,
        }
    }
}
