"""The child's side of a contest: prepare once, then work whenever it is one's turn. Needs no packages."""

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version

Work = Callable[[bool], tuple[int, int]]
"""One turn. Told whether to add up the pixels, it returns how many items it made, and their sum (0 if not told)."""


def take_turns(prepare: Callable[[dict], Work], *libraries: str) -> None:
    """Read the task from the command line, prepare, say the libraries' versions, then work once for each line."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    work = prepare(json.loads(sys.argv[1]))
    print(json.dumps({library: version(library) for library in libraries}), file=answers)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), file=answers)
