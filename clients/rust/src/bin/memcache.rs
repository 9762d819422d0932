//! The `memcache` crate with the text protocol: `memcache HOST PORT`. Removes the keys it writes.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::thread;

use carrier_clients::{Checks, Missing, Outcome, address, same};
use memcache::{Client, CommandError, MemcacheError};

type Check = fn(&Client) -> Outcome;

/// A name, the command that it needs beyond get, set and delete, and the check.
const CHECKS: &[(&str, Option<&'static str>, Check)] = &[
    ("set and get", None, |c| {
        c.set("k", "значение", 0)?;
        same(c.get::<String>("k")?.as_deref(), Some("значение"))?;
        same(c.get::<String>("absent")?, None::<String>)
    }),
    ("binary", None, |c| {
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        c.set("k", bytes.as_slice(), 0)?;
        same(c.get::<Vec<u8>>("k")?, Some(bytes))
    }),
    ("large", None, |c| {
        let large = vec![b'x'; 1_000_000];
        c.set("k", large.as_slice(), 0)?;
        same(c.get::<Vec<u8>>("k")? == Some(large), true)
    }),
    ("numbers", None, |c| {
        c.set("k", 42, 100)?;
        same(c.get::<i32>("k")?, Some(42))
    }),
    ("delete", None, |c| {
        c.set("k", "v", 0)?;
        same(c.delete("k")?, true)?;
        same(c.delete("k")?, false)
    }),
    ("many keys", Some("gets"), |c| {
        for at in 0..100 {
            c.set(&format!("m{at}"), at, 0)?;
        }
        let keys: Vec<String> = (0..100).map(|at| format!("m{at}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).chain(["absent"]).collect();
        let found: HashMap<String, i32> = c.gets(&keys)?;
        same((0..100).all(|at| found.get(&format!("m{at}")) == Some(&at)), true)?;
        same(found.len(), 100)
    }),
    ("version", None, |c| same(c.version()?.len(), 1)),
    ("50 connections", None, |c| {
        let work = |c: Client, at: usize| -> Result<bool, MemcacheError> {
            c.set(&format!("c{at}"), at as u64, 0)?;
            Ok(c.get::<u64>(&format!("c{at}"))? == Some(at as u64))
        };
        let spawn = |at| {
            let c = c.clone();
            thread::spawn(move || work(c, at))
        };
        let workers: Vec<_> = (0..50).map(spawn).collect();
        for worker in workers {
            same(worker.join().map_err(|_| "a thread panicked")??, true)?;
        }
        Ok(())
    }),
    ("add and replace", Some("add"), |c| {
        c.delete("k")?;
        c.add("k", "v", 0)?;
        c.replace("k", "w", 0)?;
        same(c.get::<String>("k")?.as_deref(), Some("w"))
    }),
    ("append and prepend", Some("append"), |c| {
        c.set("k", "b", 0)?;
        c.append("k", "c")?;
        c.prepend("k", "a")?;
        same(c.get::<String>("k")?.as_deref(), Some("abc"))
    }),
    ("counters", Some("incr"), |c| {
        c.set("k", 41, 0)?;
        same(c.increment("k", 1)?, 42)?;
        same(c.decrement("k", 50)?, 0)
    }),
    ("compare and swap", Some("gets"), |c| {
        c.set("k", "v", 0)?;
        let found: HashMap<String, (Vec<u8>, u32, Option<u64>)> = c.gets(&["k"])?;
        let token = found.get("k").and_then(|(_, _, token)| *token).ok_or("no token")?;
        same(c.cas("k", "w", 0, token)?, true)?;
        same(c.cas("k", "x", 0, token)?, false)
    }),
    ("touch", Some("touch"), |c| {
        c.set("k", "v", 0)?;
        same(c.touch("k", 1000)?, true)
    }),
    ("flush", Some("flush_all"), |c| c.flush().map_err(Into::into)),
];

fn main() -> ExitCode {
    let (host, port) = address();
    let mut checks = Checks::new("memcache (Rust)", "memcache");
    let url = format!("memcache://{host}:{port}?protocol=ascii");
    match Client::with_pool_size(url, 50) {
        Err(error) => checks.report("connect", &Err(error.into())),
        Ok(client) => {
            for (name, needed, check) in CHECKS {
                let outcome = check(&client).map_err(|error| match needed {
                    Some(command) if is_unknown(error.as_ref()) => Missing(command).into(),
                    _ => error,
                });
                checks.report(name, &outcome);
            }
        }
    }
    checks.exit()
}

/// An unknown command is answered with a bare `ERROR`.
fn is_unknown(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let error = error.downcast_ref::<MemcacheError>();
    matches!(error, Some(MemcacheError::CommandError(CommandError::InvalidCommand)))
}
