//! The arguments of a command as a line of a mix spells them: text and places for what varies.

use crate::template::Protocol;
use crate::words::{LineError, Word};

/// An argument: what it is made of, in order.
pub(crate) type Argument = Vec<Place>;

/// A piece of an argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    Text(Vec<u8>),
    /// The next key.
    Key,
    /// The digits of the next key, or so many of its number.
    Id(Option<usize>),
    /// The value of the last key.
    Value,
    /// A random integer below this, or below the one of the command line.
    Int(Option<u64>),
    Member,
    /// So many random hexadecimal digits.
    Hex(usize),
    /// The number of the repetition, with at least so many digits.
    Count(usize),
}

impl Place {
    /// Whether it names a key.
    pub(crate) fn is_key(&self) -> bool {
        matches!(self, Self::Key | Self::Id(_))
    }

    /// Whether it is drawn at random for each request.
    pub(crate) fn is_salted(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Member | Self::Hex(_))
    }

    fn parse(name: &str) -> Result<Self, &'static str> {
        let (name, size) = name.split_once(':').map_or((name, None), |(name, s)| (name, Some(s)));
        let number = |text: &str, max: u64| {
            let number = text.parse().ok().filter(|number| (1..=max).contains(number));
            number.ok_or("a number behind the colon: width to 20, length to 2^20, bound to 2^63")
        };
        Ok(match (name, size) {
            ("key", None) => Self::Key,
            ("id", None) => Self::Id(None),
            ("id", Some(width)) => Self::Id(Some(number(width, WIDTH_MAX)? as usize)),
            ("value", None) => Self::Value,
            ("int", None) => Self::Int(None),
            ("int", Some(bound)) => Self::Int(Some(number(bound, 1 << 63)?)),
            ("member", None) => Self::Member,
            ("hex", Some(len)) => Self::Hex(number(len, 1 << 20)? as usize),
            ("n", None) => Self::Count(1),
            ("n", Some(width)) => Self::Count(number(width, WIDTH_MAX)? as usize),
            _ => return Err(PLACES),
        })
    }
}

/// Reads the words of a command. `ARG*N` is the argument `N` times if it has a place, and
/// `(ARG ARG)*N` are several.
pub(crate) fn parse(words: &[Word]) -> Result<Vec<Argument>, LineError> {
    let mut args = Vec::new();
    // The word that opened a group, and where the group begins among the arguments.
    let mut open: Option<(&Word, usize)> = None;
    for word in words {
        let mut piece = Piece::of(word);
        if piece.opens {
            if open.is_some() {
                return Err(word.error("no group within a group"));
            }
            open = Some((word, args.len()));
        }
        let mut arg = parse_word(word, piece.text, piece.at)?;
        let has_places = arg.iter().any(|place| !matches!(place, Place::Text(_)));
        let means_it = if piece.closes { open.is_some() } else { has_places };
        if piece.times.is_some() && !means_it {
            // A star in mere text is a star.
            (arg, piece.times) = (parse_word(word, &word.text, 0)?, None);
        }
        args.push(arg);
        let Some(times) = piece.times.take() else { continue };
        let start = match open {
            Some(_) if !piece.closes => {
                return Err(word.error("no repetition within a group"));
            }
            Some((_, start)) => start,
            None => args.len() - 1,
        };
        open = None;
        repeat(&mut args, start, times).map_err(|expected| word.error(expected))?;
    }
    if let Some((word, _)) = open {
        return Err(word.error("`)*NUMBER` at the end of the group"));
    }
    if args.iter().flatten().any(|place| matches!(place, Place::Count(_))) {
        return Err(counted_outside(words));
    }
    Ok(args)
}

/// A word without the marks of groups and repetitions.
struct Piece<'a> {
    text: &'a str,
    /// Bytes before the text.
    at: usize,
    opens: bool,
    closes: bool,
    times: Option<usize>,
}

impl<'a> Piece<'a> {
    fn of(word: &'a Word) -> Self {
        let mut piece = Self { text: &word.text, at: 0, opens: false, closes: false, times: None };
        if word.is_quoted {
            return piece;
        }
        if let Some(text) = piece.text.strip_prefix('(') {
            (piece.text, piece.at, piece.opens) = (text, 1, true);
        }
        let Some((text, times)) = piece.text.rsplit_once('*') else { return piece };
        if let Ok(times) = times.parse() {
            (piece.text, piece.times) = (text, Some(times));
            if let Some(text) = text.strip_suffix(')') {
                (piece.text, piece.closes) = (text, true);
            }
        }
        piece
    }
}

/// Makes the arguments from `start` on a repetition, counted from 0.
fn repeat(args: &mut Vec<Argument>, start: usize, times: usize) -> Result<(), &'static str> {
    let group = args.split_off(start);
    let is_sound = times.checked_mul(group.len()).is_some_and(|all| all <= REPEATED_MAX);
    if times == 0 || !is_sound {
        return Err("1 to 100000 arguments of a repetition");
    }
    for number in 0..times {
        args.extend(group.iter().map(|arg| {
            let counted = |place: &Place| match place {
                Place::Count(width) => Place::Text(format!("{number:0width$}").into_bytes()),
                other => other.clone(),
            };
            arg.iter().map(counted).collect()
        }));
    }
    Ok(())
}

