//! Which commands are sent, and how often each.

use crate::error::UsageError;
use crate::keys::WEIGHT_MAX;
use crate::random::Random;
use crate::template::{Protocol, Template, World};
use crate::verify::Expect;
use crate::words::{self, LineError, Word};

/// Commands with weights, or in their order.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    templates: Vec<Template>,
    /// For each template, the sum of its weight and of those before it.
    sums: Vec<u64>,
    /// Whether each batch has all of them in their order, once or more.
    in_turn: bool,
}

impl Mix {
    /// A mix of commands, of which there is at least one.
    pub(crate) fn new(commands: Vec<(u32, Template)>) -> Self {
        let mut sum = 0;
        let mut mix = Self { templates: Vec::new(), sums: Vec::new(), in_turn: false };
        for (weight, template) in commands {
            sum += u64::from(weight);
            mix.templates.push(template);
            mix.sums.push(sum);
        }
        mix
    }

    /// The same commands, each batch having them in their order.
    pub(crate) fn in_turn(self) -> Self {
        Self { in_turn: true, ..self }
    }

    /// How many of `count` requests make whole turns.
    #[inline]
    pub(crate) fn whole(&self, count: usize) -> usize {
        if self.in_turn { count - count % self.templates.len() } else { count }
    }

    /// The number of the template of a batch's request `at`, or one drawn by the weights.
    #[inline]
    pub(crate) fn pick(&self, at: usize, random: &mut Random) -> usize {
        if self.in_turn {
            return at % self.templates.len();
        }
        let [_] = self.sums[..] else {
            let at = random.below(*self.sums.last().unwrap_or(&1));
            return self.sums.partition_point(|sum| *sum <= at);
        };
        0
    }

    /// All templates.
    pub(crate) fn templates(&self) -> &[Template] {
        &self.templates
    }
}

/// Reads commands by name: `get=9,set=1`. A name alone weighs 1.
pub(crate) fn parse_names(text: &str, world: &World) -> Result<Vec<(u32, Template)>, UsageError> {
    let names = match world.protocol {
        Protocol::Resp => RESP_NAMES,
        Protocol::Memcached => MEMCACHED_NAMES,
    };
    let known = match world.protocol {
        Protocol::Resp => "NAME=WEIGHT,... of get set incr sadd hset zadd lpush mget del ping",
        Protocol::Memcached => "NAME=WEIGHT,... of get set mget delete version",
    };
    text.split(',')
        .map(|part| {
            let error = || UsageError::new("--mix", part, known);
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let (_, line) = names.iter().find(|(own, _)| *own == name).ok_or_else(error)?;
            let weight = parse_weight(weight).ok_or_else(error)?;
            let (_, template) = parse_line(line, world)
                .map_err(|error| UsageError::new("--mix", part, error.expected))?;
            Ok((weight, template))
        })
        .collect()
}

/// Reads the lines of a file: `[WEIGHT] COMMAND ARGS [=> EXPECTED]`. Empty lines and those that
/// begin with `#` say nothing.
pub(crate) fn parse_lines(
    place: &str,
    text: &str,
    world: &World,
) -> Result<Vec<(u32, Template)>, UsageError> {
    let mut commands = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim().starts_with('#') {
            continue;
        }
        let command = parse_line(line, world)
            .map_err(|error| UsageError::of_line(place, Some(index + 1), line, error))?;
        commands.push(command);
    }
    if commands.is_empty() {
        return Err(UsageError::new(place, text.trim(), "at least one command"));
    }
    Ok(commands)
}

/// Reads one line.
pub(crate) fn parse_line(line: &str, world: &World) -> Result<(u32, Template), LineError> {
    parse_words(words::split(line)?, world)
}

