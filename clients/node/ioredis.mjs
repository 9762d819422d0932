// ioredis as its users use it, by itself and with automatic pipelines: ioredis.mjs HOST PORT
//
// Empties the server.

import { createRequire } from "node:module";
import { Checks, event, numbers, rejects, same, within } from "./checks.mjs";

const require = createRequire(import.meta.url);
const Redis = require("ioredis");
const { version } = require("ioredis/package.json");

const [host, port] = [process.argv[2], Number(process.argv[3])];

// Each is given a client and an empty server.
const CHECKS = {
  async ping(redis) {
    same(await redis.ping(), "PONG");
    same(await redis.ping("word"), "word");
    same(await redis.echo("word"), "word");
  },

  async "set and get"(redis) {
    same(await redis.set("text", "value"), "OK");
    same(await redis.get("text"), "value");
    same(await redis.get("absent"), null);
  },

  async binary(redis) {
    const binary = Buffer.from(numbers(10_000).map((at) => at % 256));
    same(await redis.set(Buffer.from([0, 255]), binary), "OK");
    same(await redis.getBuffer(Buffer.from([0, 255])), binary);
  },

  async unicode(redis) {
    same(await redis.set("ключ", "значение"), "OK");
    same(await redis.get("ключ"), "значение");
  },

  async large(redis) {
    const large = Buffer.alloc(1 << 20, "0123456789");
    same(await redis.set("large", large), "OK");
    same(await redis.getBuffer("large"), large);
  },

  async "set options"(redis) {
    same(await redis.set("text", "value", "NX"), "OK");
    same(await redis.set("text", "other", "NX"), null);
    same(await redis.set("text", "other", "XX"), "OK");
    same(await redis.set("text", "third", "GET"), "other");
  },

  async "many keys"(redis) {
    same(await redis.mset({ a: 1, b: "two" }), "OK");
    same(await redis.mset(new Map([["c", 3]])), "OK");
    same(await redis.mget("a", "absent", "b", "c"), ["1", null, "two", "3"]);
  },

  async counters(redis) {
    same(await redis.incr("n"), 1);
    same(await redis.incrby("n", 41), 42);
    same(await redis.decr("n"), 41);
    same(await redis.decrby("n", 40), 1);
    await redis.set("n", "many");
    await rejects(redis.incr("n"), /value is not an integer or out of range/);
  },

  async expiry(redis) {
    same(await redis.set("k", 1, "EX", 100_000), "OK");
    within(await redis.ttl("k"), 99_000, 100_000);
    same(await redis.set("k", 1, "PX", 100_000_000, "XX"), "OK");
    same(await redis.set("k", 1, "KEEPTTL"), "OK");
    within(await redis.ttl("k"), 99_000, 100_000);
    same(await redis.persist("k"), 1);
    same(await redis.ttl("k"), -1);
    same(await redis.ttl("absent"), -2);
    same(await redis.expire("k", 100), 1);
    same(await redis.expire("k", 200, "NX"), 0);
    same(await redis.expire("k", -1), 1);
    same(await redis.exists("k"), 0);
  },

  async keys(redis) {
    await redis.mset("a", 1, "b", 2);
    same(await redis.exists("a", "b", "absent", "a"), 3);
    same(await redis.del("a", "absent"), 1);
    same(await redis.type("b"), "string");
    same(await redis.type("absent"), "none");
  },

  async sets(redis) {
    same(await redis.sadd("set", "x", "y", "x"), 2);
    same(await redis.scard("set"), 2);
    same(await redis.sismember("set", "x"), 1);
    same(await redis.sismember("set", "z"), 0);
    same(new Set(await redis.smembers("set")), new Set(["x", "y"]));
    same(await redis.smembers("absent"), []);
    same(await redis.srem("set", "x", "z"), 1);
    same(await redis.srem("set", "y"), 1);
    same(await redis.exists("set"), 0);
  },

  async hashes(redis) {
    same(await redis.hset("h", { f: 1, g: "two" }), 2);
    same(await redis.hgetall("h"), { f: "1", g: "two" });
  },

  async lists(redis) {
    same(await redis.rpush("l", "a", "b"), 2);
    same(await redis.lrange("l", 0, -1), ["a", "b"]);
  },

  async "sorted sets"(redis) {
    same(await redis.zadd("z", 1, "a", 2.5, "b"), 2);
    same(await redis.zrange("z", 0, -1, "WITHSCORES"), ["a", "1", "b", "2.5"]);
  },

  async bits(redis) {
    same(await redis.setbit("k", 7, 1), 0);
    same(await redis.bitcount("k"), 1);
  },

  async streams(redis) {
    same(await redis.xadd("x", "1-1", "f", "v"), "1-1");
    same(await redis.xrange("x", "-", "+"), [["1-1", ["f", "v"]]]);
  },

  async scripts(redis) {
    redis.defineCommand("echoArgument", { numberOfKeys: 1, lua: "return ARGV[1]" });
    same(await redis.echoArgument("k", "v"), "v");
  },

  async transaction(redis) {
    same(await redis.multi().incr("n").incr("n").exec(), [[null, 1], [null, 2]]);
  },

  async "publish and subscribe"(redis) {
    const channel = redis.duplicate();
    try {
      await channel.subscribe("news");
      const message = event(channel, "message");
      same(await redis.publish("news", "word"), 1);
      same(await message, "news");
    } finally {
      channel.disconnect();
    }
  },

  async "wrong type"(redis) {
    await redis.sadd("set", "x");
    await redis.set("text", "value");
    await rejects(redis.get("set"), /^WRONGTYPE/);
    await rejects(redis.sadd("text", "x"), /^WRONGTYPE/);
  },

  async errors(redis) {
    await rejects(redis.call("NOSUCH"), /unknown command/);
    await rejects(redis.call("GET"), /wrong number of arguments/);
    same(await redis.ping(), "PONG");
  },

  async client(redis) {
    within(await redis.client("ID"), 1, 2 ** 53);
    same(await redis.client("SETNAME", "tester"), "OK");
    same(await redis.client("GETNAME"), "tester");
  },

  async server(redis) {
    same(/redis_version:7\./.test(await redis.info()), true);
    same(/used_memory:\d+/.test(await redis.info("memory")), true);
    same((await redis.config("GET", "maxmemory"))[0], "maxmemory");
    same(await redis.command("COUNT"), (await redis.command()).length);
    same((await redis.command("INFO", "get"))[0].slice(0, 2), ["get", 2]);
  },

  async databases(redis) {
    const other = redis.duplicate({ db: 1 });
    await other.flushdb();
    same(await other.set("only", 1), "OK");
    same(await other.dbsize(), 1);
    same(await redis.exists("only"), 0);
    same(await redis.select(1), "OK");
    same(await redis.exists("only"), 1);
    same(await redis.select(0), "OK");
    same(await redis.set("zero", 1), "OK");
    same(await other.flushdb("ASYNC"), "OK");
    same(await redis.dbsize(), 1);
    same(await redis.flushall(), "OK");
    same(await redis.dbsize(), 0);
    same(await other.quit(), "OK");
  },

  async scan(redis) {
    const many = numbers(1000).map((at) => `scan:${at}`);
    await redis.mset(...many.flatMap((key) => [key, 1]), "other", 1);
    const found = new Set();
    for await (const page of redis.scanStream({ match: "scan:*", count: 37 })) {
      for (const key of page) found.add(key);
    }
    same(found, new Set(many));
  },

  async pipeline(redis) {
    const pipeline = redis.pipeline();
    for (const at of numbers(1000)) pipeline.set(`p${at}`, at).get(`p${at}`);
    pipeline.call("NOSUCH");
    const replies = await pipeline.exec();
    const expected = numbers(1000).flatMap((at) => [[null, "OK"], [null, `${at}`]]);
    same(replies.slice(0, -1), expected);
    same(/unknown command/.test(replies[2000][0].message), true);
  },

  async "requests at once"(redis) {
    const sums = await Promise.all(numbers(1000).map(() => redis.incr("sum")));
    same(sums, numbers(1000).map((at) => at + 1));
  },

  async "50 connections"(redis) {
    const clients = numbers(50).map(() => redis.duplicate());
    const work = async (client) => {
      for (const _ of numbers(40)) await client.incr("shared");
    };
    await Promise.all(clients.map(work));
    same(await redis.get("shared"), "2000");
    await Promise.all(clients.map((client) => client.quit()));
  },

  // The server closes the connection; the client connects again by itself, with its database.
  // It would not after a QUIT that it knows of, so that goes out in the place of a PING.
  async reconnect(redis) {
    const client = redis.duplicate({ db: 1 });
    await client.set("only", 1);
    const ready = event(client, "ready");
    const { stream } = client;
    const write = stream.write.bind(stream);
    stream.write = () => write("*1\r\n$4\r\nQUIT\r\n");
    same(await client.ping(), "OK");
    await ready;
    same(await client.get("only"), "1");
    same(await client.quit(), "OK");
  },
};

const checks = new Checks("ioredis", version);
for (const [label, options] of [
  ["defaults", {}],
  ["automatic pipelines", { enableAutoPipelining: true }],
]) {
  const redis = new Redis({ host, port, ...options });
  redis.on("error", (error) => checks.report(`${label}/no error of the connection`, error));
  for (const [name, check] of Object.entries(CHECKS)) {
    await redis.flushall();
    await checks.run(`${label}/${name}`, check, redis);
  }
  same(await redis.quit(), "OK");
}
checks.exit();
