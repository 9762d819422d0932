//! fred, in both protocol versions: `fred HOST PORT`. Empties the server.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::process::ExitCode;

use carrier_clients::{Checks, Outcome, address, refused, same};
use fred::prelude::*;
use fred::types::config::ReconnectPolicy;
use fred::types::{ClusterHash, CustomCommand, RespVersion};
use futures::future::try_join_all;
use futures::stream::TryStreamExt as _;

type Check = fn(Client) -> Pin<Box<dyn Future<Output = Outcome>>>;

/// Each is given a client of an empty server.
const CHECKS: &[(&str, Check)] = &[
    ("ping", |c| Box::pin(async move { same(c.ping::<String>(None).await?, "PONG") })),
    ("set and get", |c| Box::pin(set_and_get(c))),
    ("large", |c| Box::pin(large(c))),
    ("set options", |c| Box::pin(set_options(c))),
    ("many keys", |c| Box::pin(many_keys(c))),
    ("counters", |c| Box::pin(counters(c))),
    ("expiry", |c| Box::pin(expiry(c))),
    ("sets", |c| Box::pin(sets(c))),
    ("hashes", |c| Box::pin(hashes(c))),
    ("lists", |c| Box::pin(lists(c))),
    ("sorted sets", |c| Box::pin(sorted_sets(c))),
    ("scripts", |c| Box::pin(scripts(c))),
    ("transaction", |c| Box::pin(transaction(c))),
    ("errors", |c| Box::pin(errors(c))),
    ("scan", |c| Box::pin(scan(c))),
    ("pipeline", |c| Box::pin(pipeline(c))),
    ("requests at once", |c| Box::pin(at_once(c))),
    ("50 connections", |c| Box::pin(connections(c))),
    ("databases", |c| Box::pin(databases(c))),
    ("reconnect", |c| Box::pin(reconnect(c))),
];

#[tokio::main]
async fn main() -> ExitCode {
    let (host, port) = address();
    let mut checks = Checks::new("fred", "fred");
    for (label, version) in [("resp2", RespVersion::RESP2), ("resp3", RespVersion::RESP3)] {
        let config = Config {
            version,
            server: ServerConfig::new_centralized(host.clone(), port),
            ..Config::default()
        };
        let client = Client::new(config, None, None, Some(ReconnectPolicy::new_constant(20, 50)));
        if let Err(error) = client.init().await {
            checks.report(&format!("{label}/connect"), &Err(error.into()));
            continue;
        }
        for (name, check) in CHECKS {
            let emptied = client.flushall::<()>(false).await;
            let run = async {
                emptied?;
                check(client.clone()).await
            };
            checks.run(&format!("{label}/{name}"), run).await;
        }
        let quit = client.quit().await.map_err(Into::into);
        checks.report(&format!("{label}/quit"), &quit);
    }
    checks.exit()
}

async fn set_and_get(c: Client) -> Outcome {
    c.set::<(), _, _>("ключ", "значение", None, None, false).await?;
    same(c.get::<String, _>("ключ").await?, "значение")?;
    same(c.get::<Option<String>, _>("absent").await?, None::<String>)?;
    let bytes: Vec<u8> = (0..=255).collect();
    c.set::<(), _, _>("binary", bytes.as_slice(), None, None, false).await?;
    same(c.get::<Vec<u8>, _>("binary").await?, bytes)
}

async fn large(c: Client) -> Outcome {
    let large = "x".repeat(1 << 20);
    c.set::<(), _, _>("large", large.as_str(), None, None, false).await?;
    same(c.get::<String, _>("large").await? == large, true)
}

async fn set_options(c: Client) -> Outcome {
    let nx = || Some(SetOptions::NX);
    same(c.set::<Option<String>, _, _>("k", 1, None, nx(), false).await?.as_deref(), Some("OK"))?;
    same(c.set::<Option<String>, _, _>("k", 2, None, nx(), false).await?, None::<String>)?;
    same(c.set::<Option<i64>, _, _>("k", 3, None, None, true).await?, Some(1))
}

async fn many_keys(c: Client) -> Outcome {
    c.mset(vec![("a", 1), ("b", 2)]).await?;
    let got: Vec<Option<i64>> = c.mget(vec!["a", "absent", "b"]).await?;
    same(got, [Some(1), None, Some(2)])?;
    same(c.exists::<i64, _>(vec!["a", "b", "absent"]).await?, 2)?;
    same(c.del::<i64, _>(vec!["a", "absent"]).await?, 1)
}

async fn counters(c: Client) -> Outcome {
    same(c.incr::<i64, _>("n").await?, 1)?;
    same(c.incr_by::<i64, _>("n", 41).await?, 42)?;
    same(c.decr_by::<i64, _>("n", 2).await?, 40)
}

