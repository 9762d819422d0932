#!/usr/bin/env python3
"""redis-py's asyncio client, in both protocol versions: redis_py_asyncio.py HOST PORT

What a command answers is checked in `redis_py.py`; here stands what is different when many
requests are on their way. Empties the server.
"""

import asyncio
import sys

import redis
from checks import Checks, same, within
from redis.asyncio import BlockingConnectionPool, Redis

CHECKS = []


def check(function):
    """Makes a check of the function: it is given a client and an empty server."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
async def set_and_get(r):
    same(await r.set("ключ", "значение"), True)
    same(await r.get("ключ"), "значение".encode())
    same(await r.get("absent"), None)


@check
async def large(r):
    value = bytes(range(256)) * 4096
    await r.set("large", value)
    same(await r.get("large") == value, True)


@check
async def counters(r):
    same(await r.incr("n"), 1)
    same(sorted(await asyncio.gather(*(r.incr("n") for _ in range(100)))), list(range(2, 102)))


@check
async def expiry(r):
    await r.set("k", 1, ex=100)
    within(await r.ttl("k"), 99, 100)
    same(await r.persist("k"), True)


@check
async def sets(r):
    same(await r.sadd("s", "x", "y"), 2)
    same(set(await r.smembers("s")), {b"x", b"y"})


@check
async def hashes(r):
    same(await r.hset("h", mapping={"f": 1}), 1)
    same(await r.hgetall("h"), {b"f": b"1"})


@check
async def wrong_type(r):
    await r.sadd("s", "x")
    try:
        await r.get("s")
    except redis.ResponseError as error:
        same("wrong kind of value" in str(error), True)
    else:
        raise AssertionError("expected an error")


@check
async def scan(r):
    await r.mset({f"scan:{at}": at for at in range(1000)})
    found = {key async for key in r.scan_iter("scan:*", count=37)}
    same(found, {b"scan:%d" % at for at in range(1000)})


@check
async def pipeline(r):
    async with r.pipeline(transaction=False) as pipe:
        for at in range(1000):
            pipe.set(f"p{at}", at).get(f"p{at}")
        replies = await pipe.execute()
    same(replies, [x for at in range(1000) for x in (True, b"%d" % at)])


@check
async def transaction(r):
    async with r.pipeline(transaction=True) as pipe:
        same(await pipe.incr("n").incr("n").execute(), [1, 2])


@check
async def publish_and_subscribe(r):
    async with r.pubsub() as channel:
        await channel.subscribe("news")
        await channel.get_message(timeout=5)
        same(await r.publish("news", "word"), 1)
        same((await channel.get_message(timeout=5))["data"], b"word")


@check
async def fifty_connections(r):
    async def work():
        async with r.client() as one:
            for _ in range(40):
                await one.incr("shared")

    await asyncio.gather(*(work() for _ in range(50)))
    same(await r.get("shared"), b"2000")


@check
async def reconnect(r):
    """The server closes the pooled connection; the next command takes a new one."""
    connection = await r.connection_pool.get_connection()
    await connection.send_command("QUIT")
    same(await connection.read_response(), b"OK")
    await r.connection_pool.release(connection)
    same(await r.ping(), True)


async def bounded_pool(host, port, protocol):
    pool = BlockingConnectionPool(
        host=host, port=port, protocol=protocol, max_connections=2, timeout=5
    )
    async with Redis.from_pool(pool) as r:
        await asyncio.gather(*(r.incr("n") for _ in range(500)))
        same(await r.get("n"), b"500")


async def databases(host, port, protocol):
    zero = Redis(host=host, port=port, protocol=protocol)
    one = Redis(host=host, port=port, protocol=protocol, db=1)
    await one.set("only", 1)
    same((await zero.dbsize(), await one.dbsize()), (0, 1))
    await zero.aclose()
    await one.aclose()


async def main():
    host, port = sys.argv[1], int(sys.argv[2])
    checks = Checks("redis-py asyncio", redis.__version__)

    async def run(name, check, *arguments):
        try:
            await asyncio.wait_for(check(*arguments), timeout=20)
        except Exception as error:  # Whatever a client raises is what the check found.
            checks.report(name, error)
        else:
            checks.report(name)

    for protocol in (2, 3):
        async with Redis(host=host, port=port, protocol=protocol) as r:
            for name, check in CHECKS:
                await r.flushall()
                await run(f"resp{protocol}/{name}", check, r)
            await r.flushall()
            await run(f"resp{protocol}/bounded pool", bounded_pool, host, port, protocol)
            await r.flushall()
            await run(f"resp{protocol}/databases", databases, host, port, protocol)
    checks.exit()


if __name__ == "__main__":
    asyncio.run(main())
