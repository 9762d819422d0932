//! What memcached's own machinery says to a line about it: slabs, lists of items, the crawler, the
//! budget. Nothing here is built that way but the budget, so most is checked as memcached checks it
//! and accepted, and the tools that say it go on.

use crate::shared::Shared;

/// The answer to a line's words, of which the first is its verb.
pub(crate) fn answer(shared: &Shared, words: &[Box<[u8]>]) -> &'static [u8] {
    let words: Vec<&[u8]> = words.iter().map(AsRef::as_ref).collect();
    let Some((verb, words)) = words.split_first() else { return UNKNOWN };
    match *verb {
        b"slabs" => slabs(words),
        b"lru" => lists(words),
        b"lru_crawler" => crawler(words),
        b"cache_memlimit" => budget(shared, words),
        b"watch" => b"CLIENT_ERROR watch commands not allowed",
        b"shutdown" => b"ERROR: shutdown not enabled",
        _ => UNKNOWN,
    }
}

fn slabs(words: &[&[u8]]) -> &'static [u8] {
    match words {
        [b"reassign", from, to] => match (integer(from), integer(to)) {
            (Some(from), Some(to)) if from == to => b"SAME src and dst class are identical",
            // All items are of one class, and nothing is to be had from it.
            (Some(_), Some(_)) => b"NOSPARE source class has no spare pages",
            _ => FORMAT,
        },
        [b"automove", b"ratio", ratio, ..] => float(ratio).map_or(UNKNOWN, |_| OK),
        [b"automove", b"ratio"] => UNKNOWN,
        [b"automove", level, ..] => match natural(level) {
            Some(0..=2) => OK,
            Some(_) => UNKNOWN,
            None => FORMAT,
        },
        _ => UNKNOWN,
    }
}

fn lists(words: &[&[u8]]) -> &'static [u8] {
    match words {
        [b"tune", hot, warm, hot_age, warm_age, ..] => {
            let shares = natural(hot).zip(natural(warm));
            let ages = float(hot_age).zip(float(warm_age));
            let (Some(shares), Some(ages)) = (shares, ages) else { return UNKNOWN };
            if shares.0.saturating_add(shares.1) > 80 {
                b"ERROR hot and warm pcts must not exceed 80"
            } else if ages.0 <= 0.0 || ages.1 <= 0.0 {
                b"ERROR hot/warm age factors must be greater than 0"
            } else {
                OK
            }
        }
        [b"mode", b"flat" | b"segmented", ..] => OK,
        [b"temp_ttl", seconds, ..] => integer(seconds).map_or(UNKNOWN, |_| OK),
        _ => UNKNOWN,
    }
}

fn crawler(words: &[&[u8]]) -> &'static [u8] {
    match words {
        // What has expired is found without being asked for.
        [b"enable" | b"disable"] => OK,
        [b"crawl", classes] => class(classes),
        [b"metadump", _] => b"ERROR metadump not allowed",
        [b"tocrawl", count] => natural(count).map_or(FORMAT, |_| OK),
        [b"sleep", us] => match natural(us) {
            Some(0..=1_000_000) => OK,
            Some(_) => b"CLIENT_ERROR sleep must be one second or less",
            None => FORMAT,
        },
        _ => UNKNOWN,
    }
}

/// Classes by their numbers, with commas between them, or all.
fn class(classes: &[u8]) -> &'static [u8] {
    let known = |class: &[u8]| natural(class).is_some_and(|number| (1..64).contains(&number));
    if matches!(classes, b"all" | b"hash") || classes.split(|byte| *byte == b',').all(known) {
        return OK;
    }
    b"BADCLASS invalid class id"
}

/// Sets the budget, in MiB.
fn budget(shared: &Shared, words: &[&[u8]]) -> &'static [u8] {
    let (Some(megabytes), true) = (words.first().and_then(|word| natural(word)), words.len() < 3)
    else {
        return UNKNOWN;
    };
    match megabytes {
        0..8 => b"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m",
        1_000_000_001.. => b"MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes",
        _ => {
            shared.budget.set(megabytes << 20);
            tracing::info!(megabytes, "a client sets the memory budget");
            OK
        }
    }
}

fn natural(word: &[u8]) -> Option<u64> {
    let number: u32 = std::str::from_utf8(word).ok()?.parse().ok()?;
    Some(number.into())
}

fn integer(word: &[u8]) -> Option<i32> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

fn float(word: &[u8]) -> Option<f64> {
    std::str::from_utf8(word).ok()?.parse().ok().filter(|number: &f64| number.is_finite())
}

const OK: &[u8] = b"OK";
const UNKNOWN: &[u8] = b"ERROR";
const FORMAT: &[u8] = b"CLIENT_ERROR bad command line format";
