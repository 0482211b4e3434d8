"""From draws to pixels: frames and boxes are planned, bytes read, and all views of a sample cut from one decode."""

from dataclasses import dataclass

import numpy as np

from pipelines.clock import Clock
from pipelines.draws import Draws
from pipelines.frames import Clip
from pipelines.substitutes import Sound
from pipelines.textured import Pixels, Textured
from pipelines.views import Views


@dataclass(frozen=True)
class Fetch:
    """Executes what is drawn of where and when a view is."""

    sound: Sound
    textured: Textured | None
    clip: Clip
    views: Views
    side: int
    clock: Clock

    def __call__(self, draws: tuple[Draws, ...]) -> Pixels:
        """The crops of the same samples under each of the draws, and their textures under the first.

        Raises: ``Broken`` with all samples that cannot be had.
        """
        samples = draws[0].samples
        extent = self.sound.shards.index.extent[samples].astype(np.int64)
        with self.clock("read"):
            frames = self.clip.draw(extent[:, 0], draws)
            boxes = np.stack([self.views.boxes(extent[:, 1:], draw) for draw in draws])
            cut = self.sound.cut(samples, frames, boxes, self.side)
        with self.clock("decode"):
            return Pixels(self.sound.decode(cut), self.textured and self.textured(self.views, draws[0], self.side))
