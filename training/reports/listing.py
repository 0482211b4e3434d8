"""A table of words, beside that of numbers: who made the figures, what others have published."""

import csv
import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

LONG = 24  # letters; a longer text needs a wide column


@dataclass(frozen=True)
class Listing:
    """Rows of cells, each a text; the first cell of a row names it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    """Whether a reader opens it first."""

    def html(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in self.rows)
        return boxed(
            self.title,
            f'<table class="words"><thead><tr>{head}</tr></thead>{body}</table>',
            "background" if self.folded else "",
        )

    def markdown(self) -> str:
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        return "\n".join(map(row, lines)) + "\n"

    def csv(self) -> str:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows((self.columns, *self.rows))
        return stream.getvalue()


def row(cells: Iterable[str]) -> str:
    """A row of a table in Markdown."""
    return "| " + " | ".join(map(escaped, cells)) + " |"


def escaped(text: str) -> str:
    """Plain text as Markdown in which no cell ends and no tag begins."""
    return re.sub(r"[\\|<]", r"\\\g<0>", text)


def _cell(text: str) -> str:
    wide = ' class="long"' if len(text) > LONG else ""
    return f"<td{wide}>{html.escape(text)}</td>"


def boxed(title: str, table: str, folded: str = "") -> str:
    """HTML of a table that may be wider than a phone, under its title.

    Folded, it is opened by the reader; as "rows" it is open on paper, as "background" it is not there.
    """
    wide, said = f'<div class="wide">{table}</div>', html.escape(title)
    return (
        f'<details class="{folded}"><summary>{said}</summary>{wide}</details>' if folded else f"<h3>{said}</h3>{wide}"
    )
