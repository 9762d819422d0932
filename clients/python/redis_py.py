#!/usr/bin/env python3
"""redis-py as its users use it, in each of its protocol settings: redis_py.py HOST PORT

Empties the server.
"""

import sys
import threading

import redis
from checks import Checks, raises, same, within

BINARY = bytes(range(256)) * 40
LARGE = bytes(range(256)) * 4096
WRONGTYPE = "wrong kind of value"

CHECKS = []


def check(function):
    """Makes a check of the function: it is given a client and an empty server.

    What the server answers depends on `decode_responses`: checks state bytes, and `b` turns them
    into what the client gives.
    """
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
def ping(r, b):
    same(r.ping(), True)
    same(r.echo("word"), b(b"word"))


@check
def set_and_get(r, b):
    same(r.set("k", "v"), True)
    same(r.get("k"), b(b"v"))
    same(r.get("absent"), None)


@check
def unicode(r, b):
    same(r.set("ключ", "значение"), True)
    same(r.get("ключ"), b("значение".encode()))


@check
def empty_value(r, b):
    same(r.set("", ""), True)
    same(r.get(""), b(b""))


@check
def set_options(r, b):
    same(r.set("k", 1, nx=True), True)
    same(r.set("k", 2, nx=True), None)
    same(r.set("k", 3, xx=True), True)
    same(r.set("k", 4, get=True), b(b"3"))
    same(r.set("other", 1, xx=True), None)


@check
def many_keys(r, b):
    same(r.mset({"a": 1, "b": "two", "c": 3.5}), True)
    same(r.mget("a", "absent", "b", "c"), [b(b"1"), None, b(b"two"), b(b"3.5")])


@check
def counters(r, b):
    same(r.incr("n"), 1)
    same(r.incr("n", 41), 42)
    same(r.decr("n"), 41)
    same(r.decrby("n", 40), 1)
    same(r.get("n"), b(b"1"))


@check
def counter_bounds(r, b):
    r.set("n", 2**63 - 1)
    raises(redis.ResponseError, "would overflow", r.incr, "n")
    r.set("n", "many")
    raises(redis.ResponseError, "not an integer", r.incr, "n")


@check
def float_counter(r, b):
    same(r.incrbyfloat("n", 1.5), 1.5)


@check
def parts_of_strings(r, b):
    same(r.append("k", "hello"), 5)
    same(r.getrange("k", 1, 3), b(b"ell"))
    same(r.strlen("k"), 5)
    same(r.setrange("k", 1, "E"), 5)
    same(r.getdel("k"), b(b"hEllo"))


@check
def bits(r, b):
    same(r.setbit("k", 7, 1), 0)
    same(r.getbit("k", 7), 1)
    same(r.bitcount("k"), 1)


@check
def expiry(r, b):
    same(r.set("k", 1, ex=100), True)
    within(r.ttl("k"), 99, 100)
    same(r.persist("k"), True)
    same(r.ttl("k"), -1)
    same(r.ttl("absent"), -2)
    same(r.persist("k"), False)
    same(r.expire("k", 100), True)
    same(r.expire("k", 200, nx=True), False)
    same(r.expire("k", 200, gt=True), True)
    same(r.expire("k", -1), True)
    same(r.exists("k"), 0)


@check
def expiry_of_set(r, b):
    r.set("k", 1, px=100_000_000)
    within(r.ttl("k"), 99_000, 100_000)
    r.set("k", 2, keepttl=True)
    within(r.ttl("k"), 99_000, 100_000)
    r.set("k", 1, exat=5_000_000_000)
    within(r.ttl("k"), 1, 5_000_000_000)
    r.set("k", 1)
    same(r.ttl("k"), -1)


@check
def expiry_in_milliseconds(r, b):
    r.set("k", 1)
    same(r.pexpire("k", 100_000), True)
    within(r.pttl("k"), 90_000, 100_000)


@check
def keys(r, b):
    r.mset({"a": 1, "b": 2})
    same(r.exists("a", "b", "absent", "a"), 3)
    same(r.delete("a", "absent"), 1)
    same(r.type("b"), b(b"string"))
    same(r.type("absent"), b(b"none"))


@check
def keys_by_pattern(r, b):
    r.mset({"a1": 1, "a2": 2, "b": 3})
    same(sorted(r.keys("a*")), [b(b"a1"), b(b"a2")])


@check
def rename_and_copy(r, b):
    r.set("a", 1)
    same(r.rename("a", "b"), True)
    same(r.copy("b", "c"), True)
    same(r.get("c"), b(b"1"))


