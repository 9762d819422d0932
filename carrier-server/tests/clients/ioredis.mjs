// Drives a server with ioredis, as its users do. Usage: node ioredis.mjs HOST PORT
//
// Needs the package `ioredis` in a folder from which this file is run (NODE_PATH does not serve for
// modules): it is looked up from the working directory. Empties the server's databases 0 and 1.
// Ends with 1 at a wrong answer.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const Redis = require("ioredis");
const { version } = require("ioredis/package.json");

const [host, port] = [process.argv[2], Number(process.argv[3])];

async function strings(redis) {
  assert.equal(await redis.set("text", "value"), "OK");
  assert.equal(await redis.get("text"), "value");
  assert.equal(await redis.get("absent"), null);
  const binary = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 256));
  assert.equal(await redis.set(Buffer.from([0, 255]), binary), "OK");
  assert.deepEqual(await redis.getBuffer(Buffer.from([0, 255])), binary);
  assert.equal(await redis.set("text", "other", "NX"), null);
  assert.equal(await redis.set("text", "other", "XX"), "OK");
  assert.equal(await redis.set("text", "third", "GET"), "other");
  assert.equal(await redis.set("brief", 1, "EX", 100_000), "OK");
  within(await redis.ttl("brief"), 99_000, 100_000);
  assert.equal(await redis.set("brief", 1, "PX", 100_000_000, "XX"), "OK");
  assert.equal(await redis.set("brief", 1, "KEEPTTL"), "OK");
  within(await redis.ttl("brief"), 99_000, 100_000);
  assert.equal(await redis.mset({ a: 1, b: "two" }), "OK");
  assert.equal(await redis.mset(new Map([["c", 3]])), "OK");
  assert.deepEqual(await redis.mget("a", "absent", "b", "c"), ["1", null, "two", "3"]);
  assert.equal(await redis.incr("count"), 1);
  assert.equal(await redis.incrby("count", 41), 42);
  assert.equal(await redis.decr("count"), 41);
  assert.equal(await redis.decrby("count", 40), 1);
  await assert.rejects(redis.incr("text"), /value is not an integer or out of range/);
}

async function keys(redis) {
  assert.equal(await redis.exists("a", "b", "absent", "a"), 3);
  assert.equal(await redis.del("a", "absent"), 1);
  assert.equal(await redis.type("b"), "string");
  assert.equal(await redis.type("absent"), "none");
  assert.equal(await redis.expire("b", 100_000), 1);
  assert.equal(await redis.expire("b", 200_000, "NX"), 0);
  within(await redis.ttl("b"), 99_000, 100_000);
  assert.equal(await redis.persist("b"), 1);
  assert.equal(await redis.ttl("b"), -1);
  assert.equal(await redis.ttl("absent"), -2);
  assert.equal(await redis.expire("b", -1), 1);
  assert.equal(await redis.exists("b"), 0);
  const many = Array.from({ length: 1000 }, (_, at) => `scan:${at}`);
  await redis.mset(...many.flatMap((key) => [key, 1]));
  const found = new Set();
  for await (const page of redis.scanStream({ match: "scan:*", count: 37 })) {
    for (const key of page) found.add(key);
  }
  assert.deepEqual(found, new Set(many));
}

async function sets(redis) {
  assert.equal(await redis.sadd("set", "x", "y", "x"), 2);
  assert.equal(await redis.scard("set"), 2);
  assert.equal(await redis.sismember("set", "x"), 1);
  assert.equal(await redis.sismember("set", "z"), 0);
  assert.deepEqual(new Set(await redis.smembers("set")), new Set(["x", "y"]));
  assert.deepEqual(await redis.smembers("absent"), []);
  assert.equal(await redis.srem("set", "x", "z"), 1);
  await assert.rejects(redis.get("set"), /WRONGTYPE/);
  await assert.rejects(redis.sadd("text", "x"), /WRONGTYPE/);
  assert.equal(await redis.srem("set", "y"), 1);
  assert.equal(await redis.exists("set"), 0);
}

async function connection(redis) {
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.ping("word"), "word");
  assert.equal(await redis.echo("word"), "word");
  assert.ok((await redis.client("ID")) > 0);
  assert.equal(await redis.client("GETNAME"), "tester");
  assert.match(await redis.info(), /redis_version:7\./);
  assert.match(await redis.info("memory"), /used_memory:\d+/);
  assert.equal((await redis.config("GET", "maxmemory"))[0], "maxmemory");
  assert.equal(await redis.command("COUNT"), (await redis.command()).length);
  assert.deepEqual((await redis.command("INFO", "get"))[0].slice(0, 2), ["get", 2]);
  await assert.rejects(redis.call("NOSUCH"), /unknown command/);
  await assert.rejects(redis.call("GET"), /wrong number of arguments/);
}

async function databases(redis) {
  const other = new Redis({ host, port, db: 1 });
  await other.flushdb();
  assert.equal(await other.set("only", 1), "OK");
  assert.equal(await other.dbsize(), 1);
  assert.equal(await redis.exists("only"), 0);
  assert.equal(await redis.select(1), "OK");
  assert.equal(await redis.exists("only"), 1);
  assert.equal(await redis.select(0), "OK");
  assert.equal(await other.flushdb("ASYNC"), "OK");
  assert.ok((await redis.dbsize()) > 1000);
  assert.equal(await redis.flushall(), "OK");
  assert.equal(await redis.dbsize(), 0);
  assert.equal(await other.quit(), "OK");
}

async function pipelines(redis) {
  const pipeline = redis.pipeline();
  for (let at = 0; at < 5000; at += 1) pipeline.set(`p${at}`, at).get(`p${at}`);
  pipeline.call("NOSUCH");
  const replies = await pipeline.exec();
  assert.equal(replies.length, 10_001);
  for (let at = 0; at < 5000; at += 1) {
    assert.deepEqual(replies[2 * at], [null, "OK"]);
    assert.deepEqual(replies[2 * at + 1], [null, `${at}`]);
  }
  assert.match(replies[10_000][0].message, /unknown command/);
  const sums = await Promise.all(Array.from({ length: 1000 }, () => redis.incr("sum")));
  assert.deepEqual(sums, Array.from({ length: 1000 }, (_, at) => at + 1));
}

function within(value, least, most) {
  assert.ok(least <= value && value <= most, `${value} is not in ${least}..=${most}`);
}

for (const options of [{}, { enableAutoPipelining: true }]) {
  const redis = new Redis({ host, port, connectionName: "tester", ...options });
  redis.on("error", (error) => assert.fail(error));
  await redis.flushall();
  await strings(redis);
  await keys(redis);
  await sets(redis);
  await pipelines(redis);
  await connection(redis);
  await databases(redis);
  assert.equal(await redis.quit(), "OK");
}
console.log(`ioredis ${version}: right answers`);
