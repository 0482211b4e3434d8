"""What a linear probe reads from the features."""

from training.reports.section import Groups, Section, chance, rows_of
from training.reports.table import Table


def section(groups: Groups) -> Section:
    """Accuracy of logistic regression."""
    rows = {name: [[one["accuracy"] for one in found]] for name, found in rows_of(groups, "linear").items()}
    note = (
        "Accuracy in percent on the test samples of logistic regression on the frozen encoder's standardised features, "
        "solved to convergence."
    )
    table = Table("linear probe", ("label",), chance(groups, "label") | rows)
    return Section("What a linear probe reads from them", (table,), note=note)
