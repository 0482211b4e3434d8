"""A process that may die: it answers questions, and neither its crash nor its hanging harms who asks.

Only bytes come back, and nothing is unpickled from them: a decoder that hostile bytes took over can lie, not more.
"""

import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType

from shards.refusal import Refusal

MEMORY = 4 * 2**30  # bytes that one answer may need beyond what the process holds when it starts
GRACE = 5.0  # seconds beyond the child's own alarm
START = 300.0  # seconds for its imports, on a machine that may be busy


class Died(Refusal):
    """The child died of a question, or did not answer in time; the message says which."""


class Child:
    """One process that runs ``answer`` over bytes. It starts at the first question, and anew after each death."""

    def __init__(self, answer: Callable[[bytes], bytes], seconds: float):
        """``answer`` must be picklable and may take ``seconds``, and as many again for every further 10 MB."""
        self._answer, self._seconds = answer, seconds
        self._line: Connection | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer to one question.

        Raises: ``Died``, and the next question finds a new child.
        """
        line, seconds = self._line or self._start(), _allowance(self._seconds, question)
        try:
            line.send_bytes(question)
            if line.poll(seconds + GRACE):
                return line.recv_bytes()
        except (EOFError, OSError):
            pass  # it died while it was asked, or before it answered
        code = self._end()
        if code in (None, -signal.SIGALRM):
            raise Died(f"took longer than {seconds:g} s")
        if code < 0:
            raise Died(f"the decoder died of signal {-code} ({signal.Signals(-code).name})")
        raise Died(f"the decoder ended the process with exit code {code}")

    def close(self) -> None:
        """End the child, if there is one."""
        if self._line is not None:
            self._end()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self) -> Connection:
        spawn = get_context("spawn")  # forking a process that already runs threads can deadlock it
        line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, self._answer, self._seconds), daemon=True)
        self._process.start()
        theirs.close()
        self._line = line  # from now on there is something to end
        try:
            if self._line.poll(START) and self._line.recv_bytes() == b"ready":
                return self._line
        except (EOFError, OSError):
            pass
        raise RuntimeError(
            f"the process that checks samples does not start (exit code {self._end()}); its own error stands above. "
            "A script that opens a loader must do so below: if __name__ == '__main__'"
        )

    def _end(self) -> int | None:
        """Kill the child. Returns: what it had ended with before, ``None`` if it was still alive."""
        assert self._line is not None, "only a child that was started ends"
        self._line.close()
        self._line = None
        self._process.join(GRACE / 10)  # one that crashed is about to be gone, and shall say of what
        code = self._process.exitcode
        self._process.kill()
        self._process.join()
        return code


def _allowance(seconds: float, question: bytes) -> float:
    return seconds * max(1.0, len(question) / 10e6)


def _serve(line: Connection, answer: Callable[[bytes], bytes], seconds: float) -> None:
    """Answer questions until the asker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asker gets it too, and ends this process
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the kernel's own end of a hang: no Python needed, nor an asker
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _silence()
    line.send_bytes(b"ready")
    while True:
        try:
            question = line.recv_bytes()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, _allowance(seconds, question))
        reply = answer(question)
        signal.setitimer(signal.ITIMER_REAL, 0)
        line.send_bytes(reply)


def _silence() -> None:
    """Decoders' own complaints go nowhere, for the reason is sent back; Python's tracebacks still come out."""
    sys.stderr = os.fdopen(os.dup(2), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    warnings.simplefilter("ignore")
