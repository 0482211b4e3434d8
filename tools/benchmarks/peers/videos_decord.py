"""decord alone: a reader for each video, its batch of frames."""

import io

import decord
import torch
from clips import open_clips
from turns import take_turns


def read(content: bytes, numbers):
    return torch.from_numpy(decord.VideoReader(io.BytesIO(content), num_threads=1).get_batch(numbers).asnumpy())


take_turns(lambda task: open_clips(task, read), "decord", "torch")
