//! The two languages of the server, as far as it speaks them.

use drp_parser::{RequestParser as RespParser, Version};

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Resp,
    Memcached,
}

/// A request as far as the server knows any.
#[derive(Debug)]
pub(crate) enum Asked {
    Get(Vec<u8>),
    Set(Vec<u8>, Vec<u8>),
    /// What every server answers alike.
    Greeting,
    Other,
}

impl Dialect {
    pub(crate) fn value(self, key: &[u8], value: Option<&[u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Resp => {
                let mut encoder = drp_parser::Encoder::new(&mut out, Version::Resp2);
                match value {
                    Some(value) => encoder.bulk(value),
                    None => encoder.nil(),
                }
            }
            Self::Memcached => {
                let mut encoder = dmp_parser::Encoder::new(&mut out);
                if let Some(value) = value {
                    encoder.value(key, 0, value, None);
                }
                encoder.end();
            }
        }
        out
    }

    pub(crate) fn stored(self) -> Vec<u8> {
        self.either(b"+OK\r\n", b"STORED\r\n")
    }

    pub(crate) fn greeting(self) -> Vec<u8> {
        self.either(b"+PONG\r\n", b"VERSION 1.6.18\r\n")
    }

    pub(crate) fn refusal(self) -> Vec<u8> {
        self.either(b"-ERR unknown command\r\n", b"ERROR\r\n")
    }

    fn either(self, resp: &[u8], memcached: &[u8]) -> Vec<u8> {
        match self {
            Self::Resp => resp.to_vec(),
            Self::Memcached => memcached.to_vec(),
        }
    }
}

/// Reads requests.
pub(crate) enum Parser {
    Resp(RespParser),
    Memcached(dmp_parser::RequestParser),
}

impl Parser {
    pub(crate) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Resp => Self::Resp(RespParser::new(drp_parser::Limits::default())),
            Dialect::Memcached => {
                Self::Memcached(dmp_parser::RequestParser::new(dmp_parser::Limits::default()))
            }
        }
    }

    /// The request at the head of the input and its length, if all of it is there.
    pub(crate) fn parse(&mut self, input: &[u8]) -> Option<(Asked, usize)> {
        match self {
            Self::Resp(parser) => {
                let mut args = Vec::new();
                let status = parser.parse(input, &mut args).expect("a request");
                let drp_parser::Status::Complete { consumed, source } = status else { return None };
                let bytes = parser.bytes(source, input);
                let words: Vec<_> = args.iter().map(|arg| arg.of(bytes).to_vec()).collect();
                let asked = match &words[..] {
                    [name, key] if name == b"GET" => Asked::Get(key.clone()),
                    [name, key, value] if name == b"SET" => Asked::Set(key.clone(), value.clone()),
                    [name] if name == b"PING" => Asked::Greeting,
                    _ => Asked::Other,
                };
                Some((asked, consumed))
            }
            Self::Memcached(parser) => {
                let mut args = Vec::new();
                let (consumed, request) = match parser.parse(input, &mut args) {
                    Ok(dmp_parser::Status::Complete { consumed, request }) => (consumed, request),
                    Ok(_) => return None,
                    Err(error) => return Some((Asked::Other, error.consumed())),
                };
                let asked = match (request.verb, &args[..]) {
                    (dmp_parser::Verb::Get, [key]) => Asked::Get(key.of(input).to_vec()),
                    (dmp_parser::Verb::Store(store), [key]) => {
                        Asked::Set(key.of(input).to_vec(), store.data.of(input).to_vec())
                    }
                    (dmp_parser::Verb::Version, _) => Asked::Greeting,
                    _ => Asked::Other,
                };
                Some((asked, consumed))
            }
        }
    }
}
