"""Shape bias: by which of two cues that contradict each other a classifier decides."""

import math
from collections.abc import Sequence

from jaxtyping import Bool, Int
from torch import Tensor

from shards.manifest import Manifest

CUES = ("shape", "texture")


def in_conflict(manifest: Manifest) -> bool:
    """Whether a data set's label is a shape, and its textures are those of the same classes."""
    names = [manifest.classes.get(fact) for fact in ("label", *CUES)]
    return names[0] is not None and names.count(names[0]) == len(names)


def shape_bias(
    decided: Int[Tensor, " n"], shape: Int[Tensor, " n"], texture: Int[Tensor, " n"], names: Sequence[str]
) -> dict:
    """Of decisions for one of the two cues the percent that are for the shape: shape / (shape + texture).

    Samples whose cues agree are left out. ``nan`` where no decision is for either.

    Returns: the bias with its standard error, of how many trials and decisions; the percent of trials decided for shape
    and for texture; and the bias by the shape's class.
    """
    trials = shape != texture
    sides = trials & (decided == shape), trials & (decided == texture)
    classes = {name: _bias(sides, shape == number) for number, name in enumerate(names) if (shape == number).any()}
    shares = {cue: 100 * side[trials].double().mean().item() for cue, side in zip(CUES, sides, strict=True)}
    return {"trials": int(trials.sum()), **_bias(sides, trials), **shares, "classes": classes}


def _bias(sides: tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]], among: Bool[Tensor, " n"]) -> dict[str, float]:
    shape, texture = (int((side & among).sum()) for side in sides)
    decided = shape + texture
    share = shape / decided if decided else math.nan
    error = math.sqrt(share * (1 - share) / decided) if decided else math.nan
    return {"shape bias": 100 * share, "standard error": 100 * error, "decided": decided}
