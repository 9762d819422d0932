//! One connection: a batch of requests, sent as fast as the socket takes it, and its replies
//! checked as they arrive.
//!
//! A connection holds what it must between two turns alone: which requests are on their way (32
//! bytes each), what the socket did not take of a piece that was composed, and the beginning of a
//! reply. The bytes of a turn are in buffers that all connections of a thread share, and which
//! therefore stay in the processor's caches.

use std::io::{ErrorKind, Read, Write};

use crate::batch::{Batch, OUT_LEN, Request};
use crate::composer::Composer;
use crate::error::Failure;
use crate::target::Stream;
use crate::template::{Fill, World};
use crate::verify::{Asked, Checker, Verdict};

/// Replies that were right.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) replies: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// What a read brought.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Received {
    pub(crate) checked: Checked,
    /// Bytes that came.
    pub(crate) len: usize,
    /// Whether there may be more: a read that does not fill the buffer has emptied the socket,
    /// and what comes later is a new event (epoll(7), edge-triggered streams).
    pub(crate) is_more: bool,
}

/// The bytes of a turn.
#[derive(Debug)]
pub(crate) struct Buffers {
    out: Vec<u8>,
    input: Vec<u8>,
}

impl Buffers {
    /// Buffers for one thread.
    pub(crate) fn new() -> Self {
        Self { out: Vec::with_capacity(2 * OUT_LEN), input: vec![0; INPUT_LEN] }
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its number among those of all threads.
    pub(crate) number: usize,
    stream: Stream,
    pub(crate) batch: Batch,
    /// Of each key that only this connection writes, the version that it wrote last.
    pub(crate) versions: Vec<u32>,
    /// How many of its own keys it has named one after the other.
    pub(crate) own_next: u64,
    checker: Checker,
    /// What the socket did not take.
    unsent: Vec<u8>,
    /// The beginning of a reply.
    rest: Vec<u8>,
}

impl Connection {
    /// A connection without requests.
    pub(crate) fn new(number: usize, stream: Stream) -> Self {
        Self {
            number,
            stream,
            batch: Batch::default(),
            versions: Vec::new(),
            own_next: 0,
            checker: Checker::new(),
            unsent: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Whether each request has its reply.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.batch.unanswered() == 0
    }

    /// Draws up to `count` requests and sends them. Returns how many.
    pub(crate) fn launch(
        &mut self,
        composer: &mut Composer<'_>,
        buffers: &mut Buffers,
        count: usize,
        intended_ns: u64,
        now_ns: u64,
    ) -> Result<usize, Failure> {
        self.batch.clear();
        composer.draw(self, count);
        self.batch.intended_ns = intended_ns;
        self.batch.sent_ns = now_ns;
        self.batch.progress_ns = now_ns;
        self.flush(composer, buffers)?;
        Ok(self.batch.len())
    }

    /// Writes what is left of the batch, as far as the socket takes it.
    pub(crate) fn flush(
        &mut self,
        composer: &Composer<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Failure> {
        if !self.unsent.is_empty() {
            let written = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..written);
            if !self.unsent.is_empty() {
                return Ok(());
            }
        }
        let out = &mut buffers.out;
        while !self.batch.is_composed() {
            out.clear();
            self.batch.compose(composer, out);
            let written = write(&mut self.stream, out)?;
            if written < out.len() {
                self.unsent.extend_from_slice(&out[written..]);
                break;
            }
        }
        Ok(())
    }

    /// Reads once and checks the replies that have come; adds to `counts` the number of each
    /// template's.
    pub(crate) fn receive(
        &mut self,
        composer: &Composer<'_>,
        buffers: &mut Buffers,
        counts: &mut [u64],
    ) -> Result<Received, Failure> {
        let before = self.rest.len();
        if before > INPUT_LEN / 2 {
            return self.receive_long(composer, counts);
        }
        let input = &mut buffers.input;
        input[..before].copy_from_slice(&self.rest);
        let Some(len) = self.read(&mut input[before..], composer)? else {
            return Ok(Received::default());
        };
        let end = before + len;
        let (checked, consumed) = self.check(composer, &input[..end], counts)?;
        self.rest.clear();
        self.rest.extend_from_slice(&input[consumed..end]);
        Ok(Received { checked, len, is_more: end == input.len() })
    }

    /// The same for a reply that does not fit the common buffer, in one of its own.
    fn receive_long(
        &mut self,
        composer: &Composer<'_>,
        counts: &mut [u64],
    ) -> Result<Received, Failure> {
        let mut input = std::mem::take(&mut self.rest);
        let before = input.len();
        input.resize(before + LONG_READ_LEN, 0);
        let len = self.read(&mut input[before..], composer)?.unwrap_or(0);
        let is_more = before + len == input.len();
        input.truncate(before + len);
        let (checked, consumed) = self.check(composer, &input, counts)?;
        input.drain(..consumed);
        if input.len() <= INPUT_LEN / 2 {
            input.shrink_to_fit();
        }
        self.rest = input;
        Ok(Received { checked, len, is_more })
    }

    /// Reads once; `None` if nothing is there.
    fn read(
        &mut self,
        input: &mut [u8],
        composer: &Composer<'_>,
    ) -> Result<Option<usize>, Failure> {
        loop {
            match self.stream.read(input) {
                Ok(0) if self.is_idle() => {
                    let source = ErrorKind::ConnectionAborted.into();
                    return Err(Failure::Io { doing: "read from the server", source });
                }
                Ok(0) => return Err(self.missing(composer)),
                Ok(len) => return Ok(Some(len)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(Failure::Io { doing: "read from the server", source }),
            }
        }
    }

    /// Checks the replies at the head of `input`, and tells how many bytes need not be seen again.
    fn check(
        &mut self,
        composer: &Composer<'_>,
        input: &[u8],
        counts: &mut [u64],
    ) -> Result<(Checked, usize), Failure> {
        let (mut checked, mut start) = (Checked::default(), 0);
        while start < input.len() {
            let Some(request) = self.batch.next_answered() else {
                let reply = input[start..].to_vec();
                return Err(Failure::Unrequested { connection: self.number, reply });
            };
            let (template, rest) = (composer.template(request), &input[start..]);
            if self.checker.is_between() {
                let (count, len) = self.batch.accept(composer, rest);
                if count > 0 {
                    start += len;
                    checked.replies += count as u64;
                    checked.hits += if template.quick.is_value() { count as u64 } else { 0 };
                    counts[request.template as usize] += count as u64;
                    continue;
                }
            }
            let keys = self.batch.keys_of(request, template);
            let (version, must_hit) = (request.version, composer.must_hit);
            let asked = Asked { expect: &template.expect, keys, version, must_hit };
            match self.checker.check(composer.world, asked, rest) {
                Verdict::Right { consumed, hits, misses } => {
                    start += consumed;
                    checked.hits += hits as u64;
                    checked.misses += misses as u64;
                }
                Verdict::Piece { consumed } => {
                    start += consumed;
                    continue;
                }
                Verdict::Incomplete => break,
                Verdict::Wrong { shown, key } => {
                    return Err(self.wrong(composer, request, key, &rest[..shown]));
                }
            }
            self.batch.take_answer();
            checked.replies += 1;
            counts[request.template as usize] += 1;
        }
        Ok((checked, start))
    }

    #[cold]
    fn wrong(
        &self,
        composer: &Composer<'_>,
        request: Request,
        key: usize,
        reply: &[u8],
    ) -> Failure {
        let template = composer.template(request);
        let key = self.batch.keys_of(request, template).get(key).copied();
        Failure::WrongReply {
            connection: Some(self.number),
            request: self.request_bytes(request, composer),
            expected: template.expect.describe(composer.world, key, request.version),
            reply: reply.to_vec(),
        }
    }

    /// The failure of a connection that owes replies.
    pub(crate) fn missing(&self, composer: &Composer<'_>) -> Failure {
        let first = self.batch.next_answered();
        Failure::Missing {
            connection: self.number,
            missing: self.batch.unanswered(),
            request: first.map_or_else(Vec::new, |first| self.request_bytes(first, composer)),
            reply: self.rest.clone(),
        }
    }

    /// The head of a request; more than is shown.
    fn request_bytes(&self, request: Request, composer: &Composer<'_>) -> Vec<u8> {
        let template = composer.template(request);
        let keys = self.batch.keys_of(request, template);
        let fill = Fill { keys, version: request.version, salt: request.salt };
        let mut out = Vec::new();
        template.compose(&mut out, composer.world, fill, 0);
        out
    }
}

impl World {
    /// The number of a connection's `index`-th own key: keys are dealt out in turn.
    pub(crate) fn own_key(connection: usize, connections: usize, index: u64) -> u64 {
        index * connections as u64 + connection as u64
    }
}

/// Writes until the socket takes no more, and tells how much it took.
fn write(stream: &mut Stream, bytes: &[u8]) -> Result<usize, Failure> {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(len) => written += len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(Failure::Io { doing: "write to the server", source }),
        }
    }
    Ok(written)
}

/// The buffer for replies, in bytes.
const INPUT_LEN: usize = 64 << 10;
/// How much is read at once of a reply that does not fit it.
const LONG_READ_LEN: usize = 256 << 10;
