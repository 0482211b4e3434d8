"""Whether decoders see in a file what the oracle (Pillow, PyAV) sees, and what the index will say of it.

Pillow refuses a truncated picture, of which DALI may show a part; decord may count otherwise than PyAV, seek to other
frames, or crash: run this in a child (``shards/validate.py``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from pipelines.decoders import Plain
from pipelines.decoders.auto import Chosen
from pipelines.decoders.cut import Broken, Cut, Execute
from shards.media import Media, Stored
from shards.refusal import Refusal

SIDE = 32  # pixels of the pictures that are compared
PATCH = 64  # pixels of the part of each frame of a video that is compared: whole frames would cost five times as much
COMPARED = 16  # frames of a video that are held against the oracle's, evenly spread
BLOCK = 16  # frames that are stored as images and checked at a time: a whole video would not fit into memory
LOOSE = 5.0  # of 255: how far two libraries may differ on average. Healthy files: up to 3.7; 16-bit gray in Pillow: 120
TIGHT = 0.5  # of 255: how far a frame may depend on how one decoder came to it
# places in a video, asked for in this order, two at a time as in a clip
SEEKS = ((0.25, 1.0), (0.5, 0.75), (0.0, 0.33))


@dataclass(frozen=True)
class Check:
    """A full decode of one sample by the oracle and by other decoders, and of video files a seek test."""

    kind: Stored
    decoders: tuple[Chosen, ...]

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names and versions of what decodes, as ``Decoder.library`` says them."""
        return tuple(sorted({Plain().library, *(decoder.library for decoder in self.decoders)}))

    def __call__(self, content: bytes | Mapping[int, bytes], media: Media) -> None:
        """Return if the sample is sound: a file, or all of a video's frames by their number.

        Raises: ``Refusal`` that says what is wrong with it.
        """
        for numbers in self._blocks(media):
            some = numbers[:: 1 if self.kind == "frames" else max(media.frames // COMPARED, 1)]
            exact = self._decode(self._oracle, content, media, some)  # the oracle decodes the others too
            for library, execute in self._others:
                found = self._decode(execute, content, media, numbers)
                self._compare(library, found[torch.from_numpy(some - numbers[0])], exact, some, LOOSE, "plain")
                for places in SEEKS if self.kind == "video" else ():
                    sought = np.unique(np.round(np.array(places) * (media.frames - 1)).astype(np.int64))
                    pixels, whom = self._decode(execute, content, media, sought), "itself, read from the start,"
                    self._compare(library, pixels, found[torch.from_numpy(sought)], sought, TIGHT, whom)

    def _blocks(self, media: Media) -> Iterator[np.ndarray]:
        """Frames to decode at a time; of stored frames equally many, for DALI builds anew for each other number."""
        if self.kind != "frames":
            yield np.arange(media.frames)
            return
        for start in range(0, media.frames, BLOCK):
            yield np.minimum(np.arange(start, start + BLOCK), media.frames - 1)

    @cached_property
    def _oracle(self) -> Execute:
        return Plain().open(self.kind, torch.device("cpu"), 1)

    @cached_property
    def _others(self) -> list[tuple[str, Execute]]:
        """Those that are held against the oracle, and their libraries."""
        others = [decoder for decoder in self.decoders if decoder != Plain()]
        return [(decoder.library, decoder.open(self.kind, torch.device("cpu"), 1)) for decoder in others]

    def _compare(self, library: str, found: Tensor, exact: Tensor, numbers: np.ndarray, most: float, whom: str) -> None:
        apart = (found.short() - exact.short()).abs().flatten(1).float().mean(1)
        worst = int(apart.argmax())
        if apart[worst] > most:
            what = "the picture" if self.kind == "image" else f"frame {numbers[worst]}"
            raise Refusal(f"{library} and {whom} show {what} differently, by {apart[worst]:.0f} of 255")

    def _decode(
        self, execute: Execute, content: bytes | Mapping[int, bytes], media: Media, numbers: np.ndarray
    ) -> Tensor:
        """Frames by number, all of images and the middle of a video file's, small: uint8 t c h w."""
        extent, keys = np.array([[media.frames, media.height, media.width]]), [np.array(media.key_frames, np.int32)]
        sides = np.minimum(extent[:, 1:], PATCH) if self.kind == "video" else extent[:, 1:]
        box = np.concatenate([(extent[:, 1:] - sides) // 2, sides], axis=1)[None]
        if self.kind == "frames" and isinstance(content, bytes):
            content = {0: content}  # a video of one frame
        try:
            return execute(Cut([content], ["file"], extent, keys, numbers[None, None], box, SIDE))[0, 0]
        except Broken as broken:
            raise Refusal(broken.reasons[0]) from broken
