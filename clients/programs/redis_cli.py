#!/usr/bin/env python3
"""redis-cli: redis_cli.py HOST PORT, with ../python in PYTHONPATH

Empties the server.
"""

import json

from checks import same, within
from program import HOST, PORT, Program, answer, run, run_until


def cli(*words, **options):
    """What redis-cli writes, the end of the last line left out."""
    output = run("redis-cli", "-h", HOST, "-p", PORT, *words, **options)
    return output.removesuffix(b"\n" if options.get("raw") else "\n")


def lacks(command):
    if command in ("EVAL", "EVALSHA", "SCRIPT"):
        # Known, and refused.
        return answer(b"*3\r\n$4\r\nEVAL\r\n$0\r\n\r\n$1\r\n0\r\n").startswith(b"-ERR scripts")
    words = ["COMMAND", "INFO", "|".join(command.split())]
    request = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return answer(f"*3\r\n{request}".encode())[4:] in (b"*-1\r\n", b"$-1\r\n")


version = run("redis-cli", "--version").split()[1]
program = Program("redis-cli", version, lacks)
check = program.check


@check()
def one_command():
    same(cli("SET", "k", "v"), "OK")
    same(cli("GET", "k"), "v")
    same(cli("GET", "absent"), "")
    same(cli("ECHO", "слово"), "слово")


@check()
def formatted():
    cli("SADD", "s", "x")
    same(cli("--no-raw", "SMEMBERS", "s"), '1) "x"')
    same(cli("--no-raw", "GET", "absent"), "(nil)")
    same(cli("--no-raw", "INCR", "n"), "(integer) 1")
    same(cli("--csv", "MGET", "n", "absent"), '"1",NULL')


@check()
def resp3():
    cli("SADD", "s", "x")
    same(cli("-3", "--no-raw", "SMEMBERS", "s"), '1~ "x"')
    hello = json.loads(cli("-3", "--json", "HELLO", "3"))
    same((hello["server"], hello["proto"]), ("redis", 3))


@check()
def errors():
    same(cli("NOSUCH").startswith("ERR unknown command 'NOSUCH'"), True)
    same(cli("GET").startswith("ERR wrong number of arguments for 'get' command"), True)
    cli("SADD", "s", "x")
    same(cli("GET", "s").startswith("WRONGTYPE "), True)


@check()
def value_from_standard_input():
    value = bytes(range(256)) * 4096
    same(cli("-x", "SET", "k", given=value), "OK")
    same(cli("GET", "k", raw=True) == value, True)


@check()
def lines_from_standard_input():
    same(cli(given=b'SET k "a b"\nGET k\nINCR n\n'), "OK\na b\n1")


@check()
def repeated():
    same(cli("-r", "3", "-i", "0", "INCR", "n"), "1\n2\n3")


@check()
def database():
    same(cli("-n", "1", "SET", "only", "1"), "OK")
    same(cli("-n", "1", "DBSIZE"), "1")
    same(cli("-u", f"redis://{HOST}:{PORT}/1", "GET", "only"), "1")
    same(cli("DBSIZE"), "0")


@check()
def scan():
    cli(given=b"".join(b"SET scan:%d v\n" % at for at in range(1000)) + b"SADD other x\n")
    found = cli("--scan", "--pattern", "scan:*").splitlines()
    same(set(found), {f"scan:{at}" for at in range(1000)})
    same(len(cli("--scan").splitlines()), 1001)


@check()
def pipe():
    commands = b"".join(b"SET pipe:%d %d\r\n" % (at, at) for at in range(20_000))
    same("errors: 0, replies: 20000" in cli("--pipe", given=commands), True)
    parts = [(b"SET", b"multi:%d" % at, bytes(range(256))) for at in range(1000)]
    encoded = [b"*3\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in ps) for ps in parts]
    same("errors: 0, replies: 1000" in cli("--pipe", given=b"".join(encoded)), True)
    same(cli("DBSIZE"), "21000")


@check("STRLEN", "LLEN", "HLEN", "ZCARD", "XLEN")
def bigkeys():
    cli("SET", "text", "x" * 100)
    cli("SADD", "set", *range(50))
    report = cli("--bigkeys")
    same("Biggest string found '\"text\"' has 100 bytes" in report, True)
    same("Biggest    set found '\"set\"' has 50 members" in report, True)


@check("MEMORY USAGE")
def memkeys():
    cli("SET", "text", "x" * 100)
    same("Biggest string found '\"text\"' has" in cli("--memkeys"), True)


@check()
def stat():
    lines = run_until(3, "redis-cli", "-h", HOST, "-p", PORT, "--stat", "-i", "0.1")
    within(int(lines[2].split()[0]), 0, 0)


@check()
def latency():
    least, most, mean, samples = cli("--latency", "--raw", "-i", "0.3").split()
    within(float(mean), float(least), float(most) + 1)
    within(int(samples), 1, 100_000)


@check("EVAL")
def script():
    same(cli("EVAL", "return ARGV[1]", "0", "v"), "v")


@check("MULTI")
def transaction():
    same(cli(given=b"MULTI\nINCR n\nINCR n\nEXEC\n"), "OK\nQUEUED\nQUEUED\n1\n2")


@check("SUBSCRIBE")
def subscribe():
    lines = run_until(3, "redis-cli", "-h", HOST, "-p", PORT, "SUBSCRIBE", "news")
    same(lines, ["subscribe\n", "news\n", "1\n"])


@check("MONITOR")
def monitor():
    same(run_until(1, "redis-cli", "-h", HOST, "-p", PORT, "MONITOR"), ["OK\n"])


@check("CLIENT LIST")
def client_list():
    same("cmd=client" in cli("CLIENT", "LIST"), True)


@check()
def connects_again():
    same(cli(given=b"SELECT 1\nSET k v\nQUIT\nGET k\n").splitlines()[:2], ["OK", "OK"])
    same(cli("-n", "1", "GET", "k"), "v")


program.run(prepare=lambda: cli("FLUSHALL"))
