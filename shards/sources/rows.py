"""Millions of rows in a hundred bytes each: a sequence of named tuples that is kept column by column."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Generic, TypeVar, overload

import numpy as np
import xxhash

Row = TypeVar("Row", bound=tuple)
Small = Annotated[int, "four bytes"]
CODES: dict[Any, str] = {int: "q", Small: "i", float: "d"}


class Rows(Sequence[Row], Generic[Row]):
    """Rows of one ``NamedTuple`` type whose fields are ``str``, ``int``, ``Small`` or ``float``. They never change.

    Strings may hold what file names hold (``os.fsdecode``).
    """

    def __init__(self, kind: Any, rows: Iterable[Row] = ()):
        self._kind = kind
        fields = (kind.__annotations__[name] for name in kind._fields)
        self._columns: list[Any] = [array(CODES[field]) if field in CODES else _Texts() for field in fields]
        for row in rows:
            for column, value in zip(self._columns, row, strict=True):
                column.append(value)
        self._numbers: np.ndarray | range = range(len(self._columns[0]))

    def take(self, numbers: np.ndarray) -> "Rows[Row]":
        """The rows of these numbers, in this order; the columns are shared, not copied."""
        return self._with(self._columns, np.arange(len(self))[numbers] if isinstance(self._numbers, range)
                          else self._numbers[numbers])  # fmt: skip

    def replace(self, field: str, values: np.ndarray) -> "Rows[Row]":
        """The same rows with other numbers in one field; not for rows that were taken from others."""
        assert isinstance(self._numbers, range) and len(values) == len(self), "a column is replaced as a whole"
        place = self._kind._fields.index(field)
        return self._with([*self._columns[:place], values, *self._columns[place + 1 :]], self._numbers)

    def column(self, field: str) -> np.ndarray:
        """All values of a field that holds numbers."""
        values = np.asarray(self._columns[self._kind._fields.index(field)])
        return values if isinstance(self._numbers, range) else values[self._numbers]

    def texts(self, field: str) -> Iterator[str]:
        """All values of a field that holds strings."""
        column = self._columns[self._kind._fields.index(field)]
        return (column[int(number)] for number in self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        number = int(self._numbers[place])
        values = (column[number] for column in self._columns)
        return self._kind(*(value.item() if isinstance(value, np.generic) else value for value in values))

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))

    def digest(self) -> str:
        """A hash of all rows, to tell two listings apart."""
        found = xxhash.xxh3_128(" ".join(self._kind._fields).encode())
        for column in self._columns:
            for part in column.parts() if isinstance(column, _Texts) else (column,):
                found.update(memoryview(part).cast("B"))
        if not isinstance(self._numbers, range):
            found.update(np.ascontiguousarray(self._numbers).data)
        return found.hexdigest()

    def _with(self, columns: list[Any], numbers: np.ndarray | range) -> "Rows[Row]":
        other: Rows[Row] = Rows(self._kind)
        other._columns, other._numbers = columns, numbers
        return other


class _Texts:
    """Strings end to end."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "surrogateescape")
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogateescape")

    def parts(self) -> tuple[bytearray, array]:
        return self._bytes, self._ends
