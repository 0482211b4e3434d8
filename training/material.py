"""On what encoders are measured, where, and what is kept of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from pipelines.chosen import augmented, textures
from pipelines.decoders.auto import choose
from pipelines.loader import Loader, Place
from shards.read import Shards
from training.chunked import CHUNK, Chunked, Measure, Rows, Stream
from training.modes import evaluating
from training.outcomes import Outcomes
from training.probes.split import SPLIT_SEED
from training.sealed import fingerprint
from training.values import describe


@dataclass(frozen=True)
class Material:
    """Both splits, how their samples become clips, and the run's folder of chunks with the processes that fill it."""

    loader: Loader
    train: Shards
    test: Shards
    chunked: Chunked
    together: int = 128
    """Clips that an encoder sees at once."""
    outcomes: Outcomes = field(default_factory=Outcomes)

    def identity(self, shards: Shards) -> dict:
        """What decides the pixels of a split's samples, and how many are seen at once, as JSON values."""
        loader = self.loader
        decoder = choose(loader.decoder, shards.stored, self.place.device)
        return {
            "shards": shards.manifest.fingerprint,
            "clip": describe(loader.clip),
            "together": self.together,
            "side": loader.side,
            "decoder": describe(decoder) | {"library": decoder.library},
        }

    def ask(
        self, part: str, of: Mapping[str, Any], classifiers: Mapping[str, nn.Module], shards: Shards,
        samples: np.ndarray, measure: Measure,
    ) -> tuple[np.ndarray, Rows]:  # fmt: skip
        """What ``measure`` finds when it asks ``classifiers`` about samples of a split, in chunks.

        Args:
            of: On what else it depends, as JSON values.

        Returns: as ``Chunked.rows``.
        """
        identity = {**of, **{name: fingerprint(one) for name, one in classifiers.items()}, **self.identity(shards)}
        with evaluating(*classifiers.values()):
            return self.chunked.rows(part, identity, samples, self.clips(shards), measure)

    def clips(self, shards: Shards, clip: tuple[int, int] = (0, 1)) -> Stream:
        """Samples as they are, in chunks: the centred square of a clip, 0 to 1.

        Of each sample it is the clip in the middle, or number ``clip`` of so many that start evenly spaced.
        """
        return lambda samples: self._chunks.sweep(shards, self._alone, samples, clip=clip)

    def views(self, shards: Shards) -> Stream:
        """Augmented views of samples, in chunks: tuples of clips. Drawn in the same way for every run."""

        def stream(samples: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[Float[Tensor, "b t c h w"], ...]]]:
            return augmented(self._chunks, shards, self._alone, samples, SPLIT_SEED)

        return stream

    def textures(self, shards: Shards) -> Stream:
        """The textures beside samples, in chunks: the centred square of each, the same in all frames, 0 to 1."""
        return lambda samples: textures(self._chunks, shards, self._alone, samples)

    def classes(self, shards: Shards, fact: str, samples: np.ndarray) -> Int[Tensor, " n"]:
        """Of the label or a fact."""
        return torch.from_numpy(shards.labels(fact)[samples].astype(np.int64)).to(self.place.device)

    @property
    def place(self) -> Place:
        """Where this process stands."""
        return self.chunked.place

    @property
    def first(self) -> bool:
        """Whether this is the process that computes what is not shared, prints and writes."""
        return self.place.rank == 0

    @property
    def _chunks(self) -> Loader:
        return replace(self.loader, batch=CHUNK)

    @property
    def _alone(self) -> Place:
        return replace(self.place, rank=0, world=1)  # each process asks for its own chunks