async fn expiry(c: Client) -> Outcome {
    c.set::<(), _, _>("k", 1, Some(Expiration::EX(100)), None, false).await?;
    same((99..=100).contains(&c.ttl::<i64, _>("k").await?), true)?;
    same(c.persist::<bool, _>("k").await?, true)?;
    same(c.expire::<bool, _>("k", 100, None).await?, true)
}

async fn sets(c: Client) -> Outcome {
    same(c.sadd::<i64, _, _>("s", vec!["x", "y"]).await?, 2)?;
    same(c.sismember::<bool, _, _>("s", "x").await?, true)?;
    same(c.smembers::<BTreeSet<String>, _>("s").await?.len(), 2)?;
    same(c.srem::<i64, _, _>("s", "x").await?, 1)
}

async fn hashes(c: Client) -> Outcome {
    same(c.hset::<i64, _, _>("h", vec![("f", 1), ("g", 2)]).await?, 2)?;
    let all: HashMap<String, i64> = c.hgetall("h").await?;
    same(all, HashMap::from([("f".to_owned(), 1), ("g".to_owned(), 2)]))
}

async fn lists(c: Client) -> Outcome {
    same(c.rpush::<i64, _, _>("l", vec!["a", "b"]).await?, 2)?;
    same(c.lrange::<Vec<String>, _>("l", 0, -1).await?, ["a", "b"])
}

async fn sorted_sets(c: Client) -> Outcome {
    same(c.zadd::<i64, _, _>("z", None, None, false, false, (1.5, "a")).await?, 1)?;
    same(c.zscore::<f64, _, _>("z", "a").await?, 1.5)
}

async fn scripts(c: Client) -> Outcome {
    let keys: Vec<String> = Vec::new();
    same(c.eval::<String, _, _, _>("return ARGV[1]", keys, "v").await?, "v")
}

async fn transaction(c: Client) -> Outcome {
    let transaction = c.multi();
    transaction.incr::<(), _>("n").await?;
    transaction.incr::<(), _>("n").await?;
    same(transaction.exec::<Vec<i64>>(true).await?, [1, 2])
}

async fn errors(c: Client) -> Outcome {
    c.sadd::<(), _, _>("s", "x").await?;
    refused(c.get::<String, _>("s").await, "wrong kind of value")?;
    refused(custom(&c, "NOSUCH").await, "unknown command")?;
    same(c.ping::<String>(None).await?, "PONG")
}

async fn scan(c: Client) -> Outcome {
    let many: Vec<_> = (0..1000).map(|at| (format!("scan:{at}"), at)).collect();
    c.mset(many.clone()).await?;
    let found = c.scan_buffered("scan:*", Some(37), None);
    let found: Vec<Key> = found.try_collect().await?;
    let found: BTreeSet<String> = found.into_iter().filter_map(|key| key.into_string()).collect();
    same(found, many.into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>())
}

async fn pipeline(c: Client) -> Outcome {
    let pipeline = c.pipeline();
    for _ in 0..1000 {
        pipeline.incr::<(), _>("n").await?;
    }
    same(pipeline.all::<Vec<i64>>().await?, (1..=1000).collect::<Vec<_>>())
}

async fn at_once(c: Client) -> Outcome {
    let sums = try_join_all((0..1000).map(|_| c.incr::<i64, _>("n"))).await?;
    same(sums.into_iter().collect::<BTreeSet<_>>(), (1..=1000).collect::<BTreeSet<_>>())
}

async fn connections(c: Client) -> Outcome {
    let pool = Pool::new(c.client_config(), None, None, None, 50)?;
    pool.init().await?;
    try_join_all((0..2000).map(|_| pool.next().incr::<i64, _>("shared"))).await?;
    same(c.get::<i64, _>("shared").await?, 2000)?;
    pool.quit().await.map_err(Into::into)
}

async fn databases(c: Client) -> Outcome {
    let config = Config { database: Some(1), ..c.client_config() };
    let other = Client::new(config, None, None, None);
    other.init().await?;
    other.set::<(), _, _>("only", 1, None, None, false).await?;
    same(c.exists::<i64, _>("only").await?, 0)?;
    c.select(1).await?;
    let found = c.exists::<i64, _>("only").await?;
    c.select(0).await?;
    same(found, 1)?;
    other.quit().await.map_err(Into::into)
}

/// The server closes the connection; the client connects again by itself.
async fn reconnect(c: Client) -> Outcome {
    c.set::<(), _, _>("only", 1, None, None, false).await?;
    // Whether its reply or the end of the connection is seen first is left to chance.
    let _ = custom(&c, "QUIT").await;
    same(c.get::<i64, _>("only").await?, 1)
}

async fn custom(c: &Client, command: &'static str) -> FredResult<Value> {
    let command = CustomCommand::new_static(command, ClusterHash::FirstKey, false);
    c.custom::<Value, String>(command, Vec::new()).await
}
