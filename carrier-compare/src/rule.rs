//! How two replies to the same request are compared.

use crate::frame::Frame;

/// What must agree. Errors are always compared byte for byte, and nothing equals an error but one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Rule {
    /// Every byte.
    #[default]
    Exact,
    /// Every byte of the elements, in any order.
    Unordered,
    /// The same with pairs: of a map, or of an array of keys and values in turn.
    UnorderedPairs,
    /// Integers that are so far apart at most; negative ones say something and must be the same.
    Within(u64),
    /// Every byte, at once or after a while in which the request is asked again: keys that have
    /// expired leave either server in its own time.
    Settles,
    /// The type; for aggregates the number of elements too, and the type of each.
    Shape,
    /// Nothing.
    Any,
    /// All pairs but the values of some keys, of which the type must be the same.
    Except(Vec<Vec<u8>>),
    /// The replies to calls with the cursor that came last, until it is 0: their elements together,
    /// in any order, one that comes again counting once.
    Loop,
    /// The same with pairs.
    LoopPairs,
}

impl Rule {
    /// The rule that an annotation names.
    pub(crate) fn of_words(words: &[String]) -> Option<Self> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(match words.as_slice() {
            ["unordered"] => Self::Unordered,
            ["unordered", "pairs"] => Self::UnorderedPairs,
            ["within", distance] => Self::Within(distance.parse().ok()?),
            ["settles"] => Self::Settles,
            ["shape"] => Self::Shape,
            ["any"] => Self::Any,
            ["except", names @ ..] if !names.is_empty() => {
                Self::Except(names.iter().map(|name| name.as_bytes().to_vec()).collect())
            }
            ["loop"] => Self::Loop,
            ["loop", "pairs"] => Self::LoopPairs,
            _ => return None,
        })
    }

    /// Whether the request is to be repeated with the cursor of each reply.
    pub(crate) fn is_loop(&self) -> bool {
        matches!(self, Self::Loop | Self::LoopPairs)
    }

    /// How many elements belong together.
    pub(crate) fn group(&self) -> usize {
        1 + usize::from(matches!(self, Self::UnorderedPairs | Self::LoopPairs))
    }

    /// Whether two replies, each the bytes of a whole one, agree.
    pub(crate) fn agrees(&self, ours: &[u8], theirs: &[u8]) -> bool {
        if ours == theirs {
            return true;
        }
        let (ours, theirs) = (Frame(ours), Frame(theirs));
        if ours.is_error() || theirs.is_error() {
            return false;
        }
        match self {
            Self::Exact | Self::Settles | Self::Loop | Self::LoopPairs => false,
            Self::Any => true,
            Self::Shape => same_shape(ours, theirs),
            Self::Unordered | Self::UnorderedPairs => {
                let is_map = ours.kind() == b'%';
                let group = if is_map { 2 } else { self.group() };
                ours.kind() == theirs.kind()
                    && ours.line() == theirs.line()
                    && sorted(ours, group) == sorted(theirs, group)
            }
            Self::Within(distance) => near(ours, theirs, *distance),
            Self::Except(names) => same_but_for(ours, theirs, names),
        }
    }
}

fn same_shape(ours: Frame<'_>, theirs: Frame<'_>) -> bool {
    let is_nil = |frame: Frame<'_>| frame.kind() == b'_' || frame.line() == b"-1";
    if ours.kind() != theirs.kind() || is_nil(ours) != is_nil(theirs) {
        return false;
    }
    let (ours, theirs) = (ours.elements(), theirs.elements());
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same_shape(*a, b))
}

fn sorted(frame: Frame<'_>, group: usize) -> Vec<Vec<&[u8]>> {
    let elements: Vec<&[u8]> = frame.elements().into_iter().map(|element| element.0).collect();
    let mut groups: Vec<Vec<&[u8]>> = elements.chunks(group).map(<[_]>::to_vec).collect();
    groups.sort_unstable();
    groups
}

fn near(ours: Frame<'_>, theirs: Frame<'_>, distance: u64) -> bool {
    if ours.kind() != theirs.kind() {
        return false;
    }
    if ours.kind() != b':' {
        let (ours_in, theirs_in) = (ours.elements(), theirs.elements());
        return !ours_in.is_empty()
            && ours_in.len() == theirs_in.len()
            && ours_in.iter().zip(theirs_in).all(|(a, b)| a.0 == b.0 || near(*a, b, distance));
    }
    match (ours.number(), theirs.number()) {
        (Some(a), Some(b)) => a >= 0 && b >= 0 && a.abs_diff(b) <= distance,
        _ => false,
    }
}

