#!/usr/bin/env python3
"""Drives a server with redis-py, as its users do: usage: redis_py.py HOST PORT

Needs the package `redis`. Empties the server's databases 0 and 1. Ends with 1 at a wrong answer.
"""
import sys
import threading

import redis

BINARY = bytes(range(256)) * 40


def strings(r):
    assert r.set("text", "value") is True
    assert r.get("text") == b"value"
    assert r.get("absent") is None
    assert r.set(b"\x00\xff", BINARY) and r.get(b"\x00\xff") == BINARY
    assert r.set("text", "other", nx=True) is None
    assert r.set("text", "other", xx=True) is True
    assert r.set("text", "third", get=True) == b"other"
    assert r.set("brief", 1, ex=100000) and 99000 <= r.ttl("brief") <= 100000
    assert r.set("brief", 1, px=100000000) and 99000 <= r.ttl("brief") <= 100000
    assert r.set("brief", 2, keepttl=True) and r.ttl("brief") > 0
    assert r.set("brief", 1, exat=5000000000) and r.ttl("brief") > 0
    assert r.set("brief", 1) and r.ttl("brief") == -1
    assert r.mset({"a": 1, "b": "two", "c": 3.5}) is True
    assert r.mget("a", "absent", "b", "c") == [b"1", None, b"two", b"3.5"]
    assert r.incr("count") == 1 and r.incr("count", 41) == 42
    assert r.decr("count") == 41 and r.execute_command("DECR", "count") == 40
    assert r.execute_command("INCRBY", "count", -40) == 0
    fails(r.incr, "text", says="value is not an integer or out of range")
    assert r.set("count", 2**63 - 1)
    fails(r.incr, "count", says="increment or decrement would overflow")


def keys(r):
    assert r.exists("a", "b", "absent", "a") == 3
    assert r.delete("a", "absent") == 1
    assert r.type("b") == b"string" and r.type("absent") == b"none"
    assert r.expire("b", 100000) and 99000 <= r.ttl("b") <= 100000
    assert not r.expire("b", 200000, nx=True) and r.expire("b", 200000, gt=True)
    assert r.persist("b") and r.ttl("b") == -1 and r.ttl("absent") == -2
    assert not r.persist("b")
    assert r.expire("b", -1) and not r.exists("b")
    assert r.mset({f"scan:{at}": at for at in range(1000)})
    assert set(r.scan_iter("scan:*", count=37)) == {b"scan:%d" % at for at in range(1000)}
    assert r.sadd("scan:set", "member") == 1
    assert list(r.scan_iter(_type="set")) == [b"scan:set"]


def sets(r):
    assert r.sadd("set", "x", "y", "x") == 2 and r.sadd("set", "y") == 0
    assert r.scard("set") == 2 and r.scard("absent") == 0
    assert r.sismember("set", "x") and not r.sismember("set", "z")
    assert r.smembers("set") == {b"x", b"y"} and r.smembers("absent") == set()
    assert r.srem("set", "x", "z") == 1
    assert r.type("set") == b"set"
    fails(r.get, "set", says="wrong kind of value")
    fails(r.sadd, "text", "x", says="wrong kind of value")
    assert r.srem("set", "y") == 1 and not r.exists("set")


def connection(r, protocol):
    assert r.ping() is True
    assert r.echo("word") == b"word"
    assert r.client_id() > 0
    assert r.client_setname("tester")
    assert r.client_getname() in ("tester", b"tester")
    hello = r.execute_command("HELLO", protocol)
    if isinstance(hello, list):
        hello = dict(zip(hello[::2], hello[1::2]))
    assert hello.get(b"proto", hello.get("proto")) == protocol, hello
    assert r.info()["redis_version"].startswith("7.")
    assert "redis_version" in r.info("server") and "used_memory" in r.info("memory")
    assert "maxmemory" in r.config_get("maxmemory") and len(r.config_get("*")) > 4
    assert r.command_count() == len(r.command()) > 30
    get = r.command()["get"]
    assert (get["arity"], get["first_key_pos"], get["last_key_pos"], get["step_count"]) == (2, 1, 1, 1)
    assert "get" in {name.decode() if isinstance(name, bytes) else name for name in r.command_list()}
    fails(r.execute_command, "NOSUCH", says="unknown command")
    fails(r.execute_command, "GET", says="wrong number of arguments")


def databases(host, port, protocol):
    one = redis.Redis(host, port, db=1, protocol=protocol)
    one.flushdb()
    assert one.dbsize() == 0 and one.set("only", 1) and one.dbsize() == 1
    zero = redis.Redis(host, port, protocol=protocol)
    assert not zero.exists("only") and zero.dbsize() > 1000
    assert one.flushdb() and one.dbsize() == 0 and zero.dbsize() > 1000
    assert zero.flushall() and zero.dbsize() == 0


def pipelines(r):
    pipeline = r.pipeline(transaction=False)
    for at in range(5000):
        pipeline.set(f"p{at}", at)
        pipeline.get(f"p{at}")
    pipeline.incr("p0")
    pipeline.execute_command("NOSUCH")
    replies = pipeline.execute(raise_on_error=False)
    assert replies[:-2] == [x for at in range(5000) for x in (True, b"%d" % at)]
    assert replies[-2] == 1 and isinstance(replies[-1], redis.ResponseError)


def threads(r):
    r.delete("shared")

    def work():
        for _ in range(500):
            r.incr("shared")

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert r.get("shared") == b"4000"


def fails(function, *arguments, says):
    try:
        function(*arguments)
    except redis.ResponseError as error:
        assert says in str(error), error
    else:
        raise AssertionError(f"{function.__name__}{arguments} did not fail")


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    for options in ({}, {"protocol": 2}, {"protocol": 3}):
        r = redis.Redis(host, port, **options)
        r.flushall()
        protocol = options.get("protocol", 3)
        strings(r)
        keys(r)
        sets(r)
        pipelines(r)
        threads(r)
        connection(r, protocol)
        databases(host, port, protocol)
        r.close()
    text = redis.Redis(host, port, decode_responses=True)
    assert text.set("ключ", "значение") and text.get("ключ") == "значение"
    print(f"redis-py {redis.__version__}: right answers")


if __name__ == "__main__":
    main()
