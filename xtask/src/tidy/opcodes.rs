//! At most a quarter of the opcodes serve a single command.
//!
//! Otherwise the language would be a façade: one opcode written in Rust per command, and nothing
//! to build a new command from. An opcode that programs cannot name belongs to a construct of the
//! language and serves all commands; one that they can (`primitive = true`) serves those commands
//! of `carrier-server/commands/*.zvml` that name it. A template or a meta counts as many commands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::tidy::Finding;
use crate::tidy::tree::{Source, Tree};

/// The opcodes, and the commands that name them.
#[derive(Debug, Default)]
pub(super) struct Users {
    opcodes: usize,
    /// By primitive; the name of a template's command is empty.
    commands: BTreeMap<String, BTreeSet<String>>,
}

impl Users {
    /// The primitives that exactly one command names, with that command.
    fn single(&self) -> impl Iterator<Item = (&str, &str)> {
        self.commands.iter().filter_map(|(primitive, commands)| {
            let only = commands.first().filter(|_| commands.len() == 1)?;
            (!only.is_empty()).then_some((primitive.as_str(), only.as_str()))
        })
    }

    fn read_table(&mut self, source: &Source) -> Result<(), Finding> {
        let table: Table = toml::from_str(&source.text).map_err(|error| {
            let before = &source.text[..error.span().map_or(0, |span| span.start)];
            source.finding(before.lines().count(), "opcode table", error.message())
        })?;
        self.opcodes += table.op.len();
        let primitives = table.op.into_iter().filter(|op| op.primitive);
        self.commands.extend(primitives.map(|op| (op.name, BTreeSet::new())));
        Ok(())
    }

    fn read_commands(&mut self, source: &Source) {
        let mut user = String::new();
        for line in source.text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("command ") {
                user = name.split('{').next().unwrap_or(name).trim().to_owned();
            } else if line.starts_with("template ") || line.starts_with("meta ") {
                user = String::new();
            }
            if line.starts_with('#') || line.starts_with("///") {
                continue;
            }
            for after in line.split('@').skip(1) {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                if let Some(users) = self.commands.get_mut(&after[..end.unwrap_or(after.len())]) {
                    users.insert(user.clone());
                }
            }
        }
    }
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "opcodes: {}, of which serve one command: {}",
            self.opcodes,
            self.single().count()
        )?;
        self.single().try_for_each(|(name, command)| write!(f, "\n       {name} ({command})"))
    }
}

/// Counts over the table and the commands.
pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) -> Users {
    let mut users = Users::default();
    for source in tree.sources.iter().filter(|source| source.path.starts_with("zvm/ops")) {
        if let Err(finding) = users.read_table(source) {
            findings.push(finding);
        }
    }
    let commands = Path::new("carrier-server/commands");
    for source in tree.sources.iter().filter(|source| source.path.starts_with(commands)) {
        users.read_commands(source);
    }
    let single = users.single().count();
    if single * 4 > users.opcodes {
        findings.push(Finding {
            path: "zvm/ops".into(),
            line: 1,
            rule: "opcodes",
            expected: format!(
                "at most a quarter of {} opcodes to serve one command; {single} do",
                users.opcodes
            ),
        });
    }
    users
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    op: Vec<Op>,
}

#[derive(Deserialize)]
struct Op {
    name: String,
    #[serde(default)]
    primitive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(commands: &str) -> (Users, Vec<Finding>) {
        let table = "doc = \"\"\n[[op]]\nname = \"jump\"\n[[op]]\nname = \"halt\"\n\
                     [[op]]\nname = \"a_b\"\nprimitive = true\n\
                     [[op]]\nname = \"a_c\"\nprimitive = true\n";
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.to_owned() };
        let sources = vec![
            source("carrier-server/commands/x.zvml", commands),
            source("zvm/ops/x.toml", table),
        ];
        let mut findings = Vec::new();
        let users = check(&Tree { sources }, &mut findings);
        (users, findings)
    }

    #[test]
    fn what_two_commands_name_serves_more_than_one() {
        let (users, findings) = users("command X {\n@a_b(1)\n}\ncommand Y Z { @a_b(@a_c()) }\n");
        assert_eq!(users.opcodes, 4);
        assert_eq!(users.single().collect::<Vec<_>>(), [("a_c", "Y Z")]);
        assert!(findings.is_empty());
    }

    #[test]
    fn more_than_a_quarter_is_found() {
        let (users, findings) = users("/// @a_c\ncommand X { @a_b(1) }\ncommand Y { @a_c() }\n");
        assert_eq!(users.single().count(), 2);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn a_template_or_a_meta_is_many_commands() {
        let (users, _) = users("template T<P> {\ncommand {P}LEN { @a_b(1) }\n}\nmeta m() { @a_c }");
        assert_eq!(users.single().count(), 0);
    }
}
