"""The work unit: one shard, from its items to its tar, its index and its record, in any process of any machine."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from shards.records import MAKING, write_record
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listing import Source
from shards.sources.names import tidy
from shards.target import Target
from shards.treat import Treatment
from shards.validate import Validator
from shards.write import Written, write_shard

ABSENT = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


@dataclass(frozen=True)
class Unit:
    """The making of one shard: picklable, and nothing but what it needs."""

    source: Source
    items: Sequence[Hashable]
    number: int
    treatment: Treatment
    seconds: float
    target: Target
    drop: tuple[Rejected, ...]
    """What shall not enter although it is sound, with reasons."""

    def __call__(self, validator: Validator) -> Written:
        """Write the tar and its index."""
        names = frozenset(one.name for one in self.drop)
        written = write_shard(fetch(self.source, self.items), self.target, f"{self.number:06d}", validator, names)
        return replace(written, rejected=(*written.rejected, *self.drop))


def fetch(source: Source, items: Iterable[Hashable]) -> Iterator[Sample | Rejected]:
    """The samples of some items; what is not there, or is nothing, is rejected.

    Raises: ``Refusal`` if the storage fails, which is no sample's fault.
    """
    for item in items:
        try:
            yield from source.samples(item)
        except (Refusal, *ABSENT) as error:
            said = error.strerror if isinstance(error, OSError) else error
            yield Rejected(_name(item), f"cannot be fetched: {said}")
        except OSError as error:
            raise Refusal(
                f"{_name(item)!r} cannot be read ({error}); the finished shards stay: when the storage is well "
                "again run the same command, it goes on where it stopped"
            ) from error


def _name(item: Hashable) -> str:
    path = getattr(item, "path", None)
    return tidy(str(PurePosixPath(path).with_suffix("")) if path else str(item))


def make_shard(unit: Unit) -> tuple[int, Written]:
    """Make one shard, then its record. Returns: its number, and what was written."""
    written = unit(validator_here(unit.treatment, unit.seconds))
    write_record(unit.target.inside(MAKING), unit.number, written)
    return unit.number, written


_servant: tuple[tuple[Treatment, float], Validator] | None = None


def validator_here(treatment: Treatment, seconds: float) -> Validator:
    """The validator of this process, which serves all its shards: to start one takes seconds."""
    global _servant
    if _servant is None or _servant[0] != (treatment, seconds):
        dismiss()
        _servant = (treatment, seconds), Validator(treatment, seconds)
    return _servant[1]


def dismiss() -> None:
    """End the validator of this process, if there is one."""
    global _servant
    if _servant is not None:
        _servant[1].close()
        _servant = None
