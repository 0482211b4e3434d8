"""Errors that a user can mend: one sentence with the value and the remedy, exit code 2, no traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(ValueError):
    """What was asked for cannot be done. The message names the thing, its value and the remedy."""


@contextmanager
def one_sentence() -> Iterator[None]:
    """End a command on a ``Refusal`` with its sentence; every other error keeps its traceback."""
    try:
        yield
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        sys.exit(2)
