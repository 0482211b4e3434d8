"""A table of an evaluation's numbers, of one run or of several, as text, HTML, Markdown and CSV."""

import csv
import html
import io
import math
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell holds one value for each run, or none where nothing was measured."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, list[list[float]]]
    unit: str = " %"
    digits: int = 2

    def cell(self, values: list[float]) -> str:
        """The value; of several, mean ± standard deviation (of the runs: n - 1 below the line)."""
        if not values or any(map(math.isnan, values)):
            return "–"
        if len(values) == 1:
            return f"{values[0]:.{self.digits}f}"
        return f"{statistics.mean(values):.{self.digits}f} ± {statistics.stdev(values):.{self.digits}f}"

    def spread(self) -> dict[str, dict[str, dict[str, float]]]:
        """Mean and standard deviation of each cell that holds several values."""
        return {
            name: {
                column: {"mean": statistics.mean(values), "standard deviation": statistics.stdev(values)}
                for column, values in zip(self.columns, cells, strict=True)
                if len(values) > 1
            }
            for name, cells in self.rows.items()
            if any(len(values) > 1 for values in cells)
        }

    def lines(self) -> list[str]:
        """A line of text for each row."""
        return [
            f"{self.title} · {name}: "
            + ", ".join(f"{c} {self.cell(v)}{self.unit}" for c, v in zip(self.columns, cells, strict=True) if v)
            for name, cells in self.rows.items()
        ]

    def html(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *self.columns))
        body = "".join(
            f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{self.cell(cell)}</td>" for cell in cells) + "</tr>"
            for name, cells in self.rows.items()
        )
        return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'

    def markdown(self) -> str:
        lines = [["", *self.columns], ["---", *["---:"] * len(self.columns)]]
        lines += [[name, *map(self.cell, cells)] for name, cells in self.rows.items()]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def csv(self) -> str:
        """A line for each value: row, column, number of the run within the cell, value in full precision."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("row", "column", "run", "value"))
        for name, cells in self.rows.items():
            for column, values in zip(self.columns, cells, strict=True):
                writer.writerows((name, column, number, repr(float(value))) for number, value in enumerate(values))
        return stream.getvalue()
