//! The replies of one connection, in the order of its requests (invariant 4).
//!
//! Every request of a connection gets the next sequence number. The reply whose turn it is goes
//! straight to the output; one that is early waits in a window until those before it are there.
//!
//! ```text
//!  sent          base                    next
//!   |  output ... | held | -- | held | -- |
//!                   early replies wait; `--` is still being worked on
//! ```

use crate::gather::Gather;
use crate::input::BufferPool;
use crate::loan::Loan;
use std::collections::VecDeque;
use std::ops::Range;

/// Ordered replies and the bytes of them that the socket has not taken yet.
#[derive(Debug)]
pub(crate) struct Replies {
    /// Encoded replies in order; bytes before `sent` are with the socket.
    output: Vec<u8>,
    /// What comes behind `output`: strings that are lent, and the bytes behind each.
    lent: VecDeque<(Loan, Vec<u8>)>,
    /// How much of `output` the socket has taken.
    sent: usize,
    /// Sequence number of the reply that goes to `output` next.
    base: u64,
    /// Sequence number of the next request.
    next: u64,
    /// What is known of the requests from `base` on; shorter than the window where nothing is.
    slots: VecDeque<Slot>,
    /// The bytes of held replies, and of some that have moved on to `output` since.
    held: Vec<u8>,
    /// How many bytes of `held` have moved on.
    moved: usize,
    /// Numbers of requests whose replies the client does not want, in ascending order.
    silent: Vec<u64>,
    /// How long replies have been of late, in bytes: the moving average over some 8 of them.
    len_bytes: usize,
}

/// One request whose reply is not in the output yet.
#[derive(Debug)]
enum Slot {
    /// Somebody works on it.
    Pending,
    /// The reply stands at this place of `held`, but for what it borrows.
    Held(Range<usize>, Vec<Loan>),
    /// Parts of it are still being worked on.
    Gathering(Box<Gather>),
}

impl Default for Replies {
    fn default() -> Self {
        Self {
            output: Vec::new(),
            lent: VecDeque::new(),
            sent: 0,
            base: 0,
            next: 0,
            slots: VecDeque::new(),
            held: Vec::new(),
            moved: 0,
            silent: Vec::new(),
            len_bytes: UNKNOWN_LEN_BYTES,
        }
    }
}

impl Replies {
    /// Numbers a request.
    pub(crate) fn assign(&mut self) -> u64 {
        let sequence = self.next;
        self.next += 1;
        sequence
    }

    /// Lets the request that is numbered next have no reply.
    pub(crate) fn silence_next(&mut self) {
        if self.silent.last() != Some(&self.next) {
            self.silent.push(self.next);
        }
    }

    /// Whether a request was to have no reply; from here on it has one.
    pub(crate) fn speak(&mut self, sequence: u64) -> bool {
        let place = self.silent.iter().position(|silent| *silent == sequence);
        place.map(|place| self.silent.remove(place)).is_some()
    }

    /// How many requests are numbered and not answered in the output yet.
    pub(crate) const fn in_flight(&self) -> u64 {
        self.next - self.base
    }

    /// Whether one more request may be taken: neither are too many unanswered, nor do their
    /// replies, if they are like the last ones, come to too many bytes, nor are more than
    /// `pending_max` bytes of replies waiting for the client.
    pub(crate) fn has_room(&self, pending_max: usize) -> bool {
        let lent: u64 = self.lent.iter().map(|(loan, _)| loan.left()).sum();
        let expected = (self.in_flight() as usize).saturating_mul(self.len_bytes);
        self.in_flight() < IN_FLIGHT_MAX
            && (self.pending_bytes() as u64).saturating_add(lent) < pending_max as u64
            && (self.in_flight() < IN_FLIGHT_MIN || expected < EXPECTED_BYTES_MAX)
    }

    /// Bytes held for the client, in order or early.
    pub(crate) fn pending_bytes(&self) -> usize {
        let behind: usize = self.lent.iter().map(|(_, bytes)| bytes.len()).sum();
        self.output.len() - self.sent + behind + self.held.len() - self.moved
    }

    /// Output that the socket has not taken.
    pub(crate) fn unsent(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or(&[])
    }