@check
def unlink_and_touch(r, b):
    r.set("a", 1)
    same(r.touch("a"), 1)
    same(r.unlink("a"), 1)


@check
def sets(r, b):
    same(r.sadd("s", "x", "y", "x"), 2)
    same(r.sadd("s", "y"), 0)
    same(r.scard("s"), 2)
    same(bool(r.sismember("s", "x")), True)
    same(bool(r.sismember("s", "z")), False)
    same(set(r.smembers("s")), {b(b"x"), b(b"y")})
    same(set(r.smembers("absent")), set())
    same(r.srem("s", "x", "z"), 1)
    same(r.type("s"), b(b"set"))
    same(r.srem("s", "y"), 1)
    same(r.exists("s"), 0)


@check
def set_algebra(r, b):
    r.sadd("a", 1, 2)
    r.sadd("b", 2, 3)
    same(set(r.sunion("a", "b")), {b(b"1"), b(b"2"), b(b"3")})
    same(set(r.sinter("a", "b")), {b(b"2")})
    same(r.sdiffstore("c", "a", "b"), 1)


@check
def set_scan(r, b):
    r.sadd("s", *range(1000))
    same(len(set(r.sscan_iter("s", count=37))), 1000)


@check
def hashes(r, b):
    same(r.hset("h", mapping={"f": 1, "g": "two"}), 2)
    same(r.hget("h", "f"), b(b"1"))
    same(r.hgetall("h"), {b(b"f"): b(b"1"), b(b"g"): b(b"two")})
    same(r.hincrby("h", "f", 2), 3)
    same(r.hdel("h", "f"), 1)


@check
def lists(r, b):
    same(r.rpush("l", "a", "b"), 2)
    same(r.lpush("l", "c"), 3)
    same(r.lrange("l", 0, -1), [b(b"c"), b(b"a"), b(b"b")])
    same(r.lpop("l"), b(b"c"))
    same(r.llen("l"), 2)


@check
def sorted_sets(r, b):
    same(r.zadd("z", {"a": 1, "b": 2.5}), 2)
    same(r.zscore("z", "b"), 2.5)
    same(r.zrank("z", "b"), 1)
    same(r.zrange("z", 0, -1), [b(b"a"), b(b"b")])
    same(r.zincrby("z", 1, "a"), 2.0)


@check
def hyperloglog(r, b):
    same(r.pfadd("p", 1, 2, 3), 1)
    same(r.pfcount("p"), 3)


@check
def geo(r, b):
    same(r.geoadd("g", (13.361389, 38.115556, "Palermo")), 1)
    within(len(r.geopos("g", "Palermo")), 1, 1)


@check
def streams(r, b):
    r.xadd("x", {"f": "v"}, id="1-1")
    same(r.xlen("x"), 1)
    within(len(r.xrange("x")), 1, 1)


@check
def blocking_pop(r, b):
    r.rpush("l", "v")
    same(list(r.blpop("l", timeout=1)), [b(b"l"), b(b"v")])


@check
def scripts(r, b):
    same(r.eval("return ARGV[1]", 0, "v"), b(b"v"))


@check
def dump_and_restore(r, b):
    r.set("a", 1)
    r.restore("b", 0, r.dump("a"))
    same(r.get("b"), b(b"1"))


@check
def sort(r, b):
    r.sadd("s", 3, 1, 2)
    same(r.sort("s"), [b(b"1"), b(b"2"), b(b"3")])


@check
def wrong_type(r, b):
    r.sadd("s", "x")
    r.set("k", "v")
    raises(redis.ResponseError, WRONGTYPE, r.get, "s")
    raises(redis.ResponseError, WRONGTYPE, r.sadd, "k", "x")


@check
def errors(r, b):
    raises(redis.ResponseError, "unknown command", r.execute_command, "NOSUCH")
    raises(redis.ResponseError, "wrong number of arguments", r.execute_command, "GET")
    same(r.ping(), True)


@check
def client(r, b):
    within(r.client_id(), 1, 2**63)
    same(r.client_setname("tester"), True)
    same(r.client_getname(), "tester", b(b"tester"))


@check
def library_name(r, b):
    same(r.execute_command("CLIENT SETINFO", "LIB-NAME", "checks"), b(b"OK"), True)


@check
def info(r, b):
    same(r.info()["redis_version"][:2], "7.")
    same("redis_version" in r.info("server"), True)
    same("used_memory" in r.info("memory"), True)


@check
def config(r, b):
    same(list(r.config_get("maxmemory")), ["maxmemory"])
    within(len(r.config_get("*")), 5, 10**6)


