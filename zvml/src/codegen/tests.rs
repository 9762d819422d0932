//! Passes and shared registers change nothing: random commands do the same as without any pass
//! and with a register for each value.

use crate::expand::Expansions;
use crate::{check, codegen, ir, parse};
use std::fmt::Write as _;
use zvm::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use zvm::{Program, Registers, VerifiedProgram};

#[test]
fn optimized_commands_do_what_plain_ones_do() {
    let (mut longest, mut plain_entries) = (0, 0);
    for seed in 1..=900 {
        let options = seed % 3 == 0;
        let source = Source::new(seed, options).command();
        let [better, plain] = [true, false].map(|optimized| {
            let program = compile(&source, optimized);
            let text = zvm::disassemble(&program);
            zvm::verify(program).unwrap_or_else(|error| panic!("{error}\n{source}\n{text}"))
        });
        longest = longest.max(better.code.len());
        plain_entries += usize::from(better.plain_entry.is_some());
        for (number, present) in [("3", false), ("9223372036854775807", true), ("-1", true)] {
            let behind: &[&[&str]] = if options {
                &[&[], &["A"], &["B", "7", "A"], &["B", "0"]]
            } else {
                &[&["a", "7", "-5", "a"]]
            };
            for behind in behind {
                let args = [&["k", number][..], behind].concat();
                let (left, right) = (run(&better, &args, present), run(&plain, &args, present));
                let text = zvm::disassemble(&better);
                assert_eq!(left, right, "seed {seed}\n{source}\n{text}");
            }
        }
    }
    assert!(longest > 120, "the random commands are trivial: {longest}");
    assert!(plain_entries > 50, "hardly any has a plain entry: {plain_entries}");
}

fn compile(source: &str, optimized: bool) -> Program {
    let mut problems = Vec::new();
    let module = parse::parse(source, &mut problems);
    let none = Expansions::default();
    let mut checked = check::check(
        check::Source { text: source, examples: true },
        &[],
        &module.commands,
        &none,
        &mut problems,
    );
    assert!(problems.is_empty(), "{problems:#?}\n{source}");
    let command = checked.pop().unwrap();
    let mut function = ir::build(&command);
    if optimized {
        ir::optimize(&mut function, |_, _| ());
        codegen::generate("random.zvml", command.head, &function).unwrap()
    } else {
        codegen::generate_apart("random.zvml", command.head, &function).unwrap()
    }
}

/// The reply, and what the store holds afterwards.
fn run(program: &VerifiedProgram, args: &[&str], present: bool) -> (String, String) {
    let mut store = MapStore::new();
    let (mut registers, mut session) = (Registers::new(), FakeSession::new());
    if present {
        let key = store.key(b"k");
        zvm::Store::set_string(&mut store, key, zvm::Text::Integer(41), zvm::Expiry::At(5))
            .unwrap();
    }
    let args = OwnedArgs::new(args);
    let mut sink = RecordingSink::new();
    zvm::run(program, &args.frame(), &mut registers, &mut store, &mut session, &mut sink);
    (sink.reply().unwrap().to_owned(), store.dump())
}

/// Writes a random command that is right.
struct Source {
    state: u64,
    out: String,
    names: usize,
    integers: Vec<String>,
    truths: Vec<String>,
    maybe: Vec<String>,
    texts: Vec<String>,
    /// Which of the integers and truths may be assigned to.
    variables: Vec<String>,
    in_loop: bool,
    /// Whether the command has options, and no variadic parameter.
    options: bool,
}

