"""One making of a task at a time: the second is refused, and a making that was killed holds up nobody."""

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shards.refusal import Refusal
from shards.target import Local, Target

BEAT = 20.0  # seconds between signs of life where the system keeps no locks
DEAD = 6 * BEAT


class Held(Refusal):
    """Somebody else holds the lock."""


@contextmanager
def locked(target: Target, name: str, what: str) -> Iterator[None]:
    """Hold the lock ``name`` of ``target``, for ``what``.

    Raises: ``Held`` that names the process that holds it, ``Refusal`` if the storage knows no locks.
    """
    with _on_disk(target.path / name, what) if isinstance(target, Local) else _by_beats(target, name, what):
        yield


@contextmanager
def _on_disk(file: Path, what: str) -> Iterator[None]:
    """The system drops the lock of a process that ends, however it ends; over NFS too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            raise _refusal(what, _read(stream.read())) from None
        except OSError as error:
            raise Refusal(
                f"{file} cannot be locked ({error.strerror}); mount this storage with locks (flock)"
            ) from error
        stream.truncate(0)
        stream.write(_me())
        stream.flush()
        yield


@contextmanager
def _by_beats(target: Target, name: str, what: str) -> Iterator[None]:
    """An object store keeps no locks: the holder writes the time every 20 seconds, and is dead after two minutes."""
    try:
        holder = _read(target.read(name))
    except FileNotFoundError:
        holder = {}
    here = holder.get("host") == socket.gethostname()
    if time.time() - float(holder.get("time", 0)) < DEAD and not (here and not _alive(int(holder["process"]))):
        raise _refusal(what, holder)
    target.write(name, _me())
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            target.write(name, _me())

    thread = threading.Thread(target=beat, name="lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        target.remove(name)


def _me() -> bytes:
    return json.dumps({"host": socket.gethostname(), "process": os.getpid(), "time": time.time()}).encode()


def _read(content: bytes) -> dict:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _refusal(what: str, holder: dict) -> Held:
    return Held(
        f"{what} is being made by process {holder.get('process', '?')} on {holder.get('host', '?')}; "
        "wait until it has ended, or end it: whoever comes after goes on where it stopped"
    )
