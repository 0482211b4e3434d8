"""Parquet through pyarrow, which is an extra: names of columns, rows as text, one cell of bytes."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from shards.refusal import Refusal

AT_ONCE = 65536  # rows


def open_parquet(file: Path) -> Any:
    """Raises: ``Refusal`` if pyarrow is not installed or cannot read the file."""
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise Refusal(f'{file} needs pyarrow; install it by: pip install "antipodal[parquet]"') from error
    try:
        return parquet.ParquetFile(file)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise Refusal(f"{file} is no whole Parquet file ({error}); write or fetch it again") from error


def names_of(file: Path) -> list[str]:
    """The columns; that of a structure's field is "structure.field"."""
    schema = open_parquet(file).schema
    return [schema.column(i).path for i in range(len(schema))]


def read_texts(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Row group, row in it and the columns' values as text, empty for null; a memory-sized part at a time."""
    opened = open_parquet(file)
    for group in range(opened.num_row_groups):
        row = 0
        if not columns:
            yield from ((group, row, []) for row in range(opened.metadata.row_group(group).num_rows))
            continue
        for batch in opened.iter_batches(AT_ONCE, row_groups=[group], columns=list(columns)):
            values = [_within(batch, name).to_pylist() for name in columns]
            for texts in zip(*values, strict=True):
                yield group, row, ["" if text is None else str(text) for text in texts]
                row += 1


def read_cell(file: Path, column: str, group: int, row: int) -> bytes:
    """Raises: ``Refusal`` if it is null or no bytes."""
    content = _cells(file, column, group)[row].as_py()
    if not isinstance(content, bytes):
        raise Refusal(f"{file}: column {column!r} has no bytes in row {row} of row group {group}")
    return content


@lru_cache(maxsize=2)  # row groups, because neighbours are often asked for together
def _cells(file: Path, column: str, group: int) -> Any:
    return _within(open_parquet(file).read_row_group(group, columns=[column]), column)


def _within(table: Any, name: str) -> Any:
    """A column, also that of a structure's field."""
    if name in table.schema.names:
        return table.column(name)
    first, *fields = name.split(".")
    column = table.column(first)
    for field in fields:
        column = column.flatten()[column.type.get_field_index(field)]
    return column
