#!/usr/bin/env python3
"""Django's Redis cache, and its sessions on it: django_cache.py HOST PORT

Empties the server.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import django
from checks import Checks, raises, same
from django.conf import settings

HOST, PORT = sys.argv[1], sys.argv[2]

settings.configure(
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://{HOST}:{PORT}",
            "KEY_PREFIX": "shop",
        },
        "other": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://{HOST}:{PORT}/1",
        },
    },
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
)

# Both read the settings when they are imported.
from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.cache import cache, caches  # noqa: E402

CHECKS = []


def check(function):
    """Makes a check of the function: it begins with an empty cache."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


@check
def any_value():
    for value in ("слово", 17, -1, 2.5, None, b"\0\xff", ["a", {"b": (1, 2)}], "x" * 1_000_000):
        cache.set("k", value)
        same(cache.get("k"), value)
    same(cache.get("absent", "other"), "other")


@check
def expiry():
    same(cache.add("k", 1, timeout=100), True)
    same(cache.add("k", 2, timeout=100), False)
    same(cache.touch("k", 200), True)
    same(cache.touch("absent", 200), False)
    cache.set("k", 3, timeout=0)
    same(cache.get("k"), None)
    cache.set("k", 4, timeout=None)
    same(cache.get("k"), 4)


@check
def counters():
    cache.set("n", 1)
    same((cache.incr("n"), cache.incr("n", 10), cache.decr("n", 2)), (2, 12, 10))
    raises(ValueError, "not found", cache.incr, "absent")


@check
def many_keys():
    values = {f"k{at}": at for at in range(500)}
    same(cache.set_many(values, timeout=100), [])
    same(cache.get_many([*values, "absent"]), values)
    cache.delete_many(list(values)[:250])
    same(len(cache.get_many(values)), 250)


@check
def get_or_set():
    same(cache.get_or_set("k", lambda: 5, 100), 5)
    same(cache.get_or_set("k", lambda: 6, 100), 5)


@check
def versions():
    cache.set("k", "old")
    cache.set("k", "new", version=2)
    same((cache.get("k"), cache.get("k", version=2)), ("old", "new"))
    same(cache.incr_version("k", version=2), 3)
    same((cache.get("k", version=2), cache.get("k", version=3)), (None, "new"))
    same(cache.has_key("k"), True)


@check
def databases():
    cache.set("k", 1)
    caches["other"].set("k", 2)
    caches["other"].clear()
    same((cache.get("k"), caches["other"].get("k")), (1, None))


@check
def sessions():
    session = SessionStore()
    session["cart"] = ["a", "b"]
    session.set_expiry(600)
    session.save()
    key = session.session_key
    same(SessionStore(session_key=key)["cart"], ["a", "b"])
    session.cycle_key()
    same(SessionStore().exists(key), False)
    same(SessionStore(session_key=session.session_key)["cart"], ["a", "b"])
    session.flush()
    same(SessionStore().exists(session.session_key or "gone"), False)


@check
def threads():
    cache.set("n", 0)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: cache.incr("n"), range(2000)))
    same(cache.get("n"), 2000)


checks = Checks("Django", django.__version__)
for name, function in CHECKS:
    cache.clear()
    checks.run(name, function)
checks.exit()
