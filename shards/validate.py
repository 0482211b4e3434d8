"""What a file is, found out where it can harm nobody: in a child that may crash or hang over it."""

import json
from dataclasses import asdict, dataclass
from typing import Protocol, runtime_checkable

from shards.child import Child
from shards.media import Media, examine
from shards.refusal import Refusal, reason_of

SECONDS = 60.0  # for a file of up to 10 MB; of the sets that we know, none needed two


@runtime_checkable
class Check(Protocol):
    """A full decode of one file. ``pipelines/check.py`` has it and hands it in: this room knows no decoder."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names and versions of what decodes."""
        ...

    def __call__(self, content: bytes, media: Media) -> None:
        """Raise any ``Exception`` that says why these bytes are not, to every decoder, what was measured of them."""
        ...


class Validator:
    """Measures files and checks them, one after the other, in a child of its own that starts when it is needed."""

    def __init__(self, check: Check | None = None, seconds: float = SECONDS):
        """Without a check a file is only measured: the header of an image, the frames of a video."""
        self._child = Child(_Answer(check), seconds)

    def __call__(self, extension: str, content: bytes) -> Media:
        """What the file was measured to be.

        Raises: ``Refusal`` with the reason, if it is damaged, or crashes or delays whoever decodes it.
        """
        answer = json.loads(self._child.ask(extension.encode() + b"\n" + content))
        if "reason" in answer:
            raise Refusal(answer["reason"])
        height, width, frames = (int(answer[name]) for name in ("height", "width", "frames"))
        above, below = answer["rate"]
        return Media(height, width, frames, (int(above), int(below)), tuple(int(n) for n in answer["key_frames"]))

    def close(self) -> None:
        """End the child, if there is one."""
        self._child.close()


@dataclass(frozen=True)
class _Answer:
    """What the child does with a question."""

    check: Check | None

    def __call__(self, question: bytes) -> bytes:
        extension, _, content = question.partition(b"\n")
        try:
            media = examine(extension.decode(), content)
            if self.check is not None:
                self.check(content, media)
            return json.dumps(asdict(media)).encode()
        except Exception as error:  # parsers raise whatever they stumble on; each time it is the file's fault
            return json.dumps({"reason": reason_of(error)}).encode()
