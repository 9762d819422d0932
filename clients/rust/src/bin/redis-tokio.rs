//! The `redis` crate with its multiplexed and its reconnecting connection: `redis-tokio HOST PORT`.
//!
//! What a command answers is checked in `redis-sync`; here stands what is different when many
//! requests are on their way. Empties the server.

use std::collections::BTreeSet;
use std::process::ExitCode;

use carrier_clients::{Checks, Outcome, address, refused, same};
use futures::future::try_join_all;
use futures::stream::StreamExt as _;
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::{AsyncCommands as _, Client, RedisResult, cmd, pipe};

#[tokio::main]
async fn main() -> ExitCode {
    let (host, port) = address();
    let mut checks = Checks::new("redis (Rust, tokio)", "redis");
    for (label, options) in [("resp2", ""), ("resp3", "?protocol=resp3")] {
        let url = format!("redis://{host}:{port}/1{options}");
        if let Err(error) = all(&mut checks, label, &url).await {
            checks.report(&format!("{label}/connect"), &Err(error.into()));
        }
    }
    checks.exit()
}

async fn all(checks: &mut Checks, label: &str, url: &str) -> RedisResult<()> {
    let client = Client::open(url)?;
    let c = client.get_multiplexed_async_connection().await?;
    cmd("FLUSHALL").query_async::<()>(&mut c.clone()).await?;
    let mut run = async |name: &str, check: std::pin::Pin<Box<dyn Future<Output = Outcome>>>| {
        checks.run(&format!("{label}/{name}"), check).await;
    };
    run("set and get", Box::pin(set_and_get(c.clone()))).await;
    run("large", Box::pin(large(c.clone()))).await;
    run("requests at once", Box::pin(at_once(c.clone()))).await;
    run("pipeline", Box::pin(pipeline(c.clone()))).await;
    run("transaction", Box::pin(transaction(c.clone()))).await;
    run("wrong type", Box::pin(wrong_type(c.clone()))).await;
    run("scan", Box::pin(scan(c.clone()))).await;
    run("publish and subscribe", Box::pin(publish(client.clone(), c))).await;
    run("50 connections", Box::pin(connections(client.clone()))).await;
    run("reconnect", Box::pin(reconnect(client))).await;
    Ok(())
}

async fn set_and_get(mut c: MultiplexedConnection) -> Outcome {
    c.set::<_, _, ()>("ключ", "значение").await?;
    same(c.get::<_, String>("ключ").await?, "значение")?;
    same(c.get::<_, Option<String>>("absent").await?, None::<String>)
}

async fn large(mut c: MultiplexedConnection) -> Outcome {
    let large = vec![b'x'; 1 << 20];
    c.set::<_, _, ()>("large", &large).await?;
    same(c.get::<_, Vec<u8>>("large").await? == large, true)
}

/// A thousand tasks share one connection.
async fn at_once(c: MultiplexedConnection) -> Outcome {
    let tasks = (0..1000).map(|at| {
        let mut c = c.clone();
        async move {
            c.set::<_, _, ()>(format!("t{at}"), at).await?;
            RedisResult::Ok(c.get::<_, usize>(format!("t{at}")).await? == at)
        }
    });
    same(try_join_all(tasks).await?.into_iter().all(|is_own| is_own), true)
}

async fn pipeline(mut c: MultiplexedConnection) -> Outcome {
    let mut pipeline = pipe();
    for at in 0..1000 {
        pipeline.set(format!("p{at}"), at).ignore().get(format!("p{at}"));
    }
    same(pipeline.query_async::<Vec<usize>>(&mut c).await?, (0..1000).collect::<Vec<_>>())
}

async fn transaction(mut c: MultiplexedConnection) -> Outcome {
    let replies: Vec<i64> = pipe().atomic().incr("n", 1).incr("n", 1).query_async(&mut c).await?;
    same(replies, [1, 2])
}

async fn wrong_type(mut c: MultiplexedConnection) -> Outcome {
    c.sadd::<_, _, ()>("set", "x").await?;
    refused(c.get::<_, String>("set").await, "wrong kind of value")
}

async fn scan(mut c: MultiplexedConnection) -> Outcome {
    let many: Vec<_> = (0..1000).map(|at| (format!("scan:{at}"), at)).collect();
    c.mset::<_, _, ()>(&many).await?;
    let keys = c.scan_match::<_, String>("scan:*").await?;
    let found: Vec<RedisResult<String>> = keys.collect().await;
    let found = found.into_iter().collect::<RedisResult<BTreeSet<_>>>()?;
    same(found, many.into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>())
}

async fn publish(client: Client, mut c: MultiplexedConnection) -> Outcome {
    let mut channel = client.get_async_pubsub().await?;
    channel.subscribe("news").await?;
    same(c.publish::<_, _, i64>("news", "word").await?, 1)?;
    let message = channel.on_message().next().await.ok_or("no message")?;
    same(message.get_payload::<String>()?, "word")
}

async fn connections(client: Client) -> Outcome {
    let tasks = (0..50).map(|_| {
        let client = client.clone();
        async move {
            let mut own = client.get_multiplexed_async_connection().await?;
            for _ in 0..40 {
                own.incr::<_, _, ()>("shared", 1).await?;
            }
            RedisResult::Ok(())
        }
    });
    try_join_all(tasks).await?;
    let mut c = client.get_multiplexed_async_connection().await?;
    same(c.get::<_, i64>("shared").await?, 2000)
}

/// The server closes the connection. One request may fail; the manager connects again, with the
/// database that the URL names.
async fn reconnect(client: Client) -> Outcome {
    let mut manager = ConnectionManager::new(client).await?;
    manager.set::<_, _, ()>("only", 1).await?;
    cmd("QUIT").query_async::<()>(&mut manager).await?;
    let _: RedisResult<i64> = manager.get("only").await;
    same(manager.get::<_, i64>("only").await?, 1)
}
