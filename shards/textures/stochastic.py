"""Multiresolution stochastic texture synthesis (Opara and Stachowiak's; the choice of Ge et al., 2021, 2110.14189).

Written from the algorithm's description, with its constants: 50 neighbours, 50 random candidates, a Cauchy scale of 1
and six stages that resolve 1/32, 1/16 … 1 of the pixels, each from the first one again. Two oddities of
the first program are kept. It holds random candidates against their neighbourhood turned by half a turn; held upright,
they lay the patches out as they were in the picture, which textures must not (EXPERIMENTS.md). And a pixel that is
resolved again is its own nearest neighbour, so that the choice of the coarser stage has a voice.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shards.keyed import check_seed, philox, purpose_key
from shards.textures.exemplars import check_side, exemplars, pyramid, texture_side


@dataclass(frozen=True)
class Stochastic:
    """Grow a texture pixel by pixel from two patches of the picture; the same everywhere, and quick."""

    side: int | None = None
    """Height and width of a texture; the picture's shorter side, at most 224, unless given."""
    seed: int = 0
    """Of the places of patches and of the candidates, together with the sample's name."""

    def __post_init__(self) -> None:
        check_side(self.side)
        check_seed(self.seed)

    def __call__(self, picture: np.ndarray, name: str) -> np.ndarray:
        """A pure function of (pixels, name, seed): uint8 [h, w, 3] to uint8 [s, s, 3]."""
        from shards.textures.synthesis import LEVEL_OF_STAGE, synthesise  # it takes numba a second to be imported

        counter = (np.array(zlib.crc32(name.encode()), ndmin=1), 0, 0, 0)
        high, low, *corner = (int(word[0]) for word in philox(counter, (self.seed, purpose_key("texture"))))
        patches, side = exemplars(picture, (corner[0], corner[1])), texture_side(picture, self.side)
        levels = pyramid(patches, LEVEL_OF_STAGE[-1] + 1).reshape(LEVEL_OF_STAGE[-1] + 1, -1, 3)
        state = np.array([high << 32 | low], np.uint64)
        source = synthesise(levels.astype(np.int16), patches.shape[1], side, _steps(side), state)
        return patches.reshape(-1, 3)[source].reshape(side, side, 3)


@lru_cache(2)
def _steps(side: int) -> np.ndarray:
    from shards.textures.synthesis import spiral

    return spiral(side)
