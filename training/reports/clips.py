"""What several clips of each video say together."""

from training.reports.section import Groups, Section, chance, first, rows_of
from training.reports.table import Table

COLUMNS = ("linear, answers", "linear, features", "knn, answers", "knn, features")


def section(groups: Groups) -> Section:
    """Accuracy of the linear probe and of kNN, by what was averaged."""
    found = rows_of(groups, "clips")
    rows = {name: [[one[c]["accuracy"] for one in runs] for c in COLUMNS] for name, runs in found.items()}
    count = first(groups)["protocol"]["clips"]["count"]
    note = (
        f"Accuracy in percent on test videos, each seen in {count} clips, evenly spaced from its first to its last "
        "frame, and their centred squares. Answers: the linear probe's probabilities (the custom of the field), or "
        "kNN's shares of the votes, averaged over the clips; features: averaged before they are asked. Probe and bank "
        "know the clip in the middle of each training video, as in the tables above, which show one clip of each test "
        "video."
    )
    floor = {"chance": chance(groups, "label")["chance"] * len(COLUMNS)}
    return Section("What several clips say together", (Table(f"{count} clips", COLUMNS, floor | rows),), note=note)