fn counted_outside(words: &[Word]) -> LineError {
    let expected = "{n} within a repetition only: ARG*NUMBER or (ARG ARG)*NUMBER";
    let holds = |word: &&Word| word.text.contains("{n") && Piece::of(word).times.is_none();
    let word = words.iter().find(holds).or_else(|| words.first());
    word.map_or(LineError { column: 1, expected }, |word| word.error(expected))
}

/// Reads the places of a word; `at` is how many bytes of it stand before `text`.
fn parse_word(word: &Word, text: &str, at: usize) -> Result<Argument, LineError> {
    let mut found = Vec::new();
    let mut literal = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        literal.extend_from_slice(before.as_bytes());
        let offset = at + text.len() - after.len() - 1;
        if let Some(after) = after.strip_prefix('{') {
            literal.push(b'{');
            rest = after;
            continue;
        }
        let Some((name, after)) = after.split_once('}') else {
            return Err(word.error_at(offset, "a `}` after `{` ({{ is a brace)"));
        };
        if !literal.is_empty() {
            found.push(Place::Text(std::mem::take(&mut literal)));
        }
        found.push(Place::parse(name).map_err(|expected| word.error_at(offset, expected))?);
        rest = after;
    }
    literal.extend_from_slice(rest.as_bytes());
    if !literal.is_empty() || found.is_empty() {
        found.push(Place::Text(literal));
    }
    Ok(found)
}

/// Checks what a command has to have in any protocol, and in this one.
pub(crate) fn check(
    protocol: Protocol,
    words: &[Word],
    args: &[Argument],
) -> Result<(), LineError> {
    let nothing = LineError { column: 1, expected: "the name of a command" };
    let (Some(word), Some(name)) = (words.first(), args.first()) else { return Err(nothing) };
    if !matches!(&name[..], [Place::Text(text)] if !text.is_empty()) {
        return Err(word.error(nothing.expected));
    }
    let flat = || args.iter().flatten();
    let key = flat().position(Place::is_key);
    let value = flat().position(|place| *place == Place::Value);
    if value.is_some_and(|value| key.is_none_or(|key| value < key)) {
        let word = words.iter().find(|word| word.text.contains("{value}")).unwrap_or(word);
        return Err(word.error("a {key} or {id} before {value}: values follow from their key"));
    }
    if protocol == Protocol::Memcached && stores(&word.text) && args.len() != 5 {
        return Err(word.error("KEY FLAGS EXPTIME DATA after a storage command"));
    }
    Ok(())
}

/// Whether a command of memcached has a block of data.
pub(crate) fn stores(name: &str) -> bool {
    ["set", "add", "replace", "append", "prepend"].contains(&name)
}

const PLACES: &str = "one of {key} {id} {id:WIDTH} {value} {int} {int:BOUND} {member} {hex:LENGTH} \
    {n} {n:WIDTH}";
const WIDTH_MAX: u64 = 20;
/// Enough for any command, few enough to be laid out one by one.
const REPEATED_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::split;

    fn args(line: &str) -> Result<Vec<Argument>, LineError> {
        parse(&split(line)?)
    }

    fn text(bytes: &str) -> Place {
        Place::Text(bytes.as_bytes().to_vec())
    }

    #[test]
    fn repetitions_are_laid_out() {
        let sadd = args("SADD set:{id:8} {int:7}*3").expect("a command");
        assert_eq!(sadd.len(), 5);
        assert_eq!(sadd[1], [text("set:"), Place::Id(Some(8))]);
        assert_eq!(sadd[4], [Place::Int(Some(7))]);
        let hset = args("HSET h (field{n:3} {hex:12})*2").expect("a command");
        let expected = ["HSET", "h", "field000", "", "field001", ""];
        for (arg, expected) in hset.iter().zip(expected) {
            let bytes: Vec<_> = arg
                .iter()
                .map(|place| match place {
                    Place::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    _ => String::new(),
                })
                .collect();
            assert_eq!(bytes.concat(), expected);
        }
        assert_eq!(hset[5], [Place::Hex(12)]);
    }

    #[test]
    fn stars_and_brackets_in_text_are_text() {
        assert_eq!(args("KEYS a*3").expect("a command")[1], [text("a*3")]);
        assert_eq!(args("KEYS *").expect("a command")[1], [text("*")]);
        assert_eq!(args("KEYS a)*3").expect("a command")[1], [text("a)*3")]);
        assert_eq!(args("SET a \"(b{int})*2\"").expect("a command").len(), 3);
        assert_eq!(args("SET a {{int}").expect("a command")[2], [text("{int}")]);
    }

    #[test]
    fn errors_point_at_the_place() {
        for (line, column) in [
            ("GET x{kay}", 6),
            ("GET (x{kay} y)*2", 7),
            ("GET {key", 5),
            ("HSET h (a b", 8),
            ("HSET h (a (b)*2 c)*2", 11),
            ("HSET h (a {int}*2 c)*2", 11),
            ("HSET h f{n}", 8),
            ("SADD s {int}*0", 8),
            ("SADD s {int}*100001", 8),
            ("SADD s {int:0}", 8),
            ("SADD s {id:21}", 8),
        ] {
            assert_eq!(args(line).expect_err(line).column, column, "{line}");
        }
    }
}
