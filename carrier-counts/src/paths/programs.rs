//! Programs in the virtual machine: what they cost beyond the store they ask.
//!
//! The store is a `BTreeMap` of one key and the reply is not encoded. What the calls to that store
//! cost by themselves is measured apart and taken off, so each `..._store` makes the calls that the
//! program makes.

use super::VALUE;
use crate::measure::measured;
use carrier_server::catalog::Library;
use std::hint::black_box;
use zvm::testing::{LastReply, MapStore, OwnedArgs};
use zvm::{
    Expiry, Key, NoSession, NoStore, Outcome, Registers, Store, Text, assemble, run, verify,
};

/// Nine operations that are little more than their dispatch, the last of them the reply.
pub(crate) fn nine() -> u64 {
    let program = assemble(NINE).expect("right assembly");
    let program = verify(program).expect("a right program");
    let args = OwnedArgs::default();
    let (mut registers, mut sink) = (Registers::new(), LastReply::default());
    let replied = measured(|| {
        let mut replied = 0;
        for _ in 0..TIMES {
            let frame = black_box(args.frame());
            let (store, session) = (&mut NoStore, &mut NoSession);
            let outcome = run(&program, &frame, &mut registers, store, session, &mut sink);
            replied += u64::from(outcome == Outcome::Replied);
        }
        replied
    });
    assert_eq!((replied, sink.integer), (TIMES, 5));
    replied
}

/// `GET` of a string.
pub(crate) fn get() -> u64 {
    let reply = command("GET", &[KEY], &mut with_string(&VALUE));
    assert_eq!(reply.len, VALUE.len());
    TIMES
}

/// What `GET` asks of the store.
pub(crate) fn get_store() -> u64 {
    store_calls(&mut with_string(&VALUE), |store, key| store.string(key).is_some())
}

/// `SET` without options over a string.
pub(crate) fn set() -> u64 {
    let mut store = with_string(b"other");
    let reply = command("SET", &[KEY, &VALUE], &mut store);
    assert_eq!(reply.len, "OK".len());
    let key = store.key(KEY);
    assert_eq!(store.string(key), Some(Text::Bytes(&VALUE)));
    TIMES
}

/// What `SET` asks of the store.
pub(crate) fn set_store() -> u64 {
    store_calls(&mut with_string(b"other"), |store, key| {
        store.set_string(key, Text::Bytes(black_box(&VALUE)), Expiry::Never).is_ok()
    })
}

/// `INCR` of a counter.
pub(crate) fn incr() -> u64 {
    let mut store = with_string(b"1000000");
    let reply = command("INCR", &[KEY], &mut store);
    assert_eq!(reply.integer, 1_000_000 + TIMES.cast_signed());
    TIMES
}

/// What `INCR` asks of the store.
pub(crate) fn incr_store() -> u64 {
    store_calls(&mut with_string(b"1000000"), |store, key| {
        let Some(Text::Integer(number)) = store.string(key) else { return false };
        store.set_string(key, Text::Integer(number + 1), Expiry::Keep).is_ok()
    })
}

/// `SADD` of one member, which is there but for the first time.
pub(crate) fn sadd() -> u64 {
    let mut store = MapStore::new();
    let reply = command("SADD", &[KEY, b"member"], &mut store);
    assert_eq!(reply.integer, 0);
    let key = store.key(KEY);
    assert_eq!(store.set_len(key), 1);
    TIMES
}

/// What `SADD` asks of the store.
pub(crate) fn sadd_store() -> u64 {
    let mut store = MapStore::new();
    let key = store.key(KEY);
    store.set_add(key, b"member").expect("there is room");
    store_calls(&mut store, |store, key| {
        store.kind(key).is_some() && store.set_add(key, black_box(b"member")) == Ok(false)
    })
}

fn with_string(value: &[u8]) -> MapStore {
    let mut store = MapStore::new();
    let key = store.key(KEY);
    store.set_string(key, Text::canonical(value), Expiry::Never).expect("there is room");
    store
}

/// Runs the server's command of that name; returns the last reply.
fn command(name: &str, args: &[&[u8]], store: &mut MapStore) -> LastReply {
    let library = Library::built_in().expect("the server's own commands");
    let program = library.catalog().find_by_name(name.as_bytes()).expect("a command").program();
    let args = OwnedArgs::new(args);
    let mut frame = args.frame();
    frame.first_key_hash = Some(store.hash(KEY));
    let (mut registers, mut sink) = (Registers::new(), LastReply::default());
    let replied = measured(|| {
        let mut replied = 0;
        for _ in 0..TIMES {
            let frame = black_box(frame);
            let outcome = run(program, &frame, &mut registers, store, &mut NoSession, &mut sink);
            replied += u64::from(outcome == Outcome::Replied);
        }
        replied
    });
    assert_eq!(replied, TIMES, "{name} replies");
    sink
}

fn store_calls(store: &mut MapStore, calls: impl Fn(&mut MapStore, Key<'_>) -> bool) -> u64 {
    let key = store.key(KEY);
    let done = measured(|| {
        (0..TIMES).map(|_| u64::from(calls(black_box(&mut *store), black_box(key)))).sum()
    });
    assert_eq!(done, TIMES, "every call does what it should");
    done
}

const KEY: &[u8] = b"key:000000000001";
const TIMES: u64 = 2_000;

const NINE: &str = "program \"NINE\"\nrun_where connection\nregisters 4
    int_const r0 1\nint_const r1 2\nint_add r2 r0 r1 end\nint_mul r2 r2 r1 end
    int_sub r2 r2 r0 end\nint_less r3 r0 r2\nbool_not r3 r3\ncopy r0 r2\nreply_integer r0\nhalt
    end: fault \"ERR overflow\"";
