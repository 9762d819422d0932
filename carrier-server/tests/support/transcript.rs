//! Recorded conversations: requests and the exact replies of the server that ours stands in for.
//!
//! A file is a list of conversations, each on a connection of its own to a server without keys.
//!
//! ```text
//! # a remark
//! == a conversation's title
//! > SET greeting "hello world"
//! < +OK\r\n
//! ```
//!
//! A request is words as redis-cli takes them: parted by blanks, in double quotes where they hold
//! blanks or escapes. A reply is its bytes, escaped. A request after `!` has a reply that is not
//! compared: it tells of the server's build. Where ours knowingly replies otherwise, `=` and its
//! reply follow, under a remark that says why. With `CARRIER_RECORD=1` the tests write the
//! replies anew from the server that ours is compared with.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use carrier_compare::{Client, Request};

/// A file of conversations.
#[derive(Debug)]
pub(crate) struct Transcript {
    path: PathBuf,
    lines: Vec<Line>,
}

/// What a line of the file is.
#[derive(Debug)]
enum Line {
    /// A remark or an empty line.
    Remark(String),
    Title(String),
    Request {
        number: usize,
        text: String,
        request: Request,
    },
    /// A request whose reply is not compared.
    Aside {
        text: String,
        request: Request,
    },
    Reply(String),
    /// What ours replies instead.
    Difference(String),
}

/// Which server a conversation is held with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    /// The one that the replies were recorded from.
    Recorded,
}

impl Transcript {
    /// Reads `tests/replies/<name>.txt`.
    pub(crate) fn read(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/replies")
            .join(name)
            .with_extension("txt");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = text.lines().enumerate().map(|(at, line)| Line::parse(at + 1, line)).collect();
        Self { path, lines }
    }

    /// Holds every conversation with the server at `address`; gives the number of replies compared
    /// and what differs.
    pub(crate) fn compare(&self, address: SocketAddr, side: Side) -> (usize, String) {
        let (mut differences, mut compared) = (String::new(), 0);
        let mut title = "";
        let mut answered = String::new();
        let mut asked: Option<(usize, &str)> = None;
        let mut client = fresh(address);
        for (at, line) in self.lines.iter().enumerate() {
            match line {
                Line::Remark(_) | Line::Difference(_) => {}
                Line::Title(text) => {
                    title = text;
                    client = fresh(address);
                }
                Line::Request { number, text, request } => {
                    answered = ask(&mut client, request);
                    asked = Some((*number, text));
                }
                Line::Aside { request, .. } => {
                    ask(&mut client, request);
                }
                Line::Reply(expected) => {
                    let (number, text) = asked.take().expect("a reply follows a request");
                    compared += 1;
                    let expected = match self.lines.get(at + 1) {
                        Some(Line::Difference(ours)) if side == Side::Ours => ours,
                        _ => expected,
                    };
                    if *expected != answered {
                        let _ = writeln!(
                            differences,
                            "line {number} ({title}): {text}\n  expected {expected}\n  \
                                  got {answered}"
                        );
                    }
                }
            }
        }
        assert!(asked.is_none(), "{}: the last request has no reply", self.path.display());
        (compared, differences)
    }

    /// Writes the file anew with the replies of the server at `address`.
    pub(crate) fn record(&self, address: SocketAddr) {
        let mut text = String::new();
        let mut client = fresh(address);
        for line in &self.lines {
            let _ = match line {
                Line::Remark(remark) => writeln!(text, "{remark}"),
                Line::Title(title) => {
                    client = fresh(address);
                    writeln!(text, "== {title}")
                }
                Line::Request { text: words, request, .. } => {
                    writeln!(text, "> {words}\n< {}", ask(&mut client, request))
                }
                Line::Aside { text: words, request } => {
                    ask(&mut client, request);
                    writeln!(text, "! {words}")
                }
                Line::Reply(_) => Ok(()),
                Line::Difference(ours) => writeln!(text, "= {ours}"),
            };
        }
        std::fs::write(&self.path, text).expect("the file can be written");
    }
}

impl Line {
    fn parse(number: usize, line: &str) -> Self {
        if let Some(title) = line.strip_prefix("== ") {
            return Self::Title(title.to_owned());
        }
        if let Some(text) = line.strip_prefix("> ") {
            let request = Request::new(split_words(text));
            return Self::Request { number, text: text.to_owned(), request };
        }
        if let Some(text) = line.strip_prefix("! ") {
            let request = Request::new(split_words(text));
            return Self::Aside { text: text.to_owned(), request };
        }
        if let Some(reply) = line.strip_prefix("< ") {
            return Self::Reply(reply.to_owned());
        }
        if let Some(reply) = line.strip_prefix("= ") {
            return Self::Difference(reply.to_owned());
        }
        assert!(line.is_empty() || line.starts_with('#'), "line {number}: {line:?}");
        Self::Remark(line.to_owned())
    }
}

/// Whether to write the transcripts anew.
pub(crate) fn recording() -> bool {
    std::env::var_os("CARRIER_RECORD").is_some_and(|value| value != "0")
}

/// A connection to a server that was emptied.
fn fresh(address: SocketAddr) -> Client {
    let mut client = Client::connect(address);
    client.line("FLUSHALL");
    client
}

fn ask(client: &mut Client, request: &Request) -> String {
    let mut bytes = Vec::new();
    request.encode(&mut bytes);
    match client.write(&bytes).and_then(|()| client.read_frame()) {
        Ok(frame) => frame.escape_ascii().to_string().replace("\\'", "'"),
        Err(_) => "(closed)".to_owned(),
    }
}

/// Words parted by blanks; in double quotes with `\xHH`, `\r`, `\n`, `\"` and `\\`.
fn split_words(text: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let len = match rest.strip_prefix('"') {
            None => {
                let len = rest.find(' ').unwrap_or(rest.len());
                words.push(rest.as_bytes()[..len].to_vec());
                len
            }
            Some(quoted) => {
                let (word, len) = unquote(quoted.as_bytes());
                words.push(word);
                len + 1
            }
        };
        rest = rest[len..].trim_start();
    }
    words
}

/// The word up to the closing quote, and the length with that quote.
fn unquote(text: &[u8]) -> (Vec<u8>, usize) {
    let (mut word, mut at) = (Vec::new(), 0);
    while text[at] != b'"' {
        if text[at] != b'\\' {
            word.push(text[at]);
            at += 1;
            continue;
        }
        at += 2;
        word.push(match text[at - 1] {
            b'r' => b'\r',
            b'n' => b'\n',
            b'x' => {
                at += 2;
                let digits = std::str::from_utf8(&text[at - 2..at]).expect("two digits");
                u8::from_str_radix(digits, 16).expect("two hexadecimal digits")
            }
            other => other,
        });
    }
    (word, at + 1)
}
