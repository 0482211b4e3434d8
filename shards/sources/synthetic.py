"""Generated samples with known, independent causes: what a thing is, what it is made of, and how it moves."""

from collections.abc import Mapping
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

SMALLEST, LARGEST = 0.25, 0.36  # unit of an object's own plane, in sides of the picture
WANDER = 0.17  # radius of the disc that holds the objects' centres, in sides of the picture
RIPPLE, MURMUR = 0.14, 0.05
CLO, CHI = .3, .2
BLO, BHI = 6., 1.4
OLO, OHI = 2., 1.4
SHADE = 0.
STRETCH = 1.
TINT = .3


@dataclass(frozen=True)
class Synthetic:
    """Textured objects on textured grounds; every picture and clip is computed from its index."""

    medium: Literal["image", "video"] = "image"
    """Pictures labelled by shape, or clips labelled by motion."""
    train: int = 8192
    """Samples in the training split."""
    test: int = 1024
    """Samples in the test split."""
    side: int = 48
    """Height and width, in pixels."""
    frames: int = 24
    """Frames per clip, 12.5 to the second; pictures have one."""
    seed: int = 0
    """Another seed makes another data set of the same kind."""

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.medium not in ("image", "video"):
            raise ValueError(f"medium must be 'image' or 'video', got {self.medium!r}")
        for name, least in {"train": 0, "test": 0, "side": 16, "frames": 1}.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.side % 2 and self.medium == "video":
            raise ValueError(f"H.264 halves its colours, so side must be even, got {self.side}; try {self.side + 1}")

    def splits(self) -> Mapping[str, Listing]:
        classes = {"shape": tuple(SHAPES), "texture": tuple(TEXTURES)}
        if self.medium == "video":
            classes["motion"] = tuple(MOTIONS)
        label = "shape" if self.medium == "image" else "motion"
        return {
            split: Listing(self.medium, {"label": classes[label]} | classes, [(split, i) for i in range(count)])
            for split, count in {"train": self.train, "test": self.test}.items()
        }

    def sample(self, item: tuple[str, int]) -> Sample:
        split, index = item
        draw = self._draws(item, "causes", 3)
        facts = {
            name: int(u * len(table))
            for name, u, table in zip(("shape", "texture", "motion"), draw, (SHAPES, TEXTURES, MOTIONS), strict=True)
        }
        pixels = self._render(item, **facts)
        name = f"{split}-{index:06d}"
        if self.medium == "video":
            return Sample(name, {"mp4": mp4(pixels)}, facts["motion"], facts)
        del facts["motion"]
        return Sample(name, {"jpg": jpeg(pixels[0])}, facts["shape"], facts)

    def _draws(self, item: tuple[str, int], purpose: str, count: int) -> np.ndarray:
        split, index = item
        return uniforms(self.seed, f"synthetic {split} {purpose}", np.array([0]), np.array([index]), 0, count)[0]

    def _render(self, item: tuple[str, int], shape: int, texture: int, motion: int) -> np.ndarray:
        """The pixels of one item: uint8 of shape [t, h, w, 3]."""
        pose = self._poses(item, list(MOTIONS.values())[motion])
        across = ((np.arange(self.side) + 0.5) / self.side - 0.5).astype(np.float32)
        x, y = np.meshgrid(across, across)
        unit, angle, left, top = (
            value.astype(np.float32)[:, None, None]
            for value in (
                SMALLEST * (LARGEST / SMALLEST) ** pose.size, 2 * np.pi * pose.angle, WANDER * pose.x, WANDER * pose.y
            )
        )
        u = ((x - left) * np.cos(angle) + (y - top) * np.sin(angle)) / unit
        v = ((y - top) * np.cos(angle) - (x - left) * np.sin(angle)) / unit
        if STRETCH > 1:
            e,f=self._draws(item,"stretch",2); e=STRETCH**(2*e-1); f*=np.pi; cs,sn=np.float32(np.cos(f)),np.float32(np.sin(f))
            p,q=(u*cs+v*sn)*np.float32(e),(v*cs-u*sn)/np.float32(e); u,v=p*cs-q*sn,p*sn+q*cs
        inside = np.clip(0.5 - list(SHAPES.values())[shape](u, v) * unit * self.side, 0, 1)[..., None]
        here, there = self._colours(item)
        other = int(self._draws(item, "ground", 1)[0] * len(TEXTURES))
        front = self._paint(item, "object's surface", texture, u, v, OLO, OHI, here)
        back = self._paint(item, "ground's surface", other, x, y, BLO, BHI, there)
        if SHADE:
            from shards.sources.surfaces import _cell,_ease
            lat=self._draws(item,"shade",256).reshape(16,16).astype(np.float32)
            X,Y=3*x+7,3*y+7; c,r=np.floor(X),np.floor(Y); a,d=_ease(X-c),_ease(Y-r)
            sh=(_cell(lat,c,r)*(1-a)+_cell(lat,c+1,r)*a)*(1-d)+(_cell(lat,c,r+1)*(1-a)+_cell(lat,c+1,r+1)*a)*d
            back = back + SHADE*(sh-.5)[...,None]*2
        picture = back + inside * (front - back)
        return (255 * np.clip(picture, 0, 1) + 0.5).astype(np.uint8)

    def _poses(self, item: tuple[str, int], motion) -> Pose:
        """Poses over the frames, arrays of shape [t]."""
        radius, bearing, size, angle, speed, way = self._draws(item, "pose", 6)
        place = np.sqrt(radius) * np.exp(2j * np.pi * bearing)
        frames = np.arange(self.frames if self.medium == "video" else 1)
        turns = frames / (16 + 12 * speed) * (1 if way < 0.5 else -1)
        return move(motion, Pose(place.real, place.imag, size, angle), turns)

    def _colours(self, item: tuple[str, int]) -> tuple[np.ndarray, np.ndarray]:
        """Two colours of the object and two of the ground, each float32 of shape [2, 3]."""
        draw = self._draws(item, "colours", 16)
        middle, contrast = 0.4 + 0.2 * draw[0], (CLO + CHI * draw[1]) * (1 if draw[2] < 0.5 else -1)
        tint = (draw[4:].reshape(2, 2, 3) - 0.5) * TINT
        tint -= tint.mean(axis=-1, keepdims=True)
        ripple = np.array([-1, 1])[:, None]
        here = middle + contrast / 2 + RIPPLE * ripple + tint[0]
        there = middle - contrast / 2 + MURMUR * ripple + tint[1]
        return here.astype(np.float32), there.astype(np.float32)

    def _paint(self, item, purpose, texture, x, y, frequency, octave, colours) -> np.ndarray:
        """A surface in two colours: float32 of the shape of ``x`` and a last axis of 3."""
        draw = self._draws(item, purpose, 4 + 256).astype(np.float32)
        angle, frequency = 2 * np.pi * draw[0], frequency * octave ** draw[1]
        u = frequency * (x * np.cos(angle) + y * np.sin(angle)) + 16 * draw[2]
        v = frequency * (y * np.cos(angle) - x * np.sin(angle)) + 16 * draw[3]
        mixture = list(TEXTURES.values())[texture](u, v, draw[4:].reshape(16, 16))[..., None]
        return colours[0] + mixture * (colours[1] - colours[0])
