#!/usr/bin/env python3
"""Flask-Caching on Redis: flask_caching_client.py HOST PORT

Empties the server.
"""

import importlib.metadata
import sys

from checks import Checks, same
from flask import Flask, request
from flask_caching import Cache

HOST, PORT = sys.argv[1], int(sys.argv[2])

app = Flask(__name__)
cache = Cache(
    app,
    config={
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_HOST": HOST,
        "CACHE_REDIS_PORT": PORT,
        "CACHE_KEY_PREFIX": "site:",
        "CACHE_DEFAULT_TIMEOUT": 100,
    },
)
calls = []


@app.route("/page")
@cache.cached(query_string=True)
def page():
    calls.append(request.args.get("of"))
    return f"page {request.args.get('of')}"


@cache.memoize()
def square(number):
    calls.append(number)
    return number * number


CHECKS = []


def check(function):
    """Makes a check of the function: it begins with an empty cache."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
def any_value():
    for value in ("слово", 17, 2.5, b"\0\xff", ["a", {"b": (1, 2)}], "x" * 1_000_000):
        same(cache.set("k", value), True)
        same(cache.get("k"), value)
    same(cache.get("absent"), None)


@check
def conditions():
    same(bool(cache.add("k", 1)), True)
    same(bool(cache.add("k", 2)), False)
    same(cache.get("k"), 1)
    same(bool(cache.has("k")), True)
    same(bool(cache.delete("k")), True)
    same(bool(cache.has("k")), False)


@check
def many_keys():
    values = {f"k{at}": at for at in range(300)}
    cache.set_many(values)
    same(cache.get_many(*values), list(values.values()))
    cache.delete_many(*list(values)[:100])
    same(len([one for one in cache.get_many(*values) if one is not None]), 200)


@check
def pages():
    client = app.test_client()
    for of in ("1", "1", "2"):
        same(client.get(f"/page?of={of}").text, f"page {of}")
    same(calls, ["1", "2"])


@check
def memoized():
    same([square(3), square(3), square(4)], [9, 9, 16])
    same(calls, [3, 4])
    cache.delete_memoized(square, 3)
    same(square(3), 9)
    same(calls, [3, 4, 3])
    cache.delete_memoized(square)
    same(square(4), 16)
    same(calls, [3, 4, 3, 4])


@check
def counters():
    backend = cache.cache
    same((backend.inc("n"), backend.inc("n", 5), backend.dec("n", 2)), (1, 6, 4))


checks = Checks("Flask-Caching", importlib.metadata.version("flask-caching"))
for name, function in CHECKS:
    with app.app_context():
        cache.clear()
        calls.clear()
        checks.run(name, function)
checks.exit()
