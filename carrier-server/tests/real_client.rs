//! A client that others wrote: the `redis` crate with its defaults, in both protocol versions.

mod support;

use std::collections::{BTreeSet, HashMap};

use redis::{
    Client, Commands as _, Connection, ErrorKind, ExistenceCheck, RedisResult, ServerErrorKind,
    SetExpiry, SetOptions, Value,
};
use support::peer::Peer;
use support::server::Server;

#[test]
fn resp2() {
    let server = Server::with_threads(2);
    drive(&server.address.to_string(), "");
}

#[test]
fn resp3() {
    let server = Server::with_threads(3);
    drive(&server.address.to_string(), "?protocol=resp3");
}

#[test]
fn redis_answers_the_same() {
    if let Some(redis) = Peer::redis("answers to the redis crate") {
        drive(&redis.address.to_string(), "");
        drive(&redis.address.to_string(), "?protocol=resp3");
    }
}

fn drive(address: &str, options: &str) {
    let client = Client::open(format!("redis://{address}/{options}")).expect("a URL");
    let mut connection = client.get_connection().expect("the server accepts");
    strings(&mut connection).expect("strings");
    keys(&mut connection).expect("keys");
    sets(&mut connection).expect("sets");
    pipelines(&mut connection).expect("pipelines");
    server(&mut connection, options).expect("the server");
    failures(&mut connection);
    let url = format!("redis://{address}/3{options}");
    let mut other = Client::open(url).expect("a URL").get_connection().expect("a database");
    assert_eq!(other.exists("text"), Ok(false));
    assert_eq!(connection.exists("text"), Ok(true));
}

fn strings(connection: &mut Connection) -> RedisResult<()> {
    let _: () = redis::cmd("FLUSHALL").query(connection)?;
    let _: () = connection.set("text", "value")?;
    assert_eq!(connection.get::<_, String>("text")?, "value");
    assert_eq!(connection.get::<_, Option<String>>("absent")?, None);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let _: () = connection.set(b"\0\xff", bytes.as_slice())?;
    assert_eq!(connection.get::<_, Vec<u8>>(b"\0\xff")?, bytes);
    let _: () = connection.set("number", 41)?;
    assert_eq!(connection.incr::<_, _, i64>("number", 1)?, 42);
    assert_eq!(connection.get::<_, i64>("number")?, 42);
    let if_absent = SetOptions::default().conditional_set(ExistenceCheck::NX);
    assert_eq!(connection.set_options::<_, _, Option<String>>("number", 1, if_absent)?, None);
    let _: () = connection.mset(&[("a", 1), ("b", 2), ("c", 3)])?;
    let values: Vec<Option<i64>> = connection.mget(&["a", "absent", "c", "b"])?;
    assert_eq!(values, [Some(1), None, Some(3), Some(2)]);
    let brief = SetOptions::default().with_expiration(SetExpiry::EX(100_000));
    let _: () = connection.set_options("brief", 1, brief)?;
    let left: i64 = connection.ttl("brief")?;
    assert!((99_000..=100_000).contains(&left), "{left}");
    Ok(())
}

fn keys(connection: &mut Connection) -> RedisResult<()> {
    assert_eq!(connection.exists::<_, i64>(&["a", "b", "absent"])?, 2);
    assert_eq!(connection.del::<_, i64>(&["a", "absent"])?, 1);
    assert!(connection.expire::<_, bool>("b", 100_000)?);
    assert!(connection.persist::<_, bool>("b")?);
    assert_eq!(connection.ttl::<_, i64>("b")?, -1);
    assert_eq!(connection.ttl::<_, i64>("absent")?, -2);
    assert_eq!(connection.key_type::<_, String>("b")?, "string");
    let many: Vec<(String, usize)> = (0..500).map(|at| (format!("scan:{at}"), at)).collect();
    let _: () = connection.mset(&many)?;
    let found: BTreeSet<String> =
        connection.scan_match::<_, String>("scan:*")?.collect::<RedisResult<_>>()?;
    assert_eq!(found, many.into_iter().map(|(key, _)| key).collect());
    Ok(())
}

fn sets(connection: &mut Connection) -> RedisResult<()> {
    assert_eq!(connection.sadd::<_, _, i64>("set", &["x", "y", "x"])?, 2);
    assert_eq!(connection.scard::<_, i64>("set")?, 2);
    assert!(connection.sismember::<_, _, bool>("set", "x")?);
    assert!(!connection.sismember::<_, _, bool>("set", "z")?);
    let members: BTreeSet<String> = connection.smembers("set")?;
    assert_eq!(members, BTreeSet::from(["x".to_owned(), "y".to_owned()]));
    assert_eq!(connection.srem::<_, _, i64>("set", &["x", "z"])?, 1);
    Ok(())
}

fn pipelines(connection: &mut Connection) -> RedisResult<()> {
    let mut pipeline = redis::pipe();
    for at in 0..1_000 {
        pipeline.set(format!("p{at}"), at).ignore().get(format!("p{at}"));
    }
    let values: Vec<usize> = pipeline.query(connection)?;
    assert!(values.into_iter().eq(0..1_000));
    Ok(())
}

fn server(connection: &mut Connection, options: &str) -> RedisResult<()> {
    assert_eq!(redis::cmd("PING").query::<String>(connection)?, "PONG");
    assert_eq!(redis::cmd("ECHO").arg("word").query::<String>(connection)?, "word");
    let info: redis::InfoDict = redis::cmd("INFO").query(connection)?;
    assert!(info.get::<String>("redis_version").is_some_and(|version| version.starts_with("7.")));
    let settings: HashMap<String, String> =
        redis::cmd("CONFIG").arg("GET").arg("maxmemory").query(connection)?;
    assert_eq!(settings.len(), 1);
    let id: i64 = redis::cmd("CLIENT").arg("ID").query(connection)?;
    assert!(id > 0);
    let _: () = redis::cmd("CLIENT").arg("SETNAME").arg("real").query(connection)?;
    assert_eq!(redis::cmd("CLIENT").arg("GETNAME").query::<String>(connection)?, "real");
    let count: i64 = redis::cmd("COMMAND").arg("COUNT").query(connection)?;
    let Value::Array(all) = redis::cmd("COMMAND").query(connection)? else {
        panic!("COMMAND gives an array");
    };
    assert_eq!(all.len() as i64, count);
    let size: i64 = redis::cmd("DBSIZE").query(connection)?;
    assert!(size > 1_500, "{size}");
    let members: Value = redis::cmd("SMEMBERS").arg("set").query(connection)?;
    match options {
        "" => assert!(matches!(members, Value::Array(_)), "{members:?}"),
        _ => assert!(matches!(members, Value::Set(_)), "{members:?}"),
    }
    Ok(())
}

fn failures(connection: &mut Connection) {
    let error = connection.get::<_, String>("set").expect_err("a set is no string");
    assert!(error.to_string().contains("wrong kind of value"), "{error}");
    let error = connection.incr::<_, _, i64>("text", 1).expect_err("text is no number");
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError));
    let error = redis::cmd("NOSUCH").exec(connection).expect_err("there is no such command");
    assert!(error.to_string().contains("unknown command"), "{error}");
    assert_eq!(redis::cmd("PING").query::<String>(connection).as_deref(), Ok("PONG"));
}
