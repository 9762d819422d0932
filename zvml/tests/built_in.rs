//! The built-in commands: they compile, run as their examples say, and look to `COMMAND INFO` as
//! Redis' do.

mod common;

use common::{Machine, built_in_programs, built_in_sources, example_sources, root};
use std::fmt::Write as _;

#[test]
fn every_command_has_documentation() {
    for program in built_in_programs() {
        let docs = &program.docs;
        assert!(docs.summary.ends_with('.'), "{}: {:?}", program.name, docs.summary);
        for text in [&docs.since, &docs.group, &docs.complexity] {
            assert!(!text.is_empty(), "{}", program.name);
        }
    }
}

#[test]
fn examples_hold() {
    let mut machine = Machine::new();
    let (mut count, mut failed) = (0, Vec::new());
    for program in built_in_programs() {
        for example in &program.docs.examples {
            machine.reset();
            let requests = example.request.split(';');
            let replies = requests.map(|request| machine.request_resp2(request.trim()));
            let plain = plain(&replies.last().unwrap());
            if plain != *example.reply {
                failed.push(format!("{}: {plain}, expected {}", example.request, example.reply));
            }
            count += 1;
        }
    }
    assert!(count >= 50, "only {count} examples");
    assert_eq!(failed, [""; 0]);
}

/// A reply as examples show it: without what tells of which type it is.
fn plain(reply: &str) -> String {
    let reply = reply.strip_prefix(['+', '-', ':']).unwrap_or(reply);
    let numbers = reply.replace("[:", "[").replace(", :", ", ").replace("double ", "");
    numbers.replace("nil_array", "nil")
}

/// `tests/redis/command-info.txt` holds what `COMMAND INFO` of redis-server 7.0.15 says: name,
/// arity, first key, last key, step.
#[test]
fn commands_look_as_redis_describes_them() {
    let golden = std::fs::read_to_string(root().join("tests/redis/command-info.txt")).unwrap();
    let (mut compared, mut different) = (0, Vec::new());
    for program in built_in_programs() {
        if program.protocol != zvm::Protocol::Resp {
            continue;
        }
        let name = program.full_name();
        let keys = program.signature.key_positions(program.name_words());
        let mut line = format!("{name} {}", program.arity());
        let _ = write!(line, " {} {} {}", keys.first, keys.last, keys.step);
        let theirs = golden.lines().find(|line| line.split(' ').next() == Some(name.as_str()));
        match theirs {
            Some(theirs) if line != theirs && !UNLIKE_REDIS.contains(&name.as_str()) => {
                different.push(format!("{line} (Redis: {theirs})"))
            }
            Some(_) => {}
            None => {
                let is_known = NOT_IN_REDIS_7_0.contains(&name.as_str());
                if !is_known && !is_newer(&program.docs.since) {
                    different.push(format!("{name} is not in the file"));
                }
            }
        }
        compared += 1;
    }
    assert!(compared >= 250, "only {compared} commands");
    assert_eq!(different, [""; 0]);
}

/// Whether a command came with a version of Redis after 7.0, or with one of ours.
fn is_newer(since: &str) -> bool {
    let mut numbers = since.split('.').filter_map(|number| number.parse::<u32>().ok());
    let version = (numbers.next(), numbers.next());
    version.0 == Some(0) || version > (Some(7), Some(0))
}

/// Their options are needed, of which a signature cannot tell: the arity counts the keys alone.
const UNLIKE_REDIS: &[&str] = &["geosearch", "geosearchstore"];

/// Subcommands that `COMMAND` of Redis does not list.
const NOT_IN_REDIS_7_0: &[&str] = &["debug|sleep", "debug|object"];

/// `carrier-server zvml fmt carrier-server/commands/*.zvml zvml/examples/*.zvml` makes it so.
#[test]
fn sources_are_in_the_canonical_style() {
    for (file, source) in built_in_sources().into_iter().chain(example_sources()) {
        let formatted = zvml::format(&file, &source);
        let formatted = formatted.unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        assert!(formatted == source, "{file} is not in the style that `zvml fmt` makes");
    }
}
