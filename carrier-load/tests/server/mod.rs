//! A tiny server on a free port of 127.0.0.1, which may be told to answer wrongly. It speaks RESP
//! and memcached's text.

mod dialect;

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(crate) use dialect::Dialect;
use dialect::{Asked, Parser};

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
    /// From one request on nothing is read and nothing answered.
    Silent,
}

type Store = Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>;

/// Starts a server that lives as long as the process, and returns its port.
pub(crate) fn start(dialect: Dialect, fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let store = Store::default();
        for stream in listener.incoming() {
            let (stream, store) = (stream.expect("a connection"), Arc::clone(&store));
            std::thread::spawn(move || {
                Session { dialect, fault, store, gets: 0, sets: 0, overwrites: 0 }.serve(stream)
            });
        }
    });
    port
}

struct Session {
    dialect: Dialect,
    fault: Fault,
    store: Store,
    gets: usize,
    sets: usize,
    overwrites: usize,
}

/// What a request leads to.
enum Reaction {
    Reply(Vec<u8>),
    /// The reply changes places with the one before it.
    Early(Vec<u8>),
    Close,
    Silence,
}

impl Session {
    /// Answers all whole requests that have arrived with one write.
    fn serve(&mut self, mut stream: TcpStream) {
        let mut parser = Parser::new(self.dialect);
        let (mut input, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => return,
                Ok(read) => input.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            let (mut replies, mut at) = (Vec::new(), 0);
            while let Some((asked, consumed)) = parser.parse(&input[at..]) {
                match self.answer(asked) {
                    Reaction::Reply(reply) => replies.push(reply),
                    Reaction::Early(reply) => replies.insert(replies.len() - 1, reply),
                    Reaction::Close => return,
                    Reaction::Silence => loop {
                        std::thread::park();
                    },
                }
                at += consumed;
            }
            input.drain(..at);
            if stream.write_all(&replies.concat()).is_err() {
                return;
            }
        }
    }

    fn answer(&mut self, asked: Asked) -> Reaction {
        match asked {
            Asked::Get(key) => self.get(&key),
            Asked::Set(key, value) => self.set(key, value),
            Asked::Greeting => Reaction::Reply(self.dialect.greeting()),
            Asked::Other => Reaction::Reply(self.dialect.refusal()),
        }
    }

    fn get(&mut self, key: &[u8]) -> Reaction {
        self.gets += 1;
        let fault = if self.gets == FAULTY { self.fault } else { Fault::None };
        let mut value = self.store.lock().expect("a store").get(key).cloned();
        match (fault, &mut value) {
            (Fault::OffByOne, Some(value)) => *value.last_mut().expect("bytes") += 1,
            (Fault::LostValue, _) => value = None,
            (Fault::NoReply, _) => return Reaction::Reply(Vec::new()),
            (Fault::Closed, _) => return Reaction::Close,
            (Fault::Silent, _) => return Reaction::Silence,
            _ => {}
        }
        let reply = self.dialect.value(key, value.as_deref());
        match fault {
            Fault::TwoReplies => Reaction::Reply(reply.repeat(2)),
            Fault::Swapped => Reaction::Early(reply),
            _ => Reaction::Reply(reply),
        }
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> Reaction {
        self.sets += 1;
        let mut store = self.store.lock().expect("a store");
        let is_lost = match self.fault {
            Fault::LostWrite => self.sets.is_multiple_of(FAULTY),
            Fault::LostOverwrite => {
                self.overwrites += usize::from(store.contains_key(&key));
                self.overwrites > 100
            }
            _ => false,
        };
        if !is_lost {
            store.insert(key, value);
        }
        Reaction::Reply(self.dialect.stored())
    }
}

/// Not the first of a batch, so that a reply stands before it.
const FAULTY: usize = 102;
