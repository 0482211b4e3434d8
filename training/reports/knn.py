"""What the features know."""

from training.reports.charts import largest_error
from training.reports.section import Groups, Section, chance, first, rows_of
from training.reports.table import Table


def section(groups: Groups) -> Section:
    """kNN for the label and every fact; where shape and texture are known, which of the two counts."""
    facts = tuple(next(iter(rows_of(groups, "knn").values()))[0])
    rows = {
        name: [[one[fact]["accuracy"] for one in found] for fact in facts]
        for name, found in rows_of(groups, "knn").items()
    }
    tables = [Table("kNN", facts, chance(groups, *facts) | rows)]
    samples, temperature = first(groups)["data"]["test"]["samples"], first(groups)["protocol"]["knn"]["temperature"]
    note = (
        f"kNN accuracy on {samples} test samples in percent (standard error at most {largest_error(samples)}), "
        f"voted by the training split; a vote weighs exp(cosine / {temperature:g})."
    )
    if "shape share" in first(groups):
        shares = {name: [found] for name, found in rows_of(groups, "shape share").items()}
        tables.append(Table("shape against texture", ("shape's share",), chance(groups, "shape share") | shares))
        note += (
            " Shape's share: of the 20 nearest neighbours that agree with a sample in shape or in texture but not in "
            "both, so many agree in shape."
        )
    return Section("What the features know", tuple(tables), note=note)