/// Reads the words of one line.
pub(crate) fn parse_words(
    mut words: Vec<Word>,
    world: &World,
) -> Result<(u32, Template), LineError> {
    let mut expect = None;
    if let [.., arrow, text] = &words[..]
        && arrow.text == "=>"
    {
        expect = Some(Expect::parse(&text.text).ok_or_else(|| text.error(EXPECT_SYNTAX))?);
        words.truncate(words.len() - 2);
    }
    let mut weight = 1;
    if words.first().is_some_and(|word| word.text.starts_with(|c: char| c.is_ascii_digit())) {
        let word = words.remove(0);
        let expected = "a weight from 1 to 1000000";
        weight = parse_weight(&word.text).ok_or_else(|| word.error(expected))?;
    }
    Ok((weight, Template::parse(&words, expect, world)?))
}

fn parse_weight(text: &str) -> Option<u32> {
    text.parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight))
}

const EXPECT_SYNTAX: &str = "value, values, ok, int, any or line:TEXT behind =>";

const RESP_NAMES: &[(&str, &str)] = &[
    ("get", "GET {key}"),
    ("set", "SET {key} {value}"),
    ("incr", "INCR counter:{id}"),
    ("sadd", "SADD set:{id} {member}"),
    ("hset", "HSET hash:{id} field {value}"),
    ("zadd", "ZADD zset:{id} {int} {member} => int"),
    ("lpush", "LPUSH list:{id} {value}"),
    ("mget", "MGET {key}*10"),
    ("del", "DEL {key}"),
    ("ping", "PING"),
];

const MEMCACHED_NAMES: &[(&str, &str)] = &[
    ("get", "get {key}"),
    ("set", "set {key} 0 0 {value}"),
    ("mget", "get {key}*10"),
    ("delete", "delete {key}"),
    ("version", "version"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::tests::world;

    #[test]
    fn commands_are_drawn_by_their_weights() {
        let world = world(Protocol::Resp, "5");
        let mix = Mix::new(parse_names("get=7,set=2,ping", &world).expect("a mix"));
        let (mut counts, mut random) = ([0_u32; 3], Random::new(5));
        (0..100_000).for_each(|_| counts[mix.pick(0, &mut random)] += 1);
        for (count, expected) in counts.iter().zip([70_000, 20_000, 10_000]) {
            assert!(count.abs_diff(expected) < 800, "{counts:?}");
        }
    }

    #[test]
    fn a_file_has_a_command_a_line() {
        let world = world(Protocol::Resp, "5");
        let text =
            "# reads\n9 GET {key}\n\nSET {key} \"a \\\"b\\\"\"\n 3 HGET h:{key} f => value\n";
        let commands = parse_lines("mix", text, &world).expect("a mix");
        let seen: Vec<_> =
            commands.iter().map(|(w, t)| (*w, t.name.as_str(), t.expect.clone())).collect();
        assert_eq!(
            seen,
            [(9, "GET", Expect::Value), (1, "SET", Expect::Ok), (3, "HGET", Expect::Value)]
        );
    }

    #[test]
    fn errors_name_the_line() {
        let world = world(Protocol::Resp, "5");
        for (text, place) in [
            (
                "GET {key}\nGET {kay}\n",
                "a.mix line 2 column 5: `GET {kay}`: expected one of {key} ",
            ),
            ("#\n  7x GET\n", "a.mix line 2 column 3: `7x GET`: expected a weight "),
            ("GET {key} => b", "a.mix line 1 column 14: "),
            ("GET a{key", "a.mix line 1 column 6: "),
            ("SET {key} \"a", "a.mix line 1 column 11: "),
            ("3", "a.mix line 1 column 1: "),
        ] {
            let error = parse_lines("a.mix", text, &world).expect_err(text).to_string();
            assert!(error.starts_with(place), "{text}: {error}");
        }
        for text in ["", "# nothing", "0 GET {key}", "GET \"a", "GET \"a\"b", "GET a => b", "3"] {
            assert!(parse_lines("a.mix", text, &world).is_err(), "{text}");
        }
        for text in ["", "got", "get=0", "get=x", "get=1,,"] {
            assert!(parse_names(text, &world).is_err(), "{text}");
        }
    }
}
