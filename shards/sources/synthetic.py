"""Generated samples with known, independent causes: what a thing is, what it is made of, and how it moves.

Objects and grounds have about the same mean colour, and an object stands out by the strength of its pattern. Nearest
neighbours in pixels as they are therefore know next to nothing of shape, texture or motion, while a small network sees
them. With each clip's mean taken away neighbours do know texture and motion (EXPERIMENTS.md): compare with both.
Colours are pale and grounds faint because strong ones, which augmentation spares, would be all that contrast learns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shards.encode import jpeg, mp4
from shards.keyed import check_seed, uniforms
from shards.sample import Sample
from shards.sources.listing import Listing
from shards.sources.motions import MOTIONS, Pose, move
from shards.sources.shapes import SHAPES
from shards.sources.surfaces import TEXTURES

Item = tuple[str, int]
"""Split and index."""

SMALLEST, LARGEST = 0.3, 0.4  # the unit of an object's own plane, in sides of the picture
WANDER = 0.18  # radius of the disc that holds the objects' centres, in sides of the picture
OBJECT_RIPPLE, GROUND_RIPPLE = 0.25, 0.02  # strength of a pattern, where black is 0 and white is 1
OBJECT_PERIODS, GROUND_PERIODS = 2.6, 6.0  # fewest periods in an object's unit, in a side of the picture
ZOOM = 1.2  # most periods over fewest
LATTICE = 16


@dataclass(frozen=True)
class Synthetic:
    """Patterned objects on patterned grounds, each computed from nothing but its index."""

    medium: Literal["image", "video"] = "image"
    """JPEG pictures labelled by shape, or H.264 clips labelled by motion."""
    train: int = 8192
    """Samples in the training split."""
    test: int = 1024
    """Samples in the test split."""
    side: int = 48
    """Height and width, in pixels."""
    frames: int = 24
    """Frames per clip, 12.5 to the second; pictures ignore it."""
    seed: int = 0
    """Another seed makes another data set of the same kind."""

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.medium not in ("image", "video"):
            raise ValueError(f"medium must be 'image' or 'video', got {self.medium!r}")
        for name, least in {"train": 0, "test": 0, "side": 16, "frames": 1}.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}; choose {least} or more")
        if self.medium == "video" and self.side % 2:
            raise ValueError(f"H.264 needs an even side, got {self.side}; choose {self.side + 1}")

    def splits(self) -> Mapping[str, Listing]:
        classes = {"shape": tuple(SHAPES), "texture": tuple(TEXTURES)}
        if self.medium == "video":
            classes["motion"] = tuple(MOTIONS)
        label = "shape" if self.medium == "image" else "motion"
        return {
            split: Listing(self.medium, {"label": classes[label]} | classes, [(split, i) for i in range(count)])
            for split, count in {"train": self.train, "test": self.test}.items()
        }

    def samples(self, item: Item) -> Iterator[Sample]:
        split, index = item
        count = {"train": self.train, "test": self.test}.get(split, 0)
        if not 0 <= index < count:
            raise ValueError(f"no item {item!r}: train has {self.train} and test {self.test}; take items from splits()")
        tables = {"shape": SHAPES, "texture": TEXTURES, "motion": MOTIONS}
        draw = self._draws(item, "causes", len(tables))
        facts = {name: int(u * len(table)) for (name, table), u in zip(tables.items(), draw, strict=True)}
        pixels, name = self._render(item, **facts), f"{split}-{index:06d}"
        if self.medium == "video":
            yield Sample(name, {"mp4": mp4(pixels)}, facts["motion"], facts)
        else:
            yield Sample(name, {"jpg": jpeg(pixels[0])}, facts["shape"], {k: facts[k] for k in ("shape", "texture")})

    def _draws(self, item: Item, purpose: str, count: int) -> np.ndarray:
        split, index = item
        return uniforms(self.seed, f"synthetic {split} {purpose}", np.array([0]), np.array([index]), 0, count)[0]

    def _render(self, item: Item, shape: int, texture: int, motion: int) -> np.ndarray:
        """The pixels of one item: uint8 of shape [t, h, w, 3], where a picture is its clip's first frame."""
        points = ((np.arange(self.side) + 0.5) / self.side - 0.5).astype(np.float32)
        x, y = np.meshgrid(points, points)
        pose = self._poses(item, motion)
        unit = _per_frame(SMALLEST * (LARGEST / SMALLEST) ** pose.size)
        cosine, sine = _per_frame(np.cos(2 * np.pi * pose.angle)), _per_frame(np.sin(2 * np.pi * pose.angle))
        across, down = x - _per_frame(WANDER * pose.x), y - _per_frame(WANDER * pose.y)
        u, v = (across * cosine + down * sine) / unit, (down * cosine - across * sine) / unit
        distance = [*SHAPES.values()][shape](u, v) * unit * self.side  # in pixels
        inside = np.clip(0.5 - distance, 0, 1)[..., None]
        middle, contrast, way, ground = self._draws(item, "light", 4)
        contrast *= 0.05 if way < 0.5 else -0.05
        middle, ground = 0.4 + 0.2 * middle, int(ground * len(TEXTURES))
        front = self._paint(item, "object", texture, u, v, OBJECT_PERIODS, float(middle + contrast), OBJECT_RIPPLE)
        back = self._paint(item, "ground", ground, x, y, GROUND_PERIODS, float(middle - contrast), GROUND_RIPPLE)
        return (255 * np.clip(back + inside * (front - back), 0, 1) + 0.5).astype(np.uint8)

    def _poses(self, item: Item, motion: int) -> Pose:
        """Poses over the frames: arrays of shape [t]."""
        radius, bearing, size, angle, speed, way = self._draws(item, "pose", 6)
        place = np.sqrt(radius) * np.exp(2j * np.pi * bearing)
        turns = np.arange(self.frames if self.medium == "video" else 1) / (16 + 12 * speed) * (1 if way < 0.5 else -1)
        return move([*MOTIONS.values()][motion], Pose(place.real, place.imag, size, angle), turns)

    def _paint(self, item: Item, what: str, texture: int, x: np.ndarray, y: np.ndarray, periods: float, light: float,
               ripple: float) -> np.ndarray:  # fmt: skip
        """A pattern over ``x`` and ``y``, alternating by ``ripple`` about ``light``: float32, last axis 3."""
        draw = self._draws(item, what, 11 + LATTICE**2).astype(np.float32)
        angle, zoom, way, shift = 2 * np.pi * draw[0], periods * ZOOM ** draw[1], draw[2], LATTICE * draw[3:5]
        u = zoom * (x * np.cos(angle) + y * np.sin(angle)) + shift[0]
        v = zoom * (y * np.cos(angle) - x * np.sin(angle)) + shift[1]
        mixture = [*TEXTURES.values()][texture](u, v, draw[11:].reshape(LATTICE, LATTICE))[..., None]
        tints = 0.06 * (draw[5:11].reshape(2, 3) - 0.5)
        dark, bright = light + np.array([[-ripple], [ripple]], np.float32) * (1 if way < 0.5 else -1) + tints
        balanced = mixture - mixture.mean()  # a pattern with little ink must not lighten its object
        return (dark + bright) / 2 + balanced * (bright - dark)


def _per_frame(values: np.ndarray | float) -> np.ndarray:
    """From [t] to [t, 1, 1], to broadcast against pixels."""
    return np.asarray(values, np.float32)[:, None, None]
