"""A table of an evaluation's numbers, of one run or of several, as text, HTML, Markdown and CSV."""

import csv
import html
import io
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from training.reports.listing import boxed, row

LONG = 24  # rows; longer tables are folded
HEAD = ("row", "column", "run", "value")


def mean_and_spread(values: Sequence[float]) -> tuple[float, float] | None:
    """Mean and standard deviation (n - 1 below the line; 0 of one); none, unless all are finite and there is one."""
    if not values or not all(map(math.isfinite, values)):
        return None
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell holds one value for each run, or none where nothing was measured."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, list[list[float]]]
    unit: str = " %"
    digits: int = 2
    errors: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By row a standard error for each cell, shown where there is one run."""

    def cell(self, values: list[float], error: float = math.nan) -> str:
        """The value, ± ``error`` if there is one; of several, mean ± standard deviation (n - 1 below the line)."""
        if (found := mean_and_spread(values)) is None:
            return "–"
        mean, spread = found if len(values) > 1 else (found[0], error)
        return f"{mean:.{self.digits}f}" + ("" if math.isnan(spread) else f" ± {spread:.{self.digits}f}")

    def spread(self) -> dict[str, dict[str, dict[str, float]]]:
        """Mean and standard deviation of each cell that holds several values, all finite."""
        found = {
            name: {
                column: {"mean": both[0], "standard deviation": both[1]}
                for column, values in zip(self.columns, cells, strict=True)
                if len(values) > 1 and (both := mean_and_spread(values))
            }
            for name, cells in self.rows.items()
        }
        return {name: cells for name, cells in found.items() if cells}

    @property
    def long(self) -> bool:
        """Whether it is folded on a page, and left out of what is printed."""
        return len(self.rows) > LONG

    def lines(self) -> list[str]:
        """A line of text for each row."""
        return [
            f"{self.title} · {name}: "
            + ", ".join(
                f"{c} {shown}{self.unit}"
                for c, v, shown in zip(self.columns, cells, self._shown(name), strict=True)
                if v
            )
            for name, cells in self.rows.items()
        ]

    def html(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *self.columns))
        body = "".join(
            f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{cell}</td>" for cell in self._shown(name)) + "</tr>"
            for name in self.rows
        )
        return boxed(self._title, f"<table><thead><tr>{head}</tr></thead>{body}</table>", "rows" if self.long else "")

    def markdown(self) -> str:
        lines = [["", *self.columns], ["---", *["---:"] * len(self.columns)]]
        lines += [[name, *self._shown(name)] for name in self.rows]
        return "\n".join(map(row, lines)) + "\n"

    def csv(self) -> str:
        """A line for each value: row, column, number of the run within the cell, value in full precision."""
        return _written(HEAD, self._values())

    def _values(self) -> Iterable[tuple[str, str, int, str]]:
        for name, cells in self.rows.items():
            for column, values in zip(self.columns, cells, strict=True):
                yield from ((name, column, number, repr(float(value))) for number, value in enumerate(values))

    def _shown(self, name: str) -> list[str]:
        cells = self.rows[name]
        errors = self.errors.get(name, [math.nan] * len(cells))
        return [self.cell(values, error) for values, error in zip(cells, errors, strict=True)]

    @property
    def _title(self) -> str:
        return self.title + (f",{self.unit}" if self.unit.strip() else "")


def tables_csv(tables: Iterable[Table]) -> str:
    """All of them in one, with the table's title before the rest."""
    return _written(("table", *HEAD), ((table.title, *line) for table in tables for line in table._values()))


def _written(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return stream.getvalue()
