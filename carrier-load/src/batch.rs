//! The requests that a connection has on their way at once: drawn, composed and answered in order.
//!
//! Most runs send one command with one key, and what is noted of each of their requests is the key
//! alone: less to write and to read again.

use crate::composer::Composer;
use crate::template::{Fill, Template};

/// A request that was drawn.
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

/// The requests that are on their way, and all that composing them takes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The requests, unless they are alike.
    drawn: Vec<Request>,
    /// How many requests are alike: of the only template, with one key each and nothing else.
    alike: usize,
    /// Keys of all requests.
    keys: Vec<u64>,
    /// How many are composed whole, and how many bytes of the next.
    composed: usize,
    composed_bytes: usize,
    /// How many have their reply.
    answered: usize,
    /// When they were meant to be sent, and when they were.
    pub(crate) intended_ns: u64,
    pub(crate) sent_ns: u64,
    /// When something last happened to them.
    pub(crate) progress_ns: u64,
}

impl Batch {
    /// Makes it empty.
    pub(crate) fn clear(&mut self) {
        self.drawn.clear();
        self.keys.clear();
        (self.alike, self.composed, self.composed_bytes, self.answered) = (0, 0, 0, 0);
    }

    /// Adds a key; the request that it belongs to comes when it has all.
    #[inline]
    pub(crate) fn push_key(&mut self, key: u64) {
        self.keys.push(key);
    }

    /// Adds a request, whose keys begin at `keys_at`.
    #[inline]
    pub(crate) fn push(&mut self, request: Request) {
        self.drawn.push(request);
    }

    /// Makes it requests of the only template with one key each and nothing else that varies.
    #[inline]
    pub(crate) fn fill_alike(&mut self, keys: impl ExactSizeIterator<Item = u64>) {
        self.alike = keys.len();
        self.keys.extend(keys);
    }

    /// The keys so far.
    pub(crate) fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// How many requests it has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.alike + self.drawn.len()
    }

    /// How many have no reply yet.
    #[inline]
    pub(crate) fn unanswered(&self) -> usize {
        self.len() - self.answered
    }

    /// The request that is answered next.
    #[inline]
    pub(crate) fn next_answered(&self) -> Option<Request> {
        self.get(self.answered)
    }

    /// Takes note of the next reply.
    #[inline]
    pub(crate) fn take_answer(&mut self) {
        self.answered += 1;
    }

    /// Whether all bytes were composed.
    #[inline]
    pub(crate) fn is_composed(&self) -> bool {
        self.composed == self.len()
    }

    #[inline(always)]
    fn get(&self, at: usize) -> Option<Request> {
        if at < self.alike {
            return Some(Request { template: 0, keys_at: at as u32, version: 0, salt: 0 });
        }
        self.drawn.get(at).copied()
    }

    /// The keys of a request.
    #[inline]
    pub(crate) fn keys_of(&self, request: Request, template: &Template) -> &[u64] {
        let start = request.keys_at as usize;
        &self.keys[start..start + template.keys]
    }

    /// Composes what is left, up to a bound of bytes.
    pub(crate) fn compose(&mut self, composer: &Composer<'_>, out: &mut Vec<u8>) {
        while let Some(first) = self.get(self.composed)
            && out.len() < OUT_LEN
        {
            let template = composer.template(first);
            let fill = |request: Request| Fill {
                keys: &self.keys[request.keys_at as usize..][..template.keys],
                version: request.version,
                salt: request.salt,
            };
            let Some(image) = template.image() else {
                match template.compose(out, composer.world, fill(first), self.composed_bytes) {
                    None => (self.composed, self.composed_bytes) = (self.composed + 1, 0),
                    Some(next) => self.composed_bytes = next,
                }
                continue;
            };
            let room = (OUT_LEN - out.len()).div_ceil(image.len());
            if self.alike > 0 {
                let end = self.alike.min(self.composed + room);
                let keys = self.keys[self.composed..end].chunks_exact(1);
                let fills = keys.map(|keys| Fill { keys, version: 0, salt: 0 });
                image.compose(out, composer.world, fills);
                self.composed = end;
                continue;
            }
            let alike = self.drawn[self.composed..].iter().take(room);
            let count = alike.take_while(|next| next.template == first.template).count();
            let run = &self.drawn[self.composed..self.composed + count];
            image.compose(out, composer.world, run.iter().copied().map(fill));
            self.composed += count;
        }
    }

    /// Takes the replies at the head of `input` that can be told right by comparing, as far as
    /// they are to requests of one template. Returns how many, and their bytes.
    #[inline]
    pub(crate) fn accept(&mut self, composer: &Composer<'_>, input: &[u8]) -> (usize, usize) {
        let Some(first) = self.get(self.answered) else { return (0, 0) };
        let (quick, world) = (&composer.template(first).quick, composer.world);
        let (mut count, mut start) = (0, 0);
        if self.alike > 0 {
            for key in self.keys[self.answered..].chunks_exact(1) {
                let Some(len) = quick.accept(world, key, 0, &input[start..]) else { break };
                (count, start) = (count + 1, start + len);
            }
        } else {
            for request in &self.drawn[self.answered..] {
                let keys = &self.keys[request.keys_at as usize..];
                if request.template != first.template {
                    break;
                }
                let accepted = quick.accept(world, keys, request.version, &input[start..]);
                let Some(len) = accepted else { break };
                (count, start) = (count + 1, start + len);
            }
        }
        self.answered += count;
        (count, start)
    }
}

/// How many bytes of a batch are composed before they are written.
pub(crate) const OUT_LEN: usize = 64 << 10;
