"""Who stands in for a broken sample: the next sound one in the order of the same epoch.

Whether a sample is sound depends on its bytes and the decoder alone, so a batch with substitutes is still a pure
function of (shards, seed, step), whatever has been asked before and however many processes share the work.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import TypeVar

import numpy as np

from pipelines.check import Check
from pipelines.decoders import Decoder
from pipelines.decoders.auto import choose
from pipelines.decoders.cut import Broken, Cut
from pipelines.faults import Fault, Faults
from pipelines.place import Place
from shards.order import Order
from shards.read import Changed
from shards.refusal import Refusal
from shards.sample import Buffer
from shards.several import DataSet
from shards.treat import Treatment
from shards.validate import Validator

T = TypeVar("T")
Decode = Callable[[np.ndarray], T]
"""From sample numbers [b] to pixels; raises ``Broken``."""
IN_A_ROW = 1000  # broken samples one after the other: chance would not do that


class Sound:
    """The samples of a data set that its decoder can decode.

    Bytes that were checked for this very decoder when the shards were made, and have not changed since, are decoded at
    once. Others are first checked in a child, because they might crash whoever decodes them.
    """

    def __init__(self, shards: DataSet, decoder: Decoder, place: Place, faults: Faults):
        """Open the decoder; what is learned of broken samples goes to ``faults``."""
        self.shards, self._faults = shards, faults
        chosen = choose(decoder, shards.stored, place.device)
        self.decode = chosen.open(shards.stored, place.device, place.threads)
        self._trusted = chosen.library in shards.manifest.checked
        self._validator = Validator(Treatment(check=Check(shards.stored, (chosen,))))

    def cut(self, samples: np.ndarray, frames: np.ndarray, boxes: np.ndarray, side: int) -> Cut:
        """What to decode of ``samples`` [b], with bytes that may be decoded in this process.

        Raises: ``Broken`` with all samples that may not.
        """
        index, media, reasons = self.shards.index, [], {}
        for row, sample in enumerate(samples.tolist()):
            try:
                media.append(self._read(sample, frames[:, row]))
            except Changed:
                reasons[row] = "its bytes have changed since they were written"
            except Refusal as refusal:
                reasons[row] = str(refusal)
        names = index.name[samples].tolist()
        if reasons:
            raise Broken(names, reasons)
        keys = [index.key_frames_of(sample) for sample in samples.tolist()]
        return Cut(media, names, index.extent[samples], keys, frames, boxes, side)

    def with_substitutes(
        self, order: Order, epochs: np.ndarray, samples: np.ndarray, decode: Decode[T]
    ) -> tuple[np.ndarray, T]:
        """Decode ``samples`` [b] of ``epochs`` [b], or who stands in for them. Returns: who they are, and pixels."""
        while True:
            pairs = zip(epochs.tolist(), samples.tolist(), strict=True)
            present = np.array([self._stand_in(order, epoch, sample) for epoch, sample in pairs], np.int64)
            try:
                return present, decode(present)
            except Broken as broken:
                self._note(present, broken.reasons)

    def without_broken(self, samples: np.ndarray, decode: Decode[T]) -> tuple[np.ndarray, T] | None:
        """Decode those of ``samples`` that are sound. Returns: who they are, and pixels; ``None`` if none is sound."""
        while True:
            present = np.array([sample for sample in samples.tolist() if not self._faults.is_broken(sample)], np.int64)
            if not len(present):
                return None
            try:
                return present, decode(present)
            except Broken as broken:
                self._note(present, broken.reasons)

    def closing(self, stream: Generator[T, None, None]) -> Generator[T, None, None]:
        """The stream; when it ends or is closed, the child ends too."""
        with closing(self._validator), closing(stream):
            yield from stream

    def _read(self, sample: int, numbers: np.ndarray) -> Buffer | Mapping[int, Buffer]:
        """The sample's file or, where each frame has its own, those of the wanted frames."""
        if not self._trusted and not self._faults.is_sound(sample):
            self._ask(sample)
            self._faults.note_sound(sample)
        if self.shards.stored == "frames":
            return self.shards.frames(sample, np.unique(numbers).tolist())
        return self.shards.media(sample)

    def _ask(self, sample: int) -> None:
        """Have all of a sample checked in a child."""
        frames, *size = self.shards.index.extent[sample].tolist()
        by_frame = self.shards.stored == "frames"
        files = self.shards.frames(sample, range(frames)).values() if by_frame else [self.shards.media(sample)]
        for content in files:
            media = self._validator(self.shards.extension(sample), bytes(content))[0].measured
            found, indexed = (media.frames, media.height, media.width), (1 if by_frame else frames, *size)
            if found != indexed:
                raise Refusal(f"(frames, height, width) are {found}, the index says {indexed}; make the shards again")

    def _stand_in(self, order: Order, epoch: int, sample: int) -> int:
        """The sample itself or, if it is known to be broken, the next in the order of its epoch that is not."""
        if not self._faults.is_broken(sample):
            return sample
        after = order.after(epoch, sample)
        farthest = min(len(after) + 1, IN_A_ROW)
        found = next((n for n in after[: farthest - 1].tolist() if not self._faults.is_broken(n)), None)
        if found is None:
            first = self._faults.all()[0]
            raise Refusal(
                f"{self.shards.folder}: {farthest} of its {len(after) + 1} samples in a row cannot be decoded, such as "
                f"{first.name!r} in {first.shard}: {first.reason}; make the shards again, or choose another decoder"
            )
        return found

    def _note(self, samples: np.ndarray, reasons: Mapping[int, str]) -> None:
        for row, reason in reasons.items():
            sample = int(samples[row])
            self._faults.note(Fault(sample, self.shards.tar(sample), str(self.shards.index.name[sample]), reason))
