//! Where the server is, and connections to it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

/// The address of a server.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Target {
    /// A connection that blocks, at most for `patience` at a time.
    pub(crate) fn connect(&self, patience: Duration) -> io::Result<Blocking> {
        let stream = match self {
            Self::Tcp(address) => {
                let stream = StdTcpStream::connect_timeout(address, patience)?;
                stream.set_nodelay(true)?;
                Blocking::Tcp(stream)
            }
            Self::Unix(path) => Blocking::Unix(StdUnixStream::connect(path)?),
        };
        match &stream {
            Blocking::Tcp(stream) => stream.set_read_timeout(Some(patience))?,
            Blocking::Unix(stream) => stream.set_read_timeout(Some(patience))?,
        }
        Ok(stream)
    }
}

/// A connection that waits.
#[derive(Debug)]
pub(crate) enum Blocking {
    Tcp(StdTcpStream),
    Unix(StdUnixStream),
}

impl Blocking {
    /// The same connection, which waits no more.
    pub(crate) fn into_stream(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                Stream::Tcp(TcpStream::from_std(stream))
            }
            Self::Unix(stream) => {
                stream.set_nonblocking(true)?;
                Stream::Unix(UnixStream::from_std(stream))
            }
        })
    }
}

impl Read for Blocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Blocking {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection that does not wait.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Asks for an event whenever the connection becomes readable or writable.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Tcp(stream) => stream.register(registry, token, interest),
            Self::Unix(stream) => stream.register(registry, token, interest),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
