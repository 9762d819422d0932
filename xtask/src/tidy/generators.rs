//! Every command of the Redis protocol is compared with something: random requests of it, which a
//! line of a `*.gen` file beside its source describes, are sent to redis-server too; or a golden
//! file holds requests and the replies that its documentation promises.
//!
//! The names are the compiler's, so a command that comes of a template counts like any other.
//! memcached's commands have their own tests against memcached.

use std::collections::BTreeSet;

use zvm::Protocol;

use crate::tidy::Finding;
use crate::tidy::tree::{Source, Tree};

/// Compares the commands with the generator lines and the golden files.
pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    let commands = commands(tree, findings);
    let is_command = |name: &str| commands.iter().any(|(own, _)| own == name);
    let mut compared = BTreeSet::new();
    for source in &tree.sources {
        let requests = match source.path.extension().and_then(|extension| extension.to_str()) {
            Some("gen") if source.path.starts_with(COMMANDS) => generated(source),
            Some("txt") if source.path.starts_with(GOLDEN) => golden(source),
            _ => continue,
        };
        for (line, words) in requests {
            // The longest run of first words that is a command's name.
            let names = (1..=words.len()).rev().map(|len| words[..len].join(" "));
            match names.into_iter().find(|name| is_command(name)) {
                Some(name) => {
                    compared.insert(name);
                }
                // A golden file may ask for what does not exist.
                None if source.path.starts_with(GOLDEN) => {}
                None => findings.push(source.finding(line, RULE, "a line for a command there is")),
            }
        }
    }
    for (name, source) in commands.iter().filter(|(name, _)| !compared.contains(name)) {
        let mut lines = source.text.lines();
        let line = lines.position(|line| line.starts_with(&format!("command {name} ")));
        let expected = format!("a line for `{name}` in a *.gen file, or a golden file");
        findings.push(source.finding(line.map_or(1, |at| at + 1), RULE, expected));
    }
}

/// Every command of the Redis protocol, and where it is declared.
fn commands<'a>(tree: &'a Tree, findings: &mut Vec<Finding>) -> Vec<(String, &'a Source)> {
    let mut commands = Vec::new();
    for source in tree.sources.iter().filter(|source| source.is_zvml()) {
        if !source.path.starts_with(COMMANDS) {
            continue;
        }
        match zvml::compile(&source.path.to_string_lossy(), &source.text) {
            Ok(programs) => {
                let of_redis = programs.iter().filter(|one| one.protocol == Protocol::Resp);
                commands.extend(of_redis.map(|one| (one.name.to_ascii_uppercase(), source)));
            }
            Err(_) => findings.push(source.finding(1, RULE, "commands that compile")),
        }
    }
    commands
}

/// The literal words that each request of a grammar begins with.
fn generated(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut requests = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let mut words = line.split_whitespace().peekable();
        let first = words.peek().copied().unwrap_or_default();
        let is_definition = line.split_whitespace().nth(1) == Some("=");
        if first.is_empty() || first.starts_with(['#', '@']) || is_definition {
            continue;
        }
        if first.parse::<u32>().is_ok() {
            words.next();
        }
        let rest: Vec<&str> = words.collect();
        requests.extend(rest.split(|word| *word == ";").map(|part| (index + 1, literal(part))));
    }
    requests
}

/// The first words of each request of a golden file.
fn golden(source: &Source) -> Vec<(usize, Vec<String>)> {
    let lines = source.text.lines().enumerate();
    let requests = lines.filter_map(|(index, line)| Some((index + 1, line.strip_prefix("> ")?)));
    requests
        .map(|(line, text)| (line, literal(&text.split_whitespace().collect::<Vec<_>>())))
        .collect()
}

fn literal(words: &[&str]) -> Vec<String> {
    let is_name =
        |word: &&&str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    words.iter().take_while(is_name).map(|word| word.to_ascii_uppercase()).collect()
}

const RULE: &str = "comparison";
const COMMANDS: &str = "carrier-server/commands";
const GOLDEN: &str = "carrier-server/tests/replies";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const COMMAND: &str = "command NAME {
    access: STATS
    run_where: CONNECTION
    params: ()
    returns: Status
    body {
        return ok
    }
}
";

    fn findings(files: &[(&str, &str)]) -> Vec<(usize, String)> {
        let source = |(path, text): &(&str, &str)| Source {
            path: Path::new("carrier-server").join(path),
            text: (*text).to_owned(),
        };
        let tree = Tree { sources: files.iter().map(source).collect() };
        let mut findings = Vec::new();
        check(&tree, &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.expected)).collect()
    }

    #[test]
    fn a_command_without_either_is_found() {
        let both = [COMMAND.replace("NAME", "A"), COMMAND.replace("NAME", "B C")].concat();
        let of = |gen_text, golden| {
            findings(&[
                ("commands/x.zvml", &both),
                ("commands/x.gen", gen_text),
                ("tests/replies/x.txt", golden),
            ])
        };
        assert_eq!(of("3 A [x]\n", "> b C x\n< +OK\n> nosuch\n"), []);
        assert_eq!(of("A => any ; B C (x | y)\n", ""), []);
        let missing = of("# B C\n@string A {key}\nA = x\n", "== B C\n");
        assert_eq!(missing.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 10]);
        assert!(missing[1].1.contains("`B C`"), "{missing:?}");
    }

    #[test]
    fn a_line_without_a_command_is_found() {
        let one = COMMAND.replace("NAME", "A");
        let found = findings(&[("commands/x.zvml", &one), ("commands/x.gen", "A\n2 B {key}\n")]);
        assert_eq!(found, [(2, "a line for a command there is".to_owned())]);
    }

    #[test]
    fn commands_of_memcached_are_not_asked_for() {
        let one = COMMAND
            .replace("NAME", "get")
            .replace("    access", "    protocol: MEMCACHED\n    access");
        assert_eq!(findings(&[("commands/x.zvml", &one)]), []);
    }
}
