//! `carrier-server explain COMMAND`: what a command was compiled to.

use crate::catalog::Catalog;

/// The disassembly of a command's program.
pub(super) fn text(catalog: &Catalog, name: &str) -> Result<String, String> {
    let command = catalog
        .find_by_name(name.as_bytes())
        .ok_or_else(|| format!("explain: expected the name of a command, found `{name}`"))?;
    Ok(zvm::disassemble(command.program()))
}
