//! What must hold for any bytes, as functions that panic where it does not. The fuzz targets call
//! them, and so do this crate's own tests.

use alloc::vec::Vec;

use crate::reply::{ReplyStatus, SkipStatus};
use crate::{
    ArgRange, Encoder, Limits, Reply, ReplyError, ReplyLimits, ReplyParser, ReplySkipper,
    RequestError, RequestParser, Status, Version, encode,
};

/// Requests come out the same however the bytes are cut, ranges lie within their bytes, limits
/// hold, and a request encoded again parses to itself.
///
/// The first byte chooses between small and default limits and whether the client has
/// authenticated; the rest is what the client sends.
pub fn check_requests(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = if choice & 1 == 0 {
        Limits::default()
    } else {
        Limits { bulk_len_max: 40, args_max: 12, inline_len_max: 32, request_len_max: 200 }
    };
    let new = || {
        let mut parser = RequestParser::new(limits);
        parser.set_authenticated(choice & 2 == 0);
        parser
    };
    let whole = feed_requests(new(), input, [input.len()]);
    check_limits(&whole, &limits);
    assert_eq!(feed_requests(new(), input, 1..=input.len()), whole, "cut at every byte");
    for cut in cuts(input.len()) {
        assert_eq!(feed_requests(new(), input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert_eq!(feed_requests(new(), input, ends), whole, "cut several times");
    }
    if choice & 3 == 0 {
        let mut again = Vec::new();
        for request in &whole.requests {
            encode::request(&mut again, request);
        }
        let parsed = feed_requests(new(), &again, [again.len()]);
        assert_eq!(parsed.requests, whole.requests, "encoded again");
        assert_eq!(parsed.rest, Ok(again.len()));
    }
}

/// Replies come out the same however the bytes are cut, skipping finds the ends that parsing
/// finds, limits hold, and a reply encoded again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the server sends.
pub fn check_replies(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = if choice & 1 == 0 {
        ReplyLimits::default()
    } else {
        ReplyLimits { bulk_len_max: 40, line_len_max: 24, elements_max: 12, depth_max: 3 }
    };
    let whole = feed_replies(limits, input, [input.len()]);
    let text = alloc::format!("{whole:?}");
    // Compared as text, in which NaN equals itself.
    let same = |other: &Replies| alloc::format!("{other:?}") == text;
    assert!(same(&feed_replies(limits, input, 1..=input.len())), "cut at every byte");
    for cut in cuts(input.len()) {
        assert!(same(&feed_replies(limits, input, [cut, input.len()])), "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert!(same(&feed_replies(limits, input, ends)), "cut several times");
    }
    for reply in &whole.replies {
        check_round_trip(reply);
    }
}

/// What a parser made of some bytes.
#[derive(Debug, PartialEq)]
struct Requests {
    requests: Vec<Vec<Vec<u8>>>,
    /// Where the first request begins that is not complete, or what is wrong with it.
    rest: Result<usize, (usize, RequestError)>,
}

/// Shows `input` to a parser up to each of `ends` in turn.
fn feed_requests(
    mut parser: RequestParser,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Requests {
    let mut out = Requests { requests: Vec::new(), rest: Ok(0) };
    let canary = ArgRange { start: 1, len: 2 };
    let mut at = 0;
    let mut enough_at = 0;
    for end in ends {
        loop {
            let shown = &input[at..end];
            let mut args = alloc::vec![canary];
            let status = match parser.parse(shown, &mut args) {
                Ok(status) => status,
                Err(error) => {
                    assert!(error.position() <= shown.len());
                    assert_eq!(args, [canary], "an error leaves the arguments alone");
                    out.rest = Err((at, error));
                    return out;
                }
            };
            assert_eq!(args[0], canary, "arguments are appended");
            let consumed = match status {
                Status::Incomplete { needed } => {
                    assert_eq!(args.len(), 1, "incomplete leaves the arguments alone");
                    assert!(needed > 0);
                    enough_at = end + needed;
                    break;
                }
                Status::Empty { consumed } => {
                    assert_eq!(args.len(), 1, "empty leaves the arguments alone");
                    consumed
                }
                Status::Complete { consumed, source } => {
                    let bytes = parser.bytes(source, &shown[..consumed]);
                    let owned = args[1..].iter().map(|arg| arg.of(bytes).to_vec());
                    out.requests.push(owned.collect());
                    consumed
                }
            };
            assert!(end >= enough_at, "fewer bytes than `needed` were enough");
            assert!(!parser.is_mid_request());
            assert!(consumed > 0 && consumed <= shown.len());
            at += consumed;
        }
    }
    out.rest = Ok(at);
    out
}

fn check_limits(requests: &Requests, limits: &Limits) {
    for request in &requests.requests {
        assert!(!request.is_empty());
        let words_max = limits.inline_len_max.div_ceil(2);
        assert!(request.len() <= limits.args_max.max(words_max));
        let len_max = limits.bulk_len_max.max(limits.inline_len_max);
        assert!(request.iter().all(|arg| arg.len() <= len_max));
    }
}

/// What a parser made of some bytes.
#[derive(Debug)]
struct Replies {
    replies: Vec<Reply>,
    #[expect(dead_code, reason = "compared by way of Debug")]
    rest: Result<usize, (usize, ReplyError)>,
}

fn feed_replies(
    limits: ReplyLimits,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Replies {
    let mut parser = ReplyParser::new(limits);
    let mut skipper = ReplySkipper::new(limits);
    let mut replies = Vec::new();
    let mut at = 0;
    let mut enough_at = 0;
    for end in ends {
        loop {
            let shown = &input[at..end];
            let skipped = skipper.skip(shown);
            match parser.parse(shown) {
                Ok(ReplyStatus::Incomplete { needed }) => {
                    assert_eq!(skipped, Ok(SkipStatus::Incomplete { needed }));
                    assert!(needed > 0);
                    enough_at = end + needed;
                    break;
                }
                Ok(ReplyStatus::Complete { consumed, reply }) => {
                    assert!(end >= enough_at, "fewer bytes than `needed` were enough");
                    assert!(consumed > 0 && consumed <= shown.len());
                    assert_eq!(skipped, Ok(SkipStatus::Complete { consumed }));
                    replies.push(reply);
                    at += consumed;
                }
                Err(error) => {
                    assert!(error.position() < shown.len());
                    // Nesting is no concern of a skipper, and it went on behind it.
                    if error.kind() != crate::reply::ReplyErrorKind::TooDeep {
                        assert_eq!(skipped, Err(error));
                    }
                    return Replies { replies, rest: Err((at, error)) };
                }
            }
        }
    }
    Replies { replies, rest: Ok(at) }
}

fn check_round_trip(reply: &Reply) {
    let mut out = Vec::new();
    if !encode_reply(&mut Encoder::new(&mut out, Version::Resp3), reply) {
        return;
    }
    // A long error may have become a line.
    let limits = ReplyLimits { line_len_max: usize::MAX, ..ReplyLimits::default() };
    let parsed = ReplyParser::new(limits).parse(&out);
    let Ok(ReplyStatus::Complete { consumed, reply: again }) = parsed else {
        panic!("{reply:?} was encoded as {:?}", out.escape_ascii());
    };
    assert_eq!(consumed, out.len());
    assert_eq!(alloc::format!("{again:?}"), alloc::format!("{reply:?}"));
}

/// Encodes a reply if the encoder has every type it is made of.
fn encode_reply(encoder: &mut Encoder<'_>, reply: &Reply) -> bool {
    match reply {
        Reply::Status(text) => encoder.status(text),
        Reply::Error(text) if text.iter().any(|byte| b"\r\n".contains(byte)) => return false,
        Reply::Error(text) => encoder.error(text),
        Reply::Integer(value) => encoder.integer(*value),
        Reply::Double(value) => encoder.double(*value),
        Reply::Boolean(value) => encoder.boolean(*value),
        Reply::Bulk(bytes) => encoder.bulk(bytes),
        Reply::Verbatim { format: [b't', b'x', b't'], text } => encoder.verbatim(text),
        Reply::Nil => encoder.nil(),
        Reply::NilArray | Reply::BigNumber(_) | Reply::Verbatim { .. } => return false,
        Reply::Array(items) => {
            let mark = encoder.open_array(0);
            let whole = items.iter().all(|item| encode_reply(encoder, item));
            encoder.close_array(mark, items.len());
            return whole;
        }
        Reply::Set(items) => {
            encoder.set(items.len());
            return items.iter().all(|item| encode_reply(encoder, item));
        }
        Reply::Push(items) => {
            encoder.push(items.len());
            return items.iter().all(|item| encode_reply(encoder, item));
        }
        Reply::Map(pairs) => {
            encoder.map(pairs.len());
            return pairs.iter().all(|(k, v)| encode_reply(encoder, k) && encode_reply(encoder, v));
        }
    }
    true
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
