//! `cargo xtask tidy`: the rules of this project that no other tool checks.
//!
//! One rule or one family of rules per file under `tidy/`. Each takes the sources (or one of them)
//! and adds what it finds; none changes a file. The same check runs as a test of this package, so
//! `cargo test --workspace` sees it too.

mod crates;
mod functions;
mod generators;
mod layers;
mod machine_paths;
mod opcodes;
mod shape;
mod tokens;
mod tree;
mod unsafety;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use crate::codegen;
use crate::error::Error;
use crate::tidy::tree::{Source, Tree};
use crate::tidy::unsafety::Inventory;
use crate::workspace::Workspace;

/// Prints where unsafe code stands, which opcodes serve one command, and every finding.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let report = Report::of(workspace)?;
    println!("{}\n{}", report.inventory, report.opcodes);
    for finding in &report.findings {
        println!("{finding}");
    }
    match report.findings.len() {
        0 => codegen::run(true).map_err(Error::Codegen),
        findings => Err(Error::Untidy { findings }),
    }
}

/// The names of the commands of the Redis protocol that the tree declares, in capitals.
pub(crate) fn command_names(workspace: &Workspace) -> Result<BTreeSet<String>, Error> {
    let tree = Tree::read(&workspace.root)?;
    let commands = generators::Command::list(workspace, &tree)?;
    Ok(commands.into_iter().map(generators::Command::into_name).collect())
}

/// What a look at the whole tree gave.
#[derive(Debug)]
struct Report {
    findings: Vec<Finding>,
    inventory: Inventory,
    opcodes: opcodes::Users,
}

impl Report {
    fn of(workspace: &Workspace) -> Result<Self, Error> {
        let tree = Tree::read(&workspace.root)?;
        let mut findings = Vec::new();
        let mut inventory = Inventory::default();
        layers::check(workspace, &mut findings);
        crates::check(workspace, &mut findings);
        let commands = generators::Command::list(workspace, &tree)?;
        generators::check(&tree, &commands, &mut findings);
        let opcodes = opcodes::check(&tree, &mut findings);
        for source in &tree.sources {
            machine_paths::check(source, &workspace.root, &mut findings);
            shape::check(source, &mut findings);
            if source.is_rust() {
                functions::check(source, &mut findings);
                check_tokens(source, &mut inventory, &mut findings);
            }
        }
        findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        Ok(Self { findings, inventory, opcodes })
    }
}

/// The rules that look at tokens, so that neither a comment nor a string can break one.
fn check_tokens(source: &Source, inventory: &mut Inventory, findings: &mut Vec<Finding>) {
    match tokens::read(&source.text) {
        Ok(tokens) => {
            words::check(source, &tokens, findings);
            unsafety::check(source, &tokens, inventory, findings);
        }
        Err(line) => findings.push(source.finding(line, "syntax", "Rust that can be read")),
    }
}

/// A broken rule: where, which, and what was expected there.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// Relative to the root of the workspace.
    path: PathBuf,
    /// From 1.
    line: usize,
    rule: &'static str,
    expected: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, expected } = self;
        write!(f, "{}:{line}: {rule}: expected {expected}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let workspace = Workspace::load().expect("cargo metadata");
        let report = Report::of(&workspace).expect("a readable tree");
        let findings: Vec<String> = report.findings.iter().map(Finding::to_string).collect();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
