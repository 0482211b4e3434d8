"""Shape against texture, where both are known: by which of the two does the encoder call things similar?

After Geirhos et al.'s shape bias: only neighbours that agree with the query in exactly one of the two take sides.
"""

import math
from collections.abc import Mapping

from jaxtyping import Int
from torch import Tensor

from training.featured import Probes
from training.outcomes import Outcomes
from training.probes.linear import linear_accuracy
from training.probes.nearest import find_nearest
from training.probes.task import Task

NEIGHBOURS = 20


def shape_share(task: Task) -> float:
    """Percent of the sides taken by a test sample's 20 nearest training samples that are for its shape.

    100 if neighbours share shape alone, 0 if texture alone; ``nan`` if none takes a side.
    """
    _, nearest = find_nearest(task.train, task.test, NEIGHBOURS)
    shape, texture = (agreement(*task.answers[fact], nearest) for fact in ("shape", "texture"))
    sides = int((shape ^ texture).sum())
    return 100 * int((shape & ~texture).sum()) / sides if sides else float("nan")


def chance_share(task: Task) -> float:
    """The share for neighbours that know nothing, if classes are equally frequent and independent."""
    shape, texture = (1 / task.classes[fact] for fact in ("shape", "texture"))
    sides = shape * (1 - texture) + texture * (1 - shape)
    return 100 * shape * (1 - texture) / sides if sides else math.nan


def read_cues(tasks: Mapping[str, Task], read: Mapping[str, Probes], outcomes: Outcomes) -> dict[str, dict]:
    """For each encoder and cue the accuracy of a linear probe of that cue: which of them can be read better."""
    found: dict[str, dict] = {}
    for cue, probes in read.items():
        for name, (probe, penalty) in probes.items():
            accuracy = linear_accuracy(probe, tasks[name].about(cue), outcomes, f"{cue}/{name}")
            found.setdefault(name, {})[cue] = accuracy | {"penalty": penalty}
    return found


def agreement(known: Int[Tensor, " n"], answers: Int[Tensor, " q"], nearest: Int[Tensor, "q k"]) -> Tensor:
    """Which neighbours share the query's class: bool [q, k]."""
    return known[nearest] == answers[:, None]
