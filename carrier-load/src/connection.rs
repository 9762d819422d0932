//! One connection: a batch of requests in one write, and its replies checked as they arrive.

use std::io::{ErrorKind, Read, Write};

use crate::composer::Composer;
use crate::error::Failure;
use crate::target::Stream;
use crate::template::{Fill, Template, World};
use crate::verify::{Asked, Checker, Verdict};

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// Number of its template.
    pub(crate) template: u32,
    /// Where its keys begin among those of the batch.
    pub(crate) keys_at: u32,
    /// Version of its values.
    pub(crate) version: u32,
    /// What its random arguments follow from.
    pub(crate) salt: u64,
}

/// The requests that are on their way, and all that composing them again needs.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) requests: Vec<Request>,
    pub(crate) keys: Vec<u64>,
    /// How many have their reply.
    answered: usize,
    /// When they were meant to be sent.
    pub(crate) intended_ns: u64,
    /// When something last happened to them.
    pub(crate) progress_ns: u64,
}

impl Batch {
    fn clear(&mut self) {
        self.requests.clear();
        self.keys.clear();
        self.answered = 0;
    }

    fn keys_of(&self, request: Request, template: &Template) -> &[u64] {
        let start = request.keys_at as usize;
        &self.keys[start..start + template.keys]
    }
}

/// Replies that were right.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) replies: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// A connection and its buffers, which are reused for its whole life.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its number among those of all threads.
    pub(crate) number: usize,
    pub(crate) stream: Stream,
    pub(crate) batch: Batch,
    /// Of each key that only this connection writes, the version that it wrote last.
    pub(crate) versions: Vec<u32>,
    /// How many batches of its schedule it has sent.
    pub(crate) batches: u64,
    /// How many of its own keys it has named one after the other.
    pub(crate) own_next: u64,
    checker: Checker,
    out: Vec<u8>,
    written: usize,
    input: Vec<u8>,
    start: usize,
    end: usize,
}

impl Connection {
    /// A connection without requests.
    pub(crate) fn new(number: usize, stream: Stream) -> Self {
        Self {
            number,
            stream,
            batch: Batch::default(),
            versions: Vec::new(),
            batches: 0,
            own_next: 0,
            checker: Checker::new(),
            out: Vec::new(),
            written: 0,
            input: vec![0; INPUT_LEN],
            start: 0,
            end: 0,
        }
    }

    /// Whether each request has its reply.
    pub(crate) fn is_idle(&self) -> bool {
        self.batch.answered == self.batch.requests.len()
    }

    /// Composes up to `count` requests and sends them. Returns how many.
    pub(crate) fn launch(
        &mut self,
        composer: &mut Composer<'_>,
        count: usize,
        intended_ns: u64,
        now_ns: u64,
    ) -> Result<usize, Failure> {
        self.batch.clear();
        self.out.clear();
        self.written = 0;
        let mut out = std::mem::take(&mut self.out);
        let mut composed = 0;
        while composed < count && composer.compose(self, &mut out) {
            composed += 1;
        }
        self.out = out;
        self.batch.intended_ns = intended_ns;
        self.batch.progress_ns = now_ns;
        if composed > 0 {
            self.flush()?;
        }
        Ok(composed)
    }

    /// Writes what is left of the batch, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(Failure::Io { doing: "write to the server", source }),
            }
        }
        Ok(())
    }

    /// Reads once. Whether there may be more: a read that does not fill the buffer has emptied
    /// the socket, and what comes later is a new event (epoll(7), edge-triggered streams).
    pub(crate) fn read(&mut self, composer: &Composer<'_>) -> Result<bool, Failure> {
        if self.end == self.input.len() {
            self.make_room();
        }
        loop {
            match self.stream.read(&mut self.input[self.end..]) {
                Ok(0) if self.is_idle() => {
                    let source = ErrorKind::ConnectionAborted.into();
                    return Err(Failure::Io { doing: "read from the server", source });
                }
                Ok(0) => return Err(self.missing(composer)),
                Ok(read) => {
                    self.end += read;
                    return Ok(self.end == self.input.len());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(Failure::Io { doing: "read from the server", source }),
            }
        }
    }

    /// Checks the replies that have arrived; adds to `counts` the number of each template's.
    pub(crate) fn check(
        &mut self,
        composer: &Composer<'_>,
        counts: &mut [u64],
    ) -> Result<Checked, Failure> {
        let (world, mut checked) = (composer.world, Checked::default());
        while self.start < self.end {
            let Some(request) = self.batch.requests.get(self.batch.answered).copied() else {
                let reply = self.input[self.start..self.end].to_vec();
                return Err(Failure::Unrequested { connection: self.number, reply });
            };
            let template = composer.template(request);
            let asked = Asked {
                expect: &template.expect,
                keys: self.batch.keys_of(request, template),
                version: request.version,
                must_hit: composer.must_hit,
            };
            match self.checker.check(world, asked, &self.input[self.start..self.end]) {
                Verdict::Right { consumed, hits, misses } => {
                    self.start += consumed;
                    self.batch.answered += 1;
                    checked.replies += 1;
                    checked.hits += hits as u64;
                    checked.misses += misses as u64;
                    counts[request.template as usize] += 1;
                }
                Verdict::Incomplete => break,
                Verdict::Wrong { shown, key } => {
                    let key = asked.keys.get(key).copied();
                    return Err(Failure::WrongReply {
                        connection: Some(self.number),
                        request: self.request_bytes(request, composer),
                        expected: template.expect.describe(world, key, request.version),
                        reply: self.input[self.start..self.start + shown].to_vec(),
                    });
                }
            }
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        Ok(checked)
    }

    /// The failure of a connection that owes replies.
    pub(crate) fn missing(&self, composer: &Composer<'_>) -> Failure {
        let first = self.batch.requests.get(self.batch.answered);
        Failure::Missing {
            connection: self.number,
            missing: self.batch.requests.len() - self.batch.answered,
            request: first.map_or_else(Vec::new, |first| self.request_bytes(*first, composer)),
            reply: self.input[self.start..self.end].to_vec(),
        }
    }

    fn request_bytes(&self, request: Request, composer: &Composer<'_>) -> Vec<u8> {
        let template = composer.template(request);
        let keys = self.batch.keys_of(request, template);
        let fill = Fill { keys, version: request.version, salt: request.salt };
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        template.compose(&mut out, &mut scratch, composer.world, fill);
        out
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end * 2 > self.input.len() {
            self.input.resize(self.input.len() * 2, 0);
        }
    }
}

impl World {
    /// The number of a connection's `index`-th own key: keys are dealt out in turn.
    pub(crate) fn own_key(connection: usize, connections: usize, index: u64) -> u64 {
        index * connections as u64 + connection as u64
    }
}

/// First size of the buffer for replies, in bytes. It doubles for longer ones.
const INPUT_LEN: usize = 64 << 10;
