"""A process that may die takes nobody along, and what it says is never unpickled."""

import os
import pickle
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from shards.child import Child, Died


class Bomb:
    """Unpickling it makes a file, or fails where there is no file to make."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def answer(question: bytes) -> bytes:
    if question.startswith(b"signal"):
        os.kill(os.getpid(), int(question[6:]))
    if question == b"hang":
        while True:
            pass
    if question == b"gone":
        os._exit(3)
    if question == b"memory":
        bytearray(5 * 2**30)
    if question.startswith(b"bomb"):
        return pickle.dumps(Bomb(Path(question[4:].decode())))
    return question[::-1]


@contextmanager
def asking(seconds: float):
    with Child(answer, seconds) as child:
        yield child


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (b"signal11", "died of signal 11 .SIGSEGV."),
        (b"signal9", "died of signal 9 .SIGKILL."),
        (b"hang", "took longer than 0.5 s"),
        (b"gone", "exit code 3"),
        (b"memory", "exit code 1"),
    ],
)
def test_it_dies_of_a_question_and_answers_the_next(question, reason):
    with asking(0.5) as child:
        assert child.ask(b"abc") == b"cba"
        start = time.monotonic()
        with pytest.raises(Died, match=reason):
            child.ask(question)
        assert time.monotonic() - start < 5
        assert child.ask(b"x" * 10**6) == b"x" * 10**6


def test_a_large_question_may_take_longer_than_a_small_one():
    with asking(0.2) as child, pytest.raises(Died, match="longer than 0.4 s"):
        child.ask(b"signal14" + b" " * (2 * 10**7 - 8))  # SIGALRM is what its clock sends


def test_no_process_is_left_behind():
    with asking(5.0) as child:
        child.ask(b"abc")
        process = child._process
        assert process.is_alive()
    assert not process.is_alive()
    with asking(5.0):
        pass  # nor is one started for nothing


def test_a_child_whose_asker_was_killed_ends(tmp_path):
    with asking(5.0) as child:
        child.ask(b"abc")
        child._line.close()  # all that it sees of a killed asker
        child._process.join(5)
        assert child._process.exitcode == 0
        child._line = None


def test_what_it_says_is_not_unpickled(tmp_path):
    with asking(5.0) as child:
        said = child.ask(b"bomb" + str(tmp_path / "executed").encode())
    assert not (tmp_path / "executed").exists()
    pickle.loads(said)
    assert (tmp_path / "executed").exists()  # the bomb was live


class Unwilling:
    def __call__(self, question: bytes) -> bytes:
        return question

    def __reduce__(self):
        return os._exit, (7,)


def test_one_that_does_not_start_is_no_verdict_on_a_sample():
    with pytest.raises(RuntimeError, match="does not start .exit code 7.*__main__"), Child(Unwilling(), 5.0) as child:
        child.ask(b"abc")
    assert not issubclass(RuntimeError, Died)


def test_it_ignores_an_interrupt_that_its_asker_will_handle():
    with asking(5.0) as child:
        child.ask(b"abc")
        os.kill(child._process.pid, signal.SIGINT)
        assert child.ask(b"abc") == b"cba"
