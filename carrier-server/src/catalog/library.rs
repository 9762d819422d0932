//! Where commands come from: sources that are built in, read from a directory, or loaded at run
//! time, and the catalog that they make together.
//!
//! Later sources go over earlier ones, command by command: built in, then the directory's files in
//! the order of their names, then what was loaded, in the order of loading. A change is tried as a
//! whole: where a source does not compile or a program cannot be in the catalog, nothing changes.

use super::excerpt::excerpt;
use super::sources::SOURCES;
use super::{Catalog, CatalogError, Command};
use crate::glob;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zvm::{CommandFilter, Program, ReplySink, Text};
use zvml::Diagnostics;

/// Every source of commands that a server has.
#[derive(Debug, Clone)]
pub struct Library {
    sources: Vec<Source>,
    directory: Option<PathBuf>,
    /// Numbers what is loaded.
    loads: u64,
    catalog: Arc<Catalog>,
}

/// One text and what it was compiled to.
#[derive(Debug, Clone)]
struct Source {
    origin: Origin,
    text: Arc<str>,
    /// What is in force of it or would be without later sources.
    programs: Vec<Program>,
}

/// How a source came to the server; later ones go over earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// The binary carries it.
    BuiltIn,
    /// It stands in the directory of commands.
    Directory,
    /// A client loaded it; it ends with the server.
    Loaded,
}

/// Why a source does not become part of a library.
#[derive(Debug)]
#[non_exhaustive]
pub enum LibraryError {
    /// It does not compile.
    Source(Diagnostics),
    /// One of its programs cannot be in the catalog.
    Catalog(CatalogError),
    /// It holds no command.
    Empty,
    /// It is longer than a running server takes.
    TooLong {
        /// Its length.
        len_bytes: usize,
        /// What would be taken.
        len_bytes_max: usize,
    },
    /// It is no text.
    NotText,
    /// The directory or a file in it cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no directory of commands.
    NoDirectory,
}

impl Library {
    /// The commands that the binary carries.
    ///
    /// # Errors
    ///
    /// What is wrong with the first source or program that is refused.
    pub fn built_in() -> Result<Self, LibraryError> {
        let sources =
            SOURCES.iter().map(|(file, text)| Source::compile(Origin::BuiltIn, file, text));
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        let catalog = Arc::new(assemble(&sources)?);
        Ok(Self { sources, directory: None, loads: 0, catalog })
    }

    /// Adds the `.zvml` files of a directory, which [`reload`](Self::reload) reads again.
    ///
    /// # Errors
    ///
    /// What is wrong with the first of them; then nothing has changed.
    pub fn add_directory(&mut self, path: &Path) -> Result<(), LibraryError> {
        let mut changed = self.clone();
        changed.directory = Some(path.to_owned());
        changed.reload()?;
        *self = changed;
        Ok(())
    }

    /// The commands that the sources make together.
    #[must_use]
    pub const fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Compiles a source and puts its commands in force; returns their names.
    ///
    /// # Errors
    ///
    /// What is wrong with it; then nothing has changed.
    pub fn load(&mut self, text: &[u8]) -> Result<Vec<String>, LibraryError> {
        let source = self.compile_loaded(text)?;
        let names: Vec<String> = source.programs.iter().map(Program::full_name).collect();
        let mut sources = self.sources.clone();
        // What a client loads again does not pile up below.
        sources.retain_mut(|old| old.origin != Origin::Loaded || old.give_way_to(&source));
        sources.push(source);
        self.change(sources)?;
        self.loads += 1;
        Ok(names)
    }

