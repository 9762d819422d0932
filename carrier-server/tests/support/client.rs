//! A blocking client that sees the bytes: what it sends is cut as told, replies come whole.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use drp_parser::reply::SkipStatus;
use drp_parser::{ReplyLimits, ReplySkipper};

use super::process::PATIENCE;
use super::random::Random;
use super::reply::{Reply, ReplyExt as _, Version};
use super::request::{Request, multibulk};

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    /// Bytes that were received and belong to no reply that was read yet.
    received: Vec<u8>,
    skipper: ReplySkipper,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the server accepts")
    }

    pub(crate) fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // Each write is a packet of its own: that is what the cuts are for.
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            received: Vec::new(),
            skipper: ReplySkipper::new(ReplyLimits::default()),
        })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The bytes of the next reply.
    pub(crate) fn read_frame(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let status = self.skipper.skip(&self.received).map_err(io::Error::other)?;
            if let SkipStatus::Complete { consumed } = status {
                return Ok(self.received.drain(..consumed).collect());
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The next `len` bytes, whatever they say.
    pub(crate) fn read_bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.received.len() < len {
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.received.drain(..len).collect())
    }

    /// Everything up to the connection's end.
    pub(crate) fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.received))
    }

    /// Everything up to the connection's end, be it an orderly one or a reset.
    pub(crate) fn read_until_closed(&mut self) -> Vec<u8> {
        loop {
            match self.fill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("it does not close"),
                Err(_) => break,
            }
        }
        std::mem::take(&mut self.received)
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Whether bytes came that belong to no reply that was asked for.
    pub(crate) fn has_surplus(&self) -> bool {
        !self.received.is_empty()
    }

    /// Sends words and reads the reply.
    pub(crate) fn call(&mut self, words: &[&[u8]]) -> Reply {
        self.write(&multibulk(words)).expect("the server reads");
        self.reply()
    }

    /// Sends the words of a line and reads the reply.
    pub(crate) fn line(&mut self, line: &str) -> Reply {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        self.call(&words)
    }

    /// Reads a reply.
    pub(crate) fn reply(&mut self) -> Reply {
        let frame = self.read_frame().expect("the server replies");
        Reply::decode(&frame)
    }

    /// Sends `requests` in pieces cut at random and gives the bytes of every reply. After some
    /// pieces it first reads the replies to all that is complete, so that the server has surely
    /// seen the part of a request that follows.
    pub(crate) fn exchange(
        &mut self,
        requests: &[Request],
        random: &mut Random,
    ) -> io::Result<Vec<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(requests.len());
        for request in requests {
            request.encode(&mut bytes);
            ends.push(bytes.len());
        }
        let mut replies = Vec::with_capacity(requests.len());
        let mut sent = 0;
        while sent < bytes.len() {
            let len_max = *random.pick(&[8, 64, 1_400, 16_384, bytes.len()]);
            let end = bytes.len().min(sent + 1 + random.below(len_max));
            self.write(&bytes[sent..end])?;
            sent = end;
            if random.one_in(4) {
                let complete = ends.partition_point(|request_end| *request_end <= sent);
                while replies.len() < complete {
                    replies.push(self.read_frame()?);
                }
            }
        }
        while replies.len() < requests.len() {
            replies.push(self.read_frame()?);
        }
        Ok(replies)
    }

    /// Switches the version of the protocol.
    pub(crate) fn hello(&mut self, version: Version) -> Reply {
        self.line(if version == Version::Resp2 { "HELLO 2" } else { "HELLO 3" })
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 65_536];
        let len = self.stream.read(&mut buffer)?;
        self.received.extend(&buffer[..len]);
        Ok(len)
    }
}

/// Sends everything on a connection of its own, says that nothing more will come, and gives what
/// the server answers before it closes, which it may do before it has read everything.
pub(crate) fn exchange_whole(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut client = Client::connect(address);
    let _ = client.write(bytes).and_then(|()| client.finish());
    client.read_until_closed()
}
