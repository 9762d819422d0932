//! Drawing an entry of a table.

use crate::seed::Seed;
use packed_map::{BUCKET_BITS, Chunks, Entry, NoBox, PackedMap};

/// An entry for which `counts` holds, as `random` says. Entries of neighbouring pages are as likely
/// as each other, and such neighbourhoods hold about as many as each other: over tables of random
/// hashes the likelihoods of two entries differ by about an eighth.
///
/// `None` where there is no such entry, or where many pages have none.
pub(crate) fn draw<'a>(
    table: &'a PackedMap<NoBox, Seed, Chunks>,
    random: u64,
    counts: impl Fn(&Entry<'a, NoBox, Chunks>) -> bool,
) -> Option<Entry<'a, NoBox, Chunks>> {
    let mut start = random >> (u64::BITS - BUCKET_BITS);
    for _ in 0..TRIES {
        let (mut len, mut end) = (0u64, start);
        for _ in 0..PAGES {
            end = table.scan(end, |entry| len += u64::from(counts(&entry)));
        }
        if len == 0 {
            start = end;
            continue;
        }
        let mut left = (random & u64::from(u32::MAX)) % len;
        let (mut drawn, mut next) = (None, start);
        for _ in 0..PAGES {
            next = table.scan(next, |entry| {
                if drawn.is_none() && counts(&entry) {
                    match left.checked_sub(1) {
                        Some(fewer) => left = fewer,
                        None => drawn = Some(entry),
                    }
                }
            });
        }
        return drawn;
    }
    None
}

/// Pages that are looked at together.
const PAGES: usize = 4;

/// How often others are looked at where none has an entry that counts.
const TRIES: usize = 16;
