"""How features lie on the sphere."""

from training.reports.section import Groups, Section, first, rows_of
from training.reports.table import Table


def section(groups: Groups) -> Section:
    """Alignment and uniformity."""
    columns = ("alignment", "uniformity")
    rows = {name: [[one[c] for one in found] for c in columns] for name, found in rows_of(groups, "geometry").items()}
    note = (
        f"Of features of length one, on {first(groups)['data']['validation']['samples']} validation samples. "
        "Alignment: mean squared distance between two augmented views of a sample, 0 if views do not matter. "
        "Uniformity: log of the mean of exp(-2 d²) over pairs at distance d, 0 if all are one point; the lower, the "
        "more evenly they are spread."
    )
    return Section("How they lie on the sphere", (Table("geometry", columns, rows, unit="", digits=3),), note=note)
