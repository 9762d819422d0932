//! A server's wrongful double: it stands between a client and a right server, and does to some
//! requests what a fault would.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use drp_parser::reply::SkipStatus;
use drp_parser::{Limits, ReplyLimits, ReplySkipper, RequestParser, Status};

/// What is done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// An integer reply is one larger.
    OneMore,
    /// The reply comes after the next one.
    Late,
    /// The server never sees the request; the reply is OK.
    Lost,
    /// The reply does not come.
    Dropped,
    /// The reply comes twice.
    Doubled,
    /// The connection ends instead.
    Closed,
}

/// What is done to the request of these words, once its reply is known.
pub(crate) type Decide = fn(words: &[Vec<u8>], reply: &[u8]) -> Fault;

/// Starts one in front of the server at `upstream`. Its threads end with the test.
pub(crate) fn start(upstream: SocketAddr, decide: Decide) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(client, upstream, decide));
        }
    });
    address
}

/// One connection, until either side ends it.
fn serve(mut client: TcpStream, upstream: SocketAddr, decide: Decide) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream)?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let mut parser = RequestParser::new(Limits::default());
    let (mut received, mut args) = (Vec::new(), Vec::new());
    let mut late: Option<Vec<u8>> = None;
    loop {
        let status = parser.parse(&received, &mut args).map_err(io::Error::other)?;
        let consumed = match status {
            Status::Incomplete { .. } => {
                if read(&mut client, &mut received)? == 0 {
                    return Ok(());
                }
                continue;
            }
            Status::Empty { consumed } => consumed,
            Status::Complete { consumed, .. } => {
                let words: Vec<Vec<u8>> =
                    args.drain(..).map(|arg| arg.of(&received).to_vec()).collect();
                // A request that gets lost must be known before its reply is.
                let answer = if decide(&words, b"") == Fault::Lost {
                    b"+OK\r\n".to_vec()
                } else {
                    server.write_all(&received[..consumed])?;
                    reply(&mut server)?
                };
                let last = late.take();
                match decide(&words, &answer) {
                    Fault::None | Fault::Lost => client.write_all(&answer)?,
                    Fault::OneMore => client.write_all(&one_more(&answer))?,
                    Fault::Late => late = Some(answer),
                    Fault::Dropped => {}
                    Fault::Doubled => client.write_all(&answer.repeat(2))?,
                    Fault::Closed => return Ok(()),
                }
                client.write_all(&last.unwrap_or_default())?;
                consumed
            }
        };
        received.drain(..consumed);
    }
}

/// The server's next reply.
fn reply(server: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut received, mut skipper) = (Vec::new(), ReplySkipper::new(ReplyLimits::default()));
    loop {
        match skipper.skip(&received).map_err(io::Error::other)? {
            SkipStatus::Complete { consumed } => {
                assert_eq!(consumed, received.len(), "one request has one reply");
                return Ok(received);
            }
            SkipStatus::Incomplete { .. } if read(server, &mut received)? == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            SkipStatus::Incomplete { .. } => {}
        }
    }
}

fn read(stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<usize> {
    let mut buffer = [0; 65_536];
    let len = stream.read(&mut buffer)?;
    into.extend(&buffer[..len]);
    Ok(len)
}

fn one_more(reply: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(reply);
    match text.strip_prefix(':').and_then(|text| text.trim_end().parse::<i64>().ok()) {
        Some(number) => format!(":{}\r\n", number + 1).into_bytes(),
        None => reply.to_vec(),
    }
}
