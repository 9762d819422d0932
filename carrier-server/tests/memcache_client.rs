//! A client of memcached that others wrote: the `memcache` crate, in text and in packets.

mod support;

use std::collections::HashMap;
use std::thread;

use memcache::{Client, MemcacheError};
use support::peer::Peer;
use support::server::Server;

#[test]
fn text() {
    let server = Server::with_threads(2);
    drive(&format!("memcache://{}?protocol=ascii", server.address)).expect("replies");
}

#[test]
fn packets() {
    let server = Server::with_threads(3);
    drive(&format!("memcache://{}", server.address)).expect("replies");
}

#[test]
fn memcached_answers_the_same() {
    if let Some(memcached) = Peer::memcached("answers to the memcache crate") {
        for options in ["", "?protocol=ascii"] {
            drive(&format!("memcache://{}{options}", memcached.address)).expect("replies");
        }
    }
}

fn drive(url: &str) -> Result<(), MemcacheError> {
    let client = Client::with_pool_size(url, 20)?;
    client.flush()?;
    items(&client)?;
    conditions(&client)?;
    counters(&client)?;
    connections(&client);
    assert_eq!(client.version()?.len(), 1);
    assert_eq!(client.stats()?.len(), 1);
    client.flush()?;
    assert_eq!(client.get::<String>("text")?, None);
    Ok(())
}

fn items(client: &Client) -> Result<(), MemcacheError> {
    client.set("text", "value", 0)?;
    assert_eq!(client.get::<String>("text")?.as_deref(), Some("value"));
    assert_eq!(client.get::<String>("absent")?, None);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    client.set("bytes", bytes.as_slice(), 100)?;
    assert_eq!(client.get::<Vec<u8>>("bytes")?, Some(bytes));
    for at in 0..200 {
        client.set(&format!("many{at}"), at, 0)?;
    }
    let keys: Vec<String> = (0..200).map(|at| format!("many{at}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).chain(["absent"]).collect();
    let found: HashMap<String, i32> = client.gets(&keys)?;
    assert_eq!(found.len(), 200);
    assert!((0..200).all(|at| found.get(&format!("many{at}")) == Some(&at)));
    assert!(client.touch("text", 100)?);
    assert!(!client.touch("absent", 100)?);
    assert!(client.delete("many0")?);
    assert!(!client.delete("many0")?);
    Ok(())
}

fn conditions(client: &Client) -> Result<(), MemcacheError> {
    // What is not stored is an error to one of the crate's protocols and none to the other.
    client.add("once", "a", 0)?;
    let _ = client.add("once", "b", 0);
    assert_eq!(client.get::<String>("once")?.as_deref(), Some("a"));
    client.replace("once", "c", 0)?;
    let _ = client.replace("absent", "c", 0);
    assert_eq!(client.get::<String>("absent")?, None);
    client.append("once", "d")?;
    client.prepend("once", "b")?;
    assert_eq!(client.get::<String>("once")?.as_deref(), Some("bcd"));
    let found: HashMap<String, (Vec<u8>, u32, Option<u64>)> = client.gets(&["once"])?;
    let stamp = found.get("once").and_then(|item| item.2).expect("a stamp");
    assert!(client.cas("once", "e", 0, stamp)?);
    assert!(!client.cas("once", "f", 0, stamp)?);
    assert_eq!(client.get::<String>("once")?.as_deref(), Some("e"));
    Ok(())
}

fn counters(client: &Client) -> Result<(), MemcacheError> {
    client.set("count", 40, 0)?;
    assert_eq!(client.increment("count", 2)?, 42);
    assert_eq!(client.decrement("count", 50)?, 0);
    client.set("word", "a", 0)?;
    assert!(client.increment("word", 1).is_err());
    Ok(())
}

/// As many threads as the pool has connections, each with keys of its own.
fn connections(client: &Client) {
    thread::scope(|scope| {
        for thread in 0..20 {
            let client = client.clone();
            scope.spawn(move || {
                for at in 0..50 {
                    let key = format!("thread{thread}-{at}");
                    client.set(&key, at, 0).expect("it is stored");
                    assert_eq!(client.get::<i32>(&key).expect("a reply"), Some(at));
                }
            });
        }
    });
}
