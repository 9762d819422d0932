//! What memcached's own machinery says to a line about it: slabs, lists of items, the crawler, the
//! budget. Nothing here is built that way but the budget, so most is checked as memcached checks it
//! and accepted, and the tools that say it go on.

use crate::shared::Shared;

/// The answer to a line's words, of which the first is its verb: a status, or an error.
pub(crate) fn answer(shared: &Shared, words: &[Box<[u8]>]) -> Result<&'static [u8], &'static [u8]> {
    let words: Vec<&[u8]> = words.iter().map(AsRef::as_ref).collect();
    let (verb, words) = words.split_first().ok_or(UNKNOWN)?;
    match *verb {
        b"slabs" => slabs(words),
        b"lru" => lists(words),
        b"lru_crawler" => crawler(words),
        b"cache_memlimit" => budget(shared, words),
        b"watch" => Err(b"CLIENT_ERROR watch commands not allowed"),
        b"shutdown" => Err(b"ERROR: shutdown not enabled"),
        _ => Err(UNKNOWN),
    }
}

fn slabs(words: &[&[u8]]) -> Result<&'static [u8], &'static [u8]> {
    match words {
        [b"reassign", from, to] => match (integer(from), integer(to)) {
            (Some(from), Some(to)) if from == to => Ok(b"SAME src and dst class are identical"),
            // All items are of one class, and nothing is to be had from it.
            (Some(_), Some(_)) => Ok(b"NOSPARE source class has no spare pages"),
            _ => Err(FORMAT),
        },
        [b"automove", b"ratio", ratio, ..] => float(ratio).map(|_| OK).ok_or(UNKNOWN),
        [b"automove", b"ratio"] => Err(UNKNOWN),
        [b"automove", level, ..] => match natural(level) {
            Some(0..=2) => Ok(OK),
            Some(_) => Err(UNKNOWN),
            None => Err(FORMAT),
        },
        _ => Err(UNKNOWN),
    }
}

fn lists(words: &[&[u8]]) -> Result<&'static [u8], &'static [u8]> {
    match words {
        [b"tune", hot, warm, hot_age, warm_age, ..] => {
            let shares = natural(hot).zip(natural(warm)).ok_or(UNKNOWN)?;
            let ages = float(hot_age).zip(float(warm_age)).ok_or(UNKNOWN)?;
            if shares.0.saturating_add(shares.1) > 80 {
                Err(b"ERROR hot and warm pcts must not exceed 80")
            } else if ages.0 <= 0.0 || ages.1 <= 0.0 {
                Err(b"ERROR hot/warm age factors must be greater than 0")
            } else {
                Ok(OK)
            }
        }
        [b"mode", b"flat" | b"segmented", ..] => Ok(OK),
        [b"temp_ttl", seconds, ..] => integer(seconds).map(|_| OK).ok_or(UNKNOWN),
        _ => Err(UNKNOWN),
    }
}

fn crawler(words: &[&[u8]]) -> Result<&'static [u8], &'static [u8]> {
    match words {
        // What has expired is found without being asked for.
        [b"enable" | b"disable"] => Ok(OK),
        [b"crawl", classes] => class(classes),
        [b"metadump", _] => Err(b"ERROR metadump not allowed"),
        [b"tocrawl", count] => natural(count).map(|_| OK).ok_or(FORMAT),
        [b"sleep", us] => match natural(us) {
            Some(0..=1_000_000) => Ok(OK),
            Some(_) => Err(b"CLIENT_ERROR sleep must be one second or less"),
            None => Err(FORMAT),
        },
        _ => Err(UNKNOWN),
    }
}

/// Classes by their numbers, with commas between them, or all.
fn class(classes: &[u8]) -> Result<&'static [u8], &'static [u8]> {
    let known = |class: &[u8]| natural(class).is_some_and(|number| (1..64).contains(&number));
    if matches!(classes, b"all" | b"hash") || classes.split(|byte| *byte == b',').all(known) {
        return Ok(OK);
    }
    Ok(b"BADCLASS invalid class id")
}

/// Sets the budget, in MiB.
fn budget(shared: &Shared, words: &[&[u8]]) -> Result<&'static [u8], &'static [u8]> {
    let (Some(megabytes), true) = (words.first().and_then(|word| natural(word)), words.len() < 3)
    else {
        return Err(UNKNOWN);
    };
    match megabytes {
        0..8 => Ok(b"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m"),
        1_000_000_001.. => Ok(b"MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes"),
        _ => {
            shared.budget.set(megabytes << 20);
            tracing::info!(megabytes, "a client sets the memory budget");
            Ok(OK)
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
