"""What is left of pictures without their coarse parts: AdvCL's high-frequency component (official code)."""

import torch
from jaxtyping import Float
from torch import Tensor


def high_frequency(views: Float[Tensor, "b t c h w"], radius: float = 8.0) -> Float[Tensor, "b t c h w"]:
    """Each channel of each frame without its frequencies of at most ``radius`` cycles per picture, the mean among them.

    Our notes of AdvCL say "FFT, radius 8 mask" and no more: we read a circle around frequency 0, its rim removed too.
    The result is not clamped: it lies around 0, and black for all that is below would bring coarse parts back.
    """
    height, width = views.shape[-2:]
    down = torch.fft.fftfreq(height, 1 / height, device=views.device, dtype=views.dtype)
    across = torch.fft.rfftfreq(width, 1 / width, device=views.device, dtype=views.dtype)
    fine = down[:, None].square() + across.square() > radius**2
    return torch.fft.irfft2(torch.fft.rfft2(views) * fine, s=(height, width))
