//! Telling a memcached client from one that speaks something else.

use crate::words::{Words, trim_line_end};

/// Whether `first_line` (its end is not needed) is how a memcached client would begin: a verb of
/// the text protocol in lower case, and where the Redis protocol has it too, with as many arguments
/// as memcached's takes, and numbers where it takes numbers before an item.
///
/// All of memcached's verbs for clients count, those that this crate does not parse too: what it
/// says about them a client of memcached can read.
///
/// # Examples
///
/// ```
/// assert!(dmp_parser::looks_like(b"get k\r\n"));
/// assert!(!dmp_parser::looks_like(b"GET k\r\n"));
/// assert!(!dmp_parser::looks_like(b"set k v\r\n"));
/// ```
#[must_use]
pub fn looks_like(first_line: &[u8]) -> bool {
    let mut words = Words::new(trim_line_end(first_line));
    let Some(verb) = words.next() else { return false };
    if STORING.contains(&verb.bytes) && !words.clone().skip(1).take(3).all(|w| is_number(w.bytes)) {
        return false;
    }
    if verb.bytes == b"watch" {
        // The Redis protocol's is about keys.
        return words.clone().next().is_some() && words.all(|word| LOGS.contains(&word.bytes));
    }
    let Some((_, least, most)) = VERBS.iter().find(|(name, ..)| *name == verb.bytes) else {
        return false;
    };
    // Beyond the most there is nothing to count, and a line may have very many words.
    let count = words.take(most.saturating_add(1)).count();
    (*least..=*most).contains(&count)
}

fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Verbs whose second to fourth argument are flags, time and length of an item: what tells them
/// from `set key value EX 10`, which people type.
const STORING: &[&[u8]] = &[b"set", b"append"];
/// Verbs with the fewest and most arguments they take. Those that the Redis protocol has not may
/// have any number: who gets that wrong is a client of memcached all the same.
const VERBS: &[(&[u8], usize, usize)] = &[
    (b"get", 1, ANY),
    (b"gets", 0, ANY),
    (b"gat", 0, ANY),
    (b"gats", 0, ANY),
    (b"set", 4, 5),
    (b"add", 0, ANY),
    (b"replace", 0, ANY),
    (b"append", 4, 5),
    (b"prepend", 0, ANY),
    (b"cas", 0, ANY),
    (b"incr", 2, 3),
    (b"decr", 2, 3),
    (b"touch", 2, 3),
    (b"delete", 0, ANY),
    (b"flush_all", 0, ANY),
    (b"stats", 0, ANY),
    (b"verbosity", 0, ANY),
    (b"version", 0, ANY),
    (b"quit", 0, 0),
    (b"mg", 0, ANY),
    (b"ms", 0, ANY),
    (b"md", 0, ANY),
    (b"ma", 0, ANY),
    (b"me", 0, ANY),
    (b"mn", 0, ANY),
    (b"slabs", 0, ANY),
    (b"lru", 0, ANY),
    (b"lru_crawler", 0, ANY),
    (b"cache_memlimit", 0, ANY),
];
/// What memcached lets watch.
const LOGS: &[&[u8]] =
    &[b"rawcmds", b"evictions", b"fetchers", b"mutations", b"sysevents", b"connevents"];
const ANY: usize = usize::MAX;

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn golden() {
        for (line, expected) in [
            ("get k", true),
            ("GET k", false),
            ("set k 0 0 1", true),
            ("set k v", false),
            ("set k v EX 10", false),
            ("set k 0 -1 1", true),
            ("incr k 1", true),
            ("incr k", false),
            ("ping", false),
            ("quit", true),
            ("QUIT", false),
            ("get", false),
            ("get a b c", true),
            (" gets a", true),
            ("set k 0 0 1 noreply", true),
            ("set k 0 0 1 noreply x", false),
            ("delete k", true),
            ("del k", false),
            ("version", true),
            ("mn", true),
            ("mg k v", true),
            ("", false),
            ("  ", false),
            ("getx k", false),
            ("verbosity foo bar", true),
            ("cas k", true),
            ("append k v", false),
            ("append k 0 0 1", true),
            ("lru_crawler metadump all", true),
            ("cache_memlimit 64", true),
            ("watch evictions", true),
            ("watch k", false),
            ("watch evictions k", false),
            ("watch", false),
            ("shutdown", false),
        ] {
            for end in ["", "\n", "\r\n"] {
                assert_eq!(looks_like(format!("{line}{end}").as_bytes()), expected, "{line:?}");
            }
        }
    }
}
