//! Which commands are sent, and how often each.

use crate::error::UsageError;
use crate::keys::WEIGHT_MAX;
use crate::random::Random;
use crate::template::{Protocol, Template, World};
use crate::verify::Expect;

/// Commands with weights.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    templates: Vec<Template>,
    /// For each template, the sum of its weight and of those before it.
    sums: Vec<u64>,
}

impl Mix {
    /// A mix of commands, of which there is at least one.
    pub(crate) fn new(commands: Vec<(u32, Template)>) -> Self {
        let mut sum = 0;
        let mut mix = Self { templates: Vec::new(), sums: Vec::new() };
        for (weight, template) in commands {
            sum += u64::from(weight);
            mix.templates.push(template);
            mix.sums.push(sum);
        }
        mix
    }

    /// The number of a template, drawn by the weights.
    #[inline]
    pub(crate) fn pick(&self, random: &mut Random) -> usize {
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
                .map_err(|expected| UsageError::new("--mix", part, expected))?;
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
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let command = parse_line(line, world).map_err(|expected| {
            UsageError::new(format!("{place} line {}:", index + 1), line, expected)
        })?;
        commands.push(command);
    }
    if commands.is_empty() {
        return Err(UsageError::new(place, text.trim(), "at least one command"));
    }
    Ok(commands)
}

/// Reads one line; the error says what was expected.
pub(crate) fn parse_line(line: &str, world: &World) -> Result<(u32, Template), &'static str> {
    let mut words = split(line)?;
    let mut expect = None;
    if let [.., arrow, text] = &words[..]
        && arrow == "=>"
    {
        expect = Some(Expect::parse(text).ok_or(EXPECT_SYNTAX)?);
        words.truncate(words.len() - 2);
    }
    let mut weight = 1;
    if words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
        weight = parse_weight(&words.remove(0)).ok_or("a weight from 1 to 1000000")?;
    }
    Ok((weight, Template::parse(&words, expect, world)?))
}

/// Splits a line at its blanks; `"..."` is one word, with `\n`, `\r`, `\t`, `\\` and `\"`.
pub(crate) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
            continue;
        };
        let (mut word, mut chars) = (String::new(), quoted.chars());
        loop {
            match chars.next().ok_or("a `\"` at the end of the word")? {
                '"' => break,
                '\\' => word.push(match chars.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some(other @ ('\\' | '"')) => other,
                    _ => return Err("one of n r t \\ \" behind a backslash"),
                }),
                other => word.push(other),
            }
        }
        words.push(word);
        rest = chars.as_str();
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return Err("a blank behind a quoted word");
        }
        rest = rest.trim_start();
    }
    Ok(words)
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
    ("mget", "MGET {key} {key} {key} {key} {key} {key} {key} {key} {key} {key}"),
    ("del", "DEL {key}"),
    ("ping", "PING"),
];

const MEMCACHED_NAMES: &[(&str, &str)] = &[
    ("get", "get {key}"),
    ("set", "set {key} 0 0 {value}"),
    ("mget", "get {key} {key} {key} {key} {key} {key} {key} {key} {key} {key}"),
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
        (0..100_000).for_each(|_| counts[mix.pick(&mut random)] += 1);
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
        let error = parse_lines("a.mix", "GET {key}\nGET {kay}\n", &world).expect_err("a typo");
        assert_eq!(
            error.to_string(),
            "a.mix line 2: `GET {kay}`: expected one of {key} {id} {value} {int} {member}"
        );
        for text in ["", "# nothing", "0 GET {key}", "GET \"a", "GET \"a\"b", "GET a => b", "3"] {
            assert!(parse_lines("a.mix", text, &world).is_err(), "{text}");
        }
        for text in ["", "got", "get=0", "get=x", "get=1,,"] {
            assert!(parse_names(text, &world).is_err(), "{text}");
        }
    }
}
