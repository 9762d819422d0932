#!/usr/bin/env node
// Keyv on Redis: keyv.mjs HOST PORT. Empties the server.

import { readFileSync } from "node:fs";

import KeyvRedis, { createClient } from "@keyv/redis";
import Keyv from "keyv";

import { Checks, numbers, same, within } from "./checks.mjs";

const [host, port] = process.argv.slice(2);
const url = `redis://${host}:${port}`;
const pinned = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;
const checks = new Checks("keyv", pinned["@keyv/redis"]);
const client = createClient({ url });
await client.connect();
const keyv = new Keyv({ store: new KeyvRedis(url), namespace: "app" });
const other = new Keyv({ store: new KeyvRedis(url), namespace: "other" });

async function check(name, function_) {
  await client.flushAll();
  await checks.run(name, function_);
}

await check("any value", async () => {
  for (const value of ["слово", 17, 2.5, true, [1, { a: "b" }], "x".repeat(1_000_000)]) {
    same(await keyv.set("k", value), true);
    same(await keyv.get("k"), value);
  }
  same(await keyv.get("absent"), undefined);
});

await check("expiry", async () => {
  await keyv.set("k", "v", 100_000);
  const [key] = await client.keys("*");
  within(await client.pTTL(key), 99_000, 100_000);
  same(await keyv.has("k"), true);
  same(await keyv.delete("k"), true);
  same(await keyv.has("k"), false);
});

await check("many", async () => {
  const entries = numbers(500).map((at) => ({ key: `k${at}`, value: at, ttl: 100_000 }));
  await keyv.setMany(entries);
  const keys = entries.map(({ key }) => key);
  same(await keyv.getMany([...keys, "absent"]), [...numbers(500), undefined]);
  same(await keyv.deleteMany(keys.slice(0, 100)), true);
  same((await keyv.getMany(keys)).filter((one) => one !== undefined).length, 400);
});

await check("namespaces and iteration", async () => {
  await Promise.all(numbers(1500).map((at) => keyv.set(`k${at}`, at)));
  await other.set("k1", "else");
  const found = [];
  for await (const [, value] of keyv.iterator({})) found.push(value);
  same(found.sort((a, b) => a - b), numbers(1500));
  await keyv.clear();
  same([await keyv.get("k1"), await other.get("k1")], [undefined, "else"]);
});

await keyv.disconnect();
await other.disconnect();
await client.quit();
checks.exit();
