//! What is sent before the load, on one connection: the lines of a file, and greetings.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use crate::error::{Failure, UsageError};
use crate::keys::NextKeys;
use crate::mix::{self, Mix};
use crate::phase::{KeyOrder, Phase};
use crate::random::{Random, mix};
use crate::target::{Stream, Target};
use crate::template::{Protocol, Template, World};
use crate::verify::{Asked, Checker, Expect, Verdict};
use crate::words::{self, LineError};
use crate::worker::{Habits, Shared, Worker};

/// A line of a set-up file.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A command, so many times, with the numbers from 0 as keys.
    Command { times: u64, template: Template },
    /// `SET` of random bytes.
    Random { key: String, len: usize },
}

impl Step {
    /// Reads a file: `COMMAND ARGS`, `@repeat TIMES COMMAND ARGS` or `@random KEY BYTES` a line.
    pub(crate) fn parse(place: &str, text: &str, world: &World) -> Result<Vec<Self>, UsageError> {
        let mut steps = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.trim().starts_with('#') {
                continue;
            }
            let step = Self::parse_line(line, world)
                .map_err(|error| UsageError::of_line(place, Some(index + 1), line, error))?;
            steps.push(step);
        }
        Ok(steps)
    }

    fn parse_line(line: &str, world: &World) -> Result<Self, LineError> {
        let mut words = words::split(line)?;
        match words.first() {
            Some(word) if word.text == "@random" => {
                let [_, key, len] = &words[..] else { return Err(word.error(RANDOM_SYNTAX)) };
                let number = len.text.parse().ok().filter(|len| *len <= RANDOM_LEN_MAX);
                let number = number.ok_or_else(|| len.error(RANDOM_SYNTAX))?;
                Ok(Self::Random { key: key.text.clone(), len: number })
            }
            Some(word) if word.text == "@repeat" => {
                let [_, times, _, ..] = &words[..] else { return Err(word.error(REPEAT_SYNTAX)) };
                let number = times.text.parse().map_err(|_| times.error(REPEAT_SYNTAX))?;
                let template = mix::parse_words(words.split_off(2), world)?.1;
                Ok(Self::Command { times: number, template })
            }
            _ => Ok(Self::Command { times: 1, template: mix::parse_words(words, world)?.1 }),
        }
    }
}

/// Runs the steps one after the other, on a connection of their own.
pub(crate) fn run(
    steps: &[Step],
    world: &World,
    target: &Target,
    habits: &Habits<'_>,
) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let refused = |source| Failure::Io { doing: "connect to the server", source };
    let connect = || target.connect(Duration::from_nanos(habits.patience_ns)).map_err(refused);
    let mut worker = Worker::new(0, vec![(0, connect()?)]).map_err(refused)?;
    let habits = Habits { threads: 1, connections: 1, bounds_ns: &[], ..*habits };
    for step in steps {
        match step {
            Step::Command { times, template } => {
                let phase = Phase {
                    name: "set-up",
                    number: 0,
                    mix: Mix::new(vec![(1, template.clone())]),
                    keys: KeyOrder::Numbered,
                    from: NextKeys::default(),
                    pipeline: PIPELINE,
                    rate: None,
                    tick_ns: 1,
                    requests: Some(*times),
                    limit_ns: None,
                    must_hit: false,
                    owns_keys: false,
                };
                let now_ns = habits.clock.now_ns();
                let tally = worker.run(world, &phase, &habits, &Shared::default(), now_ns);
                if tally.map_err(of_set_up)?.is_interrupted {
                    return Err(Failure::Interrupted);
                }
            }
            Step::Random { key, len } => {
                let request = set_request(world.protocol, key.as_bytes(), &random_bytes(*len));
                exchange(&mut connect()?, world, &request, &Expect::Ok)?;
            }
        }
    }
    Ok(())
}

/// Asks for RESP3.
pub(crate) fn hello(stream: &mut Stream, world: &World) -> Result<(), Failure> {
    let mut request = Vec::new();
    drp_parser::encode::request(&mut request, ["HELLO", "3"]);
    exchange(stream, world, &request, &Expect::Any)
}

/// The connection of the set-up is none of those that are numbered.
fn of_set_up(failure: Failure) -> Failure {
    match failure {
        Failure::WrongReply { request, expected, reply, .. } => {
            Failure::WrongReply { connection: None, request, expected, reply }
        }
        other => other,
    }
}

/// Sends a request that names no key and judges its reply.
fn exchange(
    stream: &mut Stream,
    world: &World,
    request: &[u8],
    expect: &Expect,
) -> Result<(), Failure> {
    let failed = |source| Failure::Io { doing: "set up", source };
    stream.write_all(request).map_err(failed)?;
    let (mut checker, mut input) = (Checker::new(), Vec::new());
    let asked = Asked { expect, keys: &[], version: 0, must_hit: false };
    loop {
        match checker.check(world, asked, &input) {
            Verdict::Right { .. } => return Ok(()),
            Verdict::Wrong { shown, .. } => {
                return Err(Failure::WrongReply {
                    connection: None,
                    request: request.to_vec(),
                    expected: expect.describe(world, None, 0),
                    reply: input[..shown].to_vec(),
                });
            }
            Verdict::Incomplete | Verdict::Piece { .. } => {}
        }
        let mut more = [0; 16 << 10];
        let read = stream.read(&mut more).map_err(failed)?;
        if read == 0 {
            return Err(failed(ErrorKind::UnexpectedEof.into()));
        }
        input.extend_from_slice(&more[..read]);
    }
}

fn random_bytes(len: usize) -> Vec<u8> {
    let mut random = Random::new(mix(len as u64));
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&random.next().to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn set_request(protocol: Protocol, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match protocol {
        Protocol::Resp => drp_parser::encode::request(&mut out, [b"SET", key, value]),
        Protocol::Memcached => dmp_parser::compose::set(&mut out, key, 0, 0, value, false),
    }
    out
}

const RANDOM_SYNTAX: &str = "@random KEY BYTES (at most 512 MiB)";
const REPEAT_SYNTAX: &str = "@repeat TIMES COMMAND ARGS";
const RANDOM_LEN_MAX: usize = 512 << 20;
/// Requests sent together.
const PIPELINE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::tests::world;

    #[test]
    fn errors_name_line_and_column() {
        let world = world(Protocol::Resp, "5");
        for (text, place) in [
            ("\n  @random a\n", "s line 2 column 3: `@random a`: expected @random KEY BYTES"),
            ("@random a many", "s line 1 column 11: "),
            ("@repeat x SET {key} {value}", "s line 1 column 9: "),
            ("@repeat 5", "s line 1 column 1: "),
            ("# all\n@repeat 5 SET {key} {valu}", "s line 2 column 21: "),
        ] {
            let error = Step::parse("s", text, &world).expect_err(text).to_string();
            assert!(error.starts_with(place), "{text}: {error}");
        }
    }
}
