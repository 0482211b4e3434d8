"""WordNet's names of classes, such as n01440764, by which ImageNet and its offspring call theirs."""

import re

from shards.refusal import Refusal

WNID = re.compile(r"n\d{8}")


def wnids_of(text: str, file: object) -> set[str]:
    """The first word of each line of a list of classes; empty lines do not count."""
    words = [line.split()[0] for line in text.splitlines() if line.strip()]
    wrong = [word for word in words if not WNID.fullmatch(word)]
    if wrong or not words:
        raise Refusal(f"{file} has {wrong[0] if wrong else 'nothing'!r} where a wnid such as n01440764 is expected; "
                      "each line must start with one")  # fmt: skip
    return set(words)
