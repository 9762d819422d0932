//! The deliberate differences: where Carrier answers otherwise and is meant to.
//!
//! ```text
//! == why ours differs
//! > EXPIRE * * **
//! < -ERR what redis-server says
//! = -ERR what Carrier says
//! ! DEL {key}
//! ```
//!
//! In a request `*` is any word and `**` any number of words; in a word or a reply it is any run of
//! characters. Words match in either case. A reply is its bytes, escaped, without the line's end.
//! The request after `!` makes both sides equal again, where the difference left them unequal.

use crate::grammar::{GrammarError, Repair, parse_repair};
use crate::request::shown;

/// What a file of differences says.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    list: Vec<Difference>,
}

/// One deliberate difference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Difference {
    /// The reason.
    title: String,
    request: Vec<String>,
    theirs: String,
    ours: String,
    pub(crate) repair: Option<Repair>,
}

impl Differences {
    /// Reads a text; `name` is what mistakes are told with.
    ///
    /// # Errors
    ///
    /// The first line that says nothing that can be understood.
    pub fn parse(name: &str, text: &str) -> Result<Self, GrammarError> {
        let mut list: Vec<Difference> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let fail = |expected| GrammarError::new(name, at + 1, 1, expected);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(title) = line.strip_prefix("== ") {
                list.push(Difference { title: title.to_owned(), ..Difference::default() });
                continue;
            }
            let last = list.last_mut().ok_or_else(|| fail("`== ` and a reason"))?;
            match line.split_at_checked(2) {
                Some(("> ", text)) => {
                    last.request = text.split_whitespace().map(str::to_owned).collect();
                }
                Some(("< ", text)) => last.theirs = text.to_owned(),
                Some(("= ", text)) => last.ours = text.to_owned(),
                Some(("! ", text)) => last.repair = Some(parse_repair(name, at + 1, text)?),
                _ => return Err(fail("`== `, `> `, `< `, `= ` or `! `")),
            }
        }
        let is_whole = |one: &Difference| {
            !one.request.is_empty() && !one.theirs.is_empty() && !one.ours.is_empty()
        };
        match list.iter().all(is_whole) {
            true => Ok(Self { list }),
            false => {
                let expected = "a request and both replies for each reason";
                Err(GrammarError::new(name, text.lines().count(), 1, expected))
            }
        }
    }

    /// The difference that both replies to a request show, and its number. Where the replies agree
    /// only one with a repair matters: what they left may still not be the same.
    pub(crate) fn find(
        &self,
        words: &[Vec<u8>],
        ours: &[u8],
        theirs: &[u8],
        agree: bool,
    ) -> Option<(usize, &Difference)> {
        let about = self
            .list
            .iter()
            .enumerate()
            .filter(|(_, one)| (!agree || one.repair.is_some()) && one.is_about(words));
        let mut shown = None;
        about.into_iter().find(|(_, one)| {
            let (ours, theirs) = shown.get_or_insert_with(|| (escaped(ours), escaped(theirs)));
            matches(one.ours.as_bytes(), ours.as_bytes())
                && matches(one.theirs.as_bytes(), theirs.as_bytes())
        })
    }

    /// Whether a request may show a difference that needs a repair.
    pub(crate) fn may_need_repair(&self, words: &[Vec<u8>]) -> bool {
        self.list.iter().any(|one| one.repair.is_some() && one.is_about(words))
    }

    /// The reasons of those that did not occur, given how often each did.
    pub fn stale<'a>(&'a self, seen: &'a [u64]) -> impl Iterator<Item = &'a str> {
        let count = |at: usize| seen.get(at).copied().unwrap_or_default();
        let numbered = self.list.iter().enumerate();
        numbered.filter(move |(at, _)| count(*at) == 0).map(|(_, one)| one.title.as_str())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl Difference {
    fn is_about(&self, words: &[Vec<u8>]) -> bool {
        words_match(&self.request, words)
    }
}

fn words_match(patterns: &[String], words: &[Vec<u8>]) -> bool {
    match patterns.split_first() {
        None => words.is_empty(),
        Some((first, rest)) if first == "**" => {
            (0..=words.len()).any(|skipped| words_match(rest, &words[skipped..]))
        }
        Some((first, rest)) => words.split_first().is_some_and(|(word, words)| {
            let (first, word) = (first.to_ascii_lowercase(), word.to_ascii_lowercase());
            matches(first.as_bytes(), &word) && words_match(rest, words)
        }),
    }
}

/// Whether a text is as the pattern says, in which `*` is any run of bytes.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let mut parts = pattern.split(|byte| *byte == b'*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let found = rest.windows(part.len().max(1)).position(|run| run == part);
        match found {
            _ if part.is_empty() => {}
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn escaped(reply: &[u8]) -> String {
    let text = shown(reply.strip_suffix(b"\r\n").unwrap_or(reply));
    text[1..text.len() - 1].replace("\\'", "'").replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Vec<Vec<u8>> {
        line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    const TEXT: &str =
        "# remark\n\n== why\n> set * * ** ex *\n< +OK\n= -ERR bad '*' here\n! DEL {key}\n";

    #[test]
    fn a_difference_is_request_and_both_replies() {
        let differences = Differences::parse("test", TEXT).expect("differences");
        let words = request("SET k v NX EX 5");
        let finds = |words: &[Vec<u8>], ours: &str, theirs: &str| {
            differences.find(words, ours.as_bytes(), theirs.as_bytes(), false).is_some()
        };
        assert!(finds(&words, "-ERR bad 'x' here\r\n", "+OK\r\n"));
        assert!(!finds(&words, "-ERR bad 'x' there\r\n", "+OK\r\n"));
        assert!(!finds(&words, "-ERR bad 'x' here\r\n", "$-1\r\n"));
        assert!(!finds(&request("SET k v EX"), "-ERR bad 'x' here\r\n", "+OK\r\n"));
        assert!(differences.may_need_repair(&words));
        assert!(!differences.may_need_repair(&request("GET k")));
    }

    #[test]
    fn what_did_not_occur_is_stale() {
        let differences = Differences::parse("test", TEXT).expect("differences");
        assert_eq!(differences.stale(&[0]).collect::<Vec<_>>(), ["why"]);
        assert_eq!(differences.stale(&[3]).count(), 0);
    }

    #[test]
    fn stars_are_runs() {
        assert!(matches(b"a*c", b"abbc") && matches(b"*", b"") && matches(b"a", b"a"));
        assert!(matches(b"*a*b*", b"xaxbx") && matches(b"a**c", b"ac"));
        assert!(!matches(b"a*c", b"abb") && !matches(b"a", b"ab") && !matches(b"ab*ba", b"aba"));
    }

    #[test]
    fn half_a_difference_is_refused() {
        for text in ["> GET *\n", "== why\n> GET *\n", "== why\n? x\n"] {
            assert!(Differences::parse("test", text).is_err(), "{text}");
        }
    }
}
