//! A tiny server on a free port of 127.0.0.1, which may be told to answer wrongly.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use drp_parser::{Encoder, Limits, RequestParser, Status, Version};

/// What goes wrong, once on a connection unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A value has a byte that is one too high.
    OffByOne,
    /// Two replies change places.
    Swapped,
    /// Every so often a write is acknowledged and forgotten.
    LostWrite,
    /// Values that are there are written over a hundred times, and then no more.
    LostOverwrite,
    /// A request has no reply.
    NoReply,
    /// A request has two.
    TwoReplies,
    /// A value is missing.
    LostValue,
    /// The connection is closed.
    Closed,
}

type Store = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

/// Starts a server that lives as long as the process, and returns its port.
pub(crate) fn start(fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let store = Store::default();
        for stream in listener.incoming() {
            let (stream, store) = (stream.expect("a connection"), Arc::clone(&store));
            std::thread::spawn(move || {
                Session { fault, store, gets: 0, sets: 0, overwrites: 0 }.serve(stream)
            });
        }
    });
    port
}

struct Session {
    fault: Fault,
    store: Store,
    gets: usize,
    sets: usize,
    overwrites: usize,
}

impl Session {
    /// Answers all whole requests that have arrived with one write.
    fn serve(&mut self, mut stream: TcpStream) {
        let mut parser = RequestParser::new(Limits::default());
        let (mut input, mut args, mut chunk) = (Vec::new(), Vec::new(), vec![0; 1 << 16]);
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => return,
                Ok(read) => input.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            let (mut replies, mut at) = (Vec::new(), 0);
            while let Status::Complete { consumed, source } =
                parser.parse(&input[at..], &mut args).expect("a request")
            {
                let bytes = parser.bytes(source, &input[at..]);
                let words: Vec<_> = args.iter().map(|arg| arg.of(bytes).to_vec()).collect();
                let Some(mut reply) = self.answer(&words) else { return };
                let replied = replies.len();
                if self.fault == Fault::Swapped && words[0] == b"GET" && self.gets == FAULTY {
                    replies.insert(replied - 1, std::mem::take(&mut reply));
                } else {
                    replies.push(reply);
                }
                at += consumed;
                args.clear();
            }
            input.drain(..at);
            if stream.write_all(&replies.concat()).is_err() {
                return;
            }
        }
    }

    /// The reply to a request; `None` closes the connection.
    fn answer(&mut self, words: &[Vec<u8>]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut store = self.store.lock().expect("a store");
        match words {
            [name, key] if name == b"GET" => {
                self.gets += 1;
                let fault = if self.gets == FAULTY { self.fault } else { Fault::None };
                let mut value = store.get(key).cloned();
                match (fault, &mut value) {
                    (Fault::OffByOne, Some(value)) => *value.last_mut().expect("bytes") += 1,
                    (Fault::LostValue, _) => value = None,
                    (Fault::NoReply, _) => return Some(out),
                    (Fault::Closed, _) => return None,
                    _ => {}
                }
                let mut encoder = Encoder::new(&mut out, Version::Resp2);
                match value {
                    Some(value) => encoder.bulk(&value),
                    None => encoder.nil(),
                }
                if fault == Fault::TwoReplies {
                    out.extend_from_within(..);
                }
            }
            [name, key, value] if name == b"SET" => {
                self.sets += 1;
                let is_lost = match self.fault {
                    Fault::LostWrite => self.sets.is_multiple_of(FAULTY),
                    Fault::LostOverwrite => {
                        self.overwrites += usize::from(store.contains_key(key));
                        self.overwrites > 100
                    }
                    _ => false,
                };
                if !is_lost {
                    store.insert(key.clone(), value.clone());
                }
                out.extend_from_slice(b"+OK\r\n");
            }
            [name] if name == b"PING" => out.extend_from_slice(b"+PONG\r\n"),
            _ => out.extend_from_slice(b"-ERR unknown command\r\n"),
        }
        Some(out)
    }
}

/// Not the first of a batch, so that a reply stands before it.
const FAULTY: usize = 102;
