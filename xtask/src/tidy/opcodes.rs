//! At most a quarter of the opcodes serve a single command.
//!
//! Otherwise the language would be a façade: one opcode written in Rust per command, and nothing
//! to build a new command from. An opcode that can never serve another command says so in the
//! table (`serves = "COMMAND DOCS"`); those are counted. What one command alone names so far, of
//! `carrier-server/commands/*.zvml`, is listed, for people to judge: many of these are general and
//! wait for their second user.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::tidy::Finding;
use crate::tidy::tree::{Source, Tree};

/// The opcodes, and the commands that name them.
#[derive(Debug, Default)]
pub(super) struct Users {
    opcodes: usize,
    /// How many are marked as serving one command.
    marked: usize,
    /// By primitive. The name of a template's command is empty, and stands for many.
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
                let name = &after[..end.unwrap_or(after.len())];
                self.commands.entry(name.to_owned()).or_default().insert(user.clone());
            }
        }
    }

    /// Counts the opcodes of a family and holds its marks against the commands.
    fn read_table(&mut self, source: &Source, findings: &mut Vec<Finding>) {
        let table: Table = match toml::from_str(&source.text) {
            Ok(table) => table,
            Err(error) => {
                let before = &source.text[..error.span().map_or(0, |span| span.start)];
                let line = before.lines().count().max(1);
                return findings.push(source.finding(line, "opcode table", error.message()));
            }
        };
        self.opcodes += table.op.len();
        for Op { name, serves } in table.op {
            let Some(serves) = serves else { continue };
            self.marked += 1;
            let users = self.commands.get(&name);
            if let Some(other) = users.and_then(|users| users.iter().find(|user| **user != serves))
            {
                let line = source.text.lines().position(|line| line.contains(&format!("{name:?}")));
                let expected = format!("`{name}` to serve {serves} alone; {other} names it too");
                findings.push(source.finding(line.unwrap_or(0) + 1, "opcodes", expected));
            }
        }
    }
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opcodes, marked, .. } = self;
        write!(f, "opcodes: {opcodes}, of which {marked} are marked as serving one command; ")?;
        write!(f, "named by one command so far: {}", self.single().count())?;
        self.single().try_for_each(|(name, command)| write!(f, "\n       {name} ({command})"))
    }
}

/// Counts over the table and the commands.
pub(super) fn check(tree: &Tree, findings: &mut Vec<Finding>) -> Users {
    let mut users = Users::default();
    let under = |folder| tree.sources.iter().filter(move |source| source.path.starts_with(folder));
    for source in under("carrier-server/commands") {
        users.read_commands(source);
    }
    for source in under("zvm/ops") {
        users.read_table(source, findings);
    }
    if users.marked * 4 > users.opcodes {
        findings.push(Finding {
            path: "zvm/ops".into(),
            line: 1,
            rule: "opcodes",
            expected: format!(
                "at most a quarter of {} opcodes to serve one command; {} are marked so",
                users.opcodes, users.marked
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
    serves: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(marks: [&str; 4], commands: &str) -> (Users, Vec<Finding>) {
        let ops = ["jump", "halt", "a_b", "a_c"].iter().zip(marks);
        let table: String =
            ops.map(|(name, mark)| format!("[[op]]\nname = {name:?}\n{mark}\n")).collect();
        let source = |path: &str, text: &str| Source { path: path.into(), text: text.to_owned() };
        let sources = vec![
            source("carrier-server/commands/x.zvml", commands),
            source("zvm/ops/x.toml", &table),
        ];
        let mut findings = Vec::new();
        let users = check(&Tree { sources }, &mut findings);
        (users, findings)
    }

    #[test]
    fn what_two_commands_name_serves_more_than_one() {
        let commands = "/// @a_c\ncommand X {\n@a_b(1)\n}\ncommand Y Z { @a_b(@a_c()) }\n";
        let (users, findings) = users([""; 4], commands);
        assert_eq!((users.opcodes, users.marked), (4, 0));
        assert_eq!(users.single().collect::<Vec<_>>(), [("a_c", "Y Z")]);
        assert!(findings.is_empty());
    }

    #[test]
    fn more_marks_than_a_quarter_are_found() {
        let commands = "command X { @a_b(1) }\ncommand Y { @a_c() }\n";
        let (_, findings) = users(["", "", "serves = 'X'", ""], commands);
        assert!(findings.is_empty());
        let (_, findings) = users(["", "", "serves = 'X'", "serves = 'Y'"], commands);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn a_mark_that_is_not_true_is_found() {
        let (_, findings) = users(["", "", "serves = 'X'", ""], "command Y { @a_b(1) }\n");
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].line, findings[0].rule), (8, "opcodes"));
    }

    #[test]
    fn a_template_or_a_meta_is_many_commands() {
        let commands = "template T<P> {\ncommand {P}LEN { @a_b(1) }\n}\nmeta m() { @a_c }";
        let (users, _) = users([""; 4], commands);
        assert_eq!(users.single().count(), 0);
    }
}
