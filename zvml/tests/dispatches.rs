//! How many steps frequent commands take: a step is a dispatch of the machine.

mod common;

use common::built_in_sources;
use zvm::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use zvm::{Program, Registers};

#[test]
fn frequent_commands_take_few_steps() {
    for (request, steps) in [
        (&["GET", "k"][..], 2),
        (&["GET", "missing"], 2),
        (&["SET", "k", "v"], 2),
        (&["INCR", "n"], 3),
        (&["DECR", "n"], 3),
        (&["INCRBY", "n", "5"], 3),
        (&["SADD", "s", "a"], 4),
        (&["SREM", "s", "a"], 4),
        (&["DEL", "k"], 3),
        (&["EXISTS", "k"], 3),
        (&["SISMEMBER", "s", "a"], 3),
    ] {
        assert_eq!(steps_of(&built_in(request[0]), &request[1..]), steps, "{request:?}");
    }
}

/// The rules are about opcodes, not about commands.
#[test]
fn a_command_of_the_same_body_is_the_same_code() {
    for name in ["GET", "SET", "INCR", "SADD"] {
        let (file, source) = built_in_sources()
            .into_iter()
            .find(|(_, source)| source.contains(&format!("command {name} {{")))
            .unwrap();
        let mut renamed = source.replace(&format!("command {name} {{"), "command MYOWN {");
        // An example calls the command that it stands in.
        renamed = renamed
            .lines()
            .filter(|line| !line.contains(" example: ") && !line.trim_start().starts_with("-> "))
            .fold(String::new(), |text, line| text + line + "\n");
        let programs = zvml::compile(&file, &renamed).unwrap();
        let own = programs.into_iter().find(|program| &*program.name == "MYOWN").unwrap();
        let known = built_in(name);
        assert_eq!(own.code, known.code);
        assert_eq!(own.constants, known.constants);
        assert_eq!(own.plain_entry, known.plain_entry);
    }
}

fn built_in(name: &str) -> Program {
    let programs = common::built_in_programs();
    programs.into_iter().find(|program| &*program.name == name).unwrap()
}

fn steps_of(program: &Program, args: &[&str]) -> usize {
    let program = zvm::verify(program.clone()).unwrap();
    let mut store = MapStore::new();
    let key = store.key(b"k");
    zvm::Store::set_string(&mut store, key, zvm::Text::Bytes(b"v"), zvm::Expiry::Never).unwrap();
    let key = store.key(b"s");
    zvm::Store::set_add(&mut store, key, b"a").unwrap();
    let (args, mut sink) = (OwnedArgs::new(args), RecordingSink::new());
    let (mut registers, mut session) = (Registers::new(), FakeSession::new());
    let mut steps = 0;
    let frame = args.frame();
    let count = |_, _| steps += 1;
    zvm::run_traced(&program, &frame, &mut registers, &mut store, &mut session, &mut sink, count);
    sink.reply().unwrap();
    steps
}
