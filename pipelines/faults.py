"""What a process has learned of a data set's samples while it ran: which are broken, and how often others stood in."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One broken sample."""

    sample: int
    """Its number in the data set."""
    shard: str
    """The file name of its tar."""
    name: str
    reason: str


class Faults:
    """A record for one data set; a loader's threads write it while the loop reads it."""

    def __init__(self) -> None:
        self._broken: dict[int, Fault] = {}
        self._sound: set[int] = set()
        self._substituted = 0
        self._lock = threading.Lock()

    def note(self, fault: Fault) -> None:
        """Remember a broken sample for good: it is asked once."""
        with self._lock:
            self._broken.setdefault(fault.sample, fault)

    def note_sound(self, sample: int) -> None:
        """Remember that a sample has passed its check."""
        with self._lock:
            self._sound.add(sample)

    def is_broken(self, sample: int) -> bool:
        return sample in self._broken

    def is_sound(self, sample: int) -> bool:
        return sample in self._sound

    def all(self) -> list[Fault]:
        """Every broken sample that was met, by number."""
        with self._lock:
            return [self._broken[sample] for sample in sorted(self._broken)]

    def count(self, substituted: int) -> None:
        """Add the places of one delivered batch that substitutes took."""
        with self._lock:
            self._substituted += substituted

    def read(self) -> int:
        """Places that substitutes took since the last call."""
        with self._lock:
            substituted, self._substituted = self._substituted, 0
        return substituted
