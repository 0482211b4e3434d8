"""Accuracies on splits that are called CORRUPTION-SEVERITY, as a table of corruptions."""

import re
import statistics
from collections.abc import Mapping, Sequence

from training.robustness.alexnet import ERRORS, mean_corruption_error, of_imagenet

NAME = re.compile(r"(.+)-([1-5])")
SEVERITIES = 5


def by_corruption(accuracies: Mapping[str, float], classes: Sequence[str]) -> dict:
    """Means over severities and over corruptions, in percent; nothing, unless each split is a corruption's.

    Where the fifteen standard corruptions are whole, the overall mean and that by severity are of them alone, as the
    field's are. The mean corruption error is there only if these are also the ``classes`` of ImageNet-1k.
    """
    named = {split: match for split in accuracies if (match := NAME.fullmatch(split))}
    if not named or len(named) < len(accuracies):
        return {}
    of: dict[str, dict[str, float]] = {}
    for split, match in named.items():
        of.setdefault(match[1], {})[match[2]] = accuracies[split]
    order = [name for name in ERRORS if name in of] + [name for name in of if name not in ERRORS]
    means = {name: statistics.mean(of[name].values()) for name in order}
    standard = all(len(of.get(name, ())) == SEVERITIES for name in ERRORS)
    counted = [*ERRORS] if standard else order
    cells = [(severity, accuracy) for name in counted for severity, accuracy in of[name].items()]
    found = {
        "corruptions": means,
        "severities": {s: statistics.mean(a for t, a in cells if t == s) for s in sorted({s for s, _ in cells})},
        "mean": statistics.mean(accuracy for _, accuracy in cells),
        "settings": len(cells),
    }
    return found | ({"mCE": mean_corruption_error(means)} if standard and of_imagenet(classes) else {})
