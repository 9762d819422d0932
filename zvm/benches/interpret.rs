//! What a dispatch costs, and what a `GET` costs beside its store.
//!
//! `cargo bench -p carrier-zvm --features testing`

#![allow(missing_docs, reason = "criterion_group! makes a public function")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use zvm::testing::{LastReply, MapStore, OwnedArgs};
use zvm::{
    Expiry, NoSession, NoStore, Outcome, Registers, Store, Text, VerifiedProgram, assemble, run,
    verify,
};

/// Nine trivial operations, the last of them a reply, and `halt`.
const NINE: &str = "program \"NINE\"\nrun_where connection\nregisters 4
    int_const r0 1\nint_const r1 2\nint_add r2 r0 r1 end\nint_mul r2 r2 r1 end
    int_sub r2 r2 r0 end\nint_less r3 r0 r2\nbool_not r3 r3\ncopy r0 r2\nreply_integer r0\nhalt
    end: fault \"ERR overflow\"";

const GET: &str = "program \"GET\"\naccess read\nparam key: key
    key_ensure r0 string none\nreply_string r0\nhalt\nnone: reply_nil\nhalt";

fn program(text: &str) -> VerifiedProgram {
    let program = assemble(text).unwrap_or_else(|error| panic!("{error}"));
    verify(program).unwrap_or_else(|error| panic!("{error}"))
}

fn nine_operations(criterion: &mut Criterion) {
    let program = program(NINE);
    let args = OwnedArgs::default();
    let (mut registers, mut sink) = (Registers::new(), LastReply::default());
    let mut once = || {
        let frame = black_box(args.frame());
        run(&program, &frame, &mut registers, &mut NoStore, &mut NoSession, &mut sink)
    };
    assert_eq!(once(), Outcome::Replied);
    criterion.bench_function("nine operations", |bencher| bencher.iter(&mut once));
    assert_eq!(sink.integer, 5);
}

fn get(criterion: &mut Criterion) {
    let program = program(GET);
    let mut store = MapStore::new();
    let written = store.set_string(store.key(b"key"), Text::Bytes(b"value"), Expiry::Never);
    assert!(written.is_ok());
    let args = OwnedArgs::new(&["key"]);
    let mut frame = args.frame();
    frame.first_key_hash = Some(store.hash(b"key"));
    let (mut registers, mut sink) = (Registers::new(), LastReply::default());
    let mut once = || {
        let frame = black_box(frame);
        run(&program, &frame, &mut registers, &mut store, &mut NoSession, &mut sink)
    };
    assert_eq!(once(), Outcome::Replied);
    criterion.bench_function("GET over a BTreeMap of one key", |bencher| bencher.iter(&mut once));
    assert_eq!(sink.len, 5);
}

criterion_group!(benches, nine_operations, get);
criterion_main!(benches);
