// memcached, the client of that name, as its users use it: memcached.mjs HOST PORT
//
// Removes the keys it writes. An unknown command is answered with a bare `ERROR`, so what a check
// needs beyond get, set and delete is told by its second place.

import { createRequire } from "node:module";
import { Checks, Missing, numbers, same } from "./checks.mjs";

const require = createRequire(import.meta.url);
const Memcached = require("memcached");
const { version } = require("memcached/package.json");

const address = `${process.argv[2]}:${process.argv[3]}`;

/** A client whose calls give promises. Its errors come in arrays, which it empties later. */
function connect(options) {
  const client = new Memcached(address, { timeout: 10_000, ...options });
  const call = (name) => (...given) =>
    new Promise((resolve, reject) => {
      client[name](...given, (error, value) => {
        if (error) reject([error].flat()[0]);
        else resolve(value);
      });
    });
  const names = ["set", "get", "getMulti", "del", "add", "replace", "append", "prepend", "gets"];
  names.push("cas", "incr", "decr", "touch", "version", "stats", "flush");
  return Object.assign({ client }, ...names.map((name) => ({ [name]: call(name) })));
}

const CHECKS = [
  ["set and get", null, async (c) => {
    same(await c.set("k", "v", 0), true);
    same(await c.get("k"), "v");
    same(await c.get("absent"), undefined);
  }],
  ["delete", null, async (c) => {
    await c.set("k", "v", 0);
    same(await c.del("k"), true);
    same(await c.del("k"), false);
  }],
  ["types in flags", null, async (c) => {
    await c.set("k", { a: [1, 2.5, null] }, 0);
    same(await c.get("k"), { a: [1, 2.5, null] });
    await c.set("k", 17, 0);
    same(await c.get("k"), 17);
  }],
  ["binary", null, async (c) => {
    const binary = Buffer.from(numbers(10_000).map((at) => at % 256));
    await c.set("k", binary, 0);
    same(await c.get("k"), binary);
  }],
  ["unicode", null, async (c) => {
    await c.set("k", "значение", 0);
    same(await c.get("k"), "значение");
  }],
  ["large", null, async (c) => {
    const large = "0123456789".repeat(100_000);
    await c.set("k", large, 0);
    same((await c.get("k")) === large, true);
  }],
  ["many keys", null, async (c) => {
    const keys = numbers(1000).map((at) => `m${at}`);
    await Promise.all(keys.map((key) => c.set(key, key, 0)));
    const found = await c.getMulti([...keys, "absent"]);
    same(keys.every((key) => found[key] === key) && found.absent === undefined, true);
    await Promise.all(keys.map((key) => c.del(key)));
  }],
  ["50 connections", null, async () => {
    const clients = numbers(50).map(() => connect({}));
    await Promise.all(clients.map((one, at) => one.set(`c${at}`, at, 0)));
    same(await Promise.all(clients.map((one, at) => one.get(`c${at}`))), numbers(50));
    clients.forEach((one) => one.client.end());
  }],
  ["version", "version", async (c) => same((await c.version())[0].server, address)],
  ["add and replace", "add", async (c) => {
    await c.del("k");
    same(await c.add("k", "v", 0), true);
    same(await c.replace("k", "w", 0), true);
    same(await c.get("k"), "w");
  }],
  ["append and prepend", "append", async (c) => {
    await c.set("k", "b", 0);
    same(await c.append("k", "c"), true);
    same(await c.prepend("k", "a"), true);
    same(await c.get("k"), "abc");
  }],
  ["compare and swap", "gets", async (c) => {
    await c.set("k", "v", 0);
    const { cas } = await c.gets("k");
    same(await c.cas("k", "w", cas, 0), true);
    same(await c.cas("k", "x", cas, 0), false);
  }],
  ["counters", "incr", async (c) => {
    await c.set("k", "41", 0);
    same(await c.incr("k", 1), 42);
    same(await c.decr("k", 50), 0);
  }],
  ["touch", "touch", async (c) => {
    await c.set("k", "v", 0);
    same(await c.touch("k", 1000), true);
  }],
  ["stats", "stats", async (c) => same((await c.stats())[0].server, address)],
  ["flush", "flush_all", async (c) => same((await c.flush())[0], true)],
];

const checks = new Checks("memcached", version);
for (const [label, options] of [["defaults", {}], ["one connection", { poolSize: 1 }]]) {
  const client = connect(options);
  for (const [name, needed, check] of CHECKS) {
    await checks.run(`${label}/${name}`, () =>
      check(client).catch((error) => {
        const unknown = needed && error.message === "Received an ERROR response";
        throw unknown ? new Missing(needed) : error;
      }),
    );
  }
  client.client.end();
}
checks.exit();
