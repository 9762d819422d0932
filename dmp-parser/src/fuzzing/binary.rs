//! Packets: any bytes, put into headers that are right often enough to get beyond them.

use alloc::vec::Vec;

use super::{cuts, limits};
use crate::binary::{BinaryReplyError, BinaryReplyStatus};
use crate::{BinaryEncoder, BinaryReply, BinaryReplyParser, BinaryStatus, Opcode};

/// The checks of [`check_requests`](super::check_requests), of packets: each begins with six bytes
/// of `data` that say its operation, the lengths of its parts, how its body's length is wrong, and
/// something of its other fields.
pub fn check_binary(data: &[u8]) {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let mut input = alloc::vec![choice];
    while let Some((head, body)) = rest.split_first_chunk::<6>() {
        let &[opcode, extras, key, value, wrong, other] = head;
        let lengths = [usize::from(extras % 24), usize::from(key % 8), usize::from(value % 12)];
        let len: usize = lengths.into_iter().sum();
        let body_len = if wrong < 240 { len } else { usize::from(wrong - 240) };
        input.extend_from_slice(&[0x80, opcode % 0x28, 0, key % 8, extras % 24, 0, 0, 0]);
        input.extend_from_slice(&(body_len as u32).to_be_bytes());
        input.extend_from_slice(&[other; 4]);
        input.extend_from_slice(&u64::from(other % 2).to_be_bytes());
        let (own, behind) = body.split_at(len.min(body.len()));
        input.extend_from_slice(own);
        rest = behind;
    }
    input.extend_from_slice(rest);
    super::check_requests(&input);
}

/// Replies come out the same however the bytes are cut, and one encoded again parses to itself.
///
/// The first byte chooses between small and default limits; the rest is what the server sends.
pub fn check_binary_replies(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let parser = BinaryReplyParser::new(limits(choice));
    let whole = feed(parser, input, [input.len()]);
    for cut in cuts(input.len()) {
        assert_eq!(feed(parser, input, [cut, input.len()]), whole, "cut at {cut}");
    }
    for reply in &whole.0 {
        let Some(status) = BinaryStatus::of(reply.status) else { continue };
        let mut out = Vec::new();
        let encoder = BinaryEncoder { opcode: reply.opcode, opaque: reply.opaque };
        let parts = [reply.extras, reply.key, reply.value];
        encoder.packet(&mut out, status, reply.cas, parts);
        let consumed = out.len();
        let again = parser.parse(&out);
        assert_eq!(again, Ok(BinaryReplyStatus::Complete { consumed, reply: *reply }));
        let _ = Opcode::of(reply.opcode);
    }
}

type Replies<'a> = (Vec<BinaryReply<'a>>, Result<usize, BinaryReplyError>);

fn feed(
    parser: BinaryReplyParser,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Replies<'_> {
    let (mut replies, mut at) = (Vec::new(), 0);
    for end in ends {
        loop {
            match parser.parse(&input[at..end]) {
                Ok(BinaryReplyStatus::Incomplete { needed }) => {
                    assert!(needed > 0);
                    break;
                }
                Ok(BinaryReplyStatus::Complete { consumed, reply }) => {
                    replies.push(reply);
                    at += consumed;
                }
                Err(error) => return (replies, Err(error)),
            }
        }
    }
    (replies, Ok(at))
}
