"""Keys of earlier batches, with their samples: MoCo's queue (He et al., 2020)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shards.refusal import Refusal
from training.false_negatives.suspects import Samples
from training.gather import gather


class Queue(nn.Module):
    """A ring of keys; an empty place is nobody's negative."""

    keys: Tensor
    ids: Tensor
    labels: Tensor
    oldest: Tensor

    def __init__(self, places: int, width: int):
        super().__init__()
        self.register_buffer("keys", torch.zeros(places, width))
        self.register_buffer("ids", torch.full((places,), -1))  # -1: still empty
        self.register_buffer("labels", torch.full((places,), -1))
        self.register_buffer("oldest", torch.zeros((), dtype=torch.long))

    def samples(self, labelled: bool) -> Samples:
        """All places."""
        return Samples(self.keys[:, None], self.ids, self.labels if labelled else None)

    @torch.no_grad()
    def push(self, keys: Float[Tensor, "n d"], ids: Int[Tensor, " b"], labels: Int[Tensor, " b"] | None) -> None:
        """Put everybody's keys, view after view of their samples, in the oldest places.

        View by view: the same order, and so the same queue, however many processes there are.
        Raises: ``Refusal`` if there are more than places.
        """
        times, places = len(keys) // len(ids), len(self.ids)
        keys, ids = torch.cat([gather(view) for view in keys.chunk(times)]), gather(ids).repeat(times)
        if len(keys) > places:
            raise Refusal(
                f"a queue of {places} keys cannot hold the {len(keys)} of one step; "
                f"give --method.queue at least {len(keys)}, or make the batch smaller"
            )
        where = (self.oldest + torch.arange(len(keys), device=keys.device)) % places
        self.keys[where], self.ids[where] = keys, ids
        if labels is not None:
            self.labels[where] = gather(labels).repeat(times)
        self.oldest.add_(len(keys)).remainder_(places)
