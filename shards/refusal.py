"""Errors that a user can mend: one sentence with the value and the remedy, exit code 2, no traceback."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 300  # characters of a reason
PASSING = re.compile(  # what differs from run to run: addresses; decord's clock and line of source, its stray numbers
    r"<_io\.BytesIO object at 0x[0-9a-f]+>|0x[0-9a-f]{6,}|\[\d\d:\d\d:\d\d\] \S+:\d+: |\(-?\d+ vs\. -?\d+\) "
)


class Refusal(ValueError):
    """What was asked for cannot be done. The message names the thing, its value and the remedy."""


@contextmanager
def one_sentence(interrupted: str = "") -> Iterator[None]:
    """End a command on a ``Refusal`` with its sentence; every other error keeps its traceback.

    So does Ctrl-C, unless there is something to say of what has been done by then: ``interrupted``.
    """
    try:
        yield
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        if not interrupted:
            raise
        print(f"interrupted: {interrupted}", file=sys.stderr)
        sys.exit(130)  # as shells say of a command that Ctrl-C ended


def reason_of(error: BaseException) -> str:
    """Why something failed, in one line that reads the same each time: no addresses, times or stack traces."""
    said = re.split(r"Stack trace|Stacktrace|C\+\+ context", str(error))[0]
    lines = [PASSING.sub("", line).strip() for line in said.splitlines()]
    reason = " ".join(line for line in lines if line) or type(error).__name__
    return reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 1]}…"
