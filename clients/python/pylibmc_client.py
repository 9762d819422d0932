#!/usr/bin/env python3
"""pylibmc, which is libmemcached, in the text and the binary protocol: pylibmc_client.py HOST PORT

Removes the keys it writes.
"""

import sys

import pylibmc
from checks import Checks, raises, same

HOST, PORT = sys.argv[1:3]
CHECKS = []


def check(function):
    """Makes a check of the function: it is given a client."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
def values_of_any_kind(c):
    for value in ["text", b"bytes\0\r\n", 42, -7, {"a": [1, 2]}, "x" * 100_000]:
        same(c.set("k", value), True)
        same(c.get("k"), value)
    same(c.delete("k"), True)
    same(c.get("k"), None)


@check
def conditions(c):
    try:
        same(c.replace("k", "v"), False)
    except pylibmc.NotFound:
        pass  # The binary protocol tells why.
    same(c.add("k", "v"), True)
    same(c.add("k", "w"), False)
    same(c.replace("k", "w"), True)
    same(c.append("k", "x"), True)
    same(c.prepend("k", "u"), True)
    same(c.get("k"), "uwx")
    same(c.delete("k"), True)


@check
def counters(c):
    raises(pylibmc.NotFound, "", c.incr, "n")
    same(c.set("n", 10), True)
    same(c.incr("n", 5), 15)
    same(c.decr("n", 20), 0)
    same(c.delete("n"), True)


@check
def stamps(c):
    same(c.set("k", "one"), True)
    value, stamp = c.gets("k")
    same(value, "one")
    same(c.cas("k", "two", stamp), True)
    same(c.cas("k", "three", stamp), False)
    same(c.get("k"), "two")
    same(c.delete("k"), True)


@check
def many_at_once(c):
    items = {f"key{at}": at for at in range(500)}
    same(c.set_multi(items), [])
    keys = list(items)
    same(c.get_multi(keys), items)
    same(c.get_multi(["absent", "key7"]), {"key7": 7})
    same(c.delete_multi(keys), True)
    same(c.get_multi(keys), {})


@check
def lifetimes(c):
    same(c.set("k", "v", time=100), True)
    same(c.get("k"), "v")
    same(c.set("k", "v", time=2_592_001), True)
    same(c.get("k"), None)


@check
def figures(c):
    (_, figures), *_ = c.get_stats()
    names = {name if isinstance(name, str) else name.decode() for name in figures}
    same("curr_items" in names, True)


checks = Checks("pylibmc", pylibmc.__version__)
for binary in [False, True]:
    for name, function in CHECKS:
        client = pylibmc.Client([f"{HOST}:{PORT}"], binary=binary, behaviors={"cas": True})
        checks.run(f"{name}, {'binary' if binary else 'text'}", function, client)
for at in range(50):
    behaviors = {"no_block": at % 3 == 0}
    client = pylibmc.Client([f"{HOST}:{PORT}"], binary=at % 2 == 0, behaviors=behaviors)
    client.set(f"many{at}", at)
checks.run("fifty clients", lambda: [same(client.get(f"many{at}"), at) for at in range(50)])
client.delete_multi([f"many{at}" for at in range(50)])
checks.exit()
