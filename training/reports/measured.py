"""How it was measured: which step, what was chosen and by which samples, and who made the figures."""

from training.reports.section import Found, Groups, Section, first


def measured(groups: Groups) -> Section:
    """The last section of every report."""
    every = [one for found in groups.values() for one in found]
    validation = first(groups)["data"]["validation"]["samples"]
    note = (
        f"{steps(every)} The test split decided nothing. The number of neighbours and the probe's penalty were chosen "
        f"on {validation} validation samples, a part of the training split that is the same in every run; then the "
        f"whole training split voted and was fitted. Chosen: {chosen(every)}. {' '.join(map(origin, every))}"
    )
    return Section("How it was measured", note=note)


def steps(found: Found) -> str:
    """Which checkpoints were measured, in a sentence."""
    if all("origin" in one and not one["step"] for one in found):
        return "The weights were measured as they came."
    taken = sorted({one["step"] for one in found})
    last = all(one["step"] == one["recipe"]["steps"] for one in found)
    said = "the last step" if last else f"not the last of {found[0]['recipe']['steps']}: the run has not ended"
    return f"The newest checkpoint was measured, of step {', '.join(map(str, taken))} ({said})."


def chosen(found: Found) -> str:
    """What the validation split chose: neighbours and penalties, of several runs each that was chosen."""
    kinds = found[0]["knn"]
    said = [
        f"{name}, {fact}: k {_each([one['knn'][name][fact]['k'] for one in found])}"
        for name in kinds
        for fact in kinds[name]
    ]
    said += [
        f"{name}: penalty {_each([one['linear'][name]['penalty'] for one in found])}" for name in found[0]["linear"]
    ]
    return "; ".join(said)


def origin(one: dict) -> str:
    """Who made a run's figures, in a sentence."""
    made, data = one["provenance"], one["data"]
    return (
        f"{one['run']}: seed {one['recipe']['seed']}, by `{made['command']}` at commit {made['commit'][:12]} on "
        f"{made['time']}, {made['device']}; training data {data['train']['fingerprint'][:12]}, test data "
        f"{data['test']['fingerprint'][:12]}."
    )


def _each(values: list) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values)))
