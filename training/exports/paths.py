"""Paths without the machine that they lie on: where somebody's home is, is nobody's business."""

import shlex
from pathlib import Path


def short(path: Path) -> str:
    """Its last two parts."""
    return "/".join(path.absolute().parts[1:][-2:])


def short_command(command: str) -> str:
    """A command line with every path short that begins at the root, above or at home; the rest as it was."""
    return shlex.join(map(_word, shlex.split(command)))


def _word(word: str) -> str:
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    return f"{option}{equals}{short(Path(value)) if value.startswith(('/', '..', '~/')) else value}"
