"""The numbers of one evaluation, or of several, as tables; tables as lines of text and as HTML."""

import html
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Found = Sequence[dict]
"""Evaluations of one or several runs, as evaluation.json holds them."""


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell holds one value for each run."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, list[list[float]]]
    unit: str = " %"
    digits: int = 2

    def cell(self, values: list[float]) -> str:
        """The value; of several, mean ± standard deviation (of the runs: n - 1 below the line)."""
        if len(values) == 1:
            return f"{values[0]:.{self.digits}f}"
        return f"{statistics.mean(values):.{self.digits}f} ± {statistics.stdev(values):.{self.digits}f}"

    def spread(self) -> dict[str, dict[str, dict[str, float]]]:
        """Mean and standard deviation of each cell that holds several values."""
        return {
            name: {
                column: {"mean": statistics.mean(values), "standard deviation": statistics.stdev(values)}
                for column, values in zip(self.columns, cells, strict=True)
            }
            for name, cells in self.rows.items()
            if len(cells[0]) > 1
        }

    def lines(self) -> list[str]:
        """A line of text for each row."""
        return [
            f"{self.title} · {name}: "
            + ", ".join(f"{c} {self.cell(v)}{self.unit}" for c, v in zip(self.columns, cells, strict=True))
            for name, cells in self.rows.items()
        ]

    def html(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *self.columns))
        body = "".join(
            f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{self.cell(cell)}</td>" for cell in cells) + "</tr>"
            for name, cells in self.rows.items()
        )
        return f"<table><tr>{head}</tr>{body}</table>"


def knn_table(found: Found) -> Table:
    facts = tuple(found[0]["knn"]["trained"])
    chance = {"chance": [[found[0]["chance"][fact]] for fact in facts]}
    rows = {name: [[one["knn"][name][fact]["accuracy"] for one in found] for fact in facts] for name in found[0]["knn"]}
    return Table("kNN", facts, chance | rows)


def linear_table(found: Found) -> Table:
    rows = {name: [[one["linear"][name]["accuracy"] for one in found]] for name in found[0]["linear"]}
    return Table("linear probe", ("label",), {"chance": [[found[0]["chance"]["label"]]]} | rows)


def geometry_table(found: Found) -> Table:
    columns = ("alignment", "uniformity")
    rows = {name: [[one["geometry"][name][c] for one in found] for c in columns] for name in found[0]["geometry"]}
    return Table("geometry", columns, rows, unit="", digits=3)


def shape_table(found: Found) -> Table | None:
    """``None`` where shape and texture are not known."""
    if "shape share" not in found[0]:
        return None
    rows = {name: [[one["shape share"][name] for one in found]] for name in found[0]["shape share"]}
    chance = {"chance": [[found[0]["chance"]["shape share"]]]}
    return Table("shape against texture", ("shape's share",), chance | rows)


def radii_table(found: Found) -> Table:
    """Accuracy by radius: a row for each encoder and kind of attack."""
    attacks = found[0]["robustness"]
    radii = tuple(attacks["trained"]["pgd"])
    rows = {
        f"{name}, {title}": [[one["robustness"][name][kind][radius]["accuracy"] for one in found] for radius in radii]
        for name in attacks
        for kind, title in (("pgd", "PGD"), ("noise", "noise"))
    }
    return Table("attack", tuple(f"{radius}/255" if float(radius) else "clean" for radius in radii), rows)


def all_tables(found: Found) -> list[Table]:
    tables = [f(found) for f in (knn_table, shape_table, linear_table, geometry_table, radii_table)]
    return [table for table in tables if table is not None]
