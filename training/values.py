"""Frozen dataclasses to JSON values and back. Only classes that the annotations name are ever made."""

import json
import math
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints


def describe(value: Any, path: Callable[[Path], str] = str) -> Any:
    """Plain JSON values; every dataclass becomes a dictionary that begins with its "type", every path a ``path``."""
    if is_dataclass(value):
        said = {f.name: describe(getattr(value, f.name), path) for f in fields(value)}
        return {"type": type(value).__name__, **said}
    if isinstance(value, tuple):
        return [describe(item, path) for item in value]
    return path(value) if isinstance(value, Path) else value


def as_json(value: Any) -> bytes:
    """Strict JSON of plain values: null where a number is not finite, for JSON knows no other."""
    return json.dumps(_finite(value), indent=1, allow_nan=False).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def revive(annotation: Any, data: Any) -> Any:
    """The value that ``describe`` described, of the annotated type.

    Raises: ``ValueError`` if the data names a class that the annotation does not allow, or has further fields.
    """
    if get_origin(annotation) is Annotated:
        return revive(get_args(annotation)[0], data)
    if get_origin(annotation) in (Union, types.UnionType):
        if not isinstance(data, dict):  # one value, or several
            several = isinstance(data, list)
            return revive(next(m for m in get_args(annotation) if (get_origin(m) is tuple) == several), data)
        members = {member.__name__: member for member in map(_bare, get_args(annotation))}
        if data["type"] not in members:
            raise ValueError(f"{data['type']!r} is none of {', '.join(members)}")
        return revive(members[data["type"]], data)
    if is_dataclass(annotation):
        return _revive_dataclass(annotation, data)
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)
        return tuple(revive(inner[0] if inner[-1] is ... else inner[i], item) for i, item in enumerate(data))
    return data if get_origin(annotation) is Literal else annotation(data)


def _revive_dataclass(kind: Any, data: dict) -> Any:
    hints, given = get_type_hints(kind, include_extras=True), set(data) - {"type"}
    if data["type"] != kind.__name__ or not given <= set(hints):
        raise ValueError(f"expected a {kind.__name__} with {sorted(hints)}, got a {data['type']} with {sorted(given)}")
    # a field that is younger than the file takes its default, which is what the code did before there was a choice
    return kind(**{name: revive(hint, data[name]) for name, hint in hints.items() if name in given})


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
