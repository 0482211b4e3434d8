"""The most similar features, exactly and quickly: what kNN, retrieval and the share of shape are made of."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

CHUNK = 1024  # queries at a time, so that the similarity matrix stays small
GROUPS = 16  # places at a distance of a sixteenth of the row, of which the largest speaks for all


class Nearest(NamedTuple):
    """Of each query the most similar features of a bank, the most similar first."""

    similarity: Float[Tensor, "q k"]
    """Cosines."""
    places: Int[Tensor, "q k"]
    """In the bank."""


@torch.no_grad()
def find_nearest(bank: Float[Tensor, "n d"], queries: Float[Tensor, "q d"], neighbours: int) -> Nearest:
    """The ``neighbours`` most similar features of each query, or all of the bank, if it holds fewer."""
    bank, neighbours = F.normalize(bank, dim=1), min(neighbours, len(bank))
    room = bank.new_empty(min(CHUNK, len(queries)), len(bank))  # one for all: 200 MB anew each time cost page faults
    found = []
    for part in queries.split(CHUNK):
        similarity = torch.mm(F.normalize(part, dim=1), bank.T, out=room[: len(part)])
        found.append(largest(similarity, neighbours))
    return Nearest(torch.cat([part.similarity for part in found]), torch.cat([part.places for part in found]))


def largest(rows: Float[Tensor, "q n"], count: int) -> Nearest:
    """The ``count`` largest of each row and their places, falling: ``topk``, in less time where rows are long.

    The largest numbers lie in the groups with the largest maxima: if a group's maximum is smaller than ``count`` other
    maxima, there are ``count`` numbers larger than any of its own. So only these groups are looked through.
    """
    size = rows.shape[1] // GROUPS
    if size < 4 * count:
        return Nearest(*rows.topk(count, dim=1))
    groups, rest = rows[:, : GROUPS * size].unflatten(1, (GROUPS, size)), rows[:, GROUPS * size :]
    best = groups.amax(1).topk(count, dim=1, sorted=False).indices
    inside = groups.gather(2, best[:, None].expand(-1, GROUPS, -1)).flatten(1)
    values, found = torch.cat([inside, rest], 1).topk(count, dim=1)
    places = found.div(count, rounding_mode="floor") * size + best.gather(1, found % count)
    return Nearest(values, torch.where(found < inside.shape[1], places, found - inside.shape[1] + GROUPS * size))
