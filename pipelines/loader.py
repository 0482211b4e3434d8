"""The whole road in one file: order, read, decode, augment, negatives, batch."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
import tyro
from jaxtyping import Float
from torch import Tensor

from pipelines.ahead import ahead
from pipelines.assemble import Assemble, delivered
from pipelines.batch import Batch
from pipelines.boxes import centre_boxes
from pipelines.clock import Clock
from pipelines.decoders import Auto, Decoder
from pipelines.draws import VIEWS
from pipelines.faults import Faults
from pipelines.fetch import Fetch
from pipelines.frames import Clip
from pipelines.negatives import Frames, Negatives, NoNegatives
from pipelines.negatives.frames import refuse_stills
from pipelines.part import Decoded, Part
from pipelines.place import Place
from pipelines.substitutes import Sound
from pipelines.textured import Textured
from pipelines.views import SimCLRViews, Views
from shards.mixture import Mixture
from shards.order import Order
from shards.refusal import Refusal
from shards.several import DataSet, open_shards

T = TypeVar("T")
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
        self, place: Place, seed: int, step: int = 0, clock: Clock | None = None, faults: Faults | None = None,
        views: int = VIEWS, support: int = 0,
    ) -> Stream:  # fmt: skip
        """This process's part of every global batch from ``step`` on, without end.

        A thread decodes ahead from the first ``next`` on, and augments too where the device is the CPU; closing the
        stream ends it. ``clock`` gets stage times, ``faults`` broken samples and how many places others took for them;
        a batch holds ``views`` views of each sample, and ``support`` further ones behind them.
        Raises: ``Refusal`` if the shards, the batch, the decoder, the negatives and the world do not fit together.
        """
        shards, clock, faults = open_shards(self.shards), clock or Clock(), faults or Faults()
        part = self._part(shards, place, seed, clock, faults, views + support)
        assemble = Assemble(self.views, self.negatives, shards.classes, place.device, seed, clock, views)
        if place.device.type != "cpu":
            return delivered(part.ahead(step, _as_is), assemble, clock, faults)
        # one processor for all: views made ahead fill the gaps in which the consumer leaves cores idle
        return delivered(part.ahead(step, assemble), _as_is, clock, faults)

    def decoded(
        self, shards: DataSet, place: Place, seed: int, step: int, clock: Clock, faults: Faults | None = None,
        views: int = VIEWS,
    ) -> Generator[Decoded, None, None]:  # fmt: skip
        """Of every batch, decoded ahead: epochs, samples, their cropped pixels, substitutes."""
        return self._part(shards, place, seed, clock, faults, views).ahead(step, _as_is)

    def mixture(self, shards: DataSet) -> Mixture | None:
        """How the data sets take turns, where they are weighed."""
        return Mixture(shards.sizes, self.weights) if self.weights else None

    def sweep(
        self, shards: DataSet, place: Place, samples: np.ndarray, faults: Faults | None = None,
        clip: tuple[int, int] = (0, 1),
    ) -> Generator[tuple[np.ndarray, Float[Tensor, "b t c h w"]], None, None]:  # fmt: skip
        """Numbers and pixels (0 to 1) of the named samples in their order, but for broken ones, which ``faults`` gets.

        Nothing is augmented: it is the centred square of a clip, number ``clip`` of so many that start evenly spaced;
        unless given, of that in the middle.
        """
        sound, size = self.sound(shards, place, faults), max(self.batch // place.world, 1)
        parts = [samples[start : start + size] for start in range(0, len(samples), size)]

        def decode(some: np.ndarray) -> Tensor:
            extent = shards.index.extent[some].astype(np.int64)
            frames, centre = self.clip.spread(extent[:, 0], *clip)[None], centre_boxes(extent[:, 1:])[None]
            return sound.decode(sound.cut(some, frames, centre, self.side))

        found = ahead(lambda number: sound.without_broken(parts[number], decode), 0, len(parts))
        for present, pixels in filter(None, sound.closing(found)):
            yield present, pixels[0].to(place.device).float() / 255

    def sound(self, shards: DataSet, place: Place, faults: Faults | None = None) -> Sound:
        """The samples that can be decoded; what is learned of others goes to ``faults``.

        Raises: ``Refusal`` if shards, clips and decoder do not fit together.
        """
        if shards.manifest.kind == "image" and self.clip.length > 1:
            raise Refusal(
                f"{shards.folder} holds images, the recipe asks for clips of {self.clip.length} frames; "
                "choose an image recipe or video shards"
            )
        return Sound(shards, self.decoder, place, faults or Faults())

    def fetch(self, sound: Sound, textured: Textured | None, clock: Clock) -> Fetch:
        """What decodes views of the samples of ``sound``."""
        return Fetch(sound, textured, self.clip, self.views, self.side, clock)

    def _part(self, shards: DataSet, place: Place, seed: int, clock: Clock, faults: Faults | None, views: int) -> Part:
        if isinstance(self.negatives, Frames):
            refuse_stills(self.clip.length)
        textured = Textured(shards, self.decoder, place) if self.negatives.of_textures else None
        fetch = self.fetch(self.sound(shards, place, faults), textured, clock)
        return Part(fetch, Order(len(shards), self.batch, seed, self.mixture(shards)), seed, views, place)


def _as_is(made: T) -> T:
    return made
