//! Replies of the text protocol, however their bytes are cut.

use alloc::vec::Vec;

use super::{cuts, limits, pieces};
use crate::reply::ReplyStatus;
use crate::{Encoder, Limits, Reply, ReplyError, ReplyParser};

/// Replies come out the same however the bytes are cut, and one encoded again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the server sends.
pub fn check_replies(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let limits = limits(choice);
    let whole = feed(limits, input, [input.len()]);
    assert_eq!(feed(limits, input, 1..=input.len()), whole, "cut at every byte");
    for cut in cuts(input.len()) {
        assert_eq!(feed(limits, input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for ends in pieces(input.len()) {
        assert_eq!(feed(limits, input, ends), whole, "cut several times");
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

/// What a parser made of some bytes.
#[derive(Debug, PartialEq)]
struct Replies<'a> {
    /// Replies and where they began.
    replies: Vec<(usize, Reply<'a>)>,
    rest: Result<usize, (usize, ReplyError)>,
}

fn feed(limits: Limits, input: &[u8], ends: impl IntoIterator<Item = usize>) -> Replies<'_> {
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
        Reply::Exists => encoder.exists(),
        Reply::Touched => encoder.touched(),
        Reply::Ok => encoder.ok(),
        Reply::Number(number) => encoder.number(number),
        Reply::Stat { name, value } if is_line(name) && is_line(value) => encoder.stat(name, value),
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
