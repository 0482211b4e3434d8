"""The whole road in one file: order, read, decode, augment, negatives, batch."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from jaxtyping import Float
from torch import Tensor

from pipelines.ahead import ahead
from pipelines.batch import Batch
from pipelines.boxes import centre_boxes
from pipelines.clock import Clock
from pipelines.decoders import Auto, Decoder
from pipelines.draws import Draws
from pipelines.faults import Faults
from pipelines.frames import Clip
from pipelines.negatives import Negatives, NoNegatives
from pipelines.place import Place
from pipelines.substitutes import Sound
from pipelines.textured import Pixels, Textured, seen_as
from pipelines.views import SimCLRViews, Views
from shards.mixture import Mixture
from shards.order import Order
from shards.refusal import Refusal
from shards.several import DataSet, open_shards

VIEWS = 2
Decoded = tuple[np.ndarray, np.ndarray, Pixels, int]
Ahead = Generator[Decoded, None, None]
Stream = Generator[Batch, None, None]


@dataclass(frozen=True)
class Loader:
    """Turns shards into batches: an endless stream that is a pure function of (shards, seed, step)."""

    shards: Annotated[Path | tuple[Path, ...], tyro.conf.arg(metavar="DIR [DIR …]")]
    """Data sets made by tools/make_shards.py, each the folder of one split."""
    weights: tuple[float, ...] = field(default=(), kw_only=True)
    """How often each data set comes, one number for each; without, each sample of all of them comes once per epoch."""
    batch: int = 256
    """Samples in a global batch, all processes together."""
    side: int = 224
    """Height and width of a view, in pixels."""
    clip: Clip = field(default_factory=Clip)
    decoder: Decoder = field(default_factory=Auto)
    views: Views = field(default_factory=SimCLRViews)
    negatives: Negatives = field(default_factory=NoNegatives)

    def __post_init__(self) -> None:
        if self.batch < 1 or self.side < 1:
            raise ValueError(f"batch and side must be at least 1, got {self.batch} and {self.side}")

    def open(
        self, place: Place, seed: int, step: int = 0, clock: Clock | None = None, faults: Faults | None = None
    ) -> Stream:
        """This process's part of every global batch from ``step`` on, without end.

        A thread decodes ahead from the first ``next`` on; closing the stream ends it. ``clock`` gets stage times,
        ``faults`` broken samples and how many places others took for them.
        Raises: ``Refusal`` if the shards, the batch, the decoder and the world do not fit together.
        """
        shards, clock, faults = open_shards(self.shards), clock or Clock(), faults or Faults()
        decoded = self.decoded(shards, place, seed, step, clock, faults)
        return self._batches(shards.classes, decoded, place.device, seed, clock, faults)

    def decoded(
        self, shards: DataSet, place: Place, seed: int, step: int, clock: Clock, faults: Faults | None = None
    ) -> Ahead:
        """Of every batch, decoded ahead: epochs, samples, their cropped pixels, substitutes."""
        sound, order = self._open(shards, place, faults), Order(len(shards), self.batch, seed, self.mixture(shards))
        order.at(step, place.rank, place.world)  # refuse before the first batch is asked for
        textured = Textured(shards, self.decoder, place) if self.negatives.of_textures else None

        def decode(step: int) -> Decoded:
            epochs, drawn = order.at(step, place.rank, place.world)
            read = lambda samples: self._decode(sound, textured, self._draws(seed, epochs, samples), clock)  # noqa: E731
            samples, pixels = sound.with_substitutes(order, epochs, drawn, read)
            if place.device.type == "cuda":
                pixels = pixels.pinned()
            return epochs, samples, pixels, int((samples != drawn).sum())

        return sound.closing(ahead(decode, step))

    def mixture(self, shards: DataSet) -> Mixture | None:
        """How the data sets take turns, where they are weighed."""
        return Mixture(shards.sizes, self.weights) if self.weights else None

    def sweep(
        self, shards: DataSet, place: Place, samples: np.ndarray, faults: Faults | None = None
    ) -> Generator[tuple[np.ndarray, Float[Tensor, "b t c h w"]], None, None]:
        """Numbers and pixels (0 to 1) of the named samples in their order, but for broken ones, which ``faults`` gets.

        Nothing is augmented: it is the centred square of the clip in the middle.
        """
        sound, size = self._open(shards, place, faults), max(self.batch // place.world, 1)
        parts = [samples[start : start + size] for start in range(0, len(samples), size)]

        def decode(some: np.ndarray) -> Tensor:
            extent = shards.index.extent[some].astype(np.int64)
            middle, centre = self.clip.middle(extent[:, 0])[None], centre_boxes(extent[:, 1:])[None]
            return sound.decode(sound.cut(some, middle, centre, self.side))

        found = ahead(lambda number: sound.without_broken(parts[number], decode), 0, len(parts))
        for present, pixels in filter(None, sound.closing(found)):
            yield present, pixels[0].to(place.device).float() / 255

    def _open(self, shards: DataSet, place: Place, faults: Faults | None) -> Sound:
        if shards.manifest.kind == "image" and self.clip.length > 1:
            raise Refusal(
                f"{shards.folder} holds images, the recipe asks for clips of {self.clip.length} frames; "
                "choose an image recipe or video shards"
            )
        return Sound(shards, self.decoder, place, faults or Faults())

    def _draws(self, seed: int, epochs: np.ndarray, samples: np.ndarray) -> tuple[Draws, ...]:
        return tuple(Draws(seed, epochs, samples, view) for view in range(VIEWS))

    def _decode(self, sound: Sound, textured: Textured | None, draws: tuple[Draws, ...], clock: Clock) -> Pixels:
        samples = draws[0].samples
        extent = sound.shards.index.extent[samples].astype(np.int64)
        with clock("read"):
            frames = self.clip.draw(extent[:, 0], draws)
            boxes = np.stack([self.views.boxes(extent[:, 1:], draw) for draw in draws])
            cut = sound.cut(samples, frames, boxes, self.side)
        with clock("decode"):
            return Pixels(sound.decode(cut), textured and textured(self.views, draws[0], self.side))

    def _batches(
        self, labels: np.ndarray | None, decoded: Ahead, device: torch.device, seed: int, clock: Clock, faults: Faults
    ) -> Stream:
        with closing(decoded):
            while True:
                with clock("wait"):
                    epochs, samples, pixels, substituted = next(decoded)
                faults.count(substituted)
                with clock("transfer"):
                    pixels = pixels.to(device)
                draws = self._draws(seed, epochs, samples)
                with clock("augment"):
                    views = tuple(self.views(part, draw) for part, draw in zip(pixels.views, draws, strict=True))
                    negatives = self.negatives(seen_as(views[0], pixels.textures, self.views, draws[0]), draws[0])
                classes = None if labels is None else torch.from_numpy(labels[samples].astype(np.int64)).to(device)
                yield Batch(views, negatives, torch.from_numpy(samples).to(device), classes)
