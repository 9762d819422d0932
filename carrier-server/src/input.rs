//! Bytes that have arrived on a connection and are not consumed yet, and where they are kept.

use std::io::{self, Read};

/// A run of received bytes inside a buffer that is wholly initialised, so that reading into it
/// needs no unsafe code and no clearing.
///
/// Idle connections hold none: the buffer comes from a [`BufferPool`] when bytes are awaited and
/// goes back when all of them are consumed.
#[derive(Debug, Default)]
pub(crate) struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Some bytes, and the socket may hold more.
    More,
    /// Some bytes; the socket held no more.
    Drained,
    /// No bytes: the socket holds none for now.
    Nothing,
    /// The peer will send nothing any more.
    End,
}

impl Input {
    /// The unconsumed bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or(&[])
    }

    /// The whole buffer, against which argument ranges are kept for the length of a turn.
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Offset of the first unconsumed byte in [`buffer`](Self::buffer).
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// Takes the first `count` bytes out. They stay in the buffer until the next read.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Reads once from `source`. `needed` is how many bytes the unfinished request wants at
    /// least: room grows towards it as bytes arrive, doubling, never to what was only announced.
    ///
    /// # Errors
    ///
    /// Those of the source, without `WouldBlock` and `Interrupted`.
    pub(crate) fn receive(
        &mut self,
        source: &mut impl Read,
        needed: usize,
        pool: &mut BufferPool,
    ) -> io::Result<Received> {
        self.make_room(needed, pool);
        let room = self.buffer.get_mut(self.end..).unwrap_or(&mut []);
        let space = room.len();
        match source.read(room) {
            Ok(0) => Ok(Received::End),
            Ok(count) => {
                self.end += count;
                // A short read has emptied the socket: the next arrival is a new edge.
                Ok(if count < space { Received::Drained } else { Received::More })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Received::More),
            Err(error) => Err(error),
        }
    }

    /// Gives the buffer back when nothing in it is needed.
    pub(crate) fn release(&mut self, pool: &mut BufferPool) {
        if self.start == self.end && !self.buffer.is_empty() {
            pool.put(std::mem::take(&mut self.buffer));
            self.start = 0;
            self.end = 0;
        }
    }

    fn make_room(&mut self, needed: usize, pool: &mut BufferPool) {
        if self.buffer.is_empty() {
            self.buffer = pool.take();
            return;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = self.buffer.len() - self.end;
        if room < needed.min(POOLED_BYTES) || room == 0 {
            let grown = (self.buffer.len() * 2).min(self.end + needed.max(POOLED_BYTES));
            self.buffer.resize(grown.max(self.end + 1), 0);
        }
    }
}

/// Spare buffers of one thread: connections that are idle hold none.
#[derive(Debug, Default)]
pub(crate) struct BufferPool {
    /// For input: all of [`POOLED_BYTES`] initialised bytes.
    spare: Vec<Vec<u8>>,
    /// For output: empty, with some capacity.
    outputs: Vec<Vec<u8>>,
}

impl BufferPool {
    /// An empty buffer for replies.
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        self.outputs.pop().unwrap_or_default()
    }

    /// Takes back a buffer of replies that were sent.
    pub(crate) fn put_output(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        if (1..=POOLED_BYTES).contains(&buffer.capacity()) && self.outputs.len() < SPARE_MAX {
            self.outputs.push(buffer);
        }
    }

    fn take(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_else(|| vec![0; POOLED_BYTES])
    }

    fn put(&mut self, buffer: Vec<u8>) {
        if buffer.len() == POOLED_BYTES && self.spare.len() < SPARE_MAX {
            self.spare.push(buffer);
        }
    }
}

/// Bytes of a pooled buffer, and the most that one read brings to a connection.
const POOLED_BYTES: usize = 16 * 1024;
/// Spare buffers a thread keeps.
const SPARE_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_not_consumed_across_reads() {
        let mut pool = BufferPool::default();
        let mut input = Input::default();
        assert_eq!(input.receive(&mut &b"abcdef"[..], 0, &mut pool).unwrap(), Received::Drained);
        input.consume(4);
        input.receive(&mut &b"gh"[..], 0, &mut pool).unwrap();
        assert_eq!(input.bytes(), b"efgh");
        input.consume(4);
        input.release(&mut pool);
        assert_eq!(input.buffer().len(), 0);
        assert_eq!(pool.spare.len(), 1);
    }

    #[test]
    fn grows_with_what_arrives_and_not_with_what_is_announced() {
        let mut pool = BufferPool::default();
        let mut input = Input::default();
        let huge = 512 * 1024 * 1024;
        for _ in 0..4 {
            input.receive(&mut &[7_u8; 10_000][..], huge, &mut pool).unwrap();
        }
        assert_eq!(input.bytes().len(), 40_000);
        assert!(input.buffer().len() <= 4 * 40_000);
    }

    #[test]
    fn reports_the_end() {
        let mut input = Input::default();
        let got = input.receive(&mut io::empty(), 0, &mut BufferPool::default()).unwrap();
        assert_eq!(got, Received::End);
    }
}
