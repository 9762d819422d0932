//! A connection of our own, for what the load generator is not made for.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::bench::figure::Protocol;

impl Protocol {
    /// Appends a request for one value.
    pub(crate) fn get(self, out: &mut Vec<u8>, key: &str) {
        out.extend(match self {
            Self::Resp => format!("*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len()).into_bytes(),
            Self::Memcached => format!("get {key}\r\n").into_bytes(),
        });
    }

    /// Appends a request to store a value.
    pub(crate) fn set(self, out: &mut Vec<u8>, key: &str, value: &[u8]) {
        let (key_len, len) = (key.len(), value.len());
        out.extend(match self {
            Self::Resp => {
                format!("*3\r\n$3\r\nSET\r\n${key_len}\r\n{key}\r\n${len}\r\n").into_bytes()
            }
            Self::Memcached => format!("set {key} 0 0 {len}\r\n").into_bytes(),
        });
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
}

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

    /// Sends requests whose replies are read afterwards.
    pub(crate) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(requests)
    }

    /// Reads the reply to a request for one value: its length, if there is one.
    pub(crate) fn value_len(&mut self) -> io::Result<Option<usize>> {
        let line = self.line()?;
        let len = match self.protocol {
            Protocol::Resp if line == "$-1" => return Ok(None),
            Protocol::Resp => line.strip_prefix('$'),
            Protocol::Memcached if line == "END" => return Ok(None),
            Protocol::Memcached => line.strip_prefix("VALUE ").and_then(|l| l.rsplit(' ').next()),
        };
        let len: usize =
            len.and_then(|digits| digits.parse().ok()).ok_or_else(|| unexpected(&line))?;
        let mut left = len + 2;
        while left > 0 {
            let there = self.stream.fill_buf()?.len().min(left);
            if there == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.stream.consume(there);
            left -= there;
        }
        if self.protocol == Protocol::Memcached {
            self.line()
                .and_then(|end| if end == "END" { Ok(()) } else { Err(unexpected(&end)) })?;
        }
        Ok(Some(len))
    }

    /// Reads the reply that says that a value is stored.
    pub(crate) fn stored(&mut self) -> io::Result<()> {
        let line = self.line()?;
        if line == "+OK" || line == "STORED" { Ok(()) } else { Err(unexpected(&line)) }
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
