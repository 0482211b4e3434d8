"""Whether the figures of attacks can be believed."""

import math

from training.reports.section import Groups, Section, first, rows_of
from training.reports.table import Table


class Answers(Table):
    """A table of which some cells answer a question."""

    def cell(self, values: list[float], error: float = math.nan) -> str:
        """Yes or no; of several runs that differ, how many say yes."""
        if not values or not isinstance(values[0], bool):
            return super().cell(values, error)
        said = sum(map(bool, values))
        return {0: "no", len(values): "yes"}.get(said, f"yes in {said} of {len(values)}")


def section(groups: Groups) -> Section:
    """A line for each check of each encoder."""
    said = ("measured", "limit", "holds")
    rows = {
        f"{name}: {claim}": [[one[claim][what] for one in runs if claim in one] for what in said]
        for name, runs in rows_of(groups, "masking").items()
        for claim in runs[0]
    }  # fmt: skip
    table = Answers("gradient masking", ("measured", "at most", "holds"), rows, unit="")
    samples = first(groups)["protocol"]["masking"]["samples"]
    note = (
        f"Percentages, on {samples} test samples at most (AutoAttack's: on those that it saw). Each line holds for an "
        "attack that finds what there is to find; one that does not hold says that slopes are hidden or the search was "
        "too short, and that accuracies under attack are too high. What is left after an attack is accuracy under it. "
        "Here each radius is attacked by itself, L∞ unless said."
    )
    return Section("Whether attacks can be believed", (table,), note=note)
