#!/usr/bin/env python3
"""Prometheus' exporter for Redis: redis_exporter.py HOST PORT, with ../python in PYTHONPATH

Empties the server.
"""

import contextlib
import re
import socket
import subprocess
import time
import urllib.request

from checks import same, within
from program import HOST, PORT, Program, answer

NAME = "prometheus-redis-exporter"
START_SECONDS_MAX = 20


def send(*words):
    """The first bytes of the server's answer to this request."""
    parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return answer(f"*{len(words)}\r\n{parts}".encode())


@contextlib.contextmanager
def exporter(*flags):
    """Runs the exporter and gives a function that fetches its metrics, by name and labels."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = ["-redis.addr", f"redis://{HOST}:{PORT}", "-web.listen-address", f"127.0.0.1:{port}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen([NAME, *where, *flags], **quiet)
    try:
        yield lambda: metrics(f"http://127.0.0.1:{port}/metrics")
    finally:
        child.kill()
        child.wait()


def metrics(url):
    """What the exporter tells, once it listens."""
    late = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            with urllib.request.urlopen(url, timeout=20) as page:
                lines = page.read().decode().splitlines()
            break
        except OSError:
            if time.monotonic() > late:
                raise
            time.sleep(0.05)
    found = (re.fullmatch(r"(redis_\S+(?: [^{}]*})?) (\S+)", line) for line in lines)
    return {one[1]: float(one[2]) for one in found if one}


said = subprocess.run([NAME, "-version"], capture_output=True, text=True, timeout=30)
version = re.search(r"Exporter v?(\d[\d.]*)", said.stdout + said.stderr)[1]
program = Program("redis_exporter", version, lambda command: False)
check = program.check


@check()
def general():
    send("SET", "k", "v")
    send("SET", "expiring", "v", "EX", "1000")
    with exporter() as fetch:
        told = fetch()
    same((told["redis_up"], told["redis_exporter_last_scrape_error{err=\"\"}"]), (1.0, 0.0))
    same(told['redis_db_keys{db="db0"}'], 2.0)
    same(told['redis_db_keys_expiring{db="db0"}'], 1.0)
    within(told["redis_connected_clients"], 1, 100)
    within(told["redis_memory_used_bytes"], 1, 1 << 40)
    within(told["redis_uptime_in_seconds"], 0, 1 << 40)
    within(told["redis_commands_processed_total"], 2, 1 << 60)


@check()
def hits_and_misses():
    send("SET", "k", "v")
    with exporter() as fetch:
        before = fetch()
        send("GET", "k")
        send("GET", "absent")
        send("GET", "absent")
        after = fetch()
    names = ("redis_keyspace_hits_total", "redis_keyspace_misses_total")
    same(tuple(after[name] - before[name] for name in names), (1.0, 2.0))


@check()
def single_keys():
    send("SET", "text", "v" * 100)
    send("SADD", "set", "x", "y", "z")
    with exporter("-check-single-keys", "db0=text,db0=set", "-check-keys", "db0=s*") as fetch:
        told = fetch()
    same(told['redis_key_size{db="db0",key="set"}'], 3.0)
    same(told['redis_key_size{db="db0",key="text"}'], 100.0)


@check()
def commands_and_clients():
    send("SET", "k", "v")
    with exporter("-export-client-list") as fetch:
        told = fetch()
    within(told['redis_commands_total{cmd="set"}'], 1, 1 << 60)
    same(any(name.startswith("redis_connected_clients_details{") for name in told), True)


program.run(prepare=lambda: send("FLUSHALL"))
