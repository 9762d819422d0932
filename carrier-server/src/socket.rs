//! A stream socket, TCP or Unix, as the event loop sees it.

use mio::event::Source;
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a network listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host name or literal, and port; port 0 lets the system choose.
    Tcp {
        /// Name or literal address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A Unix socket's path.
    Unix(PathBuf),
}

impl Address {
    /// Parses `HOST:PORT`, `[V6]:PORT` or `unix:PATH`.
    ///
    /// # Errors
    ///
    /// What was expected, where the text is neither.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() {
                Err("a path after `unix:`")
            } else {
                Ok(Self::Unix(path.into()))
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or("HOST:PORT or unix:PATH")?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err("a host before the port");
        }
        let port = port.parse().map_err(|_| "a port from 0 to 65535")?;
        Ok(Self::Tcp { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a Unix socket.
    Unix(UnixStream),
}

impl Stream {
    /// Where the client is, and where it came to, as clients are listed.
    pub(crate) fn addresses(&self) -> (String, String) {
        match self {
            Self::Tcp(stream) => {
                let text = |address: io::Result<SocketAddr>| {
                    address.map_or_else(|_| "?:0".to_owned(), |address| address.to_string())
                };
                (text(stream.peer_addr()), text(stream.local_addr()))
            }
            Self::Unix(stream) => {
                let address = stream.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                let path = path.map_or_else(|| "?".to_owned(), |path| path.display().to_string());
                (format!("{path}:0"), format!("{path}:0"))
            }
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

impl Source for Stream {
    fn register(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.register(at, token, interest),
            Self::Unix(stream) => stream.register(at, token, interest),
        }
    }

    fn reregister(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.reregister(at, token, interest),
            Self::Unix(stream) => stream.reregister(at, token, interest),
        }
    }

    fn deregister(&mut self, at: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.deregister(at),
            Self::Unix(stream) => stream.deregister(at),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub(crate) enum Acceptor {
    /// Over TCP.
    Tcp(TcpListener),
    /// Over a Unix socket, whose file goes when the acceptor does.
    Unix(UnixListener, PathBuf),
}

impl Acceptor {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// Those of resolving, binding and listening. At a Unix socket's path there must be nothing,
    /// or a socket at which nobody listens.
    pub(crate) fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp { host, port } => {
                let mut failure = io::ErrorKind::AddrNotAvailable.into();
                for at in (host.as_str(), *port).to_socket_addrs()? {
                    match TcpListener::bind(at) {
                        Ok(listener) => {
                            // Listening once more lengthens the queue.
                            rustix::net::listen(&listener, BACKLOG_CLIENTS)?;
                            return Ok(Self::Tcp(listener));
                        }
                        Err(error) => failure = error,
                    }
                }
                Err(failure)
            }
            Address::Unix(path) => {
                let listener = UnixListener::bind(path).or_else(|error| {
                    // A server that was killed leaves its file behind.
                    if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) {
                        std::fs::remove_file(path)?;
                        return UnixListener::bind(path);
                    }
                    Err(error)
                })?;
                rustix::net::listen(&listener, BACKLOG_CLIENTS)?;
                Ok(Self::Unix(listener, path.clone()))
            }
        }
    }

    /// The address in use, with the port that the system chose.
    pub(crate) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Tcp(listener) => {
                let at = listener.local_addr()?;
                Ok(Address::Tcp { host: at.ip().to_string(), port: at.port() })
            }
            Self::Unix(_, path) => Ok(Address::Unix(path.clone())),
        }
    }

    /// Takes one waiting connection, without delay on small writes.
    pub(crate) fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                // A peer that vanished is found out, as Redis does it.
                rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
                rustix::net::sockopt::set_tcp_keepidle(&stream, KEEPALIVE)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener, _) => Ok(Stream::Unix(listener.accept()?.0)),
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Nothing is lost where someone else removed it first.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Source for Acceptor {
    fn register(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.register(at, token, interest),
            Self::Unix(listener, _) => listener.register(at, token, interest),
        }
    }

    fn reregister(&mut self, at: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.reregister(at, token, interest),
            Self::Unix(listener, _) => listener.reregister(at, token, interest),
        }
    }

    fn deregister(&mut self, at: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.deregister(at),
            Self::Unix(listener, _) => listener.deregister(at),
        }
    }
}

/// Clients that may wait to be let in, as far as the system's own limit allows: as many as come
/// back at once after an interruption. The next one would have to try again a second later.
const BACKLOG_CLIENTS: i32 = 4096;

/// How long a silent connection is left alone before the peer is asked for a sign of life.
const KEEPALIVE: Duration = Duration::from_secs(300);

/// Whether a path is a socket's at which nobody listens.
fn is_abandoned(path: &Path) -> bool {
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
        && std::os::unix::net::UnixStream::connect(path).is_err_and(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_addresses() {
        let tcp = |host: &str, port| Ok(Address::Tcp { host: host.to_owned(), port });
        assert_eq!(Address::parse("127.0.0.1:6379"), tcp("127.0.0.1", 6379));
        assert_eq!(Address::parse("[::1]:0"), tcp("::1", 0));
        assert_eq!(Address::parse("unix:/a/b"), Ok(Address::Unix("/a/b".into())));
        assert_eq!(Address::parse("[::1]:0").unwrap().to_string(), "[::1]:0");
        for bad in ["", "6379", ":1", "host:", "host:70000", "unix:"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
    #[test]
    fn takes_over_from_a_server_that_was_killed() {
        let name = format!("carrier-socket-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let address = Address::Unix(path.clone());
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = Acceptor::bind(&address).unwrap();
        assert!(Acceptor::bind(&address).is_err(), "the first one listens");
        drop(first);
        assert!(!path.exists());
        std::fs::write(&path, "a file").unwrap();
        assert!(Acceptor::bind(&address).is_err(), "not a socket");
        std::fs::remove_file(&path).unwrap();
    }
}
