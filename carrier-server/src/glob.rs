//! Glob patterns in Redis' syntax, as `SCAN MATCH` and `CONFIG GET` take them.
//!
//! `*` any run of bytes, `?` any byte, `[ab]` `[a-c]` `[^a]` classes, `\` takes the next byte
//! literally. A class that is not closed runs to the end of the pattern. The empty text matches the
//! empty pattern and `*`, and no longer one, not even `**`: so Redis has it.

/// Whether `text` matches `pattern`, over bytes; with `ignore_case`, ASCII letters match both
/// cases.
///
/// Complexity: O(pattern × text): only the last `*` is ever retried.
pub(crate) fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    if text.is_empty() {
        return matches!(pattern, b"" | b"*");
    }
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, from));
                at += 1;
                continue;
            }
            None if from == text.len() => return true,
            Some(_) if from < text.len() => {
                if let Some(next) = match_one(pattern, at, text[from], ignore_case) {
                    at = next;
                    from += 1;
                    continue;
                }
            }
            _ => {}
        }
        match retry {
            Some((after_star, taken)) if taken < text.len() => {
                retry = Some((after_star, taken + 1));
                at = after_star;
                from = taken + 1;
            }
            _ => return false,
        }
    }
}

/// Matches one byte against the pattern item at `at`; returns where the next item begins.
fn match_one(pattern: &[u8], at: usize, byte: u8, ignore_case: bool) -> Option<usize> {
    let fold = |b: u8| if ignore_case { b.to_ascii_lowercase() } else { b };
    match pattern[at] {
        b'?' => Some(at + 1),
        b'[' => match_class(pattern, at + 1, fold(byte), fold),
        b'\\' if at + 1 < pattern.len() => (fold(pattern[at + 1]) == fold(byte)).then_some(at + 2),
        literal => (fold(literal) == fold(byte)).then_some(at + 1),
    }
}

/// Matches one byte against the class whose first item is at `at`.
fn match_class(pattern: &[u8], mut at: usize, byte: u8, fold: impl Fn(u8) -> u8) -> Option<usize> {
    let negated = pattern.get(at) == Some(&b'^');
    at += usize::from(negated);
    let mut found = false;
    loop {
        match (pattern.get(at), pattern.get(at + 1), pattern.get(at + 2)) {
            (Some(b'\\'), Some(&literal), _) => {
                found |= fold(literal) == byte;
                at += 2;
            }
            (Some(b']'), ..) => {
                at += 1;
                break;
            }
            (None, ..) => break,
            (Some(&low), Some(b'-'), Some(&high)) => {
                let (low, high) = (fold(low.min(high)), fold(low.max(high)));
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            (Some(&literal), ..) => {
                found |= fold(literal) == byte;
                at += 1;
            }
        }
    }
    (found != negated).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn follows_redis() {
        let yes: &[(&str, &str)] = &[
            ("*", ""),
            ("*", "anything"),
            ("h?llo", "hello"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hallo"),
            ("h[^e]llo", "hallo"),
            ("h[a-b]llo", "hbllo"),
            ("h[b-a]llo", "hallo"),
            (r"a\*b", "a*b"),
            (r"[\]]", "]"),
            ("a*b*c", "axxbyybzc"),
            ("[abc", "c"),
            ("", ""),
            ("a**", "a"),
        ];
        for (pattern, text) in yes {
            assert!(matches(pattern.as_bytes(), text.as_bytes(), false), "{pattern} {text}");
        }
        let no: &[(&str, &str)] = &[
            ("", "a"),
            ("?", ""),
            ("**", ""),
            ("h[^e]llo", "hello"),
            ("a*b*c", "axxbyybz"),
            ("[abc", "d"),
            ("A", "a"),
        ];
        for (pattern, text) in no {
            assert!(!matches(pattern.as_bytes(), text.as_bytes(), false), "{pattern} {text}");
        }
        assert!(matches(b"A[B-C]", b"ab", true));
    }

    #[test]
    fn stars_do_not_explode() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(2000).as_bytes(), false));
    }
}
