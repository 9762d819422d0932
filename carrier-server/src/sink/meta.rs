//! Replies to memcached's meta commands.

use super::text::error;
use super::{Notes, Reply, Sink, item_bytes};
use databox::decimal;
use dmp_parser::{Facts, MetaCode, MetaEncoder};
use zvm::ItemView;

impl Sink<'_> {
    #[inline]
    pub(super) fn meta(&mut self, quiet: bool, is_arithmetic: bool, reply: Reply<'_>) {
        let encoder = MetaEncoder { key: self.key, tokens: self.tokens, quiet };
        let notes = std::mem::take(&mut self.notes);
        match reply {
            Reply::Item(key, item) => {
                let mut digits = decimal::Buffer::new();
                let bytes = item_bytes(item, &mut digits);
                let (encoder, facts) = (MetaEncoder { key, ..encoder }, facts(item, notes));
                if is_arithmetic {
                    encoder.number(self.out, bytes, &facts);
                } else {
                    encoder.item(self.out, bytes, &facts);
                }
            }
            Reply::Details(key, item) => {
                let encoder = MetaEncoder { key, ..encoder };
                encoder.debug(self.out, &facts(item, notes), item.used_bytes);
            }
            Reply::Status(b"MN") => self.out.extend_from_slice(b"MN\r\n"),
            Reply::Status(text) => encoder.code(self.out, code(text), notes.stamp),
            Reply::Number(_) => encoder.code(self.out, MetaCode::Done, notes.stamp),
            Reply::Nil => encoder.code(self.out, MetaCode::Missing, None),
            Reply::Error(text) => error(self.out, text),
            // What is said before the reply goes with what follows.
            _ => self.notes = notes,
        }
    }
}

fn code(status: &[u8]) -> MetaCode {
    match status {
        b"NOT_STORED" => MetaCode::NotStored,
        b"EXISTS" => MetaCode::Exists,
        b"NOT_FOUND" => MetaCode::NotFound,
        _ => MetaCode::Done,
    }
}

fn facts(item: &ItemView<'_>, Notes { stamp, lease, .. }: Notes) -> Facts {
    Facts {
        flags: item.flags,
        cas: stamp.unwrap_or(0),
        // A second that has begun counts: a client that gave ten sees ten.
        ttl: item.ttl_ms.map(|ttl_ms| ttl_ms.div_ceil(1000)),
        idle: item.idle_ms / 1000,
        was_hit: item.was_hit,
        is_won: lease.is_won,
        is_stale: lease.is_stale,
        is_claimed: lease.is_claimed,
    }
}
