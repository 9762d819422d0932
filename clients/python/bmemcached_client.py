#!/usr/bin/env python3
"""python-binary-memcached, by default and with a name and a password: bmemcached_client.py HOST PORT

Removes the keys it writes.
"""

import sys
from importlib.metadata import version

import bmemcached
from checks import Checks, same

HOST, PORT = sys.argv[1:3]
CHECKS = []


def check(function):
    """Makes a check of the function: it is given a client."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
def values_of_any_kind(c):
    for value in ["text", b"bytes\0\r\n", 42, {"a": [1, 2]}, "x" * 100_000]:
        same(c.set("k", value), True)
        same(c.get("k"), value)
    same(c.delete("k"), True)
    same(c.get("k"), None)


@check
def conditions(c):
    same(c.replace("k", "v"), False)
    same(c.add("k", "v"), True)
    same(c.add("k", "w"), False)
    same(c.replace("k", "w"), True)
    same(c.get("k"), "w")
    same(c.delete("k"), True)


@check
def counters(c):
    same(c.incr("n", 5, default=10), 10)
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
    same(c.delete("k", cas=stamp), False)
    same(c.delete("k"), True)


@check
def many_at_once(c):
    items = {f"key{at}": str(at) for at in range(500)}
    same(c.set_multi(items), [])
    same(c.get_multi(items), items)
    same(c.delete_multi(items), True)
    same(c.get_multi(items), {})


@check
def figures(c):
    (figures,) = c.stats().values()
    names = {name if isinstance(name, str) else name.decode() for name in figures}
    same("curr_items" in names, True)


checks = Checks("python-binary-memcached", version("python-binary-memcached"))
for name, function in CHECKS:
    checks.run(name, function, bmemcached.Client((f"{HOST}:{PORT}",)))
secret = bmemcached.Client((f"{HOST}:{PORT}",), "default", "any")
checks.run("values, authenticated", CHECKS[0][1], secret)
checks.exit()
