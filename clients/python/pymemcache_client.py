#!/usr/bin/env python3
"""pymemcache as its users use it: pymemcache_client.py HOST PORT

Removes the keys it writes. An unknown command is answered with a bare `ERROR`, so what a check
needs beyond get, set and delete is told by `needs`.
"""

import sys
import threading

import pymemcache
from checks import Checks, Missing, raises, same
from pymemcache.exceptions import (
    MemcacheClientError,
    MemcacheIllegalInputError,
    MemcacheUnknownCommandError,
    MemcacheUnexpectedCloseError,
)

CHECKS = []


def check(function):
    """Makes a check of the function: it is given a client."""
    CHECKS.append((function.__name__.replace("_", " "), function))
    return function


def needs(command):
    """Makes a check of the function that needs this command of the server."""

    def decorate(function):
        def run(client):
            try:
                function(client)
            except MemcacheUnknownCommandError as error:
                raise Missing(command) from error

        CHECKS.append((function.__name__.replace("_", " "), run))
        return function

    return decorate


@check
def set_and_get(c):
    same(c.set("k", "v"), True)
    same(c.get("k"), b"v")
    same(c.get("absent"), None)
    same(c.get("absent", "instead"), "instead")


@check
def waits_for_the_reply(c):
    same(c.set("k", "v", noreply=False), True)
    same(c.delete("k", noreply=False), True)
    same(c.delete("k", noreply=False), False)


@check
def no_reply(c):
    for at in range(1000):
        c.set("k", str(at), noreply=True)
    same(c.get("k"), b"999")
    c.delete("k", noreply=True)
    same(c.get("k"), None)


@check
def binary(c):
    value = bytes(range(256)) * 40
    same(c.set("k", value, noreply=False), True)
    same(c.get("k"), value)


@check
def unicode(c):
    value = "значение".encode()
    same(c.set("k", value, noreply=False), True)
    same(c.get("k"), value)


@check
def empty_value(c):
    same(c.set("k", b"", noreply=False), True)
    same(c.get("k"), b"")


@check
def large(c):
    value = bytes(range(256)) * 3900
    same(c.set("k", value, noreply=False), True)
    same(c.get("k") == value, True)


@check
def many_keys(c):
    same(c.set_many({f"m{at}": str(at) for at in range(1000)}), [])
    wanted = {f"m{at}": b"%d" % at for at in range(1000)}
    same(c.get_many([*wanted, "absent"]), wanted)
    same(c.delete_many(list(wanted)), True)
    same(c.get_many(list(wanted)), {})


@check
def flags(c):
    client = pymemcache.Client(c.server, serde=pymemcache.serde.pickle_serde)
    same(client.set("k", {"a": [1, 2.5, None]}, noreply=False), True)
    same(client.get("k"), {"a": [1, 2.5, None]})
    client.close()


@check
def expired(c):
    same(c.set("k", "v", expire=-1, noreply=False), True)
    same(c.get("k"), None)


@check
def expires_later(c):
    same(c.set("k", "v", expire=1000, noreply=False), True)
    same(c.get("k"), b"v")


@check
def version(c):
    same(isinstance(c.version(), bytes), True)


@check
def refuses_bad_keys(c):
    raises(MemcacheIllegalInputError, "", c.get, "k" * 251)
    raises(MemcacheClientError, "", c._misc_cmd, [b"get " + b"k" * 251 + b"\r\n"], b"get", False)
    same(c.version() is not None, True)


@needs("add")
def add(c):
    c.delete("k", noreply=False)
    same(c.add("k", "v", noreply=False), True)
    same(c.add("k", "w", noreply=False), False)


@needs("replace")
def replace(c):
    c.set("k", "v", noreply=False)
    same(c.replace("k", "w", noreply=False), True)
    same(c.get("k"), b"w")


@needs("append")
def append_and_prepend(c):
    c.set("k", "b", noreply=False)
    same(c.append("k", "c", noreply=False), True)
    same(c.prepend("k", "a", noreply=False), True)
    same(c.get("k"), b"abc")


@needs("gets")
def compare_and_swap(c):
    c.set("k", "v", noreply=False)
    value, token = c.gets("k")
    same(value, b"v")
    same(c.cas("k", "w", token), True)
    same(c.cas("k", "x", token), False)
    same(c.cas("absent", "x", token), None)


@needs("incr")
def counters(c):
    c.set("k", "41", noreply=False)
    same(c.incr("k", 1), 42)
    same(c.decr("k", 50), 0)
    c.delete("absent", noreply=False)
    same(c.incr("absent", 1), None)


@needs("touch")
def touch(c):
    c.set("k", "v", noreply=False)
    same(c.touch("k", 1000, noreply=False), True)


@needs("stats")
def stats(c):
    same(b"pid" in c.stats(), True)


@needs("flush_all")
def flush_all(c):
    c.set("k", "v", noreply=False)
    same(c.flush_all(noreply=False), True)
    same(c.get("k"), None)


@check
def fifty_connections(c):
    clients = [pymemcache.Client(c.server, timeout=20) for _ in range(50)]
    failures = []

    def work(at, client):
        for turn in range(40):
            client.set(f"c{at}", str(turn), noreply=False)
            if client.get(f"c{at}") != b"%d" % turn:
                failures.append((at, turn))

    workers = [threading.Thread(target=work, args=pair) for pair in enumerate(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for client in clients:
        client.close()
    same(failures, [])


@check
def pooled(c):
    pool = pymemcache.PooledClient(c.server, max_pool_size=4)
    same(pool.set("k", "v"), True)
    same(pool.get("k"), b"v")
    pool.close()


@check
def reconnect(c):
    """The server closes the connection; the client says so once and then goes on."""
    same(c.version() is not None, True)
    c.sock.sendall(b"quit\r\n")
    raises((MemcacheUnexpectedCloseError, ConnectionError), "", c.get, "k")
    same(c.set("k", "v", noreply=False), True)


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    checks = Checks("pymemcache", pymemcache.__version__)
    for label, options in [("defaults", {}), ("no delay", {"no_delay": True, "timeout": 20})]:
        client = pymemcache.Client(address, **options)
        for name, check in CHECKS:
            checks.run(f"{label}/{name}", check, client)
        client.close()
    checks.exit()


if __name__ == "__main__":
    main()
