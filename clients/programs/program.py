"""What the scripts about command-line programs share: running one, and what it needs."""

import os
import signal
import socket
import subprocess
import sys
import tempfile

from checks import Checks, Missing

HOST, PORT = sys.argv[1], sys.argv[2]


class Program:
    """Collects checks of a program and runs them."""

    def __init__(self, name, version, lacks):
        """`lacks` tells whether the server does not have a command."""
        self.checks = Checks(name, version)
        self.lacks = lacks
        self.all = []

    def check(self, *needs):
        """Makes a check of the function that needs these commands of the server."""

        def decorate(function):
            self.all.append((function.__name__.replace("_", " "), needs, function))
            return function

        return decorate

    def run(self, prepare=lambda: None):
        """Runs all checks, each after `prepare`, and ends the script."""
        for name, needs, function in self.all:
            prepare()
            self.checks.run(name, self.explained, needs, function)
        self.checks.exit()

    def explained(self, needs, function):
        try:
            function()
        except Exception as error:
            if absent := next(filter(self.lacks, needs), None):
                raise Missing(absent) from error
            raise


class Failed(Exception):
    """A program ended with another exit code than 0."""


def run(*words, given=b"", raw=False):
    """What the program writes to its output, given this input; it has to end with 0."""
    words = [str(word) for word in words]
    done = subprocess.run(words, input=given, capture_output=True, timeout=30)
    if done.returncode != 0:
        said = (done.stdout + b" " + done.stderr).decode(errors="replace")
        raise Failed(f"{words[0]} ended with {done.returncode}: {said[-300:]}")
    return done.stdout if raw else done.stdout.decode(errors="replace")


def run_until(line_count, *words):
    """The first lines of a program that does not end by itself."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    # Where the lines do not come, the end of the program ends the wait for them.
    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    signal.alarm(20)
    try:
        return [child.stdout.readline() for _ in range(line_count)]
    finally:
        signal.alarm(0)
        child.kill()
        child.wait()


def answer(request):
    """The first bytes of the server's answer to these bytes."""
    with socket.create_connection((HOST, int(PORT)), timeout=20) as connection:
        connection.sendall(request)
        return connection.recv(1 << 16)


def folder():
    """A folder for files that is gone in the end."""
    return tempfile.TemporaryDirectory(dir=os.environ.get("CLIENTS_WORK"))
