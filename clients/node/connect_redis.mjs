#!/usr/bin/env node
// connect-redis, Express' sessions on Redis: connect_redis.mjs HOST PORT. Empties the server.

import { readFileSync } from "node:fs";
import { promisify } from "node:util";

import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";

import { Checks, numbers, same, within } from "./checks.mjs";

const [host, port] = process.argv.slice(2);
const pinned = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;
const checks = new Checks("connect-redis", pinned["connect-redis"]);
const client = createClient({ url: `redis://${host}:${port}` });
await client.connect();
const store = new RedisStore({ client, prefix: "sess:", ttl: 600 });
const call = (name, ...given) => promisify(store[name].bind(store))(...given);

async function check(name, function_) {
  await client.flushAll();
  await checks.run(name, function_);
}

await check("set, get, destroy", async () => {
  const cookie = { maxAge: 100_000, expires: new Date(Date.now() + 100_000) };
  await call("set", "one", { cookie, name: "имя", cart: [1, 2, 3] });
  const found = await call("get", "one");
  same([found.name, found.cart], ["имя", [1, 2, 3]]);
  within(await client.ttl("sess:one"), 98, 100);
  await call("touch", "one", { cookie: { expires: new Date(Date.now() + 900_000) } });
  within(await client.ttl("sess:one"), 898, 900);
  await call("destroy", "one");
  same((await call("get", "one")) ?? null, null);
});

await check("all of two thousand", async () => {
  await client.set("elsewhere", "stays");
  await Promise.all(numbers(2000).map((at) => call("set", `id${at}`, { cookie: {}, at })));
  same(await call("length"), 2000);
  same((await call("ids")).sort(), numbers(2000).map((at) => `id${at}`).sort());
  same((await call("all")).map(({ at }) => at).sort((a, b) => a - b), numbers(2000));
  await call("clear");
  same(await client.dbSize(), 1);
});

await check("through an application", async () => {
  const app = express();
  app.use(session({ store, secret: "word", resave: false, saveUninitialized: false }));
  app.get("/", (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1;
    response.send(String(request.session.views));
  });
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  try {
    const url = `http://127.0.0.1:${server.address().port}/`;
    const first = await fetch(url);
    same(await first.text(), "1");
    const headers = { cookie: first.headers.getSetCookie()[0].split(";")[0] };
    for (const views of ["2", "3", "4"]) same(await (await fetch(url, { headers })).text(), views);
    same(await (await fetch(url)).text(), "1");
    same(await client.dbSize(), 2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

await client.quit();
checks.exit();
