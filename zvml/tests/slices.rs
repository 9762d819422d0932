//! However a program is sliced, it does what it does in one go.

mod common;

use proptest::prelude::*;
use zvm::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use zvm::{Expiry, Frame, Outcome, Registers, State, Store, Text, VerifiedProgram, resume, run};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// All of the requests are under way at the same time, on a store each but one register file
    /// for all of them, and go on in any order with any fuel.
    #[test]
    fn any_interleaving_of_slices_gives_the_same_replies(
        turns in proptest::collection::vec((any::<prop::sample::Index>(), 1_u32..6), 400),
        len in 1_usize..700,
    ) {
        let programs = common::built_in_programs();
        let mut whole = Vec::new();
        let mut under_way = Vec::new();
        for words in requests(len) {
            let program = programs.iter().find(|program| *program.name == *words[0]);
            let program = zvm::verify(program.unwrap().clone()).unwrap();
            let mut task = Task::new(program.clone(), &words);
            task.go_on(&mut Registers::new(), Frame::UNLIMITED);
            whole.push(task.result());
            under_way.push(Task::new(program, &words));
        }
        let mut registers = Registers::new();
        for (index, fuel) in &turns {
            let task = index.index(under_way.len());
            under_way[task].go_on(&mut registers, *fuel);
        }
        for (task, whole) in under_way.iter_mut().zip(&whole) {
            while !task.ended {
                task.go_on(&mut registers, 3);
            }
            prop_assert_eq!(&task.result(), whole);
            // No fuel reaches as far as 400 elements.
            prop_assert!(len < 400 || task.slices > 1, "{} took one slice", task.program.name);
        }
    }
}

/// Requests over `len` elements each, every one in its own words.
fn requests(len: usize) -> Vec<Vec<String>> {
    let numbered = |prefix: &str| (0..len).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    let with = |head: &[&str], rest: Vec<String>| {
        head.iter().map(|word| (*word).to_owned()).chain(rest).collect::<Vec<_>>()
    };
    let pairs = numbered("k").into_iter().flat_map(|key| [key.clone(), key]).collect();
    let count = (len * 2).to_string();
    vec![
        with(&["DEL"], numbered("k")),
        with(&["EXISTS"], numbered("k")),
        with(&["MGET"], numbered("k")),
        with(&["MSET"], pairs),
        with(&["SADD", "s"], numbered("k")),
        with(&["SREM", "s"], numbered("m")),
        with(&["SMEMBERS", "s"], Vec::new()),
        with(&["SCAN", "0", "MATCH", "*1*", "COUNT", &count], Vec::new()),
        with(&["get"], numbered("k")),
    ]
}

/// A request on a store of its own.
struct Task {
    program: VerifiedProgram,
    args: OwnedArgs,
    store: MapStore,
    sink: RecordingSink,
    state: Option<State>,
    slices: usize,
    ended: bool,
}

impl Task {
    fn new(program: VerifiedProgram, words: &[String]) -> Self {
        let mut store = MapStore::new();
        for number in 0..words.len().max(600) {
            let (key, member) = (format!("k{number}"), format!("m{number}"));
            if number % 3 > 0 {
                let (key, value) = (store.key(key.as_bytes()), Text::Bytes(member.as_bytes()));
                store.set_string(key, value, Expiry::Never).unwrap();
            }
            store.set_add(store.key(b"s"), member.as_bytes()).unwrap();
        }
        let args = OwnedArgs::new(&words[1..]);
        let sink = RecordingSink::new();
        Self { program, args, store, sink, state: None, slices: 0, ended: false }
    }

    fn go_on(&mut self, registers: &mut Registers, fuel: u32) {
        if self.ended {
            return;
        }
        self.slices += 1;
        let frame = Frame { fuel, ..self.args.frame() };
        let (program, store, sink) = (&self.program, &mut self.store, &mut self.sink);
        let mut session = FakeSession::new();
        let outcome = match self.state.take() {
            None => run(program, &frame, registers, store, &mut session, sink),
            Some(state) => resume(program, &frame, state, registers, store, &mut session, sink),
        };
        match outcome {
            Outcome::Yielded(state) => self.state = Some(*state),
            Outcome::Replied | Outcome::Faulted => self.ended = true,
        }
    }

    /// The reply, and what the store holds.
    fn result(&mut self) -> (String, String) {
        (self.sink.reply().unwrap().to_owned(), self.store.dump())
    }
}
