//! The `redis` crate with a blocking connection, in both protocol versions: `redis-sync HOST PORT`.
//! Empties the server.

use std::collections::{BTreeSet, HashMap};
use std::process::ExitCode;
use std::thread;

use carrier_clients::{Checks, Outcome, address, refused, same};
use redis::{
    Client, Commands as _, Connection, ConnectionLike as _, ErrorKind, ExistenceCheck, RedisResult,
    ServerErrorKind, SetExpiry, SetOptions, cmd, pipe,
};

type Check = fn(&mut Connection, &str) -> Outcome;

/// Each is given a connection to an empty server, and the URL it was made from.
const CHECKS: &[(&str, Check)] = &[
    ("ping", |c, _| {
        same(cmd("PING").query::<String>(c)?, "PONG")?;
        same(cmd("ECHO").arg("слово").query::<String>(c)?, "слово")
    }),
    ("set and get", |c, _| {
        c.set::<_, _, ()>("text", "value")?;
        same(c.get::<_, String>("text")?, "value")?;
        same(c.get::<_, Option<String>>("absent")?, None::<String>)
    }),
    ("binary", |c, _| {
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        c.set::<_, _, ()>(b"\0\xff", &bytes)?;
        same(c.get::<_, Vec<u8>>(b"\0\xff")?, bytes)
    }),
    ("large", |c, _| {
        let large = vec![b'x'; 1 << 20];
        c.set::<_, _, ()>("large", &large)?;
        same(c.get::<_, Vec<u8>>("large")? == large, true)
    }),
    ("set options", |c, _| {
        let nx = SetOptions::default().conditional_set(ExistenceCheck::NX);
        same(c.set_options::<_, _, Option<String>>("k", 1, nx.clone())?.as_deref(), Some("OK"))?;
        same(c.set_options::<_, _, Option<String>>("k", 2, nx)?, None::<String>)?;
        let get = SetOptions::default().get(true);
        same(c.set_options::<_, _, Option<i64>>("k", 3, get)?, Some(1))
    }),
    ("many keys", |c, _| {
        c.mset::<_, _, ()>(&[("a", 1), ("b", 2)])?;
        same(c.mget::<_, Vec<Option<i64>>>(&["a", "absent", "b"])?, [Some(1), None, Some(2)])?;
        same(c.exists::<_, i64>(&["a", "b", "absent"])?, 2)?;
        same(c.del::<_, i64>(&["a", "absent"])?, 1)
    }),
    ("counters", |c, _| {
        same(c.incr::<_, _, i64>("n", 1)?, 1)?;
        same(c.incr::<_, _, i64>("n", 41)?, 42)?;
        same(c.decr::<_, _, i64>("n", 2)?, 40)
    }),
    ("expiry", |c, _| {
        let brief = SetOptions::default().with_expiration(SetExpiry::EX(100));
        c.set_options::<_, _, ()>("k", 1, brief)?;
        same((99..=100).contains(&c.ttl::<_, i64>("k")?), true)?;
        same(c.persist::<_, bool>("k")?, true)?;
        same(c.expire::<_, bool>("k", 100)?, true)?;
        same(c.ttl::<_, i64>("absent")?, -2)
    }),
    ("sets", |c, _| {
        same(c.sadd::<_, _, i64>("s", &["x", "y", "x"])?, 2)?;
        same(c.sismember::<_, _, bool>("s", "x")?, true)?;
        same(c.smembers::<_, BTreeSet<String>>("s")?.len(), 2)?;
        same(c.srem::<_, _, i64>("s", &["x", "z"])?, 1)?;
        same(c.key_type::<_, String>("s")?, "set")
    }),
    ("hashes", |c, _| {
        c.hset_multiple::<_, _, _, ()>("h", &[("f", 1), ("g", 2)])?;
        let all: HashMap<String, i64> = c.hgetall("h")?;
        same(all, HashMap::from([("f".to_owned(), 1), ("g".to_owned(), 2)]))
    }),
    ("lists", |c, _| {
        same(c.rpush::<_, _, i64>("l", &["a", "b"])?, 2)?;
        same(c.lrange::<_, Vec<String>>("l", 0, -1)?, ["a", "b"])
    }),
    ("sorted sets", |c, _| {
        same(c.zadd::<_, _, _, i64>("z", "a", 1.5)?, 1)?;
        same(c.zscore::<_, _, f64>("z", "a")?, 1.5)
    }),
    ("streams", |c, _| same(c.xadd::<_, _, _, _, String>("x", "1-1", &[("f", "v")])?, "1-1")),
    ("scripts", |c, _| {
        same(redis::Script::new("return ARGV[1]").arg("v").invoke::<String>(c)?, "v")
    }),
    ("transaction", |c, _| {
        same(pipe().atomic().incr("n", 1).incr("n", 1).query::<Vec<i64>>(c)?, [1, 2])
    }),
    ("wrong type", |c, _| {
        c.sadd::<_, _, ()>("s", "x")?;
        refused(c.get::<_, String>("s"), "wrong kind of value")?;
        let error = c.get::<_, String>("s").expect_err("a set is no string");
        same(error.code(), Some("WRONGTYPE"))
    }),
    ("errors", |c, _| {
        c.set::<_, _, ()>("text", "value")?;
        let error = c.incr::<_, _, i64>("text", 1).expect_err("text is no number");
        same(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError))?;
        refused(cmd("NOSUCH").query::<()>(c), "unknown command")?;
        same(cmd("PING").query::<String>(c)?, "PONG")
    }),
    ("scan", |c, _| {
        let many: Vec<_> = (0..1000).map(|at| (format!("scan:{at}"), at)).collect();
        c.mset::<_, _, ()>(&many)?;
        c.set::<_, _, ()>("other", 1)?;
        let found = c.scan_match::<_, String>("scan:*")?.collect::<RedisResult<BTreeSet<_>>>()?;
        same(found, many.into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>())
    }),
    ("pipeline", |c, _| {
        let mut pipeline = pipe();
        for at in 0..1000 {
            pipeline.set(format!("p{at}"), at).ignore().get(format!("p{at}"));
        }
        same(pipeline.query::<Vec<usize>>(c)?, (0..1000).collect::<Vec<_>>())
    }),
    ("server", |c, _| {
        let info: redis::InfoDict = cmd("INFO").query(c)?;
        same(info.get::<String>("redis_version").map(|v| v.starts_with("7.")), Some(true))?;
        let settings: HashMap<String, String> =
            cmd("CONFIG").arg("GET").arg("maxmemory").query(c)?;
        same(settings.len(), 1)?;
        same(cmd("CLIENT").arg("ID").query::<i64>(c)? > 0, true)
    }),
    ("databases", |c, url| {
        let url = url.replacen("/0", "/3", 1);
        let mut other = Client::open(url)?.get_connection()?;
        other.set::<_, _, ()>("only", 1)?;
        same(c.exists::<_, bool>("only")?, false)?;
        cmd("SELECT").arg(3).query::<()>(c)?;
        let found = c.exists::<_, bool>("only")?;
        cmd("SELECT").arg(0).query::<()>(c)?;
        same(found, true)
    }),
    ("publish and subscribe", |c, url| {
        let mut listener = Client::open(url)?.get_connection()?;
        let mut channel = listener.as_pubsub();
        channel.subscribe("news")?;
        same(c.publish::<_, _, i64>("news", "word")?, 1)?;
        same(channel.get_message()?.get_payload::<String>()?, "word")
    }),
    ("50 connections", |c, url| {
        let work = |url: String| -> RedisResult<()> {
            let mut own = Client::open(url)?.get_connection()?;
            (0..40).try_for_each(|_| own.incr::<_, _, ()>("shared", 1))
        };
        let workers: Vec<_> =
            (0..50).map(|_| url.to_owned()).map(|u| thread::spawn(move || work(u))).collect();
        for worker in workers {
            worker.join().map_err(|_| "a thread panicked")??;
        }
        same(c.get::<_, i64>("shared")?, 2000)
    }),
    ("reconnect", |_, url| {
        let client = Client::open(url)?;
        let mut connection = client.get_connection()?;
        cmd("QUIT").query::<()>(&mut connection)?;
        refused(cmd("PING").query::<()>(&mut connection), "")?;
        same(connection.is_open(), false)?;
        same(cmd("PING").query::<String>(&mut client.get_connection()?)?, "PONG")
    }),
];

fn main() -> ExitCode {
    let (host, port) = address();
    let mut checks = Checks::new("redis (Rust)", "redis");
    for (label, options) in [("defaults", ""), ("resp3", "?protocol=resp3")] {
        let url = format!("redis://{host}:{port}/0{options}");
        let connect = || Client::open(url.as_str())?.get_connection();
        match connect() {
            Err(error) => checks.report(&format!("{label}/connect"), &Err(error.into())),
            Ok(mut connection) => {
                for (name, check) in CHECKS {
                    let emptied = cmd("FLUSHALL").query::<()>(&mut connection);
                    let outcome = emptied.map_err(Into::into);
                    let outcome = outcome.and_then(|()| check(&mut connection, &url));
                    checks.report(&format!("{label}/{name}"), &outcome);
                }
            }
        }
    }
    checks.exit()
}