impl Source {
    fn new(seed: u64, options: bool) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            out: String::new(),
            names: 0,
            integers: names(&["n"]),
            truths: if options { names(&["a"]) } else { Vec::new() },
            maybe: if options { names(&["b"]) } else { Vec::new() },
            texts: names(&["key", "n"]),
            variables: Vec::new(),
            in_loop: false,
            options,
        }
    }

    fn command(mut self) -> String {
        self.out.push_str("command T { access: WRITE run_where: ONE returns: Any params: ");
        self.out.push_str(if self.options {
            "(key: Key, n: Integer) opts: [A] [B b: Integer] body {\n"
        } else {
            "(key: Key, n: Integer, items: Bytes...) body {\n"
        });
        self.block(3, if self.options { 2 } else { 7 });
        let mut elements = self.integers.clone();
        elements.extend(self.truths.clone());
        elements.extend(self.texts.clone());
        elements.extend(self.maybe.clone());
        // Read at the end, an option would be read in every command.
        elements.retain(|name| name != "a" && name != "b");
        elements.extend([self.integer(2), self.truth(2), self.integer(1)]);
        let _ = write!(self.out, "return array [{}] }} }}", elements.join(", "));
        self.out
    }

    fn random(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % below.max(1)
    }

    fn one_of(&mut self, names: &[String]) -> Option<String> {
        let index = self.random(names.len());
        names.get(index).cloned()
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// A block whose names are known within it only; the outermost one's stay.
    fn block(&mut self, depth: usize, statements: usize) {
        let marks = [
            self.integers.len(),
            self.truths.len(),
            self.maybe.len(),
            self.texts.len(),
            self.variables.len(),
        ];
        for _ in 0..=self.random(statements) {
            self.statement(depth);
        }
        if depth < 3 {
            self.integers.truncate(marks[0]);
            self.truths.truncate(marks[1]);
            self.maybe.truncate(marks[2]);
            self.texts.truncate(marks[3]);
            self.variables.truncate(marks[4]);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.random(if depth == 0 { 7 } else { 11 }) {
            0 | 1 => {
                let (value, name) = (self.fallible(), self.fresh());
                let _ = writeln!(self.out, "let {name} = {value}");
                self.variables.push(name.clone());
                self.integers.push(name);
            }
            2 => {
                let value = self.fallible();
                if let Some(name) = self.one_of(&self.variables.clone()) {
                    let _ = writeln!(self.out, "{name} = {value}");
                }
            }
            3 => {
                let (value, name) = (self.truth(2), self.fresh());
                let _ = writeln!(self.out, "let {name} = {value}");
                self.truths.push(name);
            }
            4 => {
                let name = self.fresh();
                let _ = writeln!(self.out, "let {name} = @key_expiry(key) or 12");
                self.maybe.push(name);
            }
            5 => {
                let name = self.fresh();
                let text = self.one_of(&self.texts.clone()).unwrap_or_default();
                let _ = writeln!(self.out, "let {name} = @string_get(key) or \"none\"");
                let _ = writeln!(self.out, "@string_set(key, {text})");
                self.texts.push(name);
            }
            6 => {
                let test = self.truth(1);
                let value = self.integer(1);
                let _ = writeln!(self.out, "if {test} {{ @string_set_integer(key, {value}) }}");
            }
            7 | 8 => {
                let test = self.truth(2);
                let _ = writeln!(self.out, "if {test} {{");
                self.block(depth - 1, 4);
                self.out.push_str("} else {\n");
                self.block(depth - 1, 3);
                self.out.push_str("}\n");
            }
            9 if !self.in_loop && !self.options => self.for_loop(depth),
            _ => self.if_let(depth),
        }
    }

    fn for_loop(&mut self, depth: usize) {
        let name = self.fresh();
        let over = match self.random(4) {
            0 => format!("{}..{}", self.random(3), self.random(100)),
            1 => "@set_members(key)".to_owned(),
            _ => "items".to_owned(),
        };
        let _ = writeln!(self.out, "for {name} in {over} {{");
        self.in_loop = true;
        let names = if over.contains("..") { &mut self.integers } else { &mut self.texts };
        names.push(name);
        self.block(depth - 1, 5);
        let names = if over.contains("..") { &mut self.integers } else { &mut self.texts };
        names.pop();
        self.in_loop = false;
        self.out.push_str("}\n");
    }

    fn if_let(&mut self, depth: usize) {
        let Some(value) = self.one_of(&self.maybe.clone()) else { return };
        let name = self.fresh();
        let _ = writeln!(self.out, "if let {name} = {value} {{");
        self.integers.push(name);
        self.block(depth - 1, 3);
        self.integers.pop();
        self.out.push_str("}\n");
    }

    fn fallible(&mut self) -> String {
        let (value, other) = (self.integer(2), self.random(100));
        match self.random(3) {
            0 => format!("{value} + 0 or {other}"),
            1 => format!("({value}) * 1 or error(\"ERR {other}\")"),
            _ => value,
        }
    }

    fn integer(&mut self, depth: usize) -> String {
        let choice = self.random(if depth == 0 { 2 } else { 6 });
        match choice {
            0 => self.random(5).to_string(),
            1 => self.one_of(&self.integers.clone()).unwrap_or_default(),
            2 => "@now_ms()".to_owned(),
            _ => {
                let (left, right) = (self.integer(depth - 1), self.integer(depth - 1));
                let op = ["+", "-", "*", "/"][self.random(4)];
                format!("({left} {op} {right})")
            }
        }
    }

    fn truth(&mut self, depth: usize) -> String {
        match self.random(if depth == 0 { 3 } else { 7 }) {
            0 => ["true", "false"][self.random(2)].to_owned(),
            1 => self.one_of(&self.truths.clone()).unwrap_or_else(|| "true".to_owned()),
            2 => "@key_exists(key)".to_owned(),
            3 => format!("!{}", self.truth(depth - 1)),
            4 => {
                let op = ["==", "!=", "<", "<=", ">", ">="][self.random(6)];
                format!("({} {op} {})", self.integer(1), self.integer(1))
            }
            _ => {
                let op = ["&&", "||"][self.random(2)];
                format!("({} {op} {})", self.truth(depth - 1), self.truth(depth - 1))
            }
        }
    }
}
