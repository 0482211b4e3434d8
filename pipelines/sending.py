"""Numbers that were drawn on the CPU, on their way to where pixels are."""

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor


def sent(numbers: Shaped[np.ndarray, "*n"], device: torch.device) -> Shaped[Tensor, "*n"]:
    """``numbers`` on ``device``, without waiting for it: a plain copy to a GPU waits until all asked of it is done."""
    here = torch.from_numpy(numbers)
    return (here.pin_memory() if device.type == "cuda" else here).to(device, non_blocking=True)