    /// The names of the commands in a source that could be [loaded](Self::load).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self, text: &[u8]) -> Result<Vec<String>, LibraryError> {
        self.clone().load(text)
    }

    /// Takes back the command of this name that went over all others; false where only a built-in
    /// one is there, or none.
    pub fn drop_command(&mut self, name: &[u8]) -> bool {
        let Some((place, at)) = self.find(name) else { return false };
        if self.sources[place].origin == Origin::BuiltIn {
            return false;
        }
        let mut sources = self.sources.clone();
        sources[place].programs.remove(at);
        sources.retain(|source| !source.programs.is_empty());
        // What was in force before could be in a catalog then, and can now.
        self.change(sources).is_ok()
    }

    /// Reads the directory anew; returns the names of its commands.
    ///
    /// # Errors
    ///
    /// What is wrong with the first of its files; then nothing has changed.
    pub fn reload(&mut self) -> Result<Vec<String>, LibraryError> {
        let directory = self.directory.as_ref().ok_or(LibraryError::NoDirectory)?;
        let read = read_directory(directory)?;
        let programs = read.iter().flat_map(|source| &source.programs);
        let names = programs.map(Program::full_name).collect();
        let mut sources = self.sources.clone();
        sources.retain(|source| source.origin != Origin::Directory);
        let at = sources.partition_point(|source| source.origin < Origin::Directory);
        sources.splice(at..at, read);
        self.change(sources)?;
        Ok(names)
    }

    /// How the command of this name came to the server.
    #[must_use]
    pub fn origin(&self, name: &[u8]) -> Option<Origin> {
        self.find(name).map(|(place, _)| self.sources[place].origin)
    }

    /// The source of the command of this name, with the documentation before it.
    #[must_use]
    pub fn text(&self, name: &[u8]) -> Option<&str> {
        let (place, at) = self.find(name)?;
        let source = &self.sources[place];
        Some(excerpt(&source.text, source.programs[at].source.line))
    }

    /// Replies where each command comes from that the filter admits.
    pub(crate) fn describe_origins(&self, filter: CommandFilter<'_>, sink: &mut dyn ReplySink) {
        let admitted = |command: &&Command| match filter {
            CommandFilter::All => true,
            CommandFilter::Pattern(pattern) => {
                glob::matches(pattern, command.name().as_bytes(), true)
            }
            CommandFilter::Category(_) | CommandFilter::Module(_) => false,
        };
        let commands: Vec<&Command> = self.catalog.commands().filter(admitted).collect();
        sink.array(commands.len());
        for command in commands {
            let program = command.program();
            let of = |source: &&Source| source.programs.iter().any(|one| is_same(one, program));
            let origin = self.sources.iter().rev().find(of).map_or("", |s| s.origin.name());
            sink.map(4);
            for (name, value) in [
                ("name", command.name().as_str()),
                ("origin", origin),
                ("file", &*program.source.file),
            ] {
                sink.bytes(Text::Bytes(name.as_bytes()));
                sink.bytes(Text::Bytes(value.as_bytes()));
            }
            sink.bytes(Text::Bytes(b"line"));
            sink.integer(i64::from(program.source.line));
        }
    }

    fn compile_loaded(&self, text: &[u8]) -> Result<Source, LibraryError> {
        if text.len() > LOADED_BYTES_MAX {
            let (len_bytes, len_bytes_max) = (text.len(), LOADED_BYTES_MAX);
            return Err(LibraryError::TooLong { len_bytes, len_bytes_max });
        }
        let text = std::str::from_utf8(text).map_err(|_| LibraryError::NotText)?;
        let source = Source::compile(Origin::Loaded, &format!("load-{}", self.loads + 1), text)?;
        if source.programs.is_empty() { Err(LibraryError::Empty) } else { Ok(source) }
    }

    /// Which source holds the command in force of this name, and where.
    fn find(&self, name: &[u8]) -> Option<(usize, usize)> {
        let command = self.catalog.find_by_name(name)?;
        let is_it = |program: &Program| is_same(program, command.program());
        let places = self.sources.iter().enumerate().rev();
        places
            .filter_map(|(place, source)| Some((place, source.programs.iter().position(is_it)?)))
            .next()
    }

    fn change(&mut self, sources: Vec<Source>) -> Result<(), CatalogError> {
        self.catalog = Arc::new(assemble(&sources)?);
        self.sources = sources;
        Ok(())
    }
}

