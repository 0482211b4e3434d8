"""Which of two cues can be read better from the features: shape or texture."""

from training.reports.section import Groups, Section, chance, rows_of
from training.reports.table import Table


def section(groups: Groups) -> Section:
    """Accuracy of a linear probe of each."""
    found = rows_of(groups, "cues")
    cues = tuple(next(iter(found.values()))[0])
    rows = {name: [[one[cue]["accuracy"] for one in runs] for cue in cues] for name, runs in found.items()}
    note = (
        "Accuracy in percent on the test samples of two linear probes, fitted as that of the label is: one for shape, "
        "one for texture. Compare each with its chance: both are known of every sample, and are independent."
    )
    table = Table("linear probe of a cue", cues, chance(groups, *cues) | rows)
    return Section("Shape and texture in the features", (table,), note=note)
