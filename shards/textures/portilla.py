"""Textures with a picture's joint wavelet statistics (Portilla and Simoncelli, 2000), which plenoptic measures.

The only file in this room that meets a tensor library: plenoptic's statistics are a torch module.
"""

import zlib
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from PIL import Image

from shards.keyed import check_seed, uniforms
from shards.refusal import Refusal
from shards.textures.exemplars import check_side, texture_side

FLAT = 1 / 255  # a colour axis along which a picture varies less than this has no texture


@dataclass(frozen=True)
class PortillaSimoncelli:
    """Change noise until it has the wavelet statistics of the picture's middle. Fifty times as slow as stochastic.

    Colours are taken along the axes that decorrelate them, each by itself. What comes out is a pure function of
    (pixels, name, settings) on one machine with the same versions; floating-point sums may end otherwise on another.
    """

    side: int | None = None
    """Height and width of a texture; the picture's shorter side, at most 224, unless given."""
    seed: int = 0
    """Of the noise, together with the sample's name."""
    iterations: int = 50
    """Steps of L-BFGS."""

    def __post_init__(self) -> None:
        check_side(self.side)
        check_seed(self.seed)
        if self.iterations < 1:
            raise Refusal(f"iterations must be at least 1, got {self.iterations}")
        if find_spec("plenoptic") is None:
            raise Refusal('portilla-simoncelli needs plenoptic: pip install "antipodal[plenoptic]"')

    def __call__(self, picture: np.ndarray, name: str) -> np.ndarray:
        """uint8 [h, w, 3] to uint8 [s, s, 3]."""
        side = texture_side(picture, self.side)
        scales = min(max((side // 6).bit_length() - 1, 1), 4)
        whole = max(-(-side // 2**scales), 3) * 2**scales  # statistics are taken of sides that halve ``scales`` times
        pixels = _middle(picture, whole).reshape(-1, 3)
        mean, axes = pixels.mean(0), np.linalg.eigh(np.cov(pixels.T))[1]
        along = (pixels - mean) @ axes
        spread = along.std(0)
        found, rough = np.zeros_like(along), spread > FLAT
        if rough.any():
            zeros = np.zeros(1, np.int64)
            noise = uniforms(self.seed, "texture noise", zeros, zeros + zlib.crc32(name.encode()), 0, 3 * whole**2)
            start = (noise.reshape(3, -1).T - 0.5)[:, rough]
            wanted = (along / np.maximum(spread, FLAT))[:, rough]
            found[:, rough] = self._alike(wanted, start, whole, scales) * spread[rough]
        texture = (found @ axes.T + mean).reshape(whole, whole, 3)[:side, :side]
        return np.round(texture.clip(0, 1) * 255).astype(np.uint8)

    def _alike(self, wanted: np.ndarray, start: np.ndarray, whole: int, scales: int) -> np.ndarray:
        """``start`` changed until its statistics are those of ``wanted``: both float64 [whole * whole, channels]."""
        import torch
        from plenoptic.models import PortillaSimoncelli as Statistics  # type: ignore[import-not-found]

        model = Statistics((whole, whole), n_scales=scales, spatial_corr_width=5).double()

        def picture(channels: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(channels.T.copy()).reshape(1, -1, whole, whole)

        with torch.no_grad():
            goal = model(picture(wanted))
        found = picture(start).requires_grad_()
        optimizer = torch.optim.LBFGS([found], max_iter=self.iterations, history_size=20, line_search_fn="strong_wolfe")

        def apart() -> torch.Tensor:
            optimizer.zero_grad()
            loss = (model(found) - goal).square().sum()
            loss.backward()
            return loss

        optimizer.step(apart)
        return found.detach().reshape(-1, whole**2).T.numpy()


def _middle(picture: np.ndarray, side: int) -> np.ndarray:
    """The centred square in another size: float64 [side, side, 3], 0 to 1."""
    height, width = picture.shape[:2]
    edge = min(height, width)
    box = ((width - edge) // 2, (height - edge) // 2, (width + edge) // 2, (height + edge) // 2)
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR, box)) / 255