impl Source {
    fn compile(origin: Origin, file: &str, text: &str) -> Result<Self, LibraryError> {
        // Tests and `zvml check` look at the examples of those that are built in.
        let compile = match origin {
            Origin::BuiltIn => zvml::compile_without_examples,
            _ => zvml::compile,
        };
        let programs = compile(file, text).map_err(LibraryError::Source)?;
        Ok(Self { origin, text: text.into(), programs })
    }

    /// Gives up the commands that `other` has too, and tells whether any are left.
    fn give_way_to(&mut self, other: &Self) -> bool {
        self.programs.retain(|old| other.programs.iter().all(|new| !is_same(old, new)));
        !self.programs.is_empty()
    }
}

impl Origin {
    /// In one or two words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Directory => "directory",
            Self::Loaded => "loaded",
        }
    }
}

/// The catalog of all sources: each command as its last source has it, at its first one's place.
fn assemble(sources: &[Source]) -> Result<Catalog, CatalogError> {
    let mut programs: Vec<&Program> = Vec::new();
    for source in sources {
        let earlier = programs.len();
        for program in &source.programs {
            match programs[..earlier].iter().position(|other| is_same(other, program)) {
                Some(at) => programs[at] = program,
                None => programs.push(program),
            }
        }
    }
    Catalog::new(programs.into_iter().cloned().collect())
}

/// Whether two programs serve the same requests.
fn is_same(one: &Program, other: &Program) -> bool {
    one.protocol == other.protocol && one.name.eq_ignore_ascii_case(&other.name)
}

fn read_directory(directory: &Path) -> Result<Vec<Source>, LibraryError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| LibraryError::Read { path, error }
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        if path.extension().is_some_and(|extension| extension == "zvml") {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(failed(path))?;
        Source::compile(Origin::Directory, &path.display().to_string(), &text)
    };
    paths.iter().map(read).collect()
}

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(diagnostics) => diagnostics.fmt(f),
            Self::Catalog(error) => error.fmt(f),
            Self::Empty => f.write_str("expected a command in the source"),
            Self::TooLong { len_bytes, len_bytes_max } => {
                write!(f, "expected a source of at most {len_bytes_max} bytes, found {len_bytes}")
            }
            Self::NotText => f.write_str("expected a source in UTF-8"),
            Self::Read { path, error } => write!(f, "{}: {error}", path.display()),
            Self::NoDirectory => f.write_str("no directory of commands is configured"),
        }
    }
}

impl std::error::Error for LibraryError {}

impl From<CatalogError> for LibraryError {
    fn from(error: CatalogError) -> Self {
        Self::Catalog(error)
    }
}

/// The longest source that a client may load: it is compiled on a thread that serves others.
const LOADED_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The commands are compiled from their sources at every start, not baked before.
    #[test]
    fn a_changed_byte_of_a_built_in_source_is_an_error_at_the_start() {
        for (file, text) in SOURCES {
            let at = text.find("body {").expect("every source has a body");
            let broken = format!("{}bodi{}", &text[..at], &text[at + 4..]);
            let error = Source::compile(Origin::BuiltIn, file, &broken).expect_err("a wrong word");
            assert!(error.to_string().contains(file), "{error}");
        }
    }

    #[test]
    fn loading_again_replaces_and_does_not_pile_up() {
        let mut library = Library::built_in().expect("right sources");
        let built_in = library.sources.len();
        let source = |number| {
            format!(
                "command ONE {{ access: READ run_where: ONE params: (key: Key) returns: Integer \
                 body {{ return {number} }} }}"
            )
        };
        for number in 0..10 {
            library.load(source(number).as_bytes()).expect("a right source");
            assert_eq!(library.sources.len(), built_in + 1);
            assert!(library.text(b"one").expect("loaded").contains(&format!("return {number}")));
        }
        assert!(library.drop_command(b"one"));
        assert_eq!(library.sources.len(), built_in);
        assert_eq!(library.origin(b"one"), None);
        assert_eq!(library.origin(b"get"), Some(Origin::BuiltIn));
    }
}
