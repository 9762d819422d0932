#!/usr/bin/env node
// memjs, which speaks the binary protocol: memjs.mjs HOST PORT. Removes the keys it writes.

import { createRequire } from "node:module";

import memjs from "memjs";

import { Checks, same } from "./checks.mjs";

const [host, port] = process.argv.slice(2);
const { version } = createRequire(import.meta.url)("memjs/package.json");
const checks = new Checks("memjs", version);
const client = memjs.Client.create(`${host}:${port}`);

await checks.run("set and get", async () => {
  same(await client.set("k", "value", { expires: 100 }), true);
  same((await client.get("k")).value.toString(), "value");
  same(await client.delete("k"), true);
  same((await client.get("k")).value, null);
});

await checks.run("conditions", async () => {
  same(await client.replace("k", "v"), false);
  same(await client.add("k", "v"), true);
  same(await client.add("k", "w"), false);
  same(await client.append("k", "x"), true);
  same((await client.get("k")).value.toString(), "vx");
  same(await client.delete("k"), true);
});

await checks.run("counters", async () => {
  same((await client.increment("n", 5, { initial: 10 })).value, 10);
  same((await client.increment("n", 5, {})).value, 15);
  same((await client.decrement("n", 20, {})).value, 0);
  same(await client.delete("n"), true);
});

await checks.run("a thousand at once", async () => {
  const keys = Array.from({ length: 1000 }, (_, at) => `key${at}`);
  await Promise.all(keys.map((key) => client.set(key, key)));
  const got = await Promise.all(keys.map((key) => client.get(key)));
  same(got.every(({ value }, at) => value.toString() === keys[at]), true);
  await Promise.all(keys.map((key) => client.delete(key)));
});

await checks.run("large values", async () => {
  const large = Buffer.alloc(500_000, "x");
  same(await client.set("k", large), true);
  same((await client.get("k")).value.equals(large), true);
  same(await client.touch("k", 10), true);
  same(await client.delete("k"), true);
});

client.quit();
checks.exit();
