"""What a WebDataset sample's ``.cls`` and ``.json`` say of its classes."""

import json
from collections.abc import Mapping

from shards.refusal import Refusal


def read_labels(files: Mapping[str, bytes], classes: Mapping[str, int], key: str | None) -> dict[str, int]:
    """The number of each class, "label" among them.

    Args:
        classes: How many classes there are of each.
        key: Where the label is in the ``.json``; ``None`` for the ``.cls``.

    Raises: ``Refusal`` if one of them is missing, or no number of a class.
    """
    said = {fact: _said(files, key if fact == "label" else fact) for fact in classes}
    for fact, value in said.items():
        if type(value) is not int or not 0 <= value < classes[fact]:
            raise Refusal(f"its {fact} is {repr(value)[:40]}, expected 0 to {classes[fact] - 1}")
    return said


def _said(files: Mapping[str, bytes], key: str | None) -> int:
    extension = "cls" if key is None else "json"
    if extension not in files:
        raise Refusal(f"it has no .{extension}")
    try:
        return int(files["cls"]) if key is None else json.loads(files["json"])[key]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Refusal(
            f"its .{extension} {'is no whole number' if key is None else f'does not give {key!r}'}"
        ) from error
