#!/usr/bin/env python3
"""The command-line programs of libmemcached: libmemcached.py HOST PORT, with ../python in PYTHONPATH

`memccapable` brings 27 checks of its own for the text protocol and as many for the binary one. Removes the keys it writes.
"""

import functools
import os
import re
import subprocess

from checks import same
from program import HOST, PORT, Failed, Program, answer, folder, run

# How a verb is asked for; what the server does not have is answered with ERROR.
PROBES = {
    "add": b"add probe 0 1 1\r\nx\r\n",
    "append": b"append probe 0 0 1\r\nx\r\n",
    "cas": b"cas probe 0 0 1 1\r\nx\r\n",
    "flush_all": b"flush_all 1000000000\r\n",
    "gets": b"gets probe\r\n",
    "incr": b"incr probe 1\r\n",
    "prepend": b"prepend probe 0 0 1\r\nx\r\n",
    "replace": b"replace probe 0 0 1\r\nx\r\n",
    "stats": b"stats\r\n",
    "touch": b"touch probe 0\r\n",
    "verbosity": b"verbosity 1\r\n",
}


def lacks(verb):
    return answer(PROBES[verb]).startswith(b"ERROR\r\n")


def memc(name, *words):
    return run(f"memc{name}", f"--servers={HOST}:{PORT}", *words)


def stored(data, name="probe-file"):
    with folder() as here:
        path = os.path.join(here, name)
        with open(path, "wb") as file:
            file.write(data)
        memc("cp", path)


version = run("memcping", "--version").split()[-1].strip("v)")
program = Program("libmemcached", version, lacks)
check = program.check


@check()
def ping():
    memc("ping")


@check()
def copy_and_show():
    for data in (b"a line\n", b"x" * 500_000):
        stored(data)
        same(memc("cat", "probe-file"), data.decode() + "\n")


@check()
def copy_with_expiry():
    with folder() as here:
        path = os.path.join(here, "probe-file")
        with open(path, "w") as file:
            file.write("brief")
        memc("cp", "--expire=1000", path)
    same(memc("cat", "probe-file"), "brief\n")


@check()
def remove():
    stored(b"x")
    memc("rm", "probe-file")
    try:
        memc("cat", "probe-file")
    except Failed:
        return
    raise AssertionError("it is still there")


@check()
def load():
    for test in ("set", "get", "mget"):
        words = [f"--test={test}", "--concurrency=4", "--execute-number=500"]
        same("Time to " in memc("slap", *words), True)


@check("add")
def exists():
    stored(b"x")
    memc("exist", "probe-file")


@check("touch")
def touch():
    stored(b"x")
    memc("touch", "--expire=1000", "probe-file")


@check("stats")
def statistics():
    same("pid:" in memc("stat"), True)


@check("flush_all")
def flush():
    memc("flush")


@functools.cache
def capable_report():
    """What memccapable says of each of its checks. In a single run: some need the one before."""
    words = ["memccapable", "-h", HOST, "-p", PORT, "-a"]
    pipe = subprocess.PIPE
    done = subprocess.run(words, stdout=pipe, stderr=subprocess.STDOUT, timeout=100, text=True)
    parts = re.split(r"^ascii ", done.stdout, flags=re.M)[1:]
    return {part.split("[")[0].split("  ")[0].strip(): part for part in parts}


def capable(test):
    """One check of memccapable's."""

    def look():
        said = capable_report().get(test, "nothing")
        same(("[pass]" in said, "[FAIL]" in said), (True, False))

    look.__name__ = f"capable {test}"
    return look


# What each needs beyond the command it is named for.
for test, needs in [
    ("version", []),
    ("quit", []),
    ("verbosity", ["verbosity"]),
    ("set", []),
    ("set noreply", []),
    ("get", []),
    ("gets", ["gets"]),
    ("mget", []),
    ("flush", ["flush_all"]),
    ("flush noreply", ["flush_all"]),
    ("add", ["add"]),
    ("add noreply", ["add"]),
    ("replace", ["replace", "add"]),
    ("replace noreply", ["replace", "add"]),
    ("cas", ["cas", "gets", "flush_all"]),
    ("cas noreply", ["cas", "gets", "flush_all"]),
    ("delete", []),
    ("delete noreply", []),
    ("incr", ["incr"]),
    ("incr noreply", ["incr"]),
    ("decr", ["incr"]),
    ("decr noreply", ["incr"]),
    ("append", ["append"]),
    ("append noreply", ["append"]),
    ("prepend", ["prepend"]),
    ("prepend noreply", ["prepend"]),
    ("stat", ["stats"]),
]:
    check(*needs)(capable(test))


@check()
def capable_binary():
    words = ["memccapable", "-h", HOST, "-p", PORT, "-b"]
    pipe = subprocess.PIPE
    done = subprocess.run(words, stdout=pipe, stderr=subprocess.STDOUT, timeout=100, text=True)
    same((done.stdout.count("[pass]"), done.stdout.count("[FAIL]")), (27, 0))


program.run()
