//! `carrier-server commands`: every command and what follows from its declaration.

use crate::catalog::{Catalog, Command};
use std::fmt::Write as _;

/// A table for people.
pub(super) fn table(catalog: &Catalog) -> String {
    let mut out = format!(
        "{:<18} {:>5} {:>5} {:>4} {:>4}  {:<16} {}\n",
        "command", "arity", "first", "last", "step", "flags", "source"
    );
    for command in catalog.commands() {
        let keys = command.key_positions();
        let program = command.program();
        let _ = writeln!(
            out,
            "{:<18} {:>5} {:>5} {:>4} {:>4}  {:<16} {}:{}",
            command.name(),
            program.arity(),
            keys.first,
            keys.last,
            keys.step,
            command.flags().join(","),
            program.source.file,
            program.source.line,
        );
    }
    out
}

/// A JSON array for programs, one object a line.
pub(super) fn json(catalog: &Catalog) -> String {
    let objects: Vec<String> =
        catalog.commands().map(|command| object(command).to_string()).collect();
    format!("[\n{}\n]\n", objects.join(",\n"))
}

fn object(command: &Command) -> serde_json::Value {
    let keys = command.key_positions();
    let program = command.program();
    serde_json::json!({
        "name": command.name(),
        "protocol": format!("{:?}", program.protocol).to_lowercase(),
        "arity": program.arity(),
        "flags": command.flags(),
        "first_key": keys.first,
        "last_key": keys.last,
        "key_step": keys.step,
        "run_where": format!("{:?}", program.run_where).to_lowercase(),
        "group": &*program.docs.group,
        "summary": &*program.docs.summary,
        "file": &*program.source.file,
        "line": program.source.line,
    })
}
