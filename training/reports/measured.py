"""How it was measured: which step, what was chosen and by which samples, and who made the figures."""

from collections.abc import Sequence

from training.reports.listing import Listing
from training.reports.section import Found, Groups, Section, first

MADE = ("command", "commit", "time", "device")
SHORT = 12  # digits of a fingerprint; all of them stand under "All settings"


def measured(groups: Groups) -> Section:
    """The last section of every report."""
    every = [one for found in groups.values() for one in found]
    validation = first(groups)["data"]["validation"]["samples"]
    note = (
        f"{steps(every)} The test split decided nothing. The number of neighbours and the probe's penalty were chosen "
        f"on {validation} validation samples, a part of the training split that is the same in every run; then the "
        f"whole training split voted and was fitted. Chosen: {chosen(every)}."
    )
    return Section("How it was measured", listings=(origins(every), *map(parts, every)), note=note)


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


def origins(found: Found) -> Listing:
    """A column for each run: seed, step, data, command, commit, time, machine."""
    rows = (
        ("seed", [str(one["recipe"]["seed"]) for one in found]),
        ("step", [str(one["step"]) for one in found]),
        ("training data", [one["data"]["train"]["fingerprint"][:SHORT] for one in found]),
        ("test data", [one["data"]["test"]["fingerprint"][:SHORT] for one in found]),
        *((name, [_made(one["provenance"], name) for one in found]) for name in MADE),
    )  # fmt: skip
    columns = ("", *(one["run"] for one in found))
    return Listing("the runs", columns, tuple((name, *cells) for name, cells in rows))


def parts(one: dict) -> Listing:
    """Who measured what of a run, and when: what was interrupted may have been gone on with by another command."""
    names = ("folder", "commit", "time", "command")
    rows = tuple((part, *(_made(made, name) for name in names)) for part, made in one["provenance"]["parts"].items())
    return Listing(f"{one['run']}: who measured what", ("part", *names), rows, folded=True)


def _made(made: dict, name: str) -> str:
    return f"{made[name][:SHORT]}{'+' * made[name].endswith('+')}" if name == "commit" else made[name]


def _each(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(set(values)))
