"""Pictures with the shape of one thing and the texture of another: ROOT/SHAPE/SHAPE1-TEXTURE2.png."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from shards.media import kind_of
from shards.refusal import Refusal
from shards.sample import Rejected, Sample
from shards.sources.listing import Listing
from shards.sources.names import apart, numbered, printable, tidy
from shards.sources.places import Place, places, read_place
from shards.sources.rows import Rows


class Item(NamedTuple):
    """One picture: where it lies, what it shows, what its surface is of."""

    path: str
    offset: int
    size: int
    shape: int
    texture: int
    before: int


@dataclass(frozen=True)
class CueConflict:
    """The cue-conflict stimuli of github.com/rgeirhos/texture-vs-shape (stimuli/style-transfer-preprocessed-512), CC
    BY 4.0, or pictures of other classes in the same layout.

    The label is the shape; the facts "shape" and "texture" share its names. Pictures whose shape and texture are the
    same (80 of the 1280) put no question, are left out, and are counted in quarantine.jsonl.
    """

    root: Path
    """The folder with a folder for each shape, or an uncompressed tar of it."""

    def splits(self) -> Mapping[str, Listing]:
        rejected: list[Rejected] = []
        names: dict[str, int] = {}
        rows = Rows(Item, self._items(names, rejected))
        if not len(rows):
            raise Refusal(f"{self.root} holds no pictures with a conflict of cues; expected SHAPE/SHAPE1-TEXTURE2.png, "
                          "such as airplane/airplane1-bicycle2.png")  # fmt: skip
        ordered = sorted(names)
        places = np.array([ordered.index(name) for name in names], np.int32)
        rows = rows.replace("before", numbered(_name(item) for item in rows))
        rows = rows.replace("shape", places[rows.column("shape")]).replace("texture", places[rows.column("texture")])
        shown = printable(ordered)
        return {"test": Listing("image", {"label": shown, "shape": shown, "texture": shown}, rows, tuple(rejected))}

    def samples(self, item: Item) -> Iterator[Sample]:
        content = read_place(self.root, Place(item.path, item.offset, item.size))
        extension = PurePosixPath(item.path).suffix[1:].lower()
        facts = {"shape": item.shape, "texture": item.texture}
        yield Sample(apart(_name(item), item.before), {extension: content}, item.shape, facts)

    def _items(self, names: dict[str, int], rejected: list[Rejected]) -> Iterator[Item]:
        """Every picture with a conflict; shape and texture are as yet numbers in ``names``."""
        found = [one for one in places(self.root, rejected) if _is_picture(one.path)]
        known = {_folder(one.path) for one in found} - {""}
        textures = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))  # a name may end in a digit
        for path, offset, size in found:
            stem, shape = PurePosixPath(path).stem, _folder(path)
            said = re.fullmatch(rf"{re.escape(shape)}\d*-({textures})\d*", stem) if shape else None
            if said is None:
                reason = f"its name does not say {shape or 'SHAPE'}1-TEXTURE2, where TEXTURE has a folder too"
                rejected.append(Rejected(tidy(path), reason))
            elif said[1] == shape:
                rejected.append(Rejected(tidy(path), f"no conflict: shape and texture are both {shape!r}"))
            else:
                first, second = (names.setdefault(one, len(names)) for one in (shape, said[1]))
                yield Item(path, offset, size, first, second, 0)


def _is_picture(path: str) -> bool:
    return kind_of(PurePosixPath(path).suffix[1:].lower()) == "image"


def _folder(path: str) -> str:
    """The name of the innermost; "" at the root."""
    return PurePosixPath(path).parent.name


def _name(item: Item) -> str:
    return tidy(PurePosixPath(item.path).stem)
