//! `carrier-server explain COMMAND`: what a command was compiled to, and by which steps.

use crate::catalog::{Catalog, Command, Library};
use std::fmt::Write as _;
use zvml::Stage;

/// The source of a command, its intermediate form after each pass, and its bytecode.
pub(super) fn text(library: &Library, name: &str) -> Result<String, String> {
    let command = find(library.catalog(), name)?;
    let mut out = String::new();
    if let Some(source) = library.text(name.as_bytes()) {
        let _ = write!(out, "# source\n{}\n\n", source.trim_end());
        // A declaration that only compiles within its file has no more to show here.
        if let Ok(passes) = zvml::explain(name, source, Stage::Passes) {
            let _ = write!(out, "# intermediate form\n{passes}\n# bytecode\n");
        }
    }
    out.push_str(&zvm::disassemble(command.program()));
    Ok(out)
}

/// The command of a name.
pub(super) fn find<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Command, String> {
    catalog
        .find_by_name(name.as_bytes())
        .ok_or_else(|| format!("explain: expected the name of a command, found `{name}`"))
}
