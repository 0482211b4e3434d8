"""Ten epochs take no more memory, files and threads than three, and leave none behind."""

import gc
import os
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from pipelines.decoders import Decord
from pipelines.frames import Clip
from pipelines.loader import Loader, Place
from pipelines.negatives import Patches

PAGE = os.sysconf("SC_PAGE_SIZE")
GROWTH = 8 * 2**20  # bytes; keeping the batches of seven epochs would take four times that


def held() -> tuple[int, int, int]:
    """Resident bytes, open descriptors and threads, native ones too, of this process.

    The fewest of a second's: a video that is being read has a file and a thread of its own, until the loader is far
    enough ahead.
    """
    gc.collect()
    looks = []
    for _ in range(50):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        looks.append((pages * PAGE, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))))
        time.sleep(0.02)
    memory, files, threads = map(min, zip(*looks, strict=True))
    return memory, files, threads


@pytest.mark.long
@pytest.mark.parametrize("kind", ["image", "video"])
def test_ten_epochs_hold_no_more_than_three(kind: str, image_shards: Path, video_shards: Path):
    if kind == "image":
        loader = Loader(image_shards, 10, 96, negatives=Patches())  # two steps are an epoch
    else:
        loader = Loader(video_shards, 6, 40, Clip(4), Decord(), negatives=Patches())
    with closing(loader.open(Place(threads=2), 0)) as stream:
        next(stream)  # libraries that are used for the first time keep something
    del stream
    before = held()
    with closing(loader.open(Place(threads=2), 0)) as stream:
        for _ in islice(stream, 6):
            pass
        third = held()
        for _ in islice(stream, 14):
            pass
        tenth = held()
    del stream, _
    after = held()
    assert tenth[0] - third[0] < GROWTH
    assert tenth[1:] == third[1:] and after[1:] == before[1:]
    assert third[2] > before[2]  # else nobody worked ahead, and nothing was counted
