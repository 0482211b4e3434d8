"""Whether the most similar training samples are of the same class."""

from training.reports.section import Groups, Section, rows_of
from training.reports.table import Table


def section(groups: Groups) -> Section:
    """Hits among the nearest."""
    found = rows_of(groups, "retrieval")
    ranks = tuple(next(iter(found.values()))[0])
    rows = {name: [[one[k]["accuracy"] for one in runs] for k in ranks] for name, runs in found.items()}
    note = (
        "Percent of the test samples for which one of the k training samples with the most similar features (cosine) "
        "has their label. Of videos the clip in the middle is compared, in both splits."
    )
    return Section("What they find", (Table("retrieval", tuple(f"R@{k}" for k in ranks), rows),), note=note)
