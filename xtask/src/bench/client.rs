//! A connection of our own, for what the load generator is not made for.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::bench::figure::Protocol;

/// A connection that waits for each reply.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    protocol: Protocol,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(address: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), protocol })
    }

    /// Asks for the reply that means nothing but that the server is there.
    pub(crate) fn ping(&mut self) -> io::Result<()> {
        let (request, expected) = match self.protocol {
            Protocol::Resp => ("PING\r\n", "+PONG"),
            Protocol::Memcached => ("version\r\n", "VERSION"),
        };
        self.stream.get_mut().write_all(request.as_bytes())?;
        let reply = self.line()?;
        if reply.starts_with(expected) { Ok(()) } else { Err(unexpected(&reply)) }
    }

    /// Deletes keys, many at a time; returns how many there were.
    pub(crate) fn delete(&mut self, keys: impl Iterator<Item = String>) -> io::Result<u64> {
        let (mut batch, mut waiting, mut found) = (String::new(), 0, 0);
        for key in keys {
            batch.push_str(&match self.protocol {
                Protocol::Resp => format!("*2\r\n$3\r\nDEL\r\n${}\r\n{key}\r\n", key.len()),
                Protocol::Memcached => format!("delete {key}\r\n"),
            });
            waiting += 1;
            if waiting == BATCH {
                found += self.deleted(&mut batch, &mut waiting)?;
            }
        }
        Ok(found + self.deleted(&mut batch, &mut waiting)?)
    }

    /// Sends a request of Redis' protocol and returns a bulk string, or the first line of another
    /// reply.
    pub(crate) fn ask(&mut self, words: &[&str]) -> io::Result<String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            let _ = write!(request, "${}\r\n{word}\r\n", word.len());
        }
        self.stream.get_mut().write_all(request.as_bytes())?;
        let first = self.line()?;
        match first.as_bytes().first() {
            Some(b'-') => Err(unexpected(&first)),
            Some(b'$') => self.line(),
            _ => Ok(first),
        }
    }

    fn deleted(&mut self, batch: &mut String, waiting: &mut usize) -> io::Result<u64> {
        self.stream.get_mut().write_all(batch.as_bytes())?;
        batch.clear();
        let mut found = 0;
        for _ in 0..std::mem::take(waiting) {
            match self.line()?.as_str() {
                ":1" | "DELETED" => found += 1,
                ":0" | "NOT_FOUND" => {}
                other => return Err(unexpected(other)),
            }
        }
        Ok(found)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

fn unexpected(reply: &str) -> io::Error {
    io::Error::other(format!("unexpected reply `{}`", reply.escape_debug()))
}

const PATIENCE: Duration = Duration::from_secs(10);
const BATCH: usize = 256;