fn same_but_for(ours: Frame<'_>, theirs: Frame<'_>, names: &[Vec<u8>]) -> bool {
    let (a, b) = (ours.elements(), theirs.elements());
    ours.kind() == theirs.kind()
        && a.len() == b.len()
        && a.chunks(2).zip(b.chunks(2)).all(|(a, b)| match (a, b) {
            ([name, value], [other, other_value]) => {
                let is_excepted = names.iter().any(|excepted| excepted == name.text());
                let is_same =
                    value.0 == other_value.0 || is_excepted && value.kind() == other_value.kind();
                name.0 == other.0 && is_same
            }
            _ => a == b,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(words: &str) -> Rule {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        Rule::of_words(&words).expect("a rule")
    }

    #[test]
    fn without_an_annotation_every_byte_counts() {
        assert!(Rule::Exact.agrees(b":1\r\n", b":1\r\n"));
        assert!(!Rule::Exact.agrees(b":1\r\n", b":2\r\n"));
        assert!(!Rule::Exact.agrees(b"*0\r\n", b"~0\r\n"));
    }

    #[test]
    fn no_rule_lets_an_error_pass() {
        for words in ["unordered", "within 5", "settles", "shape", "any", "except id", "loop"] {
            assert!(!rule(words).agrees(b"-ERR a\r\n", b"-ERR b\r\n"), "{words}");
            assert!(!rule(words).agrees(b":1\r\n", b"-ERR b\r\n"), "{words}");
        }
    }

    #[test]
    fn order_may_differ_where_it_means_nothing() {
        let (a, b) = (b"*3\r\n:1\r\n:2\r\n:2\r\n", b"*3\r\n:2\r\n:1\r\n:2\r\n");
        assert!(rule("unordered").agrees(a, b));
        assert!(!rule("unordered").agrees(a, b"*3\r\n:2\r\n:1\r\n:1\r\n"));
        assert!(!rule("unordered").agrees(a, b"~3\r\n:2\r\n:1\r\n:2\r\n"));
        let (a, b) = (b"*4\r\n+a\r\n+b\r\n+c\r\n+d\r\n", b"*4\r\n+c\r\n+d\r\n+a\r\n+b\r\n");
        assert!(rule("unordered pairs").agrees(a, b));
        assert!(!rule("unordered pairs").agrees(a, b"*4\r\n+c\r\n+b\r\n+a\r\n+d\r\n"));
        let (a, b) = (b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", b"%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n");
        assert!(rule("unordered").agrees(a, b));
        assert!(!rule("unordered").agrees(a, b"%2\r\n+b\r\n:1\r\n+a\r\n:2\r\n"));
    }

    #[test]
    fn times_may_be_near_but_not_signs() {
        assert!(rule("within 2").agrees(b":100\r\n", b":102\r\n"));
        assert!(!rule("within 2").agrees(b":100\r\n", b":103\r\n"));
        assert!(!rule("within 2").agrees(b":-1\r\n", b":-2\r\n"));
        assert!(!rule("within 2").agrees(b":-1\r\n", b":0\r\n"));
        assert!(rule("within 2").agrees(b"*2\r\n:-1\r\n:5\r\n", b"*2\r\n:-1\r\n:6\r\n"));
    }

    #[test]
    fn a_shape_is_types_and_lengths() {
        assert!(rule("shape").agrees(b"$1\r\na\r\n", b"$2\r\nbc\r\n"));
        assert!(!rule("shape").agrees(b"$1\r\na\r\n", b"$-1\r\n"));
        assert!(!rule("shape").agrees(b"*1\r\n:1\r\n", b"*2\r\n:1\r\n:2\r\n"));
        assert!(!rule("shape").agrees(b"*1\r\n:1\r\n", b"*1\r\n+1\r\n"));
        assert!(rule("any").agrees(b"*1\r\n:1\r\n", b"+OK\r\n"));
    }

    #[test]
    fn some_values_of_a_map_may_differ() {
        let map = |id: u8, proto: u8| format!("*4\r\n+id\r\n:{id}\r\n+proto\r\n:{proto}\r\n");
        let agrees = |a: String, b: String| rule("except id").agrees(a.as_bytes(), b.as_bytes());
        assert!(agrees(map(1, 2), map(7, 2)));
        assert!(!agrees(map(1, 2), map(7, 3)));
    }

    #[test]
    fn words_that_are_no_rule_are_refused() {
        for words in ["unsorted", "within", "within x", "except", "loop backwards"] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            assert_eq!(Rule::of_words(&words), None);
        }
    }
}