@check
def time(r, b):
    within(r.time()[0], 1_500_000_000, 10**11)


def binary(r):
    same(r.set(b"\x00\xff\r\n", BINARY), True)
    same(r.get(b"\x00\xff\r\n"), BINARY)


def large(r):
    same(r.set("large", LARGE), True)
    same(r.get("large") == LARGE, True)


def handshake(r, protocol):
    hello = r.execute_command("HELLO", protocol)
    if isinstance(hello, list):
        hello = dict(zip(hello[::2], hello[1::2]))
    same(hello.get(b"proto", hello.get("proto")), protocol)


def commands(r):
    table = r.command()
    same(r.command_count(), len(table))
    get = table["get"]
    same((get["arity"], get["first_key_pos"], get["last_key_pos"], get["step_count"]), (2, 1, 1, 1))
    same(any(name in ("get", b"get") for name in r.command_list()), True)


@check
def scan(r, b):
    r.mset({f"scan:{at}": at for at in range(1000)})
    r.mset({f"other:{at}": at for at in range(100)})
    same(set(r.scan_iter("scan:*", count=37)), {b(b"scan:%d" % at) for at in range(1000)})
    same(r.sadd("scan:set", "member"), 1)
    same(list(r.scan_iter(_type="set")), [b(b"scan:set")])


@check
def pipeline(r, b):
    pipe = r.pipeline(transaction=False)
    for at in range(1000):
        pipe.set(f"p{at}", at).get(f"p{at}")
    pipe.execute_command("NOSUCH")
    replies = pipe.execute(raise_on_error=False)
    same(replies[:-1], [x for at in range(1000) for x in (True, b(b"%d" % at))])
    same(isinstance(replies[-1], redis.ResponseError), True)


@check
def transaction(r, b):
    with r.pipeline() as pipe:
        pipe.watch("n")
        pipe.multi()
        pipe.incr("n").incr("n")
        same(pipe.execute(), [1, 2])


@check
def publish_and_subscribe(r, b):
    with r.pubsub() as channel:
        channel.subscribe("news")
        same(channel.get_message(timeout=5)["type"], "subscribe")
        same(r.publish("news", "word"), 1)
        same(channel.get_message(timeout=5)["data"], b(b"word"))


def databases(r, connect):
    one = connect(db=1)
    same((r.set("zero", 1), one.set("only", 1), one.dbsize(), r.exists("only")), (True, True, 1, 0))
    same((one.flushdb(), one.dbsize(), r.dbsize()), (True, 0, 1))
    same((r.flushall(), r.dbsize()), (True, 0))
    raises(redis.ResponseError, "DB index is out of range", connect(db=10_000).ping)


@check
def fifty_connections(r, b):
    """Fifty threads, so as many connections of the pool, at once."""

    def work():
        for _ in range(40):
            r.incr("shared")

    workers = [threading.Thread(target=work) for _ in range(50)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    same(r.get("shared"), b(b"2000"))


def bounded_pool(host, port, options):
    pool = redis.BlockingConnectionPool(
        host=host, port=port, max_connections=2, timeout=5, **options
    )
    fifty_connections(
        redis.Redis(connection_pool=pool),
        lambda value: value.decode() if "decode_responses" in options else value,
    )
    same(len(pool._connections) <= 2, True)


def closed(r):
    """The server closes the pooled connection; the next command takes a new one."""
    connection = r.connection_pool.get_connection()
    connection.send_command("QUIT")
    same(connection.read_response() in (b"OK", "OK"), True)
    r.connection_pool.release(connection)
    same(r.ping(), True)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    checks = Checks("redis-py", redis.__version__)
    for label, options in [
        ("defaults", {}),
        ("resp2", {"protocol": 2}),
        ("resp3", {"protocol": 3}),
        ("text", {"decode_responses": True}),
    ]:
        connect = lambda **more: redis.Redis(host, port, socket_timeout=20, **options, **more)
        r = redis.Redis(host, port, **options) if label == "defaults" else connect()
        b = (lambda value: value.decode()) if label == "text" else (lambda value: value)

        def run(name, check, *arguments):
            r.flushall()
            checks.run(f"{label}/{name}", check, *arguments)

        for name, check in CHECKS:
            run(name, check, r, b)
        if label != "text":
            run("binary", binary, r)
            run("large", large, r)
        run("handshake", handshake, r, options.get("protocol", 3))
        run("command table", commands, r)
        run("databases", databases, r, connect)
        run("bounded pool", bounded_pool, host, port, options)
        run("reconnect", closed, connect())
        r.close()
    checks.exit()


if __name__ == "__main__":
    main()
