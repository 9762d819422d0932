//! A blocking client that sees the bytes: what it sends is cut as told, replies come whole.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use carrier_peers::PATIENCE;
use drp_parser::reply::SkipStatus;
use drp_parser::{Reply, ReplyLimits, ReplySkipper, Version};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use crate::random::Random;
use crate::reply::ReplyExt as _;
use crate::request::{Request, multibulk};

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    /// Bytes that were received and belong to no reply that was read yet.
    received: Vec<u8>,
    skipper: ReplySkipper,
    /// The most bytes that one read takes.
    read_len_max: usize,
    patience: Duration,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    ///
    /// The server does not accept.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the server accepts")
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// The server does not accept.
    pub fn try_connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // Each write is a packet of its own: that is what the cuts are for.
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream,
            received: Vec::new(),
            skipper: ReplySkipper::new(ReplyLimits::default()),
            read_len_max: READ_LEN_MAX,
            patience: PATIENCE,
        };
        client.wait_at_most(PATIENCE)?;
        Ok(client)
    }

    /// Sets how long a reply may take before it is an error.
    ///
    /// # Errors
    ///
    /// The system does not take the time.
    pub fn wait_at_most(&mut self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))?;
        self.stream.set_write_timeout(Some(patience))?;
        self.patience = patience;
        Ok(())
    }

    /// The socket.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes.
    ///
    /// # Errors
    ///
    /// The connection is closed, or the server does not read for long.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The bytes of the next reply.
    ///
    /// # Errors
    ///
    /// The connection is closed, what arrives is no reply, or nothing does for long.
    pub fn read_frame(&mut self) -> io::Result<Vec<u8>> {
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
    ///
    /// # Errors
    ///
    /// The connection ends before, or nothing arrives for long.
    pub fn read_bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        while self.received.len() < len {
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.received.drain(..len).collect())
    }

    /// Everything up to the connection's end.
    ///
    /// # Errors
    ///
    /// The connection is reset, or nothing arrives for long.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.received))
    }

    /// Everything up to the connection's end, be it an orderly one or a reset.
    ///
    /// # Panics
    ///
    /// It does not end.
    pub fn read_until_closed(&mut self) -> Vec<u8> {
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
    ///
    /// # Errors
    ///
    /// The connection is closed already.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Whether bytes came that belong to no reply that was asked for.
    #[must_use]
    pub fn has_surplus(&self) -> bool {
        !self.received.is_empty()
    }

    /// Sends words and reads the reply.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn call(&mut self, words: &[&[u8]]) -> Reply {
        self.write(&multibulk(words)).expect("the server reads");
        self.reply()
    }

    /// Sends the words of a line and reads the reply.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn line(&mut self, line: &str) -> Reply {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        self.call(&words)
    }

    /// Reads a reply.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn reply(&mut self) -> Reply {
        let frame = self.read_frame().expect("the server replies");
        Reply::decode(&frame)
    }

    /// Switches the version of the protocol.
    ///
    /// # Panics
    ///
    /// There is no reply.
    pub fn hello(&mut self, version: Version) -> Reply {
        self.line(if version == Version::Resp2 { "HELLO 2" } else { "HELLO 3" })
    }

    /// Sends `requests` in pieces cut at random and gives the bytes of every reply. After some
    /// pieces it first reads the replies to all that is complete, so that the server has surely
    /// seen the part of a request that follows. What it reads at once is of a random size too.
    ///
    /// # Errors
    ///
    /// As [`Client::read_frame`].
    pub fn exchange(
        &mut self,
        requests: &[Request],
        cuts: &mut Random,
    ) -> io::Result<Vec<Vec<u8>>> {
        let (bytes, ends) = encoded(requests);
        let mut replies = Vec::with_capacity(requests.len());
        self.send_in_pieces(&bytes, &ends, cuts, &mut replies)?;
        while replies.len() < requests.len() {
            replies.push(self.read_frame()?);
        }
        Ok(replies)
    }

    /// As [`Client::exchange`], with a last request whose reply holds `mark`: gives the replies
    /// before that one, however many or few they are.
    ///
    /// # Errors
    ///
    /// As [`Client::read_frame`].
    pub(crate) fn exchange_marked(
        &mut self,
        requests: &[Request],
        mark: &[u8],
        cuts: Option<&mut Random>,
    ) -> io::Result<Vec<Vec<u8>>> {
        let (mut bytes, mut ends) = encoded(requests);
        bytes.extend(multibulk(&[b"PING", mark]));
        ends.push(bytes.len());
        let mut replies = Vec::with_capacity(requests.len() + 1);
        match cuts {
            Some(cuts) => self.send_in_pieces(&bytes, &ends, cuts, &mut replies)?,
            None => self.send(&bytes)?,
        }
        let is_mark = |replies: &Vec<Vec<u8>>| {
            let Some(frame) = replies.last() else { return false };
            let is_short = frame.len() < mark.len() + MARK_FRAMING_LEN_MAX;
            is_short && frame.windows(mark.len()).any(|part| part == mark)
                // In a transaction it is queued like what came before.
                || replies.len() == ends.len() && frame == b"+QUEUED\r\n"
        };
        while !is_mark(&replies) {
            replies.push(self.read_frame()?);
        }
        replies.pop();
        Ok(replies)
    }

    fn send_in_pieces(
        &mut self,
        bytes: &[u8],
        ends: &[usize],
        cuts: &mut Random,
        replies: &mut Vec<Vec<u8>>,
    ) -> io::Result<()> {
        self.read_len_max = *cuts.pick(&[1 + cuts.clone().below(40), 1_000, READ_LEN_MAX]);
        let (mut sent, mut waits) = (0, true);
        while sent < bytes.len() {
            let len_max = *cuts.pick(&[8, 64, 1_400, 16_384, bytes.len(), bytes.len()]);
            let end = bytes.len().min(sent + 1 + cuts.below(len_max));
            self.send(&bytes[sent..end])?;
            sent = end;
            if cuts.one_in(4) && waits && sent < bytes.len() {
                let complete = ends.partition_point(|request_end| *request_end <= sent);
                waits = self.read_up_to(complete, replies)?;
            }
        }
        self.read_len_max = READ_LEN_MAX;
        Ok(())
    }

    /// Reads until there are `count` replies. Whether they came: one that is missing is not waited
    /// for long, as the end of the exchange tells more of it.
    fn read_up_to(&mut self, count: usize, replies: &mut Vec<Vec<u8>>) -> io::Result<bool> {
        while replies.len() < count {
            match self.skipper.skip(&self.received).map_err(io::Error::other)? {
                SkipStatus::Complete { consumed } => {
                    replies.push(self.received.drain(..consumed).collect());
                }
                SkipStatus::Incomplete { .. } => {
                    let mut sockets = [PollFd::new(&self.stream, PollFlags::IN)];
                    let patience =
                        Timespec::try_from(PATIENCE_BETWEEN).map_err(io::Error::other)?;
                    if poll(&mut sockets, Some(&patience))? == 0 {
                        return Ok(false);
                    }
                    if self.fill()? == 0 {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
        Ok(true)
    }

    /// Sends all of `bytes`, receiving meanwhile: a server need not read on while its replies are
    /// not read.
    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let patience = Timespec::try_from(self.patience).map_err(io::Error::other)?;
        while !bytes.is_empty() {
            match send(&self.stream, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(len) => bytes = &bytes[len..],
                Err(Errno::AGAIN) => {
                    let events = PollFlags::IN | PollFlags::OUT;
                    let mut sockets = [PollFd::new(&self.stream, events)];
                    if poll(&mut sockets, Some(&patience))? == 0 {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    let is_readable = sockets[0].revents().contains(PollFlags::IN);
                    if is_readable && self.fill()? == 0 {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; READ_LEN_MAX];
        let len = self.stream.read(&mut buffer[..self.read_len_max])?;
        self.received.extend(&buffer[..len]);
        Ok(len)
    }
}

/// Sends everything on a connection of its own, says that nothing more will come, and gives what
/// the server answers before it closes, which it may do before it has read everything.
///
/// # Panics
///
/// The server does not accept, or does not close.
pub fn exchange_whole(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut client = Client::connect(address);
    let _ = client.write(bytes).and_then(|()| client.finish());
    client.read_until_closed()
}

/// The bytes of requests, and where each ends.
fn encoded(requests: &[Request]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(requests.len() + 1);
    for request in requests {
        request.encode(&mut bytes);
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// How long to wait for a reply before the next piece of a pipeline.
const PATIENCE_BETWEEN: Duration = Duration::from_secs(1);

const READ_LEN_MAX: usize = 65_536;

/// What a reply that holds a mark has besides.
const MARK_FRAMING_LEN_MAX: usize = 64;