    /// Notes that the socket took `count` bytes.
    pub(crate) fn mark_sent(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.output.len() {
            self.sent = 0;
            self.output.clear();
            self.go_on_with_loans();
        } else if self.sent > KEPT_BYTES && self.sent > self.output.len() / 2 {
            self.output.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Takes a buffer for the output where it has none.
    pub(crate) fn borrow_buffer(&mut self, pool: &mut BufferPool) {
        if self.output.capacity() == 0 {
            self.output = pool.take_output();
        }
    }

    /// Gives the buffer back when everything in it is sent.
    pub(crate) fn release_buffer(&mut self, pool: &mut BufferPool) {
        if self.output.is_empty() {
            pool.put_output(std::mem::take(&mut self.output));
        }
    }

    /// Writes the reply of a request: `write` appends it to the buffer it is given.
    pub(crate) fn reply<T>(&mut self, sequence: u64, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.reply_lending(sequence, |out, _| write(out))
    }

    /// The same, of a reply that may borrow strings: `write` notes them in the list.
    #[inline]
    pub(crate) fn reply_lending<T>(
        &mut self,
        sequence: u64,
        write: impl FnOnce(&mut Vec<u8>, &mut Vec<Loan>) -> T,
    ) -> T {
        let silent = !self.silent.is_empty() && self.speak(sequence);
        let mut loans = Vec::new();
        let is_next = sequence == self.base;
        let tail = self.lent.back_mut().map_or(&mut self.output, |(_, bytes)| bytes);
        let out = if is_next { tail } else { &mut self.held };
        let start = out.len();
        let result = write(out, &mut loans);
        if silent {
            out.truncate(start);
            loans.clear();
        }
        let place = start..out.len();
        self.learn_len(place.len());
        if is_next {
            if !loans.is_empty() {
                self.lend(start, loans);
            }
            self.advance();
        } else {
            *self.slot(sequence) = Slot::Held(place, loans);
        }
        result
    }

    /// Cuts what was written last, from `start` on, where the strings belong that it borrows.
    #[cold]
    fn lend(&mut self, start: usize, loans: Vec<Loan>) {
        let mut cut = start;
        let mut before = 0;
        for loan in loans {
            cut += loan.at - before;
            before = loan.at;
            let tail = self.lent.back_mut().map_or(&mut self.output, |(_, bytes)| bytes);
            let behind = tail.split_off(cut.min(tail.len()));
            self.lent.push_back((loan, behind));
            cut = 0;
        }
        if self.unsent().is_empty() {
            self.go_on_with_loans();
        }
    }

    /// Puts the next piece of what is lent into the output, which is empty.
    fn go_on_with_loans(&mut self) {
        while let Some((loan, behind)) = self.lent.front_mut() {
            if loan.left() > 0 {
                loan.take_piece(&mut self.output);
                return;
            }
            self.output.append(behind);
            self.lent.pop_front();
            if !self.output.is_empty() {
                return;
            }
        }
    }

    const fn learn_len(&mut self, len: usize) {
        self.len_bytes = self.len_bytes - self.len_bytes / 8 + len / 8;
    }

    /// Announces that the reply of a request comes in parts.
    pub(crate) fn gather(&mut self, sequence: u64, gather: Gather) {
        *self.slot(sequence) = Slot::Gathering(Box::new(gather));
    }

    /// Takes in one part; the last one makes the reply.
    pub(crate) fn reply_part(&mut self, sequence: u64, part: usize, reply: &[u8]) {
        let slot = self.slot(sequence);
        let Slot::Gathering(gather) = slot else { return };
        if !gather.add(part, reply) {
            return;
        }
        let Slot::Gathering(gather) = std::mem::replace(slot, Slot::Pending) else { return };
        self.reply(sequence, |out| gather.finish(out));
    }

    /// The slot of a request that is not answered yet.
    fn slot(&mut self, sequence: u64) -> &mut Slot {
        let index = usize::try_from(sequence - self.base).unwrap_or(usize::MAX);
        while self.slots.len() <= index {
            self.slots.push_back(Slot::Pending);
        }
        &mut self.slots[index]
    }

    /// Drops the bytes of `held` that have moved on. Amortised constant: at least half of them had.
    fn compact(&mut self) {
        let mut kept = Vec::with_capacity(self.held.len() - self.moved);
        for slot in &mut self.slots {
            if let Slot::Held(place, _) = slot {
                let start = kept.len();
                kept.extend_from_slice(self.held.get(place.clone()).unwrap_or(&[]));
                *place = start..kept.len();
            }
        }
        self.held = kept;
        self.moved = 0;
    }

    /// Moves past the reply that was just written, and takes over those held behind it.
    fn advance(&mut self) {
        self.base += 1;
        self.slots.pop_front();
        while let Some(Slot::Held(place, loans)) = self.slots.front_mut() {
            let (place, loans) = (place.clone(), std::mem::take(loans));
            let tail = self.lent.back_mut().map_or(&mut self.output, |(_, bytes)| bytes);
            let start = tail.len();
            tail.extend_from_slice(self.held.get(place.clone()).unwrap_or(&[]));
            if !loans.is_empty() {
                self.lend(start, loans);
            }
            self.moved += place.len();
            self.base += 1;
            self.slots.pop_front();
        }
        if self.slots.is_empty() {
            self.held.clear();
            self.held.shrink_to(KEPT_BYTES);
            self.moved = 0;
        } else if self.moved > KEPT_BYTES && self.moved > self.held.len() / 2 {
            self.compact();
        }
    }
}

/// Requests of one connection that may be unanswered at a time; input beyond it waits.
const IN_FLIGHT_MAX: u64 = 1024;
/// Requests that may be unanswered however long replies are.
const IN_FLIGHT_MIN: u64 = 4;
/// Bytes that the replies of unanswered requests are expected to come to at most.
const EXPECTED_BYTES_MAX: usize = 1024 * 1024;
/// What replies are taken to be long before the first one is known.
const UNKNOWN_LEN_BYTES: usize = 64 * 1024;
/// Sent bytes that a buffer keeps before what follows them is moved down.
const KEPT_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use drp_parser::Version;
    use proptest::prelude::*;
    use zvm::Returns;

    #[test]
    fn a_gathered_reply_keeps_its_place() {
        let mut replies = Replies::default();
        let (first, second) = (replies.assign(), replies.assign());
        let gather = Gather::new(Returns::Integer, Dialect::Resp(Version::Resp2), 2);
        replies.gather(first, gather);
        replies.reply(second, |out| out.extend_from_slice(b"+second\r\n"));
        replies.reply_part(first, 1, b":1\r\n");
        assert!(replies.unsent().is_empty());
        replies.reply_part(first, 0, b":2\r\n");
        assert_eq!(replies.unsent(), b":3\r\n+second\r\n");
        assert_eq!(replies.in_flight(), 0);
    }

    #[test]
    fn a_window_that_never_empties_keeps_no_more_than_it_holds() {
        let mut replies = Replies::default();
        let reply = [b'x'; 1000];
        let mut first = replies.assign();
        for _ in 0..2000 {
            let second = replies.assign();
            replies.reply(second, |out| out.extend_from_slice(&reply));
            let third = replies.assign();
            replies.reply(first, |out| out.extend_from_slice(&reply));
            assert_eq!(replies.unsent().len(), 2 * reply.len());
            assert_eq!(replies.pending_bytes(), 2 * reply.len());
            replies.mark_sent(2 * reply.len());
            assert!(replies.held.capacity() <= 4 * KEPT_BYTES, "{}", replies.held.capacity());
            let early = replies.assign();
            replies.reply(early, |out| out.extend_from_slice(&reply));
            replies.reply(third, |out| out.extend_from_slice(&reply));
            first = replies.assign();
            replies.mark_sent(replies.unsent().len());
        }
    }

    #[test]
    fn what_is_lent_stands_where_it_belongs() {
        let long: Vec<u8> = (0..200_000_u32).map(|at| b'a' + (at % 23) as u8).collect();
        let bitmap = databox::Bitmap::from_bytes(&long);
        let lend = |at| Loan::new(at, bitmap.view(), 5, 150_000).unwrap();
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let mut replies = Replies::default();
            for _ in 0..4 {
                replies.assign();
            }
            for sequence in order {
                replies.reply_lending(sequence, |out, loans| {
                    out.extend_from_slice(format!("<{sequence}>").as_bytes());
                    // Between the brackets, twice in a row, or nothing at all.
                    loans.extend((0..sequence % 3).map(|_| lend(2)));
                });
            }
            let mut got = Vec::new();
            while !replies.unsent().is_empty() {
                assert!(replies.unsent().len() <= 64 * 1024);
                let count = replies.unsent().len().min(50_000);
                got.extend_from_slice(&replies.unsent()[..count]);
                replies.mark_sent(count);
            }
            let part = String::from_utf8(long[5..150_005].to_vec()).unwrap();
            let reply = |n: usize| format!("<{n}{}>", part.repeat(n % 3));
            assert!(String::from_utf8(got).unwrap() == (0..4).map(reply).collect::<String>());
            assert_eq!((replies.in_flight(), replies.pending_bytes()), (0, 0));
        }
    }

    proptest! {
        #[test]
        fn replies_leave_in_request_order(
            order in Just((0..40_u64).collect::<Vec<_>>()).prop_shuffle(),
            takes in proptest::collection::vec(1..30_usize, 40),
        ) {
            let mut replies = Replies::default();
            for &sequence in &order {
                prop_assert!(sequence < 40);
                replies.assign();
            }
            let mut got = Vec::new();
            for (&sequence, take) in order.iter().zip(takes) {
                replies.reply(sequence, |out| out.extend(format!("<{sequence}>").bytes()));
                let count = take.min(replies.unsent().len());
                got.extend_from_slice(&replies.unsent()[..count]);
                replies.mark_sent(count);
            }
            got.extend_from_slice(replies.unsent());
            let expected: String = (0..40).map(|n| format!("<{n}>")).collect();
            prop_assert_eq!(String::from_utf8(got).unwrap(), expected);
            prop_assert_eq!(replies.held.len(), 0);
        }
    }
}
