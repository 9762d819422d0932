//! A window on a request: what of its bytes is wanted now, so that a long one is never held whole.

use std::ops::Range;

/// Appends to a buffer the bytes of a request from one of them on, up to so many.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    out: &'a mut Vec<u8>,
    /// Bytes that are still to be left out.
    skip: usize,
    /// Bytes that may still be appended.
    room: usize,
    /// Where in the request the window ends.
    end: usize,
    /// How many bytes of the request have been offered.
    offered: usize,
}

impl<'a> Window<'a> {
    /// The window from byte `skip` on, `room` bytes wide.
    pub(crate) fn new(out: &'a mut Vec<u8>, skip: usize, room: usize) -> Self {
        Self { out, skip, room, end: skip + room, offered: 0 }
    }

    /// Offers the next bytes of the request.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.put_part(bytes.len(), |out, range| out.extend_from_slice(&bytes[range]));
    }

    /// Offers the next `len` bytes, which `write` appends whole.
    #[inline]
    pub(crate) fn put_with(&mut self, len: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if self.skip == 0 && len <= self.room {
            (self.room, self.offered) = (self.room - len, self.offered + len);
            return write(self.out);
        }
        let mut whole = Vec::new();
        write(&mut whole);
        self.put(&whole);
    }

    /// Offers the next `len` bytes, of which `write` appends a range.
    #[inline]
    pub(crate) fn put_part(&mut self, len: usize, write: impl FnOnce(&mut Vec<u8>, Range<usize>)) {
        self.offered += len;
        let start = self.skip.min(len);
        let end = len.min(start + self.room);
        self.skip -= start;
        self.room -= end - start;
        if start < end {
            write(self.out, start..end);
        }
    }

    /// Where the next window begins, if the request was not at its end.
    pub(crate) fn next(&self) -> Option<usize> {
        (self.offered > self.end).then_some(self.end)
    }
}
