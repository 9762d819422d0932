//! The built-in commands: sources that are compiled at every start.

use super::{Catalog, CatalogError};
use std::fmt;
use zvm::Program;
use zvml::Diagnostics;

/// Why the built-in commands are not there.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuiltinError {
    /// A source does not compile.
    Source(Diagnostics),
    /// A program cannot be in the catalog.
    Catalog(CatalogError),
}

/// Compiles the commands that the binary carries.
///
/// # Errors
///
/// What is wrong with the first source or program that is refused.
pub fn compile_builtin() -> Result<Catalog, BuiltinError> {
    let mut programs: Vec<Program> = Vec::new();
    for (file, source) in SOURCES {
        programs.extend(zvml::compile(file, source).map_err(BuiltinError::Source)?);
    }
    Catalog::new(programs).map_err(BuiltinError::Catalog)
}

impl fmt::Display for BuiltinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(diagnostics) => diagnostics.fmt(f),
            Self::Catalog(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuiltinError {}

const SOURCES: &[(&str, &str)] = &[
    ("commands/connection.zvml", include_str!("../../commands/connection.zvml")),
    ("commands/keys.zvml", include_str!("../../commands/keys.zvml")),
    ("commands/memcached.zvml", include_str!("../../commands/memcached.zvml")),
    ("commands/server.zvml", include_str!("../../commands/server.zvml")),
    ("commands/sets.zvml", include_str!("../../commands/sets.zvml")),
    ("commands/strings.zvml", include_str!("../../commands/strings.zvml")),
];
