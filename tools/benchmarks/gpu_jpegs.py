"""JPEGs to two crops each: DALI on the GPU, in four ways, and on the CPU, beside turbo; and how far apart."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import torch

from pipelines.boxes import random_boxes
from pipelines.decoders import Dali, Turbo, dali
from pipelines.decoders.cut import Cut
from pipelines.draws import draws_of
from shards.encode import jpeg
from tools.benchmarks.photographs import photograph
from tools.benchmarks.timed import Job, Row, timed

COUNT, DIFFERENT = 256, 32  # pictures of a batch, and how many of them are made
EXTENT = 375, 500
SIDE = 224


@dataclass(frozen=True)
class Road:
    """From bytes to pixels."""

    decoder: Dali | Turbo
    device: str
    told: Mapping[str, Any] = field(default_factory=dict)
    """What DALI's decoder of images is told in place of what ``Dali`` tells it."""


ROADS = {
    "turbo, CPU": Road(Turbo(), "cpu"),
    "dali, GPU, smooth colours": Road(Dali(), "cuda"),
    "dali, GPU, plain colours": Road(Dali(), "cuda", {"jpeg_fancy_upsampling": False}),
    "dali, GPU, smooth, no hardware decoder": Road(Dali(), "cuda", {"hw_decoder_load": 0.0}),
    "dali, GPU, plain, all hardware": Road(Dali(), "cuda", {"jpeg_fancy_upsampling": False, "hw_decoder_load": 1.0}),
    "dali, CPU": Road(Dali(), "cpu"),
}


def jpegs(rounds: int) -> list[Job]:
    """A job for each road, all on the same files and boxes."""
    cut = photographs(COUNT)
    return [Job(name, partial(_measure, road, cut, rounds)) for name, road in ROADS.items()]


def photographs(count: int) -> Cut:
    """Two random crops of each of ``count`` JPEGs with halved colours."""
    rng = np.random.default_rng(0)
    few = [jpeg(photograph(rng, *EXTENT)) for _ in range(min(DIFFERENT, count))]
    sides = np.array([EXTENT] * count)
    draws = draws_of(0, np.zeros(count, np.int64), np.arange(count))
    boxes = np.stack([random_boxes(sides, draw, (0.2, 1.0), (3 / 4, 4 / 3)) for draw in draws])
    return Cut(
        [few[number % len(few)] for number in range(count)], [str(number) for number in range(count)],
        np.insert(sides, 0, 1, axis=1), [np.zeros(0, np.int32)] * count, np.zeros((2, count, 1), np.int64), boxes, SIDE,
    )  # fmt: skip


@contextmanager
def told(words: Mapping[str, Any]) -> Iterator[None]:
    """DALI's pipelines that are built meanwhile decode images by these words too, which are no knobs of ours."""
    decoders = cast(Any, dali).fn.decoders
    decode = decoders.image
    with patch.object(decoders, "image", lambda *given, **known: decode(*given, **{**known, **words})):
        yield


def _measure(road: Road, cut: Cut, rounds: int) -> Row:
    threads = len(os.sched_getaffinity(0))
    known = Turbo().open("image", torch.device("cpu"), threads)(cut)
    with told(road.told):
        execute = road.decoder.open("image", torch.device(road.device), threads)
        row, found = timed(lambda: execute(cut), rounds, len(cut.media))
    apart = (found.cpu().float() - known.float()).abs()
    more = {"apart from turbo, of 255: mean": apart.mean().item(), "worst": apart.max().item()}
    return {**row, "library": road.decoder.library, "more": more}
