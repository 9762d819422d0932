//! Every command of the Redis protocol is compared with something: random requests of it, which a
//! line of a `*.gen` file beside its source describes, are sent to redis-server too; or a golden
//! file holds requests and the replies that its documentation promises.
//!
//! The names are the compiler's, so a command that comes of a template counts like any other. The
//! compiler is run as a program: this one makes part of its source, so it must not be built of it.
//! memcached's commands have their own tests against memcached.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::error::Error;
use crate::tidy::Finding;
use crate::tidy::tree::{Source, Tree};
use crate::workspace::Workspace;

/// A command of the Redis protocol.
#[derive(Debug)]
pub(super) struct Command {
    /// In capitals.
    name: String,
    /// Where it is declared.
    file: PathBuf,
}

impl Command {
    pub(super) fn into_name(self) -> String {
        self.name
    }

    /// Those that the sources of the tree declare.
    pub(super) fn list(workspace: &Workspace, tree: &Tree) -> Result<Vec<Self>, Error> {
        let sources = tree.sources.iter().filter(|source| source.is_zvml());
        let files = sources.map(|source| &source.path).filter(|path| path.starts_with(COMMANDS));
        let listed = workspace
            .cargo()
            .args(["run", "--quiet", "--locked", "--package", "zvml", "--example", "names", "--"])
            .args(files)
            .output()?;
        let command = |line: &str| match line.split('\t').collect::<Vec<_>>()[..] {
            [file, "resp", name] => {
                Some(Self { name: name.to_ascii_uppercase(), file: file.into() })
            }
            _ => None,
        };
        Ok(listed.lines().filter_map(command).collect())
    }
}

/// Compares the commands with the generator lines and the golden files.
pub(super) fn check(tree: &Tree, commands: &[Command], findings: &mut Vec<Finding>) {
    let is_command = |name: &str| commands.iter().any(|command| command.name == name);
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
    for command in commands.iter().filter(|command| !compared.contains(&command.name)) {
        let Command { name, file } = command;
        let Some(source) = tree.sources.iter().find(|source| source.path == *file) else {
            continue;
        };
        let mut lines = source.text.lines();
        let line = lines.position(|line| line.starts_with(&format!("command {name} ")));
        let expected = format!("a line for `{name}` in a *.gen file, or a golden file");
        findings.push(source.finding(line.map_or(1, |at| at + 1), RULE, expected));
    }
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
        // `{requests}` stands for those of other lines.
        let own = rest.split(|word| *word == ";").filter(|part| *part != ["{requests}"]);
        requests.extend(own.map(|part| (index + 1, literal(part))));
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

    fn findings(names: &[&str], files: &[(&str, &str)]) -> Vec<(usize, String)> {
        let source = |(path, text): &(&str, &str)| Source {
            path: Path::new("carrier-server").join(path),
            text: (*text).to_owned(),
        };
        let tree = Tree { sources: files.iter().map(source).collect() };
        let file = Path::new(COMMANDS).join("x.zvml");
        let command = |name: &&str| Command { name: (*name).to_owned(), file: file.clone() };
        let mut findings = Vec::new();
        check(&tree, &names.iter().map(command).collect::<Vec<_>>(), &mut findings);
        findings.into_iter().map(|finding| (finding.line, finding.expected)).collect()
    }

    #[test]
    fn a_command_without_either_is_found() {
        let of = |gen_text, golden| {
            let files = [
                ("commands/x.zvml", "command A {\n}\ncommand B C {\n}\n"),
                ("commands/x.gen", gen_text),
                ("tests/replies/x.txt", golden),
            ];
            findings(&["A", "B C"], &files)
        };
        assert_eq!(of("3 A [x]\n", "> b C x\n< +OK\n> nosuch\n"), []);
        assert_eq!(of("A => any ; B C (x | y)\n", ""), []);
        let missing = of("# B C\n@string A {key}\nA = x\n", "== B C\n");
        assert_eq!(missing.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
        assert!(missing[1].1.contains("`B C`"), "{missing:?}");
    }

    #[test]
    fn a_line_without_a_command_is_found() {
        let files = [("commands/x.zvml", "command A {\n}\n"), ("commands/x.gen", "A\n2 B {key}\n")];
        let found = findings(&["A"], &files);
        assert_eq!(found, [(2, "a line for a command there is".to_owned())]);
    }
}
