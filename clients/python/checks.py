"""What the scripts in this language share: how a check is run, reported and compared."""

import re
import sys


class Checks:
    """Runs checks one by one and prints a line for each, as ../README.md describes them."""

    def __init__(self, client, version):
        self.failed = 0
        print(f"client {client} {version}", flush=True)

    def run(self, name, check, *arguments):
        """Runs a check; it fails where it raises."""
        try:
            check(*arguments)
        except Exception as error:  # Whatever a client raises is what the check found.
            self.report(name, error)
        else:
            self.report(name)

    def report(self, name, error=None):
        """Prints how a check went."""
        if error is None:
            line = f"ok {name}"
        elif command := missing(error):
            line = f"missing {name}: {command}"
        else:
            self.failed += 1
            line = f"FAIL {name}: {type(error).__name__}: {error}"
        print(" ".join(line.split()), flush=True)

    def exit(self):
        """Ends the script."""
        sys.exit(1 if self.failed else 0)


class Missing(Exception):
    """The server does not have this command, in a protocol whose error does not name it."""


def missing(error):
    """The command that the server says it does not have, if that is the error."""
    if isinstance(error, Missing):
        return str(error)
    if found := re.search(r"unknown command '?([\w.]+)", str(error), re.I):
        return found[1].upper()
    if found := re.search(r"unknown subcommand '?(\w+)'?. Try (\w+) HELP", str(error), re.I):
        return f"{found[2]} {found[1]}".upper()
    if "scripts are not run here" in str(error):
        return "EVAL"
    return None


def same(got, *expected):
    """Fails unless what was got is one of what was expected, of the same type."""
    if not any(got == one and isinstance(got, type(one)) for one in expected):
        raise AssertionError(f"got {shown(got)}, expected {' or '.join(map(shown, expected))}")


def within(got, least, most):
    """Fails unless the number is in the range, ends included."""
    if not least <= got <= most:
        raise AssertionError(f"got {shown(got)}, expected {least} to {most}")


def raises(kind, says, function, *arguments, **options):
    """Fails unless the call raises an error of this kind with these words in it."""
    try:
        got = function(*arguments, **options)
    except kind as error:
        if says not in str(error):
            raise AssertionError(f"got error {error}, expected it to say {says!r}") from error
    else:
        raise AssertionError(f"got {shown(got)}, expected an error: {says}")


def shown(value):
    """The value, not too long for a line."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"
