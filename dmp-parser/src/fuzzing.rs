//! What must hold for any bytes, as functions that panic where it does not. The fuzz targets call
//! them, and so do this crate's own tests.

use alloc::vec::Vec;

use crate::reply::ReplyStatus;
use crate::{
    ArgRange, Encoder, Limits, Reply, ReplyError, ReplyParser, RequestError, RequestErrorKind,
    RequestParser, Status, Verb, compose,
};

/// Requests and refusals come out the same however the bytes are cut, ranges lie within their
/// bytes, limits hold, and a request composed again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the client sends.
pub fn check_requests(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = limits(choice);
    let whole = feed_requests(limits, input, [input.len()]);
    assert_eq!(feed_requests(limits, input, 1..=input.len()), whole, "cut at every byte");
    for cut in cuts(input.len()) {
        assert_eq!(feed_requests(limits, input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert_eq!(feed_requests(limits, input, ends), whole, "cut several times");
    }
    let requests = whole.events.into_iter().filter_map(Result::ok);
    let requests: Vec<_> = requests.inspect(|request| check_limits(request, &limits)).collect();
    let mut again = Vec::new();
    for request in &requests {
        request.compose(&mut again);
    }
    // A carriage return may have been added to a line of just the length that is allowed.
    let get_line_len_max = limits.get_line_len_max + 1;
    let parsed = feed_requests(Limits { get_line_len_max, ..limits }, &again, [again.len()]);
    let expected = Requests { events: requests.into_iter().map(Ok).collect(), rest: again.len() };
    assert_eq!(parsed, expected, "composed again");
}

/// Replies come out the same however the bytes are cut, and one encoded again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the server sends.
pub fn check_replies(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = limits(choice);
    let whole = feed_replies(limits, input, [input.len()]);
    assert_eq!(feed_replies(limits, input, 1..=input.len()), whole, "cut at every byte");
    for cut in cuts(input.len()) {
        assert_eq!(feed_replies(limits, input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert_eq!(feed_replies(limits, input, ends), whole, "cut several times");
    }
    for (_, reply) in &whole.replies {
        let mut out = Vec::new();
        if encode_reply(&mut Encoder::new(&mut out), reply) {
            let limits = Limits { line_len_max: usize::MAX, ..Limits::default() };
            let parsed = ReplyParser::new(limits).parse(&out);
            let consumed = out.len();
            assert_eq!(parsed, Ok(ReplyStatus::Complete { consumed, reply: *reply }));
        }
    }
}

const fn limits(choice: u8) -> Limits {
    if choice & 1 == 0 {
        return Limits {
            key_len_max: 250,
            item_len_max: 1 << 20,
            line_len_max: 2048,
            get_line_len_max: 1 << 16,
        };
    }
    Limits { key_len_max: 5, item_len_max: 9, line_len_max: 128, get_line_len_max: 160 }
}

/// A request with its bytes.
#[derive(Debug, PartialEq)]
struct Owned {
    verb: Verb,
    keys: Vec<Vec<u8>>,
    flags: u32,
    exptime: i64,
    data: Vec<u8>,
    noreply: bool,
}

impl Owned {
    fn compose(&self, out: &mut Vec<u8>) {
        match self.verb {
            Verb::Get => compose::get(out, &self.keys),
            Verb::Gets => compose::gets(out, &self.keys),
            Verb::Set => {
                let Self { flags, exptime, noreply, .. } = *self;
                compose::set(out, &self.keys[0], flags, exptime, &self.data, noreply);
            }
            Verb::Delete => compose::delete(out, &self.keys[0], self.noreply),
            Verb::Version => compose::version(out),
            Verb::Quit => compose::quit(out),
        }
    }
}

fn check_limits(request: &Owned, limits: &Limits) {
    assert!(request.keys.iter().all(|key| (1..=limits.key_len_max).contains(&key.len())));
    assert!(request.data.len() <= limits.item_len_max);
    match request.verb {
        Verb::Get | Verb::Gets => assert!(!request.keys.is_empty() && !request.noreply),
        Verb::Set | Verb::Delete => assert_eq!(request.keys.len(), 1),
        Verb::Version | Verb::Quit => assert!(request.keys.is_empty()),
    }
}

/// What a parser made of some bytes.
#[derive(Debug, PartialEq)]
struct Requests {
    /// Requests, and refusals with where their request began.
    events: Vec<Result<Owned, (usize, RequestError)>>,
    /// How many bytes were done with.
    rest: usize,
}

/// Shows `input` to a parser up to each of `ends` in turn.
fn feed_requests(limits: Limits, input: &[u8], ends: impl IntoIterator<Item = usize>) -> Requests {
    let mut parser = RequestParser::new(limits);
    let mut out = Requests { events: Vec::new(), rest: 0 };
    let canary = ArgRange { start: 1, len: 2 };
    let mut enough_at = 0;
    for end in ends {
        loop {
            let at = out.rest;
            let shown = &input[at..end];
            let mut args = alloc::vec![canary];
            let status = parser.parse(shown, &mut args);
            if !matches!(status, Ok(Status::Complete { .. })) {
                assert_eq!(args, [canary], "the arguments are left alone");
            }
            let consumed = match status {
                Ok(Status::Incomplete { needed }) => {
                    assert!(needed > 0);
                    enough_at = end + needed;
                    break;
                }
                Ok(Status::Swallowed { consumed }) => {
                    assert!(!out.events.is_empty());
                    consumed
                }
                Ok(Status::Complete { consumed, request }) => {
                    let bytes = &shown[..consumed];
                    out.events.push(Ok(Owned {
                        verb: request.verb,
                        keys: args[1..].iter().map(|arg| arg.of(bytes).to_vec()).collect(),
                        flags: request.flags,
                        exptime: request.exptime,
                        data: request.data.of(bytes).to_vec(),
                        noreply: request.noreply,
                    }));
                    assert!(!parser.is_mid_request());
                    consumed
                }
                Err(error) => {
                    assert!(error.key().is_none_or(|key| !key.of(shown).is_empty()));
                    out.events.push(Err((at, error)));
                    if error.is_fatal() {
                        return out;
                    }
                    let swallows = error.kind() == RequestErrorKind::TooLarge;
                    assert_eq!(parser.is_mid_request(), swallows);
                    error.consumed()
                }
            };
            assert!(end >= enough_at, "fewer bytes than `needed` were enough");
            assert!(consumed > 0 && consumed <= shown.len());
            out.rest += consumed;
        }
    }
    out
}

/// What a parser made of some bytes.
#[derive(Debug, PartialEq)]
struct Replies<'a> {
    /// Replies and where they began.
    replies: Vec<(usize, Reply<'a>)>,
    rest: Result<usize, (usize, ReplyError)>,
}

fn feed_replies(
    limits: Limits,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Replies<'_> {
    let mut parser = ReplyParser::new(limits);
    let mut replies = Vec::new();
    let mut at = 0;
    let mut enough_at = 0;
    for end in ends {
        loop {
            let shown = &input[at..end];
            match parser.parse(shown) {
                Ok(ReplyStatus::Incomplete { needed }) => {
                    assert!(needed > 0);
                    enough_at = end + needed;
                    break;
                }
                Ok(ReplyStatus::Complete { consumed, reply }) => {
                    assert!(end >= enough_at, "fewer bytes than `needed` were enough");
                    assert!(consumed > 0 && consumed <= shown.len());
                    replies.push((at, reply));
                    at += consumed;
                }
                Err(error) => return Replies { replies, rest: Err((at, error)) },
            }
        }
    }
    Replies { replies, rest: Ok(at) }
}

/// Encodes a reply if the encoder has it.
fn encode_reply(encoder: &mut Encoder<'_>, reply: &Reply<'_>) -> bool {
    match *reply {
        Reply::Value { key, flags, cas, data } => encoder.value(key, flags, data, cas),
        Reply::End => encoder.end(),
        Reply::Stored => encoder.stored(),
        Reply::NotStored => encoder.not_stored(),
        Reply::Deleted => encoder.deleted(),
        Reply::NotFound => encoder.not_found(),
        Reply::Error => encoder.error(),
        Reply::Version(text) if is_line(text) => encoder.version(text),
        Reply::ClientError(text) if is_line(text) => encoder.client_error(text),
        Reply::ServerError(text) if is_line(text) => encoder.server_error(text),
        _ => return false,
    }
    true
}

fn is_line(text: &[u8]) -> bool {
    !text.contains(&b'\r')
}

/// Ways to show `len` bytes in pieces of the same size, but for the first and last.
fn pieces(len: usize) -> impl Iterator<Item = impl Iterator<Item = usize>> {
    (2..9)
        .flat_map(move |size| (1..=size).map(move |first| (first..len).step_by(size).chain([len])))
}

/// Places to cut `len` bytes at: all of them, or a sample where they are many.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (1..len).step_by(len.div_ceil(256).max(1))
}
