// node-redis as its users use it, in both protocol versions: node_redis.mjs HOST PORT
//
// Empties the server.

import { createRequire } from "node:module";
import { createClient, createClientPool, ErrorReply, RESP_TYPES } from "redis";
import { Checks, event, numbers, rejects, same, within } from "./checks.mjs";

const { version } = createRequire(import.meta.url)("redis/package.json");
const [host, port] = [process.argv[2], Number(process.argv[3])];

// Each is given a client, an empty server, and the client's options.
const CHECKS = {
  async "set and get"(client) {
    same(await client.set("text", "value"), "OK");
    same(await client.get("text"), "value");
    same(await client.get("absent"), null);
  },

  async binary(client) {
    const binary = Buffer.from(numbers(10_000).map((at) => at % 256));
    const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    same(await bytes.set(Buffer.from([0, 255]), binary), "OK");
    same(await bytes.get(Buffer.from([0, 255])), binary);
  },

  async unicode(client) {
    same(await client.set("ключ", "значение"), "OK");
    same(await client.get("ключ"), "значение");
  },

  async large(client) {
    const large = "0123456789abcdef".repeat(1 << 16);
    same(await client.set("large", large), "OK");
    same((await client.get("large")) === large, true);
  },

  async "set options"(client) {
    same(await client.set("k", "1", { condition: "NX" }), "OK");
    same(await client.set("k", "2", { condition: "NX" }), null);
    same(await client.set("k", "3", { GET: true }), "1");
  },

  async "many keys"(client) {
    same(await client.mSet({ a: "1", b: "two" }), "OK");
    same(await client.mGet(["a", "absent", "b"]), ["1", null, "two"]);
    same(await client.exists(["a", "b", "absent"]), 2);
    same(await client.del(["a", "absent"]), 1);
  },

  async counters(client) {
    same(await client.incr("n"), 1);
    same(await client.incrBy("n", 41), 42);
    same(await client.decrBy("n", 2), 40);
  },

  async expiry(client) {
    same(await client.set("k", "1", { expiration: { type: "EX", value: 100 } }), "OK");
    within(await client.ttl("k"), 99, 100);
    same(await client.persist("k"), 1);
    same(await client.expire("k", 100), 1);
    same(await client.ttl("absent"), -2);
  },

  async sets(client) {
    same(await client.sAdd("s", ["x", "y"]), 2);
    same(await client.sCard("s"), 2);
    same(await client.sIsMember("s", "x"), 1);
    same(new Set(await client.sMembers("s")), new Set(["x", "y"]));
    same(await client.sRem("s", "x"), 1);
  },

  async hashes(client) {
    same(await client.hSet("h", { f: "1", g: "two" }), 2);
    same({ ...(await client.hGetAll("h")) }, { f: "1", g: "two" });
  },

  async lists(client) {
    same(await client.rPush("l", ["a", "b"]), 2);
    same(await client.lRange("l", 0, -1), ["a", "b"]);
  },

  async "sorted sets"(client) {
    same(await client.zAdd("z", [{ score: 1, value: "a" }, { score: 2.5, value: "b" }]), 2);
    same(await client.zScore("z", "b"), 2.5);
  },

  async streams(client) {
    same(await client.xAdd("x", "1-1", { f: "v" }), "1-1");
    same(await client.xLen("x"), 1);
  },

  async scripts(client) {
    same(await client.eval("return ARGV[1]", { keys: [], arguments: ["v"] }), "v");
  },

  async transaction(client) {
    same(await client.multi().incr("n").incr("n").exec(), [1, 2]);
  },

  async "publish and subscribe"(client) {
    const channel = client.duplicate();
    channel.on("error", () => {});
    await channel.connect();
    try {
      let listener;
      const message = new Promise((resolve) => (listener = resolve));
      await channel.subscribe("news", listener);
      same(await client.publish("news", "word"), 1);
      same(await message, "word");
    } finally {
      channel.destroy();
    }
  },

  async "wrong type"(client) {
    await client.sAdd("s", "x");
    await rejects(client.get("s"), /^WRONGTYPE/);
    same(await client.get("s").catch((error) => error instanceof ErrorReply), true);
  },

  async errors(client) {
    await rejects(client.sendCommand(["NOSUCH"]), /unknown command/);
    await rejects(client.sendCommand(["GET"]), /wrong number of arguments/);
    same(await client.ping(), "PONG");
  },

  async scan(client) {
    const many = numbers(1000).map((at) => `scan:${at}`);
    await client.mSet([...many, "other"].map((key) => [key, "1"]));
    const found = new Set();
    for await (const page of client.scanIterator({ MATCH: "scan:*", COUNT: 37 })) {
      for (const key of page) found.add(key);
    }
    same(found, new Set(many));
  },

  // Requests of one turn of the event loop travel together.
  async pipeline(client) {
    const requests = numbers(1000).flatMap((at) => [
      client.set(`p${at}`, `${at}`),
      client.get(`p${at}`),
    ]);
    same(await Promise.all(requests), numbers(1000).flatMap((at) => ["OK", `${at}`]));
  },

  async "50 connections"(client, options) {
    const pool = createClientPool(options, { minimum: 50, maximum: 50 });
    pool.on("error", () => {});
    await pool.connect();
    await Promise.all(numbers(2000).map(() => pool.incr("shared")));
    same(await client.get("shared"), "2000");
    await pool.close();
  },

  async databases(client, options) {
    const other = createClient({ ...options, database: 1 });
    await other.connect();
    same(await other.set("only", "1"), "OK");
    same([await client.dbSize(), await other.dbSize()], [0, 1]);
    await client.select(1);
    same(await client.get("only"), "1");
    await client.select(0);
    await other.close();
  },

  // The server closes the connection; the client connects again by itself.
  async reconnect(_, options) {
    const client = createClient({ ...options, database: 1 });
    client.on("error", () => {});
    await client.connect();
    await client.set("only", "1");
    const ready = event(client, "ready");
    same(await client.sendCommand(["QUIT"]), "OK");
    await ready;
    same(await client.get("only"), "1");
    await client.close();
  },
};

const checks = new Checks("node-redis", version);
for (const [label, more] of [["defaults", {}], ["resp2", { RESP: 2 }], ["resp3", { RESP: 3 }]]) {
  const options = { socket: { host, port }, ...more };
  const client = createClient(options);
  client.on("error", (error) => checks.report(`${label}/no error of the connection`, error));
  await client.connect();
  for (const [name, check] of Object.entries(CHECKS)) {
    await client.flushAll();
    await checks.run(`${label}/${name}`, check, client, options);
  }
  await client.close();
}
checks.exit();
