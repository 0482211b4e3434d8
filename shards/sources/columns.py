"""Columns of a CSV, TSV or Parquet file, row by row, as text."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from shards.refusal import Refusal
from shards.sample import Rejected
from shards.sources.names import tidy
from shards.sources.parquet import names_of, read_texts

DELIMITERS = {".csv": ",", ".tsv": "\t"}
PARQUET = (".parquet", ".pq")


class Cells(NamedTuple):
    """One row."""

    group: int
    """Row group; -1 in a text."""
    number: int
    """From 0 within a row group; in a text the header is 1."""
    values: list[str]


def is_parquet(file: Path) -> bool:
    return file.suffix.lower() in PARQUET


def columns_of(file: Path) -> list[str]:
    """Raises: ``Refusal`` if the file is no table or cannot be read."""
    return names_of(file) if is_parquet(file) else next(_lines(file))[1]


def read_columns(file: Path, columns: Sequence[str], rejected: list[Rejected]) -> Iterator[Cells]:
    """The values of these columns. Rows that are shorter or longer than the header go to ``rejected``."""
    if is_parquet(file):
        yield from (Cells(*found) for found in read_texts(file, columns))
        return
    lines = _lines(file)
    header = next(lines)[1]
    places = [header.index(name) for name in columns]
    for number, row in lines:
        if len(row) == len(header):
            yield Cells(-1, number, [row[place] for place in places])
        else:
            rejected.append(faulty(file, -1, number, f"has {len(row)} fields, the header {len(header)}"))


def faulty(file: Path, group: int, number: int, reason: str) -> Rejected:
    where = f"row {number}" if group < 0 else f"row {number} of row group {group}"
    return Rejected(tidy(f"{file.name} {where}"), f"{where} of {file.name} {reason}")


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their numbers."""
    if (delimiter := DELIMITERS.get(file.suffix.lower())) is None:
        raise Refusal(f"{file} is no .csv, .tsv, .parquet or .pq; convert it, or rename it if it is one")
    number = 0
    try:
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            for number, row in enumerate(csv.reader(stream, delimiter=delimiter), 1):
                if row:
                    yield number, row
    except OSError as error:
        raise Refusal(f"cannot read {file} ({error.strerror}); check the path") from error
    except csv.Error as error:
        raise Refusal(
            f"{file} is broken after row {number} ({error}); look for a quote that is never closed"
        ) from error
    if not number:
        raise Refusal(f"{file} is empty; fetch it again")
