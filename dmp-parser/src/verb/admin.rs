//! `slabs`, `lru`, `lru_crawler`, `cache_memlimit`, `watch`, `shutdown`, and the words they take

use alloc::vec::Vec;

use super::{Admin, Refusal, Verb, is_noreply};
use crate::words::Words;
use crate::{ArgRange, Request, RequestErrorKind};

pub(super) fn parse(
    admin: Admin,
    words: Words<'_>,
    args: &mut Vec<ArgRange>,
) -> Result<Request, Refusal> {
    let noreply = admin.knows_noreply() && is_noreply(&words);
    let count = words.clone().take(WORDS_MAX + 1).count();
    if count > WORDS_MAX {
        return Err(RequestErrorKind::Unknown.into());
    }
    let kept = count.saturating_sub(usize::from(noreply));
    args.extend(words.take(kept).map(|word| word.range));
    Ok(Request { noreply, ..Request::new(Verb::Admin(admin)) })
}

/// Appends `<verb> <word>* [noreply]`.
pub fn compose<W: AsRef<[u8]>>(out: &mut Vec<u8>, admin: Admin, words: &[W], noreply: bool) {
    out.extend_from_slice(admin.verb());
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word.as_ref());
    }
    out.extend_from_slice(if noreply { b" noreply\r\n" } else { b"\r\n" });
}

impl Admin {
    /// How a line of it begins.
    #[must_use]
    pub const fn verb(self) -> &'static [u8] {
        match self {
            Self::Slabs => b"slabs",
            Self::Lru => b"lru",
            Self::LruCrawler => b"lru_crawler",
            Self::CacheMemlimit => b"cache_memlimit",
            Self::Watch => b"watch",
            Self::Shutdown => b"shutdown",
        }
    }

    /// Whether `noreply` is not a word like any other to it.
    const fn knows_noreply(self) -> bool {
        !matches!(self, Self::LruCrawler | Self::Shutdown)
    }
}

/// Words behind the verb; with more of them nothing is meant.
const WORDS_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::verb::{Line, compose, parse};

    #[test]
    fn words_are_arguments_and_noreply_is_none() {
        let mut line = Vec::new();
        compose::admin(&mut line, Admin::Slabs, &["automove", "1"], true);
        assert_eq!(line, b"slabs automove 1 noreply\r\n");
        for (line, admin, count, noreply) in [
            ("slabs automove 1 noreply", Admin::Slabs, 2, true),
            ("lru_crawler crawl noreply", Admin::LruCrawler, 2, false),
            ("cache_memlimit 64", Admin::CacheMemlimit, 1, false),
            ("lru tune 10 20 0.1 2", Admin::Lru, 5, false),
            ("watch", Admin::Watch, 0, false),
            ("shutdown graceful", Admin::Shutdown, 1, false),
        ] {
            let mut args = Vec::new();
            let Ok(Line::Request(request)) = parse(line.as_bytes(), &Limits::default(), &mut args)
            else {
                panic!("{line}");
            };
            assert_eq!(request.verb, Verb::Admin(admin), "{line}");
            assert_eq!((args.len(), request.noreply), (count, noreply), "{line}");
        }
        let line = format!("lru{}", " x".repeat(WORDS_MAX + 1));
        assert!(parse(line.as_bytes(), &Limits::default(), &mut Vec::new()).is_err());
    }
}
