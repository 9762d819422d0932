#!/usr/bin/env python3
"""redis-benchmark: redis_benchmark.py HOST PORT, with ../python in PYTHONPATH

It checks no values, but it stops at an error reply. Empties the server.
"""

from checks import same, within
from program import HOST, PORT, Program, run


def benchmark(*words):
    """Runs it; returns the name and the rate of each test that it ran."""
    try:
        words = ["-h", HOST, "-p", PORT, "-n", "5000", "--csv", *words]
        lines = run("redis-benchmark", *words).splitlines()
    finally:
        run("redis-cli", "-h", HOST, "-p", PORT, "FLUSHALL")
    rows = [line.replace('"', "").split(",") for line in lines[1:] if line.count('","') > 3]
    return {name: float(rate) for name, rate, *_ in rows}


def positive(rates, *names):
    same(list(rates), list(names))
    within(min(rates.values()), 1, 10**9)


# Each error names the command that is missing.
program = Program(
    "redis-benchmark", run("redis-benchmark", "--version").split()[1], lambda _: False
)
check = program.check


@check()
def ping():
    positive(benchmark("-t", "ping"), "PING_INLINE", "PING_MBULK")


@check()
def set_and_get():
    positive(benchmark("-t", "set,get"), "SET", "GET")


@check()
def pipelines():
    positive(benchmark("-t", "set,get,incr", "-P", "16", "-r", "1000"), "SET", "GET", "INCR")


@check()
def large_values():
    positive(benchmark("-t", "set,get", "-n", "500", "-d", "100000"), "SET", "GET")


@check()
def resp3():
    positive(benchmark("-t", "set,get", "-3"), "SET", "GET")


@check()
def threads():
    positive(benchmark("-t", "set,get", "--threads", "2", "-P", "4"), "SET", "GET")


@check()
def a_connection_a_request():
    positive(benchmark("-t", "get", "-k", "0", "-n", "500"), "GET")


@check()
def another_database():
    positive(benchmark("-t", "set", "--dbnum", "1"), "SET")


@check()
def a_command_of_ones_own():
    rates = benchmark("-r", "100", "MSET", "a", "1", "k:__rand_int__", "2")
    same(len(rates), 1)


@check()
def sadd():
    positive(benchmark("-t", "sadd", "-r", "1000"), "SADD")


@check()
def mset():
    positive(benchmark("-t", "mset"), "MSET (10 keys)")


for test, names in [
    ("lpush", ["LPUSH"]),
    ("rpush", ["RPUSH"]),
    ("lpop", ["LPOP"]),
    ("rpop", ["RPOP"]),
    ("hset", ["HSET"]),
    ("spop", ["SPOP"]),
    ("zadd", ["ZADD"]),
    ("zpopmin", ["ZPOPMIN"]),
    ("lrange_100", ["LPUSH (needed to benchmark LRANGE)", "LRANGE_100 (first 100 elements)"]),
]:

    def run_test(test=test, names=names):
        positive(benchmark("-t", test), *names)

    run_test.__name__ = test
    check()(run_test)

program.run()
