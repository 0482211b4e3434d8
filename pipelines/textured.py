"""The textures that lie beside samples, decoded ahead as the samples are: planned here, executed by a decoder."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pipelines.boxes import centre_boxes
from pipelines.decoders import Auto, Decoder, Decord, PyAV
from pipelines.decoders.auto import choose
from pipelines.decoders.cut import Broken, Cut
from pipelines.draws import Draws
from pipelines.place import Place
from pipelines.views import Views
from shards.refusal import Refusal
from shards.several import DataSet


class Pixels(NamedTuple):
    """What was decoded of some samples."""

    views: UInt8[Tensor, "v b t c h w"]
    textures: UInt8[Tensor, "b 1 c h w"] | None
    """Cropped by view 0's draws; ``None`` if nobody asked for them."""

    def pinned(self) -> "Pixels":
        """In memory from which a GPU can fetch them while it works."""
        return self._each(lambda part: part if part.is_cuda else part.pin_memory())

    def to(self, device: torch.device) -> "Pixels":
        return self._each(lambda part: part.to(device, non_blocking=True))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Pixels":
        return Pixels(change(self.views), None if self.textures is None else change(self.textures))


class Textured:
    """The textures of a data set, each a picture, whatever the samples are."""

    def __init__(self, shards: DataSet, decoder: Decoder, place: Place):
        """Open a decoder for pictures.

        Raises: ``Refusal`` if a sample has no texture.
        """
        without = int((shards.index.texture == 0).any(1).sum())
        if without:
            raise Refusal(
                f"{shards.folder}: {without} of {len(shards)} samples have no texture, which loader.negatives:textures "
                "needs; make the shards with them: tools/make_shards.py … texture:stochastic"
            )
        self._shards = shards
        of_pictures = choose(Auto() if isinstance(decoder, Decord | PyAV) else decoder, "image", place.device)
        self._decode = of_pictures.open("image", place.device, place.threads)

    def __call__(self, views: Views, draws: Draws, side: int) -> UInt8[Tensor, "b 1 c h w"]:
        """Where ``draws`` would crop pictures of the textures' sizes, as those of view 0 do.

        Raises: ``Broken`` with all samples whose textures are not what was written, or do not decode.
        """
        return self._cropped(draws.samples, lambda sizes: views.boxes(sizes, draws), side)

    def centred(self, samples: np.ndarray, side: int) -> UInt8[Tensor, "b 1 c h w"]:
        """The largest square in the middle of each.

        Raises: ``Broken``, as above.
        """
        return self._cropped(samples, centre_boxes, side)

    def _cropped(
        self, samples: np.ndarray, boxes: Callable[[np.ndarray], np.ndarray], side: int
    ) -> UInt8[Tensor, "b 1 c h w"]:
        # no child is asked first: whoever made the shards decoded or encoded each texture, and its checksum is known
        index = self._shards.index
        names, media, reasons = index.name[samples].tolist(), [], {}
        for row, sample in enumerate(samples.tolist()):
            try:
                media.append(self._shards.texture(sample))
            except Refusal:
                reasons[row] = "the bytes of its texture have changed since they were written"
        if reasons:
            raise Broken(names, reasons)
        extent = np.insert(index.texture[samples].astype(np.int64), 0, 1, axis=1)
        frames, keys = np.zeros((1, len(samples), 1), np.int64), [np.zeros(0, np.int32)] * len(samples)
        cut = Cut(media, names, extent, keys, frames, boxes(extent[:, 1:])[None], side)
        try:
            return self._decode(cut)[0]
        except Broken as broken:
            raise Broken(names, {row: f"its texture: {reason}" for row, reason in broken.reasons.items()}) from broken


def seen_as(
    view: Float[Tensor, "b t c h w"], textures: UInt8[Tensor, "b 1 c h w"] | None, views: Views, draws: Draws
) -> Float[Tensor, "b t c h w"]:
    """What negatives are made of: view 0, or textures that are augmented like it, the same in all frames."""
    return view if textures is None else views(textures, draws).expand_as(view)
