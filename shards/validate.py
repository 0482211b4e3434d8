"""What a file is and becomes, found out where it can harm nobody: in a child that may crash or hang over it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from shards.child import Child
from shards.media import Media
from shards.refusal import Refusal, reason_of
from shards.treat import Treated, Treatment, further

SECONDS = 60.0  # for a file of up to 10 MB; of the sets that we know, none needed two


class Validator:
    """Treats files, one after the other, in a child of its own that starts when it is needed."""

    def __init__(self, treatment: Treatment = Treatment(), seconds: float = SECONDS):  # noqa: B008, it is frozen
        """Without a check a file is only measured: the header of an image, the frames of a video."""
        self._child = Child(_Answer(treatment), seconds)

    def __call__(
        self, extension: str, content: bytes, name: str = "", segment: tuple[float, float] | None = None,
        further: bool = False,
    ) -> list[Treated]:  # fmt: skip
        """What the file of the sample ``name`` has become: itself, or what recoding made of it.

        Args:
            further: It is not the sample's image or video, but a picture beside it: it is decoded, no more.

        Raises: ``Refusal`` with the reason, if it is damaged, or crashes or delays whoever decodes it.
        """
        asked = {"extension": extension, "name": name, "segment": segment, "further": further}
        head, _, body = self._child.ask(json.dumps(asked).encode() + b"\n" + content).partition(b"\n")
        answer = json.loads(head)
        if isinstance(answer, dict):
            raise Refusal(str(answer["reason"]))
        parts, start = [], 0
        for said in answer:
            media = {}
            for known, size in said["media"]:
                media[str(known)] = content if size < 0 else body[start : start + size]
                start += max(size, 0)
            measured, (height, width) = _media(said["measured"]), said["texture"]
            first, stop, step = (int(number) for number in said["origin"])
            origin = (first, measured.frames if stop < 0 else stop, step)
            parts.append(Treated(str(said["suffix"]), media, measured, origin, (int(height), int(width))))
        return parts

    def close(self) -> None:
        """End the child, if there is one."""
        self._child.close()


def _media(said: dict[str, Any]) -> Media:
    height, width, frames = (int(said[name]) for name in ("height", "width", "frames"))
    above, below = said["rate"]
    return Media(height, width, frames, (int(above), int(below)), tuple(int(n) for n in said["key_frames"]))


@dataclass(frozen=True)
class _Answer:
    """What the child does with a question."""

    treatment: Treatment

    def __call__(self, question: bytes) -> bytes:
        head, _, content = question.partition(b"\n")
        asked = json.loads(head)
        segment = tuple(asked["segment"]) if asked["segment"] else None
        treat = further if asked["further"] else self.treatment
        try:
            parts = treat(asked["name"], asked["extension"], content, segment)
        except Exception as error:  # parsers raise whatever they stumble on; each time it is the file's fault
            return json.dumps({"reason": reason_of(error)}).encode()
        # what was not recoded need not travel back: whoever asked has it
        media = [[(known, one) for known, one in part.media.items()] for part in parts]
        head = [
            {
                "suffix": part.suffix, "measured": asdict(part.measured), "origin": part.origin,
                "texture": part.texture, "media": [(known, -1 if one is content else len(one)) for known, one in files],
            }
            for part, files in zip(parts, media, strict=True)
        ]  # fmt: skip
        made = (one for files in media for _, one in files if one is not content)
        return b"\n".join([json.dumps(head).encode(), b"".join(made)])
