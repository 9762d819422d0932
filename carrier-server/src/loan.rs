//! A string that is lent to a reply: its bytes are produced when the socket takes them.
//!
//! A reply holds the pages of the string as they were when it was read; who writes the string then
//! copies the page that it writes. So a reply of half a gigabyte takes a piece of 64 KiB, and
//! nobody waits for the client that reads it.

use databox::{Bitmap, BitsView};

/// A part of a reply that does not stand in its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Loan {
    /// How many bytes of the reply come before it.
    pub(crate) at: usize,
    bitmap: Bitmap,
    /// Where the next piece begins.
    next: u64,
    /// Where the part ends.
    end: u64,
}

impl Loan {
    /// The bytes of a string from `from` on, so many; `None` where they are better copied.
    pub(crate) fn new(at: usize, bits: BitsView<'_>, from: u64, len: u64) -> Option<Self> {
        match bits {
            BitsView::Bitmap(bitmap) if len > PIECE_BYTES as u64 => {
                Some(Self { at, bitmap: bitmap.clone(), next: from, end: from + len })
            }
            _ => None,
        }
    }

    /// How many bytes are still to come.
    pub(crate) const fn left(&self) -> u64 {
        self.end - self.next
    }

    /// Appends the next piece to `out`, and gives back what comes before the one behind it.
    pub(crate) fn take_piece(&mut self, out: &mut Vec<u8>) {
        let count = self.left().min(PIECE_BYTES as u64) as usize;
        self.bitmap.view().copy_bytes(self.next, count, out);
        self.next += count as u64;
        self.bitmap.forget_before(self.next);
    }

    /// Puts all bytes of loans where they belong, in a reply that begins at `start` of `out`.
    pub(crate) fn pay(loans: &mut Vec<Self>, out: &mut Vec<u8>, start: usize) {
        let mut reply = Vec::with_capacity(out.len() - start);
        let mut from = start;
        for mut loan in loans.drain(..) {
            let at = start + loan.at;
            reply.extend_from_slice(out.get(from..at).unwrap_or(&[]));
            while loan.left() > 0 {
                loan.take_piece(&mut reply);
            }
            from = at;
        }
        reply.extend_from_slice(out.get(from..).unwrap_or(&[]));
        out.truncate(start);
        out.append(&mut reply);
    }
}

/// Bytes that are produced at a time.
const PIECE_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_part_as_it_was() {
        let bytes: Vec<u8> = (0..400_000_u32).map(|at| (at % 251) as u8).collect();
        let mut bitmap = Bitmap::from_bytes(&bytes);
        let (from, len) = (1_000, 300_000);
        let mut loan = Loan::new(3, bitmap.view(), from, len).unwrap();
        bitmap.write(0, &[0; 400_000]);
        let mut taken = Vec::new();
        while loan.left() > 0 {
            loan.take_piece(&mut taken);
        }
        assert!(taken == bytes[1_000..301_000]);
        assert!(Loan::new(0, bitmap.view(), from, 100).is_none());
    }

    #[test]
    fn what_is_lent_can_be_paid() {
        let bitmap = Bitmap::from_bytes(&[b'x'; 100_000]);
        let loan = |at| Loan::new(at, bitmap.view(), 0, 70_000).unwrap();
        let (mut out, mut loans) = (b"before,abc".to_vec(), vec![loan(1), loan(2)]);
        Loan::pay(&mut loans, &mut out, 7);
        let part = "x".repeat(70_000);
        assert!(out == format!("before,a{part}b{part}c").as_bytes());
        assert!(loans.is_empty());
    }
}
