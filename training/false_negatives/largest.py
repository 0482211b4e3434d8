"""The largest values of each row."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def largest(values: Float[Tensor, "b m"], counts: Int[Tensor, " b"], most: int) -> Bool[Tensor, "b m"]:
    """Where the ``counts`` largest values of each row are. Minus infinity is never among them.

    Args:
        most: No count is larger. Asking ``counts`` would wait for the device.
    """
    most = min(most, values.shape[1])
    ranked = values.topk(most, dim=1).indices
    within = torch.arange(most, device=values.device) < counts[:, None]
    return torch.zeros_like(values, dtype=torch.bool).scatter_(1, ranked, within) & (values > -torch.inf)
