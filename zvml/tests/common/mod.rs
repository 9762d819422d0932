//! What the integration tests share: the built-in sources, cases in files, and a machine that
//! runs requests through the compiled commands.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use zvm::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use zvm::{Program, Protocol, Registers, VerifiedProgram};

/// The built-in command sources, as (file name, source).
pub(crate) fn built_in_sources() -> Vec<(String, String)> {
    sources("../carrier-server/commands")
}

/// The sources of `examples/`.
pub(crate) fn example_sources() -> Vec<(String, String)> {
    sources("examples")
}

/// The sources in a folder, as (file name, source), by name.
fn sources(folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "zvml"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// Every built-in command, compiled.
pub(crate) fn built_in_programs() -> Vec<Program> {
    compiled(built_in_sources())
}

/// The commands of sources that have no mistakes.
pub(crate) fn compiled(sources: Vec<(String, String)>) -> Vec<Program> {
    let compile = |(file, source): (String, String)| {
        zvml::compile(&file, &source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
    };
    sources.into_iter().flat_map(compile).collect()
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expected texts are to be written anew: `UPDATE=1`.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value != "0")
}

/// Runs every case of every `.txt` file in a directory.
///
/// A case is `=== name`, the input, `---`, and what `produce` makes of the input.
pub(crate) fn run_cases(directory: &str, produce: impl Fn(&str) -> String) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("tests").join(directory))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {directory}");
    let failures: Vec<String> = paths.iter().flat_map(|path| run_file(path, &produce)).collect();
    assert!(failures.is_empty(), "{}\nUPDATE=1 accepts the new output", failures.join("\n"));
}

fn run_file(path: &Path, produce: &impl Fn(&str) -> String) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let (head, cases) = text.split_at(text.find("=== ").unwrap_or(text.len()));
    let mut new = head.to_owned();
    let mut failures = Vec::new();
    for case in cases.split("=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap_or((case, ""));
        let (input, expected) = rest.split_once("\n---\n").unwrap_or_else(|| (rest.trim_end(), ""));
        let actual = produce(input);
        if actual.trim_end() != expected.trim_end() {
            let path = path.display();
            failures.push(format!("{path}: {name}\n--- expected\n{expected}\n--- got\n{actual}"));
        }
        let _ = writeln!(new, "=== {name}\n{input}\n---\n{}\n", actual.trim_end());
    }
    if updating() {
        std::fs::write(path, new.trim_end().to_owned() + "\n").unwrap();
        failures.clear();
    }
    failures
}

/// One shard and one connection with every built-in command.
pub(crate) struct Machine {
    programs: Vec<VerifiedProgram>,
    registers: Registers,
    store: MapStore,
    session: FakeSession,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::with(Vec::new())
    }

    /// The same with more commands, which come before built-in ones of their names.
    pub(crate) fn with(programs: Vec<Program>) -> Self {
        let verify = |program: Program| {
            let name = program.name.clone();
            zvm::verify(program).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        Self {
            programs: programs.into_iter().chain(built_in_programs()).map(verify).collect(),
            registers: Registers::new(),
            store: MapStore::new(),
            session: FakeSession::new(),
        }
    }

    /// Forgets all data and starts the clock at 1,700,000,000 seconds.
    pub(crate) fn reset(&mut self) {
        self.store = MapStore::new();
        self.store.now_ms = 1_700_000_000_000;
        self.session = FakeSession::new();
    }

    /// Runs a request, written as people write it, and returns the recorded reply.
    pub(crate) fn request(&mut self, line: &str) -> String {
        self.request_to(line, RecordingSink::new())
    }

    /// The same for a client that speaks RESP2.
    #[allow(dead_code, reason = "not every test that uses this module asks so")]
    pub(crate) fn request_resp2(&mut self, line: &str) -> String {
        self.request_to(line, RecordingSink::resp2())
    }

    fn request_to(&mut self, line: &str, mut sink: RecordingSink) -> String {
        let words = split(line);
        let word = |index: usize| -> String {
            words.get(index).map_or(String::new(), |it| String::from_utf8_lossy(it).into_owned())
        };
        let named = |name: String, count: usize| {
            self.programs.iter().position(|program| {
                program.name_words() == count
                    && match program.protocol {
                        Protocol::Memcached => *program.name == *name,
                        _ => program.name.eq_ignore_ascii_case(&name) && !is_lower(&line[..1]),
                    }
            })
        };
        let both = named(format!("{} {}", word(0), word(1)), 2);
        let Some(index) = both.or_else(|| named(word(0), 1)) else {
            return format!("-ERR unknown command '{}'", word(0));
        };
        let program = &self.programs[index];
        let args = OwnedArgs::new(&words[program.name_words()..]);
        if !program.signature.accepts(args.args().len()) {
            let name = program.full_name();
            return format!("-ERR wrong number of arguments for '{name}' command");
        }
        let frame = args.frame();
        let session = &mut self.session;
        zvm::run(program, &frame, &mut self.registers, &mut self.store, session, &mut sink);
        sink.reply().unwrap_or_else(|complaint| panic!("{line}: {complaint}")).to_owned()
    }
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Splits a request at blanks, except within double quotes.
pub(crate) fn split(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    for byte in line.bytes() {
        match byte {
            b'"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}
