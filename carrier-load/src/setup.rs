//! What is sent before the load, on one connection: the lines of a file, and greetings.

use std::io::{Read, Write};
use std::time::Duration;

use crate::error::{Failure, UsageError};
use crate::mix::{self, split};
use crate::random::{GOLDEN, Random, mix};
use crate::target::{Blocking, Target};
use crate::template::{Fill, Protocol, Template, World};
use crate::verify::{Asked, Checker, Expect, Verdict};

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
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let step = Self::parse_line(line, world);
            steps.push(step.map_err(|expected| {
                UsageError::new(format!("{place} line {}:", index + 1), line, expected)
            })?);
        }
        Ok(steps)
    }

    fn parse_line(line: &str, world: &World) -> Result<Self, &'static str> {
        if let Some(rest) = line.strip_prefix("@random ") {
            let words = split(rest)?;
            let [key, len] = &words[..] else { return Err(RANDOM_SYNTAX) };
            let len = len.parse().ok().filter(|len| *len <= RANDOM_LEN_MAX);
            return Ok(Self::Random { key: key.clone(), len: len.ok_or(RANDOM_SYNTAX)? });
        }
        if let Some(rest) = line.strip_prefix("@repeat ") {
            let (times, command) = rest.trim().split_once(' ').ok_or(REPEAT_SYNTAX)?;
            let times = times.parse().map_err(|_| REPEAT_SYNTAX)?;
            return Ok(Self::Command { times, template: mix::parse_line(command, world)?.1 });
        }
        Ok(Self::Command { times: 1, template: mix::parse_line(line, world)?.1 })
    }
}

/// Runs the steps one after the other.
pub(crate) fn run(
    steps: &[Step],
    world: &World,
    target: &Target,
    patience: Duration,
) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let connected = target.connect(patience);
    let mut stream =
        connected.map_err(|source| Failure::Io { doing: "connect to the server", source })?;
    for step in steps {
        match step {
            Step::Command { times, template } => {
                let mut first = 0;
                while first < *times {
                    let count = (*times - first).min(BATCH);
                    send_batch(&mut stream, world, template, first..first + count)?;
                    first += count;
                }
            }
            Step::Random { key, len } => {
                let mut random = Random::new(mix(*len as u64));
                let mut value = Vec::with_capacity(len + 8);
                while value.len() < *len {
                    value.extend_from_slice(&random.next().to_le_bytes());
                }
                value.truncate(*len);
                let request = set_request(world.protocol, key.as_bytes(), &value);
                exchange(&mut stream, world, &request, &[(Expect::Ok, Vec::new())])?;
            }
        }
    }
    Ok(())
}

/// Asks for RESP3.
pub(crate) fn hello(stream: &mut Blocking, world: &World) -> Result<(), Failure> {
    let mut request = Vec::new();
    drp_parser::encode::request(&mut request, ["HELLO", "3"]);
    exchange(stream, world, &request, &[(Expect::Any, Vec::new())])
}

fn send_batch(
    stream: &mut Blocking,
    world: &World,
    template: &Template,
    numbers: std::ops::Range<u64>,
) -> Result<(), Failure> {
    let (mut request, mut scratch, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for number in numbers {
        let keys = vec![number; template.keys];
        let fill = Fill { keys: &keys, version: 0, salt: mix(number ^ GOLDEN) };
        template.compose(&mut request, &mut scratch, world, fill);
        expected.push((template.expect.clone(), keys));
    }
    exchange(stream, world, &request, &expected)
}

/// Sends requests and judges their replies.
fn exchange(
    stream: &mut Blocking,
    world: &World,
    request: &[u8],
    expected: &[(Expect, Vec<u64>)],
) -> Result<(), Failure> {
    let failed = |source| Failure::Io { doing: "set up", source };
    stream.write_all(request).map_err(failed)?;
    let (mut checker, mut input, mut start) = (Checker::new(), Vec::new(), 0);
    for (expect, keys) in expected {
        let asked = Asked { expect, keys, version: 0, must_hit: false };
        loop {
            match checker.check(world, asked, &input[start..]) {
                Verdict::Right { consumed, .. } => {
                    start += consumed;
                    break;
                }
                Verdict::Incomplete => {
                    let mut more = [0; 16 << 10];
                    let read = stream.read(&mut more).map_err(failed)?;
                    if read == 0 {
                        return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
                    }
                    input.extend_from_slice(&more[..read]);
                }
                Verdict::Wrong { shown, key } => {
                    return Err(Failure::WrongReply {
                        connection: None,
                        request: request.to_vec(),
                        expected: expect.describe(world, keys.get(key).copied(), 0),
                        reply: input[start..start + shown].to_vec(),
                    });
                }
            }
        }
    }
    Ok(())
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
/// Requests sent together: few enough for both sides' socket buffers with their replies.
const BATCH: u64 = 256;
