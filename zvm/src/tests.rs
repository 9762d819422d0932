//! Programs in text with what becomes of them: `tests/*.txt`.
//!
//! A case begins with `=== title`. Lines that begin with a directive say what happens, all others
//! are the [textual form](crate::assemble) of the program, with these declarations where it
//! makes none: a name, `run_where one` (`connection` after `side session`), `access read write`,
//! and for the shard's side, unless it runs on all shards, `param key: key`.
//!
//! - `side session`: the program belongs to a connection;
//! - `store string k v`, `store set k member...`, `store expire k ms`, `store flags k n`: state;
//! - `resp2`: the client of the runs that follow speaks RESP2;
//! - `now ms`, `full`: the store's time; that it refuses writes;
//! - `run arg...`: runs the program; an argument may be quoted;
//! - `reply text`: what the last run replied;
//! - `state text`: what the store holds after it;
//! - `refused text`: the verifier's error, instead of runs.

use crate::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use crate::{
    Expiry, Opcode, Registers, Store, Text, VerifiedProgram, assemble, run_traced, verify,
};
use std::collections::BTreeSet;

#[test]
fn every_opcode_does_what_it_says() {
    let mut executed = BTreeSet::new();
    for case in cases(include_str!("tests/opcodes.txt")) {
        case.run(&mut executed);
    }
    let missing: Vec<Opcode> =
        Opcode::ALL.into_iter().filter(|op| !executed.contains(op)).collect();
    assert!(missing.is_empty(), "no case runs {missing:?}");
}

#[test]
fn arguments_are_decoded_as_redis_does() {
    for case in cases(include_str!("tests/arguments.txt")) {
        case.run(&mut BTreeSet::new());
    }
}

#[test]
fn bad_programs_are_refused() {
    let cases = cases(include_str!("tests/refused.txt"));
    for case in &cases {
        let expected = case.directives.iter().find(|(word, _)| *word == "refused");
        let (_, expected) = expected.expect("a case of this file is refused");
        let error = verify(case.program()).expect_err(case.title);
        assert_eq!(error.to_string(), *expected, "{}", case.title);
    }
}

#[test]
fn faults_take_back_what_was_replied() {
    for case in cases(include_str!("tests/faults.txt")) {
        case.run(&mut BTreeSet::new());
    }
}

mod fusions;

struct Case<'t> {
    title: &'t str,
    text: String,
    directives: Vec<(&'t str, &'t str)>,
}

fn cases(file: &str) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for section in file.split("=== ").skip(1) {
        let (title, lines) = section.split_once('\n').expect("a title stands on a line");
        let mut text = String::new();
        let mut directives = Vec::new();
        for line in lines.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            if DIRECTIVES.contains(&word) {
                directives.push((word, rest));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        cases.push(Case { title, text, directives });
    }
    cases
}

impl Case<'_> {
    fn program(&self) -> crate::Program {
        let session = self.directives.iter().any(|(word, _)| *word == "side");
        let declares = |word| self.text.lines().any(|line| line.starts_with(word));
        let name = self.text.lines().find(|line| line.starts_with("program"));
        let mut text = name.unwrap_or("program \"TEST\"").to_owned() + "\n";
        for (word, declaration) in [
            ("run_where", if session { "run_where connection" } else { "run_where one" }),
            ("access", "access read write"),
            ("registers", "registers 16"),
        ] {
            if !declares(word) {
                text = text + declaration + "\n";
            }
        }
        let has_own = ["param", "variadic", "counted", "run_where all"].into_iter().any(declares);
        if !session && !has_own {
            text.push_str("param key: key\n");
        }
        let lines = self.text.lines().filter(|line| !line.starts_with("program"));
        for line in lines {
            text = text + line + "\n";
        }
        assemble(&text).unwrap_or_else(|error| panic!("{}: {error} in\n{text}", self.title))
    }

    fn run(&self, executed: &mut BTreeSet<Opcode>) {
        let program = verify(self.program()).unwrap_or_else(|e| panic!("{}: {e}", self.title));
        let mut machine = Machine {
            program: &program,
            store: MapStore::new(),
            session: FakeSession::new(),
            registers: Registers::new(),
            sink: RecordingSink::new(),
            is_resp2: false,
        };
        for (word, rest) in &self.directives {
            match *word {
                "run" => machine.run(rest, executed),
                "reply" => assert_eq!(machine.sink.reply(), Ok(*rest), "{}", self.title),
                "state" => assert_eq!(machine.store.dump(), *rest, "{}", self.title),
                "session" => assert!(machine.session_has(rest), "{}: {rest}", self.title),
                _ => machine.prepare(word, rest),
            }
        }
    }
}

struct Machine<'p> {
    program: &'p VerifiedProgram,
    store: MapStore,
    session: FakeSession,
    registers: Registers,
    sink: RecordingSink,
    is_resp2: bool,
}

impl Machine<'_> {
    fn run(&mut self, args: &str, executed: &mut BTreeSet<Opcode>) {
        let args: Vec<&str> = args.split_whitespace().map(|arg| arg.trim_matches('"')).collect();
        let args = OwnedArgs::new(&args);
        self.sink = if self.is_resp2 { RecordingSink::resp2() } else { RecordingSink::new() };
        run_traced(
            self.program,
            &args.frame(),
            &mut self.registers,
            &mut self.store,
            &mut self.session,
            &mut self.sink,
            |_, instruction| _ = executed.insert(instruction.op),
        );
    }

    fn prepare(&mut self, word: &str, rest: &str) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let done = match (word, words.as_slice()) {
            ("side", ["session"]) => true,
            ("resp2", []) => {
                self.is_resp2 = true;
                true
            }
            ("full", []) => {
                self.store.is_full = true;
                true
            }
            ("now", [ms]) => {
                self.store.now_ms = ms.parse().expect("a number of milliseconds");
                true
            }
            ("store", [kind, key, values @ ..]) => {
                let key = self.store.key(key.as_bytes());
                match (*kind, values) {
                    ("string", [value]) => {
                        let value = Text::Bytes(value.as_bytes());
                        self.store.set_string(key, value, Expiry::Never).is_ok()
                    }
                    ("set", members) => {
                        members.iter().all(|m| self.store.set_add(key, m.as_bytes()) == Ok(true))
                    }
                    ("list", values) => (0..).zip(values).all(|(at, value)| {
                        self.store.list_insert(key, at, value.as_bytes()).is_ok()
                    }),
                    ("map", pairs) => pairs.chunks_exact(2).all(|pair| {
                        self.store.map_set(key, pair[0].as_bytes(), pair[1].as_bytes()) == Ok(true)
                    }),
                    ("expire", [at_ms]) => self.store.set_expiry(key, at_ms.parse().ok()),
                    ("flags", [flags]) => {
                        self.store.set_flags(key, flags.parse().expect("a number"))
                    }
                    _ => false,
                }
            }
            _ => false,
        };
        assert!(done, "cannot do `{word} {rest}`");
    }

    fn session_has(&self, state: &str) -> bool {
        let session = &self.session;
        match state.split_once(' ').unwrap_or((state, "")) {
            ("name", name) => session.name == name.as_bytes(),
            ("library_name", name) => session.library_name == name.as_bytes(),
            ("protocol", version) => session.protocol.to_string() == version,
            ("database", index) => session.database.to_string() == index,
            ("user", user) => session.user.as_deref() == Some(user.as_bytes()),
            ("closed", "") => session.is_closed,
            _ => false,
        }
    }
}

const DIRECTIVES: [&str; 10] =
    ["side", "store", "now", "full", "resp2", "run", "reply", "state", "session", "refused"];
